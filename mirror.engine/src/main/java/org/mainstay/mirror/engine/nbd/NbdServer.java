package org.mainstay.mirror.engine.nbd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.io.Export;
import org.mainstay.mirror.engine.io.SocketWire;
import org.mainstay.mirror.engine.io.Wire;

/** Listens and serves each connection on a thread of its own, within {@link NbdLimits}. */
public final class NbdServer implements AutoCloseable {
    private static final int BACKLOG = 128;
    private static final long CHECK_MILLIS = 500;
    /** What clients of all lesser exports together may use up ({@link Export#lesser}). */
    private static final long LESSER_BYTES = 32 << 20;

    private static final int LESSER_CONNECTIONS = 64;
    /** Of a connection, in flight. */
    private static final int LESSER_REQUESTS = 32;

    private final Exports exports;
    private final NbdLimits limits;
    private final Buffers buffers;
    private final Buffers lesserBuffers = new Buffers(LESSER_BYTES);
    private final Buffers inputs;
    private final Consumer<String> log;
    private final Semaphore connectionSlots;
    private final Semaphore lesserSlots;
    private final Semaphore handshakeSlots;
    private final List<ServerSocketChannel> listeners = new CopyOnWriteArrayList<>();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final ScheduledFuture<?> watch;
    private volatile boolean closed;

    /**
     * @param buffers for data in flight but of lesser exports, shared with whoever keeps it
     * @param timer runs the watch for clients that stall
     * @param log told why connections were ended
     */
    public NbdServer(
            Exports exports, NbdLimits limits, Buffers buffers, ScheduledExecutorService timer, Consumer<String> log) {
        this.exports = exports;
        this.limits = limits;
        this.buffers = buffers;
        long most = (long) limits.connections() + LESSER_CONNECTIONS;
        this.inputs = new Buffers(most * (Transmission.inputBytes() + Buffers.EXTRA));
        this.log = log;
        this.connectionSlots = new Semaphore(limits.connections());
        this.lesserSlots = new Semaphore(Math.min(LESSER_CONNECTIONS, limits.connections() / 2));
        this.handshakeSlots = new Semaphore(limits.handshakes());
        this.watch = timer.scheduleWithFixedDelay(this::watch, CHECK_MILLIS, CHECK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Listens on a Unix socket that only the engine's user may open. A socket of that name left over is replaced. */
    public void listen(Path socket) throws IOException {
        Files.deleteIfExists(socket);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(socket), BACKLOG);
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        start(channel, null, false);
    }

    /**
     * Listens on a TCP address.
     *
     * @param tls for STARTTLS; null: none is offered
     * @param tlsRequired nothing is told without TLS
     * @return the address bound, with the port chosen for port 0
     */
    public InetSocketAddress listen(InetSocketAddress address, TlsUpgrade tls, boolean tlsRequired) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(address, BACKLOG);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        start(channel, tls, tlsRequired);
        return (InetSocketAddress) channel.getLocalAddress();
    }

    private void start(ServerSocketChannel channel, TlsUpgrade tls, boolean required) {
        listeners.add(channel);
        Thread thread = new Thread(() -> accept(channel, tls, required), "nbd-accept");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept(ServerSocketChannel channel, TlsUpgrade tls, boolean required) {
        while (!closed) {
            try {
                SocketChannel socket = channel.accept();
                Connection connection = new Connection(socket, tls, required);
                if (!connection.start()) {
                    socket.close();
                }
            } catch (IOException e) {
                if (!closed && channel.isOpen()) {
                    // Out of file descriptors, or a client that has gone already: the next may do.
                    log.accept("a connection could not be accepted: " + e.getMessage());
                    pause();
                } else {
                    return;
                }
            }
        }
    }

    private void pause() {
        java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    }

    private void watch() {
        long now = System.nanoTime();
        for (Connection connection : connections) {
            connection.check(now);
        }
    }

    /** Returns how many connections there are, negotiating ones included. */
    public int connections() {
        return connections.size();
    }

    @Override
    public void close() throws IOException {
        closed = true;
        watch.cancel(false);
        for (ServerSocketChannel listener : listeners) {
            SocketAddress address = listener.getLocalAddress();
            listener.close();
            if (address instanceof UnixDomainSocketAddress unix) {
                Files.deleteIfExists(unix.getPath());
            }
        }
        for (Connection connection : connections) {
            connection.close();
        }
    }

    /** One client. */
    private final class Connection implements AutoCloseable {
        private final SocketChannel socket;
        private final TlsUpgrade tls;
        private final boolean required;
        private final long begun = System.nanoTime();
        private volatile boolean negotiating = true;
        private volatile Transmission transmission;

        Connection(SocketChannel socket, TlsUpgrade tls, boolean required) {
            this.socket = socket;
            this.tls = tls;
            this.required = required;
        }

        boolean start() {
            if (!handshakeSlots.tryAcquire()) {
                return false;
            }
            connections.add(this);
            Thread thread = new Thread(null, this::run, "nbd-client", 256 << 10);
            thread.setDaemon(true);
            thread.start();
            return true;
        }

        private void run() {
            Semaphore slots = null;
            try (Wire wire = new SocketWire(socket)) {
                Handshake.Agreement agreement = new Handshake(wire, exports, limits.exportNames(), tls, required).run();
                slots = agreement == null ? null : slot(agreement.export());
                if (slots != null) {
                    negotiated();
                    serve(agreement);
                } else if (agreement != null) {
                    log.accept("too many connections: one of " + wire.peer() + " ended");
                }
            } catch (IOException | RuntimeException e) {
                if (!closed && !(e instanceof java.nio.channels.ClosedChannelException)) {
                    log.accept("a connection ended: " + e.getMessage());
                }
            } finally {
                negotiated();
                if (slots != null) {
                    slots.release();
                }
                connections.remove(this);
            }
        }

        /** Returns where a slot was taken; null: there is none. */
        private Semaphore slot(Export export) {
            Semaphore slots = export.lesser() ? lesserSlots : connectionSlots;
            return slots.tryAcquire() ? slots : null;
        }

        private synchronized void negotiated() {
            if (negotiating) {
                negotiating = false;
                handshakeSlots.release();
            }
        }

        private void serve(Handshake.Agreement agreement) throws IOException {
            if (!agreement.export().attach(this)) {
                return;
            }
            ByteBuffer input = inputs.take(Transmission.inputBytes());
            try {
                boolean lesser = agreement.export().lesser();
                int requests = lesser ? Math.min(LESSER_REQUESTS, limits.requests()) : limits.requests();
                transmission = new Transmission(agreement, lesser ? lesserBuffers : buffers, input, requests);
                transmission.run();
            } finally {
                inputs.give(input);
                agreement.export().detach(this);
            }
        }

        void check(long now) {
            Transmission running = transmission;
            boolean late = negotiating && now - begun > limits.handshakeTime().toNanos();
            boolean stalled = running != null
                    && running.replies().stalled(now) > limits.stalledWrite().toNanos();
            if (late || stalled) {
                log.accept(late ? "a client did not choose an export in time" : "a client does not read its answers");
                close();
            }
        }

        @Override
        public void close() {
            try {
                socket.close();
            } catch (IOException e) {
                log.accept("a connection could not be closed: " + e.getMessage());
            }
        }
    }
}
