/** {@code mainstay mirror}: mirrored volumes. */
package org.mainstay.shell.internal.command.mirror;
