package org.mainstay.mirror.engine.link;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.mirror.engine.io.SocketWire;
import org.mainstay.mirror.engine.io.Wire;

/** Listens for sources and leads each to its volume. */
public final class LinkServer implements AutoCloseable {
    private static final int MOST_LINKS = 128;
    private static final long HELLO_MILLIS = 10_000;
    /** Answers on their way to one source: more than its clients can have asked for. */
    private static final int MOST_ANSWERS = 1 << 18;

    /** Secures a connection; both ends have one. */
    public interface Security {
        /** @param client whether this side connected */
        Wire secure(Wire plain, boolean client) throws IOException;
    }

    /** Finds who takes a source's frames. */
    public interface Volumes {
        /** @return null if there is nobody, after an answer was sent */
        LinkHandler accept(Link link, Map<String, String> hello);
    }

    private final ServerSocketChannel channel;
    private final Security security;
    private final Volumes volumes;
    private final ScheduledExecutorService timer;
    private final Consumer<String> log;
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** @param security null: connections are not secured */
    public LinkServer(
            InetSocketAddress address,
            Security security,
            Volumes volumes,
            ScheduledExecutorService timer,
            Consumer<String> log)
            throws IOException {
        this.security = security;
        this.volumes = volumes;
        this.timer = timer;
        this.log = log;
        this.channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(address, 64);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        thread(this::accept, "link-accept");
    }

    private static void thread(Runnable body, String name) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns the address bound. */
    public InetSocketAddress address() throws IOException {
        return (InetSocketAddress) channel.getLocalAddress();
    }

    private void accept() {
        while (!closed) {
            try {
                SocketChannel socket = channel.accept();
                if (open.size() >= MOST_LINKS) {
                    log.accept("more than " + MOST_LINKS + " replication connections: one ended");
                    socket.close();
                } else {
                    open.add(socket);
                    thread(() -> serve(socket), "link-hello");
                }
            } catch (IOException e) {
                if (closed || !channel.isOpen()) {
                    return;
                }
                log.accept("a replication connection could not be accepted: " + e.getMessage());
                java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            }
        }
    }

    private void serve(SocketChannel socket) {
        Router router = new Router(socket);
        timer.schedule(router::late, HELLO_MILLIS, TimeUnit.MILLISECONDS);
        try {
            Wire wire = new SocketWire(socket);
            new SocketLink(security == null ? wire : security.secure(wire, false))
                    .bounded(MOST_ANSWERS)
                    .start(router);
        } catch (IOException e) {
            log.accept("a replication connection was refused: " + e.getMessage());
            router.end();
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        channel.close();
        for (SocketChannel socket : open) {
            socket.close();
        }
    }

    /** Waits for the first frame. */
    private final class Router implements LinkHandler {
        private final SocketChannel socket;
        private volatile LinkHandler next;

        Router(SocketChannel socket) {
            this.socket = socket;
        }

        void late() {
            if (next == null) {
                end();
            }
        }

        void end() {
            open.remove(socket);
            try {
                socket.close();
            } catch (IOException e) {
                log.accept("a socket could not be closed: " + e.getMessage());
            }
        }

        @Override
        public void received(Link link, Frame frame) {
            if (next != null) {
                next.received(link, frame);
                return;
            }
            next = frame.type() == FrameType.HELLO ? volumes.accept(link, frame.text()) : null;
            if (next == null) {
                link.kick();
                link.close("refused");
            }
        }

        @Override
        public void received(Link link) {
            if (next != null) {
                next.received(link);
            }
        }

        @Override
        public void heard(Link link) {
            if (next != null) {
                next.heard(link);
            }
        }

        @Override
        public void closed(Link link, String why) {
            open.remove(socket);
            if (next != null) {
                next.closed(link, why);
            }
        }
    }
}
