package org.mainstay.mirror.engine.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** TLS over another wire. */
public final class TlsWire implements Wire {
    /** Records that may be left to send when a handshake has failed. */
    private static final int ALERTS = 4;

    private final Wire plain;
    private final SSLEngine engine;
    private final ByteBuffer sealedIn;
    private final ByteBuffer opened;
    private final ByteBuffer sealedOut;
    private final Object writing = new Object();
    private final boolean named;

    /**
     * Does the handshake.
     *
     * @param engine set up with its side and what it demands of the peer
     * @throws IOException if the peer is not trusted or breaks off; the plain wire is closed then
     */
    public TlsWire(Wire plain, SSLEngine engine) throws IOException {
        this(plain, engine, false);
    }

    /** @param named whether certificates carry the names of servers */
    TlsWire(Wire plain, SSLEngine engine, boolean named) throws IOException {
        this.named = named;
        this.plain = plain;
        this.engine = engine;
        int packet = engine.getSession().getPacketBufferSize();
        this.sealedIn = ByteBuffer.allocateDirect(4 * packet).limit(0);
        this.sealedOut = ByteBuffer.allocateDirect(packet);
        this.opened = ByteBuffer.allocate(2 * engine.getSession().getApplicationBufferSize())
                .limit(0);
        boolean done = false;
        try {
            engine.beginHandshake();
            handshake();
            done = true;
        } finally {
            if (!done) {
                farewell();
                plain.close();
            }
        }
    }

    /** Tells the peer why it is refused, if that is known; its own protocol has no word for it. */
    private void farewell() {
        try {
            for (int i = 0; i < ALERTS && engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP; i++) {
                sealedOut.clear();
                engine.wrap(ByteBuffer.allocate(0), sealedOut);
                plain.write(sealedOut.flip());
            }
        } catch (IOException e) {
            // The peer has gone, and does not care any more: why it is refused is on its way to the log.
            sealedOut.clear();
        }
    }

    private void handshake() throws IOException {
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_WRAP -> seal(ByteBuffer.allocate(0));
                case NEED_TASK -> tasks();
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    if (!open()) {
                        throw new EOFException("the peer broke the TLS handshake off");
                    }
                }
                default -> {
                    return;
                }
            }
        }
    }

    private void tasks() {
        Runnable task = engine.getDelegatedTask();
        while (task != null) {
            task.run();
            task = engine.getDelegatedTask();
        }
    }

    /** Opens one record into {@link #opened}. @return false at the end of the stream */
    private boolean open() throws IOException {
        while (true) {
            opened.compact();
            SSLEngineResult result;
            try {
                result = engine.unwrap(sealedIn, opened);
            } finally {
                opened.flip();
            }
            switch (result.getStatus()) {
                case OK -> {
                    return true;
                }
                case CLOSED -> {
                    return false;
                }
                case BUFFER_OVERFLOW -> throw new SSLException("a record larger than TLS allows");
                case BUFFER_UNDERFLOW -> {
                    sealedIn.compact();
                    int got;
                    try {
                        got = plain.read(sealedIn);
                    } finally {
                        sealedIn.flip();
                    }
                    if (got < 0) {
                        return false;
                    }
                }
            }
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        while (!opened.hasRemaining()) {
            if (!open()) {
                return -1;
            }
            // Keys may change and tickets may come in the middle of the stream.
            HandshakeStatus status = engine.getHandshakeStatus();
            if (status == HandshakeStatus.NEED_TASK) {
                tasks();
            } else if (status == HandshakeStatus.NEED_WRAP) {
                seal(ByteBuffer.allocate(0));
            }
        }
        int count = Math.min(opened.remaining(), target.remaining());
        int limit = opened.limit();
        opened.limit(opened.position() + count);
        target.put(opened);
        opened.limit(limit);
        return count;
    }

    private void seal(ByteBuffer data) throws IOException {
        synchronized (writing) {
            do {
                sealedOut.clear();
                SSLEngineResult result = engine.wrap(data, sealedOut);
                plain.write(sealedOut.flip());
                if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                    throw new EOFException("the TLS connection is closed");
                }
            } while (data.hasRemaining());
        }
    }

    @Override
    public void write(ByteBuffer[] sources, int count) throws IOException {
        synchronized (writing) {
            for (int i = 0; i < count; i++) {
                if (sources[i].hasRemaining()) {
                    seal(sources[i]);
                }
            }
        }
    }

    @Override
    public String peer() {
        return plain.peer();
    }

    @Override
    public String identity() {
        try {
            return named
                    ? PinnedIdentity.name(engine.getSession().getPeerPrincipal().getName())
                    : null;
        } catch (SSLPeerUnverifiedException e) {
            // The handshake demands a certificate; without one nobody has this name.
            return "";
        }
    }

    @Override
    public void close() throws IOException {
        // No farewell: it could wait for a peer that does not read. Both protocols inside know their own end.
        plain.close();
    }
}
