package org.mainstay.shell.internal.remote;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.mainstay.cluster.Messenger;
import org.mainstay.shell.internal.registry.Cancellation;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.socket.CommandRunner;
import org.mainstay.shell.internal.socket.Frame;
import org.mainstay.shell.internal.socket.FrameOutput;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command this server runs for another one. */
final class RunningCommand {
    private static final Logger LOG = LoggerFactory.getLogger(RunningCommand.class);
    /** Output bytes on their way at the most. */
    private static final int WINDOW_BYTES = 1 << 18;
    /** Pause before the next try when the queue to the other server is full. */
    private static final int RETRY_MILLIS = 20;

    private final Messenger messenger;
    private final CommandRunner runner;
    private final String from;
    private final String id;
    private final Cancellation cancellation = new Cancellation();
    private long onTheWay;
    private boolean lost;

    RunningCommand(Messenger messenger, CommandRunner runner, String from, String id) {
        this.messenger = messenger;
        this.runner = runner;
        this.from = from;
        this.id = id;
    }

    String from() {
        return from;
    }

    void cancel() {
        cancellation.cancel();
    }

    /** The asking server is gone. */
    void lost() {
        synchronized (this) {
            lost = true;
            notifyAll();
        }
        cancellation.cancel();
    }

    /** Commands shut down here: the asking server is told. */
    void stopped() {
        cancellation.cancel();
        trySend(new Frame(Frame.ERROR, "Mainstay is stopping there\n".getBytes(StandardCharsets.UTF_8)));
        trySend(Frame.exit(Invocation.INTERRUPTED));
        lost();
    }

    synchronized void acknowledged(int bytes) {
        onTheWay -= bytes;
        notifyAll();
    }

    void run(RemoteMessage.Start start) {
        PrintStream out = stream(Frame.OUTPUT);
        PrintStream err = stream(Frame.ERROR);
        CommandContext context = new CommandContext(
                out,
                err,
                InputStream.nullInputStream(),
                Path.of(""),
                start.run().terminal(),
                start.caller(),
                cancellation,
                true);
        int code;
        try {
            code = runner.run(start.run().call(), context);
        } catch (InterruptedException e) {
            code = Invocation.INTERRUPTED;
        }
        out.flush();
        err.flush();
        try {
            send(Frame.exit(code));
        } catch (IOException e) {
            LOG.debug("{} was gone when its command ended with {}", from, code);
        }
    }

    private PrintStream stream(char type) {
        return new PrintStream(new FrameOutput(type, this::send), false, StandardCharsets.UTF_8);
    }

    private synchronized void send(Frame frame) throws IOException {
        int bytes = frame.type() == Frame.EXIT ? 0 : frame.payload().length;
        try {
            while (!lost && bytes > 0 && onTheWay + bytes > WINDOW_BYTES) {
                wait();
            }
            while (!lost && !trySend(frame)) {
                wait(RETRY_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (lost) {
            throw new IOException(from + " is gone");
        }
        onTheWay += bytes;
    }

    private boolean trySend(Frame frame) {
        return messenger.send(from, RemoteCommands.TOPIC, new RemoteMessage(id, frame).encoded());
    }
}
