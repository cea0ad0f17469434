/** {@code mainstay kit}: which kits there are, and how they come, change and go on one server or on all. */
package org.mainstay.shell.internal.command.kit;
