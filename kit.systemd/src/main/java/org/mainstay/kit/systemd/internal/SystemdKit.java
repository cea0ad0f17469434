package org.mainstay.kit.systemd.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.kit.ResourceInfo;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Protects a systemd service: started where its hierarchy is in service, stopped elsewhere. While in service a drop-in below
 * {@code /run} keeps systemd from restarting the unit by itself: only one may decide that.
 */
@Component(service = RecoveryKit.class)
public final class SystemdKit implements RecoveryKit {
    static final String TYPE = "systemd";
    static final String UNIT = "unit";
    static final String TIME_LIMIT = "timeLimit";

    private static final Duration LONGEST = Duration.ofHours(24);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final String DROP_IN = "50-mainstay.conf";
    private static final String DROP_IN_TEXT =
            "# Written by Mainstay while the unit is in service; it decides about restarts.\n[Service]\nRestart=no\n";

    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder("gen", TYPE, "1.0.0", "systemd Unit")
            .fields(List.of(
                    Field.named(UNIT, "Unit")
                            .help(
                                    "Name of a service that is installed on every server and not enabled to start at boot,"
                                            + " such as nginx.service.")
                            .required()
                            .build(),
                    Field.named(TIME_LIMIT, "Time limit of start and stop in seconds")
                            .help("Longer than the unit's own TimeoutStartSec and TimeoutStopSec.")
                            .integer(1, LONGEST.toSeconds())
                            .defaultValue("300")
                            .build()))
            .timeLimit(Action.RESTORE, LONGEST.plusMinutes(1))
            .timeLimit(Action.REMOVE, LONGEST.plusMinutes(1))
            .timeLimit(Action.RECOVER, LONGEST.plusMinutes(2))
            .localRecovery(true)
            .build();

    private final String systemctl;
    private final Path runtimeUnits;
    private final List<Path> groupRoots;
    private final Path proc;

    @Activate
    public SystemdKit() {
        this(
                "systemctl",
                Path.of("/run/systemd/system"),
                List.of(Path.of("/sys/fs/cgroup"), Path.of("/sys/fs/cgroup/unified")),
                Path.of("/proc"));
    }

    /**
     * @param systemctl program that talks to systemd
     * @param runtimeUnits systemd's folder for units until the next boot
     * @param groupRoots where version 2 control groups may be mounted
     * @param proc where the kernel shows processes
     */
    SystemdKit(String systemctl, Path runtimeUnits, List<Path> groupRoots, Path proc) {
        this.systemctl = systemctl;
        this.runtimeUnits = runtimeUnits;
        this.groupRoots = List.copyOf(groupRoots);
        this.proc = proc;
    }

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    private Unit look(ActionContext context) {
        return Unit.look(
                context.host(), systemctl, Unit.fullName(context.resource().property(UNIT, "")));
    }

