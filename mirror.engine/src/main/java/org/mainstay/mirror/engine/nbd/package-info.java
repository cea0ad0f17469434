/**
 * The NBD server: newstyle fixed handshake, simple and structured replies, many requests in flight, over Unix and TCP sockets
 * with or without TLS. Knows exports only by {@link org.mainstay.mirror.engine.io.Export}.
 */
package org.mainstay.mirror.engine.nbd;
