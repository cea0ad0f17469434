/** The commands of the original product (spec/02 part B), with its names, options, fields and exit codes. */
package org.mainstay.shell.internal.command.lcd;
