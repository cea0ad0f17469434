/** The local door: commands from {@code bin/} over a unix socket; see PROTOCOL.md. */
package org.mainstay.shell.internal.socket;
