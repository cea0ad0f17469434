package org.mainstay.shell.internal.remote;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.ExitCode;
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
    /** How long output of a cancelled command waits to be taken. */
    private static final long LAST_OUTPUT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Messenger messenger;
    private final CommandRunner runner;
    private final String from;
    private final String id;
    private final Cancellation cancellation = new Cancellation();
    private long onTheWay;
    private boolean lost;
    private boolean cancelled;
    private long outputEnd;

    RunningCommand(Messenger messenger, CommandRunner runner, String from, String id) {
        this.messenger = messenger;
        this.runner = runner;
        this.from = from;
        this.id = id;
    }

    String from() {
        return from;
    }

    /** Ends the command. Its last output has a moment: who gave up may no longer take it. */
    void cancel() {
        synchronized (this) {
            cancelled = true;
            outputEnd = System.nanoTime() + LAST_OUTPUT_NANOS;
            notifyAll();
        }
        cancellation.cancel();
    }

    /** The asking server is gone: nothing is sent any more. Returns at once; {@link #cancel} ends the command. */
    synchronized void lost() {
        lost = true;
        notifyAll();
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
        int code = ExitCode.INTERNAL_ERROR;
        try {
            code = runner.run(start.run().call(), context);
        } catch (InterruptedException e) {
            code = Invocation.INTERRUPTED;
        } catch (RuntimeException | Error e) {
            LOG.error("internal error in command {} of {}", start.run().call().name(), from, e);
            err.println(start.run().call().name() + ": internal error: " + e + "; data/log/ has the details");
        } finally {
            end(code, out, err);
        }
    }

    /** Whatever happened: the asking server is told and does not wait any longer. */
    private void end(int code, PrintStream out, PrintStream err) {
        try {
            out.flush();
            err.flush();
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
                if (cancelled) {
                    awaitLastOutput();
                } else {
                    wait();
                }
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

    private synchronized void awaitLastOutput() throws IOException, InterruptedException {
        long left = outputEnd - System.nanoTime();
        if (left <= 0) {
            throw new IOException(from + " gave up and takes no output");
        }
        TimeUnit.NANOSECONDS.timedWait(this, left);
    }

    private boolean trySend(Frame frame) {
        return messenger.send(from, RemoteCommands.TOPIC, new RemoteMessage(id, frame).encoded());
    }
}
