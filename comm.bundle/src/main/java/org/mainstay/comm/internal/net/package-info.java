/**
 * Connections and sessions. One event loop thread owns all state here; whatever may take long (handlers, TLS handshakes, key
 * derivation, disk) runs elsewhere.
 *
 * <p>For each comm path the server whose name sorts first dials, from its own address of the path; while there is no path yet it
 * dials the other's member address. The dialling side proposes sessions and numbers them; see {@link org.mainstay.comm.internal.wire.Frame.Hello}.
 */
package org.mainstay.comm.internal.net;
