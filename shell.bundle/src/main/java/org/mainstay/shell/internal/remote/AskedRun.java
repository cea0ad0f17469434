package org.mainstay.shell.internal.remote;

import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.Messenger;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.socket.Frame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command this server has asked another one to run. */
final class AskedRun {
    private static final Logger LOG = LoggerFactory.getLogger(AskedRun.class);
    /** After Ctrl-C: how long the other server may take to end the command. */
    private static final int CANCEL_SECONDS = 5;

    private final Messenger messenger;
    private final String server;
    private final String id;
    private final BlockingQueue<Object> news = new LinkedBlockingQueue<>();

    AskedRun(Messenger messenger, String server, String id) {
        this.messenger = messenger;
        this.server = server;
        this.id = id;
    }

    String server() {
        return server;
    }

    void received(Frame frame) {
        news.add(frame);
    }

    void failed(Throwable failure) {
        news.add(failure);
    }

    void cancel() {
        send(Frame.empty(Frame.CANCEL));
        news.add(Cancelled.BY_CALLER);
    }

    /** Passes output on until the command ends. */
    int pump(CommandContext context) throws CommandException, InterruptedException {
        boolean cancelled = false;
        while (true) {
            Object next = cancelled ? news.poll(CANCEL_SECONDS, TimeUnit.SECONDS) : news.take();
            if (next == null) {
                return Invocation.INTERRUPTED;
            }
            if (next instanceof Throwable failure) {
                // it may run there all the same, as when only the answer was late
                send(Frame.empty(Frame.CANCEL));
                throw RemoteCommands.unreachable(server, failure);
            }
            if (next instanceof Cancelled) {
                cancelled = true;
                continue;
            }
            Frame frame = (Frame) next;
            if (frame.type() == Frame.EXIT) {
                return exitCode(frame);
            }
            PrintStream stream = frame.type() == Frame.OUTPUT ? context.out() : context.err();
            stream.write(frame.payload(), 0, frame.payload().length);
            stream.flush();
            send(Frame.number(Frame.ACKNOWLEDGE, frame.payload().length));
        }
    }

    private int exitCode(Frame frame) throws CommandException {
        try {
            return frame.exitCode();
        } catch (IOException e) {
            throw RemoteCommands.unreachable(server, e);
        }
    }

    private void send(Frame frame) {
        if (!messenger.send(server, RemoteCommands.TOPIC, new RemoteMessage(id, frame).encoded())) {
            LOG.debug("a message about run {} did not go to {}", id, server);
        }
    }

    private enum Cancelled {
        BY_CALLER
    }
}
