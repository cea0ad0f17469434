/** Every command, once, for the Karaf shell and the command line. */
package org.mainstay.shell;
