/**
 * The manager's end of the link to the guard process (protocol: {@code guard/PROTOCOL.md}): sends what the guard has to know,
 * passes its news on, and starts it again when it dies, as the guard does with Karaf (design.md section 2).
 */
package org.mainstay.core.internal.guard;
