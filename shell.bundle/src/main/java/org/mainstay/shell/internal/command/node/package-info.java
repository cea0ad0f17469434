/** Servers: init, join, invite, remove, list, start, stop; comm paths; operations in doubt; kits. */
package org.mainstay.shell.internal.command.node;
