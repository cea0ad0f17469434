package org.mainstay.core.internal.admin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.internal.host.ActionTime;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scripts that applications have run before and after each restore, remove and delete: {@code subsys/APPLICATION/actions/prerestore}
 * and the like, plain or with {@code .ksh} or {@code .sh} (CMD-040 to CMD-049). The product's own application {@code lifekeeper}
 * comes first, then all others by name. A flag says that the scripts after the event are still due (FLG-030 to FLG-034).
 */
final class GlobalScripts {
    static final List<String> EVENTS = List.of("restore", "remove", "delete");

    private static final Logger LOG = LoggerFactory.getLogger("org.mainstay.action");
    private static final String OWN = "lifekeeper";
    private static final List<String> SUFFIXES = List.of("", ".ksh", ".sh");
    private static final Duration STEP_LIMIT = Duration.ofHours(1);

    private final Job job;

    GlobalScripts(Job job) {
        this.job = job;
    }

    /** Returns the scripts of an event on this server in the order they run. */
    private static List<Path> scripts(Path home, String event, boolean post) {
        Path subsys = home.resolve("subsys");
        List<String> applications = new ArrayList<>();
        try (Stream<Path> entries = Files.isDirectory(subsys) ? Files.list(subsys) : Stream.empty()) {
            entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !name.equals(OWN))
                    .sorted()
                    .forEach(applications::add);
        } catch (IOException e) {
            LOG.warn("{} cannot be listed: no global scripts run: {}", subsys, e.toString());
        }
        applications.add(0, OWN);
        String name = (post ? "post" : "pre") + event;
        List<Path> found = new ArrayList<>();
        for (String application : applications) {
            Path actions = subsys.resolve(application).resolve("actions");
            SUFFIXES.stream()
                    .map(suffix -> actions.resolve(name + suffix))
                    .filter(Files::isRegularFile)
                    .findFirst()
                    .ifPresent(found::add);
        }
        return found;
    }

    private Path home() {
        return job.node().config().data().toAbsolutePath().getParent();
    }

    /** Returns whether any script is registered here for an event. */
    boolean any(String event) {
        return !scripts(home(), event, false).isEmpty()
                || !scripts(home(), event, true).isEmpty();
    }

    /** Runs the scripts before an event; from then on those after it are due. @throws Refusal 1 if one fails */
    void before(String event, List<String> arguments) throws Refusal {
        flag("!" + event, true);
        run(event, false, arguments);
    }

    /** The event also happened on another server: its scripts after the event run there too (FLG-031). */
    void alsoOn(String event, String server) throws Refusal {
        flag("!" + event + "!" + server, true);
    }

    /**
     * Runs the scripts after an event, here and where it happened besides, then clears the flags.
     *
     * @param locked whether the caller holds the administrative lock already ({@code -m}, CMD-043)
     * @throws Refusal 1 if one fails, 8 if the lock is not free in time
     */
    void after(String event, List<String> arguments, boolean locked) throws Refusal {
        GlobalLock lock = new GlobalLock(job, job.operation() + "-" + event);
        boolean take = !locked && !scripts(home(), event, true).isEmpty();
        if (take) {
            lock.takeAndBegin("Post_" + event, waitSeconds());
        } else {
            job.begin();
        }
        try {
            run(event, true, arguments);
            elsewhere(event, arguments);
        } finally {
            if (take) {
                lock.release();
            }
            flag("!" + event, false);
        }
    }

    private void elsewhere(String event, List<String> arguments) throws Refusal {
        String prefix = "!" + event + "!";
        for (String flag : List.copyOf(job.own().rows(LcdSection.FLAGS).keySet())) {
            if (flag.startsWith(prefix)) {
                String server = flag.substring(prefix.length());
                job.peers().demand(server, new Step.PostScripts(event, arguments), STEP_LIMIT);
                flag(flag, false);
            }
        }
    }

    int waitSeconds() {
        return job.node().config().tunables().number("RESERVATION_WAIT_SECS", 300, 1);
    }

    private void flag(String name, boolean wanted) throws Refusal {
        boolean there = job.own().row(LcdSection.FLAGS, name).isPresent();
        if (there != wanted) {
            LcdEdit edit = wanted ? new LcdEdit.AddFlag(name) : new LcdEdit.RemoveFlag(name);
            job.ask(new ServiceRequest.Edit(edit));
        }
    }

    private void run(String event, boolean post, List<String> arguments) throws Refusal {
        Duration limit = Duration.ofSeconds(job.node().config().tunables().number("GLOBAL_SCRIPT_SECS", 300, 1));
        Optional<String> failed = runHere(job.node(), event, post, arguments, limit, job.progress());
        if (failed.isPresent()) {
            throw new Refusal(ExitCode.SYSTEM_ERROR, failed.get());
        }
    }

    /** Runs the scripts of this server; all of them, whatever the others did. @return what failed first */
    static Optional<String> runHere(
            org.mainstay.core.internal.node.NodeRuntime.Access node,
            String event,
            boolean post,
            List<String> arguments,
            Duration limit,
            Consumer<String> told) {
        Path home = node.config().data().toAbsolutePath().getParent();
        Optional<String> failed = Optional.empty();
        for (Path script : scripts(home, event, post)) {
            if (!Files.isExecutable(script)) {
                failed = failed.or(() -> Optional.of(script + " is not executable; use chmod +x on it"));
                continue;
            }
            Command command = Command.of(script.toString(), arguments)
                    .environment(
                            "PATH",
                            home.resolve("bin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
                    .directory(home)
                    .build();
            CommandResult result =
                    node.hosts().forAction("", ActionTime.of(limit), LOG).run(command);
            result.output().lines().forEach(told);
            if (!result.succeeded()) {
                LOG.warn("{} failed with {}: {}", script, result.exitCode(), result.errors());
                failed = failed.or(() -> Optional.of("the global script " + script + " failed: " + result.summary()
                        + " (exit code " + result.exitCode() + ")"));
            }
        }
        return failed;
    }
}
