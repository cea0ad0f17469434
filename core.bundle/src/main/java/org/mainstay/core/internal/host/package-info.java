/**
 * The machine as kits see it: commands, addresses, mounts, processes (design.md section 6, the platform boundary).
 *
 * <p>{@link org.mainstay.core.internal.host.HostFactory} is what the rest of the core uses; everything else here is Linux.
 * Two small native programs in {@code lib/native} do what Java cannot: {@code mainstay-exec} starts programs in control
 * groups and sessions of their own, {@code mainstay-net} changes and announces addresses.
 */
package org.mainstay.core.internal.host;
