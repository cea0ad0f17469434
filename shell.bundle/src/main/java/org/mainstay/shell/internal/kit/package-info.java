/** Installs, replaces and removes recovery kits while everything runs, on this server and on others. */
package org.mainstay.shell.internal.kit;
