package org.mainstay.comm.internal.wire;

import java.io.IOException;

/** The other side broke the protocol; the connection must end. */
public final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    public ProtocolException(String message) {
        super(message);
    }

    public ProtocolException(String message, Throwable cause) {
        super(message, cause);
    }
}
