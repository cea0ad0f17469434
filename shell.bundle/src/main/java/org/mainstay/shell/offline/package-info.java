/** The commands that work while Mainstay is stopped, in a plain JVM. */
package org.mainstay.shell.offline;
