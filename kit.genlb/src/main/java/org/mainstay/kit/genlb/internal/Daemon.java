package org.mainstay.kit.genlb.internal;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.HostProcesses.Signal;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.genlb.internal.responder.Marks;
import org.mainstay.kit.genlb.internal.responder.Options;

/** The responder of one resource, seen from an action. */
final class Daemon {
    private static final Duration POLL = Duration.ofMillis(50);
    /** Time for Java to start and open the port; a loaded machine needs some seconds. */
    private static final Duration STARTS_WITHIN = Duration.ofSeconds(30);

    private static final Duration ENDS_WITHIN = Duration.ofSeconds(5);
    private static final String MAIN = "org.mainstay.kit.genlb.internal.responder.ResponderMain";

    private final ActionContext context;
    private final Path home;
    private final Path folder;
    private final Path log;
    private final Marks marks;

    /** @param home the installation */
    Daemon(ActionContext context, Path home) {
        this.context = context;
        this.home = home;
        String name = URLEncoder.encode(context.resource().id(), StandardCharsets.UTF_8);
        this.folder = home.resolve("data/kit.genlb/" + name).toAbsolutePath();
        this.log = home.resolve("data/log/genlb-" + name + ".log").toAbsolutePath();
        this.marks = new Marks(folder, log);
    }

    Marks marks() {
        return marks;
    }

    Path log() {
        return log;
    }

    Options options(Settings settings, Limits limits) {
        return new Options(
                folder,
                log,
                settings.port(),
                Duration.ofSeconds(limits.timeoutSeconds()).toMillis(),
                Duration.ofSeconds(limits.readSeconds()).toMillis(),
                limits.maxErrors(),
                settings.path(),
                settings.reply());
    }

    /** Returns the process id of the responder that runs. @throws IOException if the pid file is unreadable */
    Optional<Long> running() throws IOException {
        Optional<String[]> lines = marks.pidLines();
        if (lines.isEmpty() || !lines.get()[0].matches("\\d{1,18}")) {
            return Optional.empty();
        }
        long process = Long.parseLong(lines.get()[0]);
        List<String> line = context.host().processes().commandLine(process).orElse(List.of());
        return line.contains(MAIN) && line.contains(folder.toString()) ? Optional.of(process) : Optional.empty();
    }

    /** Returns whether the one that runs was started with these options. */
    boolean runsWith(Options options) throws IOException {
        String wanted = String.join("\n", options.arguments());
        return marks.pidLines()
                .map(lines -> String.join("\n", lines).strip())
                .filter(text -> text.substring(text.indexOf('\n') + 1).equals(wanted.strip()))
                .isPresent();
    }

    /** Starts it and returns when its port is open. */
    Outcome start(Options options) throws IOException {
        marks.clear();
        CommandResult started = context.host().run(new Program(home.resolve("data/kit.genlb")).command(options));
        if (!started.succeeded()) {
            return Outcome.failed("the probe responder could not be started: " + started.summary(), started.errors());
        }
        long end = System.nanoTime() + STARTS_WITHIN.toNanos();
        while (running().isEmpty()) {
            Optional<String> failure = marks.failure();
            if (failure.isPresent()) {
                return Outcome.failed(failure.get() + ": free the port or choose another");
            }
            if (System.nanoTime() - end >= 0 || !context.pause(POLL)) {
                return Outcome.failed("the probe responder did not open its port in time; see " + log);
            }
        }
        return Outcome.success("port " + options.port() + " is open");
    }

    /** Waits for the first probe. */
    Outcome awaitProbe(Options options) throws IOException {
        long end =
                System.nanoTime() + Duration.ofMillis(options.silenceMillis()).toNanos();
        while (!marks.probed()) {
            if (running().isEmpty()) {
                return Outcome.failed(
                        "33610 the probe responder ended: " + marks.failure().orElse("see " + log));
            }
            if (System.nanoTime() - end >= 0) {
                return Outcome.failed("33603 no probe came to port " + options.port() + " within "
                        + options.silenceMillis() / 1000 + " s (HC_TIMEOUT): check that the load balancer probes this"
                        + " port of this server and that no firewall is between");
            }
            if (!context.pause(POLL)) {
                return Outcome.failed("no probe came to port " + options.port() + " before the action's time was up");
            }
        }
        return Outcome.success("port " + options.port() + " answers the load balancer's probes");
    }

    /**
     * Ends it and everything else of the resource, and takes its marks away. A pid file that cannot be read or deleted does not keep it
     * from ending: the responder is in the resource's control group.
     */
    Outcome stop() {
        Optional<Long> process = known();
        if (process.isPresent()) {
            context.host().processes().signal(process.get(), Signal.TERM);
            long end = System.nanoTime() + ENDS_WITHIN.toNanos();
            while (known().isPresent() && System.nanoTime() - end < 0 && context.pause(POLL)) {
                context.progress("waiting for the probe responder to end");
            }
            if (known().isPresent()) {
                context.host().processes().signal(process.get(), Signal.KILL);
            }
        }
        Outcome ended = context.host().processes().endAll();
        if (ended.succeeded()) {
            try {
                marks.clear();
            } catch (IOException e) {
                // the next start fails with the reason if they still cannot be deleted by then
                context.progress("warning: the files of the probe responder in " + folder + " stay: " + e);
            }
        }
        return ended;
    }

    /** Returns the process id of the responder as far as the pid file tells it. */
    private Optional<Long> known() {
        try {
            return running();
        } catch (IOException e) {
            context.progress(unreadable("33617", e));
            return Optional.empty();
        }
    }

    /** Returns what an operator is told of a pid file that cannot be read. @param number of the message */
    String unreadable(String number, IOException reason) {
        return number + " the pid file " + marks.pidFile() + " cannot be read: " + reason;
    }
}
