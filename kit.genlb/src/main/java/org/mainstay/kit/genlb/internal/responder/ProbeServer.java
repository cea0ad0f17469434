package org.mainstay.kit.genlb.internal.responder;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/**
 * Answers probes on one port until its resource is no longer its own (LB-030 to LB-034). One thread; at most {@link #MOST}
 * conversations at once.
 */
final class ProbeServer implements AutoCloseable {
    /** Conversations at once; balancers hold a handful. */
    static final int MOST = 256;

    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long AFTER_ERROR_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** Takes a connection from the port; replaced in tests by one that fails. */
    interface Accept {
        SocketChannel from(ServerSocketChannel server) throws IOException;
    }

    private final Options options;
    private final Marks marks;
    private final long process;
    private final Accept accept;
    private final Selector selector;
    private final ServerSocketChannel server;
    private final SelectionKey door;
    private int errors;
    private long silentAt;
    private long openDoorAt;
    private boolean flagged;

    /** Opens the port. @throws IOException if it cannot be opened: 33602 */
    ProbeServer(Options options, Marks marks, long process, Accept accept) throws IOException {
        this.options = options;
        this.marks = marks;
        this.process = process;
        this.accept = accept;
        this.selector = Selector.open();
        this.server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(options.port()));
        server.configureBlocking(false);
        this.door = server.register(selector, SelectionKey.OP_ACCEPT);
    }

    int port() {
        return server.socket().getLocalPort();
    }

    /** Serves until the resource is stopped or deleted, or too many probes could not be accepted. @return exit code */
    int run() throws IOException {
        long now = System.nanoTime();
        silentAt = now + TimeUnit.MILLISECONDS.toNanos(options.silenceMillis());
        openDoorAt = now;
        long lookAt = now + LOOK_NANOS;
        while (errors <= options.maxErrors()) {
            selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nextDue(lookAt) - System.nanoTime())));
            serve();
            now = System.nanoTime();
            answerLate(now);
            if (!flagged && now - silentAt >= 0) {
                flagged = true;
                marks.silent();
                marks.log("WARN", "no probe for " + options.silenceMillis() / 1000 + " s on port " + options.port());
            }
            if (!door.isValid()) {
                throw new ClosedChannelException();
            }
            if (now - openDoorAt >= 0) {
                door.interestOps(SelectionKey.OP_ACCEPT);
            }
            if (now - lookAt >= 0) {
                lookAt = now + LOOK_NANOS;
                if (!marks.names(process)) {
                    sayWhyItEnds();
                    return 0;
                }
            }
        }
        String why = "33611 " + errors + " probes in a row could not be accepted, more than HC_MAX_ERROR="
                + options.maxErrors();
        marks.fail(why);
        marks.log("ERROR", why);
        return 2;
    }

    private void sayWhyItEnds() throws IOException {
        if (marks.deleted()) {
            marks.log("INFO", "33613 the resource was deleted: the responder on port " + options.port() + " ends");
        } else {
            marks.log("WARN", "33614 the resource was stopped: the responder on port " + options.port() + " ends");
        }
    }

    private long nextDue(long lookAt) {
        long due = lookAt;
        if (!flagged && silentAt - due < 0) {
            due = silentAt;
        }
        for (SelectionKey key : selector.keys()) {
            if (key.attachment() instanceof Conversation conversation && conversation.answerBy() - due < 0) {
                due = conversation.answerBy();
            }
        }
        return due;
    }

    private void serve() throws IOException {
        Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
        while (ready.hasNext()) {
            SelectionKey key = ready.next();
            ready.remove();
            if (key.isValid() && key.isAcceptable()) {
                take();
            } else if (key.isValid() && key.attachment() instanceof Conversation conversation) {
                read(conversation);
            }
        }
    }

    private void take() throws IOException {
        try {
            SocketChannel channel = accept.from(server);
            if (channel == null) {
                return;
            }
            errors = 0;
            if (selector.keys().size() > MOST) {
                channel.close();
                return;
            }
            channel.configureBlocking(false);
            long answerBy = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.readMillis());
            Conversation conversation = new Conversation(channel, options, answerBy);
            channel.register(selector, SelectionKey.OP_READ, conversation);
            if (!options.http()) {
                probed();
            }
        } catch (IOException e) {
            errors++;
            marks.log("ERROR", "33611 a probe could not be accepted on port " + options.port() + ": " + e.getMessage());
            door.interestOps(0);
            openDoorAt = System.nanoTime() + AFTER_ERROR_NANOS;
        }
    }

    private void probed() throws IOException {
        flagged = false;
        silentAt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.silenceMillis());
        marks.probe();
    }

    private void read(Conversation conversation) throws IOException {
        boolean complete;
        try {
            complete = conversation.read();
        } catch (IOException e) {
            // the balancer reset the connection: it has seen what it wanted
            complete = true;
        }
        if (complete) {
            end(conversation);
        }
    }

    private void end(Conversation conversation) throws IOException {
        if (options.http() && conversation.counts()) {
            probed();
        }
        try {
            conversation.answer();
        } catch (IOException e) {
            marks.log("INFO", "an answer on port " + options.port() + " did not arrive: " + e.getMessage());
        }
    }

    private void answerLate(long now) throws IOException {
        for (SelectionKey key : selector.keys().toArray(new SelectionKey[0])) {
            if (key.isValid()
                    && key.attachment() instanceof Conversation conversation
                    && now - conversation.answerBy() >= 0) {
                end(conversation);
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys().toArray(new SelectionKey[0])) {
            key.channel().close();
        }
        selector.close();
    }
}
