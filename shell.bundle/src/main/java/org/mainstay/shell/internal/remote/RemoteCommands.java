package org.mainstay.shell.internal.remote;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Messenger.Session;
import org.mainstay.cluster.Registration;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Platform.RemoteServers;
import org.mainstay.shell.internal.socket.CommandRunner;
import org.mainstay.shell.internal.socket.Frame;
import org.mainstay.shell.internal.socket.RunFrame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The remote door, both sides: asks other servers to run commands and runs theirs (PROTOCOL.md). Thread-safe. */
public final class RemoteCommands implements RemoteServers, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteCommands.class);
    static final String TOPIC = "command";
    /** Most commands of other servers at a time. */
    private static final int MOST_RUNNING = 64;

    private static final Duration START_LIMIT = Duration.ofSeconds(10);

    private final Messenger messenger;
    private final CommandRunner runner;
    private final FileCopies copies;
    private final Map<String, AskedRun> asked = new ConcurrentHashMap<>();
    private final Map<String, RunningCommand> running = new ConcurrentHashMap<>();
    private final AtomicLong counter = new AtomicLong();
    private final ExecutorService threads;
    private final Registration handler;
    private final Registration sessions;

    /** @param home LKROOT */
    public RemoteCommands(Messenger messenger, CommandRunner runner, Path home) {
        this.messenger = messenger;
        this.copies = new FileCopies(messenger, home);
        this.runner = runner;
        AtomicLong number = new AtomicLong();
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "mainstay-remote-command-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        // First: what a message begins here must end when its session does.
        this.sessions = messenger.sessions(this::session);
        this.handler = messenger.handle(TOPIC, this::receive);
    }

    @Override
    public int run(String server, CommandCall call, CommandContext context)
            throws CommandException, InterruptedException {
        String id = ProcessHandle.current().pid() + "-" + counter.incrementAndGet();
        AskedRun run = new AskedRun(messenger, server, id);
        asked.put(id, run);
        try (Registration cancelled = context.cancellation().whenCancelled(run::cancel)) {
            RemoteMessage.Start start =
                    new RemoteMessage.Start(context.caller(), RunFrame.of(call, context.terminal()));
            messenger
                    .request(server, TOPIC, new RemoteMessage(id, start.frame()).encoded(), START_LIMIT)
                    .whenComplete((answer, failure) -> {
                        if (failure != null) {
                            run.failed(failure);
                        }
                    });
            return run.pump(context);
        } finally {
            asked.remove(id);
        }
    }

    @Override
    public void copy(String server, List<Path> files, String target, CommandContext context)
            throws CommandException, InterruptedException {
        copies.copy(server, server.equals(runner.server()), files, target, context);
    }

    private CompletionStage<byte[]> receive(String from, byte[] payload) {
        try {
            RemoteMessage message = RemoteMessage.parse(payload);
            Frame frame = message.frame();
            switch (frame.type()) {
                case Frame.RUN -> start(from, message);
                case Frame.CANCEL -> withRunning(from, message, command -> aside(command::cancel));
                case Frame.ACKNOWLEDGE -> {
                    int bytes = frame.number();
                    withRunning(from, message, command -> command.acknowledged(bytes));
                }
                case Frame.OUTPUT, Frame.ERROR, Frame.EXIT -> {
                    AskedRun run = asked.get(message.run());
                    if (run != null && run.server().equals(from)) {
                        run.received(frame);
                    }
                }
                default -> throw new Frame.ProtocolException("unknown frame " + (int) frame.type());
            }
            return CompletableFuture.completedFuture(new byte[] {1});
        } catch (IOException e) {
            LOG.warn("a command message of {} was refused: {}", from, e.getMessage());
            return CompletableFuture.failedFuture(e);
        }
    }

    private void withRunning(String from, RemoteMessage message, java.util.function.Consumer<RunningCommand> action) {
        RunningCommand command = running.get(key(from, message.run()));
        if (command != null) {
            action.accept(command);
        }
    }

    private void start(String from, RemoteMessage message) throws IOException {
        RemoteMessage.Start start = RemoteMessage.Start.parse(message.frame().payload());
        if (running.size() >= MOST_RUNNING) {
            throw new Frame.ProtocolException("too many commands of other servers run here; try again");
        }
        String key = key(from, message.run());
        RunningCommand command = new RunningCommand(messenger, runner, from, message.run());
        if (running.putIfAbsent(key, command) != null) {
            throw new Frame.ProtocolException("the run " + message.run() + " exists already");
        }
        try {
            threads.execute(() -> {
                try {
                    command.run(start);
                } finally {
                    running.remove(key);
                }
            });
        } catch (RejectedExecutionException e) {
            running.remove(key);
            throw new IOException("Mainstay is stopping there", e);
        }
    }

    /** Commands decide how long they take to end; who tells of sessions and messages must not wait for it. */
    private void aside(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("commands are shutting down, which cancels all of them", e);
        }
    }

    private static String key(String from, String run) {
        return from + "\t" + run;
    }

    /** Called in the order of all session news of this server: returns at once. */
    private void session(Session session) {
        if (session.open()) {
            return;
        }
        asked.values().stream()
                .filter(run -> run.server().equals(session.peer()))
                .forEach(run -> run.failed(new Messenger.NoCommunicationException("the connection was lost")));
        running.values().stream()
                .filter(command -> command.from().equals(session.peer()))
                .forEach(command -> {
                    command.lost();
                    aside(command::cancel);
                });
    }

    /** Ends everything: asked runs fail, running commands are cancelled. */
    @Override
    public void close() {
        copies.close();
        handler.close();
        sessions.close();
        asked.values().forEach(run -> run.failed(new Messenger.NoCommunicationException("commands are shutting down")));
        running.values().forEach(RunningCommand::stopped);
        threads.shutdownNow();
    }

    /** Returns how a failure of another server is shown. */
    static CommandException unreachable(String server, Throwable failure) {
        Throwable cause = failure instanceof java.util.concurrent.CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
        boolean refused = cause instanceof Messenger.RemoteException;
        String text = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        return refused
                ? new CommandException(ExitCode.SYSTEM_ERROR, server + " refused the command: " + text)
                : new CommandException(
                        ExitCode.NO_COMMUNICATION,
                        "no communication with " + server + ": " + text
                                + "; 'mainstay commpath list' shows the comm paths");
    }
}
