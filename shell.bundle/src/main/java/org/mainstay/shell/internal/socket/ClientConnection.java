package org.mainstay.shell.internal.socket;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.Cancellation;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.socket.Frame.ProtocolException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of a client: reads on one thread, runs the command on another. */
final class ClientConnection implements Places.Client {
    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

    private final SocketChannel channel;
    private final PeerRoles roles;
    private final CommandRunner runner;
    private final Executor threads;
    private final LongSupplier ticker;
    private final Places places;
    private final Cancellation cancellation = new Cancellation();
    private final FrameInput input = new FrameInput(this::send);
    private final Object writing = new Object();
    private volatile boolean started;
    private volatile long blockedSince;
    private volatile boolean blocked;

    ClientConnection(
            SocketChannel channel,
            PeerRoles roles,
            CommandRunner runner,
            Executor threads,
            LongSupplier ticker,
            Places places) {
        this.channel = channel;
        this.roles = roles;
        this.runner = runner;
        this.threads = threads;
        this.ticker = ticker;
        this.places = places;
    }

    /** Serves the connection until it ends. */
    void serve() {
        try (channel) {
            UserPrincipal user = PeerRoles.peer(channel);
            Optional<String> full = places.take(this, user, roles.administrates(user));
            if (full.isPresent()) {
                refuse(full.get());
                return;
            }
            Optional<Caller> caller = roles.caller(user, runner.server() + " bin");
            if (caller.isEmpty()) {
                refuse("permission denied: " + roles.allowed() + " may use its commands");
                return;
            }
            BufferedInputStream stream = new BufferedInputStream(Channels.newInputStream(channel));
            start(Frame.read(stream), caller.get());
            while (true) {
                take(Frame.read(stream));
            }
        } catch (EOFException e) {
            LOG.trace("client closed its connection");
        } catch (ProtocolException e) {
            LOG.debug("a command connection was closed: {}", e.getMessage());
        } catch (IOException e) {
            LOG.trace("connection ended", e);
        } finally {
            input.end();
            cancellation.cancel();
        }
    }

    private void start(Frame frame, Caller caller) throws IOException {
        if (frame.type() != Frame.RUN) {
            throw new ProtocolException("the first frame must be R");
        }
        RunFrame run;
        try {
            run = RunFrame.parse(frame.payload());
        } catch (RunFrame.VersionException e) {
            started = true;
            refuse(e.getMessage());
            return;
        }
        started = true;
        try {
            threads.execute(() -> execute(run, caller));
        } catch (RejectedExecutionException e) {
            refuse("Mainstay is stopping");
        }
    }

    private void take(Frame frame) throws ProtocolException {
        switch (frame.type()) {
            case Frame.INPUT -> input.receive(frame.payload());
            case Frame.CANCEL -> cancellation.cancel();
            default -> throw new ProtocolException("a frame of type " + (int) frame.type() + " is not allowed here");
        }
    }

    private void execute(RunFrame run, Caller caller) {
        PrintStream out = stream(Frame.OUTPUT);
        PrintStream err = stream(Frame.ERROR);
        CommandContext context = new CommandContext(
                out,
                err,
                input,
                Path.of(run.workingDirectory().indexOf('\0') >= 0 ? "" : run.workingDirectory()),
                run.terminal(),
                caller,
                cancellation,
                false);
        int code = ExitCode.INTERNAL_ERROR;
        try {
            code = runner.run(run.call(), context);
        } catch (InterruptedException e) {
            err.println("interrupted: Mainstay is stopping");
            code = Invocation.INTERRUPTED;
        } catch (RuntimeException | Error e) {
            LOG.error("internal error in command {}", run.call().name(), e);
            err.println(run.call().name() + ": internal error: " + e + "; data/log/ has the details");
        } finally {
            end(run, code, out, err);
        }
    }

    /** Whatever happened: the caller is told and does not wait any longer. */
    private void end(RunFrame run, int code, PrintStream out, PrintStream err) {
        try {
            out.flush();
            err.flush();
            send(Frame.exit(code));
        } catch (IOException e) {
            LOG.debug(
                    "the caller of '{}' was gone when it ended with {}",
                    run.call().name(),
                    code);
        } finally {
            close();
        }
    }

    private PrintStream stream(char type) {
        return new PrintStream(new FrameOutput(type, this::send), false, StandardCharsets.UTF_8);
    }

    private void send(Frame frame) throws IOException {
        synchronized (writing) {
            ByteBuffer bytes = frame.encoded();
            blockedSince = ticker.getAsLong();
            blocked = true;
            try {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            } finally {
                blocked = false;
            }
        }
    }

    @Override
    public long blockedNanos() {
        return blocked ? ticker.getAsLong() - blockedSince : 0;
    }

    /** Sends a message and exit code 1, and closes. */
    void refuse(String message) {
        byte[] text = (message + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            send(new Frame(Frame.ERROR, text));
            send(Frame.exit(ExitCode.SYSTEM_ERROR));
        } catch (IOException e) {
            LOG.trace("a refused client was gone", e);
        }
        close();
    }

    /** Closes the connection if the client has not said what to run. */
    void closeIfSilent() {
        if (!started) {
            LOG.debug("a client that asked for nothing was disconnected");
            close();
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.trace("close failed", e);
        }
    }
}
