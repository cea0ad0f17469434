package org.mainstay.mirror.engine.nbd;

import java.io.IOException;

/** The client broke the protocol, or gave up: the connection ends without an answer. */
final class HandshakeException extends IOException {
    private static final long serialVersionUID = 1L;

    HandshakeException(String message) {
        super(message);
    }
}
