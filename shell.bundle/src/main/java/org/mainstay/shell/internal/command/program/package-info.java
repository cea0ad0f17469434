/** Commands of the original product that run programs, copy files or write logs (spec/02 B2 and B8). */
package org.mainstay.shell.internal.command.program;
