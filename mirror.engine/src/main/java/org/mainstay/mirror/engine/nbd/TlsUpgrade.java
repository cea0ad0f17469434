package org.mainstay.mirror.engine.nbd;

import java.io.IOException;
import org.mainstay.mirror.engine.io.Wire;

/** Puts TLS on a connection. */
public interface TlsUpgrade {
    /** Does the server's part of the TLS handshake. @throws IOException if the peer is not who may connect */
    Wire secure(Wire plain) throws IOException;
}
