/** What is going on: status and events. */
package org.mainstay.shell.internal.command.watch;
