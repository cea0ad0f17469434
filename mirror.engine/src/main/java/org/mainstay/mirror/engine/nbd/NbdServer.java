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
import java.util.Objects;
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
    /** What clients of one TCP address together may use up: whoever is far away cannot hold up who is here. */
    private static final long REMOTE_BYTES = 64 << 20;

    private static final int REMOTE_CONNECTIONS = 64;
    private static final long TELL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Exports exports;
    private final NbdLimits limits;
    private final Buffers buffers;
    private final Buffers lesserBuffers = new Buffers(LESSER_BYTES);
    private final Buffers inputs;
    private final Consumer<String> log;
    private final Semaphore connectionSlots;
    private final Semaphore lesserSlots;
    private final List<Door> doors = new CopyOnWriteArrayList<>();
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
        long most = (long) limits.connections() + LESSER_CONNECTIONS + REMOTE_CONNECTIONS;
        this.inputs = new Buffers(most * (Transmission.inputBytes() + Buffers.EXTRA));
        this.log = log;
        this.connectionSlots = new Semaphore(limits.connections());
        this.lesserSlots = new Semaphore(Math.min(LESSER_CONNECTIONS, limits.connections() / 2));
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
        start(new Door(channel, null, null, null));
    }

    /**
     * Listens on a TCP address. Its clients have memory and places of their own.
     *
     * @param tls for STARTTLS, without which nothing is told
     */
    public Door listen(InetSocketAddress address, TlsUpgrade tls) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(address, BACKLOG);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        Semaphore slots = new Semaphore(Math.min(REMOTE_CONNECTIONS, limits.connections()));
        return start(new Door(channel, Objects.requireNonNull(tls), slots, new Buffers(REMOTE_BYTES)));
    }

    private Door start(Door door) {
        doors.add(door);
        Thread thread = new Thread(() -> accept(door), "nbd-accept");
        thread.setDaemon(true);
        thread.start();
        return door;
    }

    private void accept(Door door) {
        while (!closed) {
            try {
                SocketChannel socket = door.channel.accept();
                Connection connection = new Connection(socket, door);
                if (!connection.start()) {
                    socket.close();
                }
            } catch (IOException e) {
                if (!closed && door.channel.isOpen()) {
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
        for (Door door : doors) {
            door.close();
        }
    }

    /** Where clients come in, and what they have in common. */
    public final class Door implements AutoCloseable {
        private final ServerSocketChannel channel;
        private final SocketAddress address;
        /** Null: local. */
        private final TlsUpgrade tls;

        /** Those that negotiate: who stalls here keeps nobody out elsewhere. */
        private final Semaphore handshakes = new Semaphore(limits.handshakes());
        /** Null: by export, as is the memory. */
        private final Semaphore slots;

        private final Buffers memory;
        private long told;
        private long untold;

        Door(ServerSocketChannel channel, TlsUpgrade tls, Semaphore slots, Buffers memory) throws IOException {
            this.channel = channel;
            this.address = channel.getLocalAddress();
            this.tls = tls;
            this.slots = slots;
            this.memory = memory;
        }

        /** Returns the address bound, with the port chosen for port 0. */
        public SocketAddress address() {
            return address;
        }

        /** Who is not trusted yet must not fill the disk with reasons: those of a while are told as one. */
        private synchronized void tell(String line) {
            long now = System.nanoTime();
            if (tls != null && told != 0 && now - told < TELL_NANOS) {
                untold++;
                return;
            }
            log.accept(untold == 0 ? line : line + " (and " + untold + " others since the last such line)");
            untold = 0;
            told = now | 1;
        }

        /** Takes no more clients and disconnects those there are. */
        @Override
        public void close() throws IOException {
            doors.remove(this);
            channel.close();
            if (address instanceof UnixDomainSocketAddress unix) {
                Files.deleteIfExists(unix.getPath());
            }
            for (Connection connection : connections) {
                if (connection.door.equals(this)) {
                    connection.close();
                }
            }
        }
    }

    /** One client. */
    private final class Connection implements AutoCloseable {
        private final SocketChannel socket;
        private final Door door;
        private final long begun = System.nanoTime();
        private volatile boolean negotiating = true;
        private volatile Transmission transmission;
        private String peer = "a client";

        Connection(SocketChannel socket, Door door) {
            this.socket = socket;
            this.door = door;
        }

        boolean start() {
            if (!door.handshakes.tryAcquire()) {
                return false;
            }
            connections.add(this);
            if (!door.channel.isOpen()) {
                // Who closed it may have looked before this one was there.
                close();
            }
            Thread thread = new Thread(null, this::run, "nbd-client", Readers.STACK_BYTES);
            thread.setDaemon(true);
            thread.start();
            return true;
        }

        private void run() {
            Semaphore slots = null;
            try (Wire wire = new SocketWire(socket)) {
                peer = wire.peer();
                Handshake.Agreement agreement = new Handshake(wire, exports, limits.exportNames(), door.tls).run();
                slots = agreement == null ? null : slot(agreement.export());
                if (slots != null) {
                    negotiated();
                    serve(agreement);
                } else if (agreement != null) {
                    door.tell("too many connections: one of " + peer + " ended");
                }
            } catch (IOException | RuntimeException e) {
                if (!closed && !(e instanceof java.nio.channels.ClosedChannelException)) {
                    door.tell("a connection ended (" + peer + "): " + e.getMessage());
                }
            } catch (StackOverflowError | OutOfMemoryError e) {
                if (door.memory == null) {
                    throw e;
                }
                // What a stranger sends, or takes, costs his connection and not the volumes.
                door.tell("a connection ended (" + peer + "): " + e);
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
            Semaphore slots = connectionSlots;
            if (door.slots != null) {
                slots = door.slots;
            } else if (export.lesser()) {
                slots = lesserSlots;
            }
            return slots.tryAcquire() ? slots : null;
        }

        private synchronized void negotiated() {
            if (negotiating) {
                negotiating = false;
                door.handshakes.release();
            }
        }

        private void serve(Handshake.Agreement agreement) throws IOException {
            if (!agreement.export().attach(this)) {
                return;
            }
            ByteBuffer input = inputs.take(Transmission.inputBytes());
            try {
                boolean lesser = agreement.export().lesser() || door.memory != null;
                int requests = lesser ? Math.min(LESSER_REQUESTS, limits.requests()) : limits.requests();
                transmission = new Transmission(agreement, memory(agreement.export()), input, requests);
                transmission.run();
            } finally {
                inputs.give(input);
                agreement.export().detach(this);
            }
        }

        private Buffers memory(Export export) {
            if (door.memory != null) {
                return door.memory;
            }
            return export.lesser() ? lesserBuffers : buffers;
        }

        void check(long now) {
            Transmission running = transmission;
            boolean late = negotiating && now - begun > limits.handshakeTime().toNanos();
            boolean stalled = running != null
                    && running.replies().stalled(now) > limits.stalledWrite().toNanos();
            if (late || stalled) {
                door.tell(late ? "a client did not choose an export in time" : "a client does not read its answers");
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
