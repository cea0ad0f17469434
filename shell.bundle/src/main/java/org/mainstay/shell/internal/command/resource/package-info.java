/** Resources and dependencies. */
package org.mainstay.shell.internal.command.resource;
