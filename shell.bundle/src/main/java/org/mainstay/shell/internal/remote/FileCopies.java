package org.mainstay.shell.internal.remote;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.socket.RunFrame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies files between servers over the authenticated messages, topic {@code files} (PROTOCOL.md, CMD-030 to CMD-037). A piece is sent when
 * the one before was written, so that a file of any size needs little memory on both sides. Thread-safe.
 */
public final class FileCopies implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FileCopies.class);
    static final String TOPIC = "files";

    /** Piece of a file. */
    private static final int PIECE = 1 << 18;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Messenger messenger;
    private final Duration limit;
    private final IncomingFiles incoming;
    private final AtomicLong counter = new AtomicLong();
    private final ExecutorService threads;
    private final Registration handler;
    private final Registration sessions;

    /** What is said of a file. */
    enum Step {
        BEGIN,
        PIECE,
        END,
        DROP
    }

    /** @param home LKROOT: what relative targets are relative to */
    public FileCopies(Messenger messenger, Path home) {
        this(messenger, home, IncomingFile.Disk.REAL, LIMIT);
    }

    /** @param limit how long another server may take for one step */
    FileCopies(Messenger messenger, Path home, IncomingFile.Disk disk, Duration limit) {
        this.messenger = messenger;
        this.limit = limit;
        this.incoming = new IncomingFiles(home.toAbsolutePath(), disk);
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "mainstay-copy");
            thread.setDaemon(true);
            return thread;
        });
        // First: what a message begins here must end when its session does.
        this.sessions = messenger.sessions(this::session);
        this.handler = messenger.handle(TOPIC, this::receive);
    }

    /** Called in the order of all session news of this server: returns at once, however long a disk takes. */
    private void session(Messenger.Session session) {
        if (session.open()) {
            return;
        }
        List<IncomingFile> begun = incoming.forget(session.peer());
        try {
            begun.forEach(file -> threads.execute(file::drop));
        } catch (RejectedExecutionException e) {
            // close() no longer knows them; threads are ending, so this is not on a session's way for long
            begun.forEach(file -> file.dropWithin(0));
        }
    }

    /** Where pieces go: another server, or this one. */
    @FunctionalInterface
    private interface Line {
        void say(Step step, byte[] content) throws CommandException, InterruptedException;
    }

    /** Copies files to a server; returns when all are there. */
    void copy(String server, boolean here, List<Path> files, String target, CommandContext context)
            throws CommandException, InterruptedException {
        for (Path file : files) {
            String id = ProcessHandle.current().pid() + "-" + counter.incrementAndGet();
            Line line = here
                    ? (step, content) -> local(id, step, content)
                    : (step, content) -> remote(server, id, step, content);
            boolean complete = false;
            try (InputStream in = Files.newInputStream(file)) {
                line.say(Step.BEGIN, IncomingFiles.beginning(file, target, files.size() > 1, mode(file)));
                byte[] piece = new byte[PIECE];
                for (int got = in.readNBytes(piece, 0, PIECE); got > 0; got = in.readNBytes(piece, 0, PIECE)) {
                    if (context.cancellation().cancelled()) {
                        throw new CommandException(
                                Invocation.INTERRUPTED, "interrupted; " + file.getFileName() + " was not copied");
                    }
                    line.say(Step.PIECE, java.util.Arrays.copyOf(piece, got));
                }
                line.say(Step.END, new byte[0]);
                complete = true;
            } catch (IOException e) {
                throw new CommandException(ExitCode.SYSTEM_ERROR, file + " cannot be read: " + e.getMessage());
            } finally {
                if (!complete) {
                    drop(server, here, id);
                }
            }
        }
    }

    /** What was begun vanishes there; nobody waits for it, because that server may be why the copy failed. */
    private void drop(String server, boolean here, String id) {
        if (here) {
            incoming.take("", id, Step.DROP, new byte[0]);
        } else if (!messenger.send(server, TOPIC, message(id, Step.DROP, new byte[0]))) {
            LOG.debug("{} was not told that copy {} was given up; it knows when the session ends", server, id);
        }
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private void local(String id, Step step, byte[] content) throws CommandException {
        IncomingFiles.Answer answer = incoming.take("", id, step, content);
        if (answer.exitCode() != ExitCode.SUCCESS) {
            throw new CommandException(answer.exitCode(), answer.text());
        }
    }

    private void remote(String server, String id, Step step, byte[] content)
            throws CommandException, InterruptedException {
        byte[] answer;
        try {
            answer = messenger
                    .request(server, TOPIC, message(id, step, content), limit)
                    .toCompletableFuture()
                    .get();
        } catch (ExecutionException e) {
            throw RemoteCommands.unreachable(server, e.getCause());
        }
        if (answer.length > 0 && answer[0] != ExitCode.SUCCESS) {
            throw new CommandException(
                    answer[0], server + ": " + new String(answer, 1, answer.length - 1, StandardCharsets.UTF_8));
        }
    }

    private static byte[] message(String id, Step step, byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(content.length + 64);
        try (DataOutputStream data = new DataOutputStream(bytes)) {
            data.writeByte(step.ordinal());
            RunFrame.writeString(data, id);
            data.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private CompletionStage<byte[]> receive(String from, byte[] payload) {
        try {
            return CompletableFuture.supplyAsync(() -> answer(from, payload), threads);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(new IOException("Mainstay is stopping there", e));
        }
    }

    private byte[] answer(String from, byte[] payload) {
        IncomingFiles.Answer answer;
        try (DataInputStream data = new DataInputStream(new ByteArrayInputStream(payload))) {
            int step = data.readUnsignedByte();
            String id = RunFrame.readString(data);
            Step[] steps = Step.values();
            answer = step < steps.length
                    ? incoming.take(from, id, steps[step], data.readAllBytes())
                    : new IncomingFiles.Answer(ExitCode.INTERNAL_ERROR, "unknown step " + step);
        } catch (IOException e) {
            answer = new IncomingFiles.Answer(ExitCode.INTERNAL_ERROR, "not a message of a copy");
        }
        byte[] text = answer.text().getBytes(StandardCharsets.UTF_8);
        byte[] bytes = new byte[text.length + 1];
        bytes[0] = (byte) answer.exitCode();
        System.arraycopy(text, 0, bytes, 1, text.length);
        return bytes;
    }

    /** Ends everything; files that are not complete vanish. */
    @Override
    public void close() {
        handler.close();
        sessions.close();
        threads.shutdownNow();
        incoming.close();
    }
}
