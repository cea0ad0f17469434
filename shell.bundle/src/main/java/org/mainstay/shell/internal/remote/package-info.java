/** The remote door: commands between servers over authenticated messages, topic {@code command}. */
package org.mainstay.shell.internal.remote;
