/** The {@code mainstay} command and its nouns. */
package org.mainstay.shell.internal.command;
