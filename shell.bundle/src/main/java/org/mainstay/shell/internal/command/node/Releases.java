package org.mainstay.shell.internal.command.node;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.Cancellation;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.CommandRegistry;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.Release;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.internal.view.Rows.ServerRow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which release of Mainstay runs on each server: the others are asked for it, all at once and for a short time. */
final class Releases {
    private static final Logger LOG = LoggerFactory.getLogger(Releases.class);
    private static final String MAINSTAY = "Mainstay ";
    private static final long LIMIT_SECONDS = 3;

    private Releases() {}

    /** Returns the releases by server; who does not answer, or cannot say it, is missing. */
    static Map<String, String> of(Invocation invocation, List<ServerRow> servers)
            throws CommandException, InterruptedException {
        String self = invocation.snapshot().self();
        Cancellation cancellation = new Cancellation();
        Map<String, CompletableFuture<Optional<String>>> asked = new HashMap<>();
        for (ServerRow server : servers) {
            if (!server.name().equals(self) && Boolean.TRUE.equals(server.manager())) {
                asked.put(
                        server.name(),
                        CompletableFuture.supplyAsync(() -> ask(invocation, server.name(), cancellation)));
            }
        }
        Map<String, String> releases = new HashMap<>();
        releases.put(self, Release.version());
        try {
            CompletableFuture.allOf(asked.values().toArray(CompletableFuture[]::new))
                    .get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.debug("not every server says its release", e);
        } finally {
            cancellation.cancel();
        }
        asked.forEach((server, answer) -> {
            if (answer.isDone() && !answer.isCompletedExceptionally()) {
                answer.join().ifPresent(release -> releases.put(server, release));
            }
        });
        return releases;
    }

    private static Optional<String> ask(Invocation invocation, String server, Cancellation cancellation) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CommandContext context = new CommandContext(
                new PrintStream(bytes, true, StandardCharsets.UTF_8),
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
                InputStream.nullInputStream(),
                invocation.context().workingDirectory(),
                Terminal.NONE,
                invocation.context().caller(),
                cancellation,
                false);
        try {
            CommandRegistry.requirePath(invocation.platform(), server);
            CommandCall call = new CommandCall(CommandRegistry.FRONT, List.of("--version"));
            int code = invocation.platform().remote().run(server, call, context);
            String text = bytes.toString(StandardCharsets.UTF_8).strip();
            return code == ExitCode.SUCCESS && text.startsWith(MAINSTAY)
                    ? Optional.of(text.substring(MAINSTAY.length()))
                    : Optional.empty();
        } catch (CommandException e) {
            LOG.debug("{} does not say its release", server, e);
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }
}