    @Override
    public Creation create(CreateContext context) {
        ResourceInfo resource = context.resource();
        try {
            Unit unit = look(context);
            Optional<ResourceInfo> other = context.resources().stream()
                    .filter(one -> one.type().equals(TYPE)
                            && !one.tag().equals(resource.tag())
                            && one.id().equals(unit.name()))
                    .findFirst();
            if (other.isPresent()) {
                return Creation.exists("unit: " + unit.name() + " is already protected by resource "
                        + other.get().tag() + ": use that one");
            }
            return answer(context, unit);
        } catch (IllegalArgumentException | IllegalStateException e) {
            return Creation.refused(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Creation extend(CreateContext context) {
        try {
            return answer(context, look(context));
        } catch (IllegalArgumentException | IllegalStateException e) {
            return Creation.refused(String.valueOf(e.getMessage()));
        }
    }

    private static Creation answer(CreateContext context, Unit unit) {
        Optional<String> unfit = unfit(unit, context.resource().server());
        if (unfit.isPresent()) {
            return Creation.refused(unfit.get());
        }
        Map<String, String> properties = new LinkedHashMap<>(context.resource().properties());
        properties.put(UNIT, unit.name());
        properties.putIfAbsent(TIME_LIMIT, "300");
        Creation creation = Creation.of(unit.name(), properties)
                .withSuggestedTag(unit.name().replaceAll("\\.service$", ""));
        if (!unit.triggers().isEmpty()) {
            creation = creation.withRemark(unit.name() + " may be started by " + String.join(", ", unit.triggers())
                    + " behind Mainstay's back: disable and stop these on every server");
        }
        return creation;
    }

    /** A unit that starts at boot would run on several servers at once. */
    private static Optional<String> unfit(Unit unit, String server) {
        if (unit.masked()) {
            return Optional.of(
                    "unit: " + unit.name() + " is masked on " + server + ": run systemctl unmask " + unit.name());
        }
        if (!unit.loaded()) {
            return Optional.of("unit: systemd knows no usable " + unit.name() + " on " + server + " ("
                    + unit.loadState() + "): install it there or name another");
        }
        if (unit.enabled()) {
            return Optional.of("unit: " + unit.name() + " starts at boot of " + server
                    + ", whoever has it in service: run systemctl disable " + unit.name());
        }
        return Optional.empty();
    }

    /** Work of an action; it may find out that the name is none or that systemd does not answer. */
    private interface Work {
        Outcome run() throws IOException;
    }

    private static Outcome guarded(Work work) {
        try {
            return work.run();
        } catch (IllegalArgumentException | IllegalStateException | IOException e) {
            return Outcome.failed(String.valueOf(e.getMessage()));
        }
    }

    private static Duration limit(ActionContext context) {
        return Duration.ofSeconds(Long.parseLong(context.resource().property(TIME_LIMIT, "300")));
    }

    private CommandResult systemctl(ActionContext context, Duration limit, String... arguments) {
        List<String> all = new java.util.ArrayList<>(List.of("--no-pager", "--no-ask-password"));
        all.addAll(List.of(arguments));
        return context.host().run(Command.of(systemctl, all).timeLimit(limit).build());
    }

    @Override
    public Outcome validate(ActionContext context) {
        return guarded(() -> {
            Unit unit = look(context);
            if (!context.resource().id().equals(unit.name())) {
                return Outcome.failed("unit: " + unit.name() + " cannot replace "
                        + context.resource().id() + ": create a resource for it and delete this one");
            }
            return unfit(unit, context.resource().server())
                    .map(Outcome::failed)
                    .orElseGet(() -> Outcome.success(unit.name() + " is installed and does not start at boot"));
        });
    }

    @Override
    public Outcome restore(ActionContext context) {
        return guarded(() -> {
            Unit before = look(context);
            Outcome ours = dropIn(context, before, true);
            if (before.active() || !ours.succeeded()) {
                return ours.succeeded() ? Outcome.success(before.name() + " is " + before.state() + " already") : ours;
            }
            if (before.failed()) {
                // an old failure must not count against the limit of starts
                systemctl(context, limit(context), "reset-failed", before.name());
            }
            CommandResult started = systemctl(context, limit(context), "start", before.name());
            Unit after = look(context);
            if (started.succeeded() && after.active()) {
                return Outcome.success(after.name() + " is " + after.state());
            }
            return Outcome.failed(
                    before.name() + " did not start: "
                            + (started.timedOut() ? "not within timeLimit" : started.summary()) + "; it is "
                            + after.state() + "; see journalctl -u " + before.name(),
                    started.output() + started.errors() + journal(context, before.name()));
        });
    }

    private static String journal(ActionContext context, String unit) {
        CommandResult lines = context.host()
                .run(Command.of("journalctl", "--no-pager", "-n", "20", "-u", unit)
                        .timeLimit(Duration.ofSeconds(10))
                        .build());
        return lines.succeeded() ? "\n" + lines.output() : "";
    }

    /**
     * Writes or removes the drop-in and tells systemd, if anything is not as it shall be: a crash may have come between the
     * file and the reload, so that the file alone is no evidence.
     */
    private Outcome dropIn(ActionContext context, Unit unit, boolean present) throws IOException {
        Path file = runtimeUnits.resolve(unit.name() + ".d").resolve(DROP_IN);
        boolean written = Files.exists(file) && Files.readString(file).equals(DROP_IN_TEXT);
        boolean change = present ? !written : Files.exists(file);
        if (!change && !unit.stale() && !(present && unit.restartsItself())) {
            return Outcome.success("nothing to change");
        }
        if (present && change) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, DROP_IN_TEXT);
        } else if (change) {
            Files.deleteIfExists(file);
        }
        CommandResult reloaded = systemctl(context, Duration.ofSeconds(60), "daemon-reload");
        if (!reloaded.succeeded()) {
            return Outcome.failed("systemd could not be told about " + file + ": " + reloaded.summary());
        }
        if (present && look(context).restartsItself()) {
            context.progress(
                    "warning: systemd goes on restarting " + unit.name() + " by itself, because of a drop-in with a"
                            + " later name than " + DROP_IN + ": take Restart= out of it");
        }
        return Outcome.success("systemd has read " + file);
    }

    /** What looks stopped is stopped too: only that takes back a start that still waits in systemd for other units. */
    @Override
    public Outcome remove(ActionContext context) {
        return guarded(() -> {
            Unit before = look(context);
            Outcome stopped = stop(context, before);
            if (!stopped.succeeded()) {
                return stopped;
            }
            List<String> left = processes(look(context));
            if (!left.isEmpty()) {
                return Outcome.failed(before.name() + " is stopped but left processes " + String.join(", ", left)
                        + " in its control group: end them, see KillMode of the unit");
            }
            clean(context, before);
            return Outcome.success(before.name() + " is stopped");
        });
    }

    /** The unit is stopped: what is left of the drop-in is no reason to call it anything else. */
    private void clean(ActionContext context, Unit unit) {
        try {
            Outcome cleaned = dropIn(context, unit, false);
            if (!cleaned.succeeded()) {
                context.progress("warning: " + cleaned.message());
            }
        } catch (IOException e) {
            context.progress("warning: the drop-in of " + unit.name() + " could not be deleted: " + e.getMessage());
        }
    }

    private Outcome stop(ActionContext context, Unit before) {
        CommandResult result = systemctl(context, limit(context), "stop", before.name());
        Unit after = look(context);
        long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (!after.atRest() && result.succeeded() && System.nanoTime() - end < 0 && context.pause(POLL)) {
            after = look(context);
        }
        if (after.atRest()) {
            return Outcome.success(after.name() + " is " + after.state());
        }
        return Outcome.failed(
                before.name() + " did not stop: " + (result.timedOut() ? "not within timeLimit" : result.summary())
                        + "; it is " + after.state(),
                result.output() + result.errors());
    }

    /** Returns the processes of the unit. @throws IOException if nobody can tell whether there are any */
    private List<String> processes(Unit unit) throws IOException {
        List<Path> groups = groups(unit);
        if (groups.isEmpty()) {
            return Leftovers.byProcess(proc, unit.controlGroup());
        }
        for (Path group : groups) {
            List<String> found = Leftovers.inGroup(group);
            if (!found.isEmpty()) {
                return found;
            }
        }
        return List.of();
    }

    private List<Path> groups(Unit unit) {
        return groupRoots.stream()
                .filter(root -> Files.exists(root.resolve("cgroup.procs")))
                .map(root -> root.resolve(unit.controlGroup().substring(1)))
                .toList();
    }

    @Override
    public Probe probe(ActionContext context) {
        try {
            Unit unit = look(context);
            if (unit.active()) {
                return Probe.running(unit.name() + " is " + unit.state());
            }
            if (!unit.atRest()) {
                return Probe.partial(unit.name() + " is " + unit.state());
            }
            List<String> left = processes(unit);
            return left.isEmpty()
                    ? Probe.stopped(unit.name() + " is " + unit.state())
                    : Probe.partial(unit.name() + " is " + unit.state() + " with processes " + String.join(", ", left));
        } catch (IllegalArgumentException | IllegalStateException | IOException e) {
            return Probe.unknown(String.valueOf(e.getMessage()));
        }
    }

    /** The unit's control group, also where systemd will only make it at the start. */
    @Override
    public List<KillHandle> killHandles(ActionContext context) {
        Unit unit = look(context);
        return groups(unit).stream()
                .map(group -> KillHandle.cgroup(group.toString()))
                .toList();
    }
}
