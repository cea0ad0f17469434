package org.mainstay.kit.app.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.kit.ResourceInfo;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Protects an application that has no kit of its own by up to five scripts (ADM-150 to ADM-165).
 *
 * <p>A script is any executable file. It is run without a shell and without a terminal, in the instance's control group, with
 * the arguments {@code -t TAG -i ID} (CMD-383) and the variables {@code MAINSTAY_TAG}, {@code MAINSTAY_ID} and {@code
 * MAINSTAY_INFO}; exit code 0 is success, anything else failure, and its last line of output is what the operator reads.
 */
@Component(service = RecoveryKit.class)
public final class GenericApplicationKit implements RecoveryKit {
    static final String RESTORE = "restore";
    static final String REMOVE = "remove";
    static final String QUICK_CHECK = "quickCheck";
    static final String DEEP_CHECK = "deepCheck";
    static final String RECOVER = "recover";
    static final String INFO = "info";
    static final String TIME_LIMIT = "timeLimit";
    static final String CREATE = "createScript";
    static final String EXTEND = "extendScript";
    static final String DELETE = "deleteScript";
    static final String ACTIONS = "actions";
    /** Extra action: gives an action of this server a new script, {@code -- ACTION PATH}. */
    static final String UPDATE = "update";
    /** Extra action: runs one of the scripts of the property {@code actions}, {@code -- NAME ARGUMENTS}. */
    static final String RUN = "run";

    private static final List<String> SCRIPTS =
            List.of(RESTORE, REMOVE, QUICK_CHECK, DEEP_CHECK, RECOVER, CREATE, EXTEND, DELETE);
    private static final Pattern EXTRA = Pattern.compile("([A-Za-z][A-Za-z0-9_-]*)=(/\\S+)");
    private static final Duration LONGEST = Duration.ofHours(24);
    /** Exit codes from here on are the shell's: not executable, not found, ended by a signal. */
    private static final int NO_JUDGEMENT = 126;

    private static final Duration LEFTOVERS_END_WITHIN = Duration.ofSeconds(10);

    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder("gen", "app", "1.0.0", "Generic Application")
            .fields(List.of(
                    script(RESTORE, "Restore script")
                            .help(
                                    "Starts the application and returns when it serves; must change nothing if it runs already.")
                            .required()
                            .build(),
                    script(REMOVE, "Remove script")
                            .help(
                                    "Stops the application and returns when it is stopped; must succeed if it is stopped already.")
                            .required()
                            .build(),
                    script(QUICK_CHECK, "Quick check script")
                            .help("Light check; exit code 0 means healthy.")
                            .build(),
                    script(DEEP_CHECK, "Deep check script")
                            .help("Thorough check; exit code 0 means healthy.")
                            .build(),
                    script(RECOVER, "Local recovery script")
                            .help("Repairs the application in place after a failed check.")
                            .build(),
                    script(CREATE, "Create script")
                            .help(
                                    "Runs once on this server when the resource is created; its failure refuses the creation.")
                            .build(),
                    script(EXTEND, "Extend script")
                            .help("Runs on each further server; its failure refuses the extension.")
                            .build(),
                    script(DELETE, "Delete script")
                            .help("Runs on each server the resource is taken from.")
                            .build(),
                    Field.named(ACTIONS, "Extra actions")
                            .help(
                                    "NAME=/path of further scripts, separated by blanks; run one with perform_action -a run"
                                            + " -t TAG -- NAME ARGUMENTS.")
                            .build(),
                    Field.named(INFO, "Application info")
                            .help("Free text handed to the scripts as MAINSTAY_INFO.")
                            .build(),
                    Field.named(TIME_LIMIT, "Time limit of restore and remove in seconds")
                            .help("A script that runs longer is ended and counts as failed.")
                            .integer(1, LONGEST.toSeconds())
                            .defaultValue("300")
                            .build()))
            .extraActions(UPDATE, RUN)
            .timeLimit(Action.CREATE, Duration.ofMinutes(5))
            .timeLimit(Action.EXTEND, Duration.ofMinutes(5))
            .timeLimit(Action.RESTORE, LONGEST.plusMinutes(1))
            .timeLimit(Action.REMOVE, LONGEST.plusMinutes(1))
            .timeLimit(Action.RECOVER, LONGEST.plusMinutes(1))
            .localRecovery(true)
            .build();

    private final Path home;

    /** The service's working directory is the installation. */
    @Activate
    public GenericApplicationKit() {
        this(Path.of(""));
    }

    /** @param home the installation */
    GenericApplicationKit(Path home) {
        this.home = home;
    }

    private static Field.Builder script(String name, String label) {
        return Field.named(name, label).kind(Field.Kind.PATH);
    }

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    @Override
    public Creation create(CreateContext context) {
        ResourceInfo resource = context.resource();
        Optional<String> refusal = unusableScript(context, "on this server");
        if (refusal.isPresent()) {
            return Creation.refused(refusal.get());
        }
        Map<String, String> properties = new LinkedHashMap<>(resource.properties());
        properties.putIfAbsent(TIME_LIMIT, "300");
        String tag = resource.tag().isEmpty() ? freeTag(context) : resource.tag();
        Creation creation = Creation.of(tag, properties).withSuggestedTag(tag);
        boolean checked = has(resource, QUICK_CHECK) || has(resource, DEEP_CHECK);
        if (!checked) {
            creation =
                    creation.withRemark("without quickCheck or deepCheck only the loss of the whole server is noticed");
        }
        if (has(resource, RECOVER) && !checked) {
            creation =
                    creation.withRemark("the recover script never runs, because no check script can report a failure");
        }
        Creation complete = creation;
        return once(context, CREATE, tag).map(Creation::refused).orElse(complete);
    }

    /** Proposes App.0, App.1, ... (ADM-165). */
    private static String freeTag(CreateContext context) {
        for (int number = 0; ; number++) {
            String tag = "App." + number;
            if (context.resources().stream().noneMatch(other -> other.tag().equals(tag))) {
                return tag;
            }
        }
    }

    @Override
    public Creation extend(CreateContext context) {
        ResourceInfo resource = context.resource();
        Optional<String> refusal = unusableScript(context, "on " + resource.server());
        return refusal.or(() -> once(context, EXTEND, resource.id()))
                .map(Creation::refused)
                .orElseGet(() -> Creation.of(resource.id(), resource.properties()));
    }

    /** Runs an optional script that accompanies a change of configuration (ADM-150). @return why it failed */
    private Optional<String> once(ActionContext context, String script, String id) {
        if (!has(context.resource(), script)) {
            return Optional.empty();
        }
        ResourceInfo its = context.resource();
        ResourceInfo named = new ResourceInfo(
                its.server(),
                its.tag().isEmpty() ? id : its.tag(),
                id,
                its.application(),
                its.type(),
                its.properties(),
                false);
        CommandResult result = context.host().run(command(named, script, context.remaining(), List.of()));
        return result.succeeded()
                ? Optional.empty()
                : Optional.of(script + "=" + its.property(script, "") + " ended with exit code " + result.exitCode()
                        + ": " + result.summary());
    }

    @Override
    public Outcome delete(ActionContext context) {
        Optional<String> failed = once(context, DELETE, context.resource().id());
        try {
            new Scripts(home, context.resource()).delete();
        } catch (IOException e) {
            return Outcome.failed("the copies of the scripts could not be deleted: " + e.getMessage());
        }
        return failed.map(Outcome::failed).orElseGet(() -> Outcome.success("the resource's own files are gone"));
    }

    @Override
    public Outcome unextend(ActionContext context) {
        return delete(context);
    }

    @Override
    public Outcome perform(String name, List<String> arguments, ActionContext context) {
        ResourceInfo resource = context.resource();
        if (name.equals(UPDATE)) {
            if (arguments.size() != 2 || !SCRIPTS.contains(arguments.get(0))) {
                return Outcome.failed("update needs an action and the path of its new script; actions: "
                        + String.join(", ", SCRIPTS));
            }
            try {
                return new Scripts(home, resource).update(arguments.get(0), arguments.get(1), context.host());
            } catch (IOException e) {
                return Outcome.failed("the copy of " + arguments.get(1) + " could not be made: " + e.getMessage());
            }
        }
        if (name.equals(RUN)) {
            Map<String, String> extras = extras(resource);
            if (arguments.isEmpty() || !extras.containsKey(arguments.get(0))) {
                return Outcome.failed("run needs the name of an extra action; set with actions: "
                        + (extras.isEmpty() ? "none" : String.join(", ", extras.keySet())));
            }
            List<String> rest = arguments.subList(1, arguments.size());
            CommandResult result =
                    context.host().run(command(resource, extras.get(arguments.get(0)), context.remaining(), rest));
            return result.succeeded()
                    ? Outcome.success(
                            result.output().isBlank() ? "done" : result.output().strip())
                    : Outcome.failed(
                            arguments.get(0) + " ended with exit code " + result.exitCode() + ": " + result.summary(),
                            result.output() + result.errors());
        }
        return RecoveryKit.super.perform(name, arguments, context);
    }

    private static Map<String, String> extras(ResourceInfo resource) {
        Map<String, String> extras = new LinkedHashMap<>();
        Matcher one = EXTRA.matcher(resource.property(ACTIONS, ""));
        while (one.find()) {
            extras.put(one.group(1), one.group(2));
        }
        return extras;
    }

    @Override
    public Outcome validate(ActionContext context) {
        return unusableScript(context, "on " + context.resource().server())
                .map(Outcome::failed)
                .orElseGet(() -> Outcome.success("all scripts are there and executable"));
    }

    private Optional<String> unusableScript(ActionContext context, String where) {
        ResourceInfo resource = context.resource();
        Scripts scripts = new Scripts(home, resource);
        Map<String, String> files = new LinkedHashMap<>();
        for (String name : SCRIPTS) {
            if (has(resource, name)) {
                files.put(name, scripts.file(name));
            }
        }
        files.putAll(extras(resource));
        for (String word : resource.property(ACTIONS, "").strip().split("\\s+")) {
            if (!word.isEmpty() && !EXTRA.matcher(word).matches()) {
                return Optional.of("actions: '" + word + "' is no action: write NAME=/path, separated by blanks");
            }
        }
        return files.entrySet().stream()
                .flatMap(file -> Scripts.unusable(file.getKey(), file.getValue(), where, context.host()).stream())
                .findFirst();
    }

    private static boolean has(ResourceInfo resource, String name) {
        return !resource.property(name, "").isEmpty();
    }

    @Override
    public Outcome restore(ActionContext context) {
        return start(context, RESTORE);
    }

    /**
     * Runs a script that starts the application and writes down whether its processes are in the control group: a script that
     * asks another service to start something leaves the group empty for ever, which then is no evidence that nothing runs.
     */
    private Outcome start(ActionContext context, String script) {
        Scripts scripts = new Scripts(home, context.resource());
        try {
            if (!context.cancelled()) {
                // before the start: it may be cut short anywhere
                scripts.noteStart();
            }
        } catch (IOException e) {
            return Outcome.failed("the start could not be written down, so nothing is started: " + e.getMessage());
        }
        Outcome started = run(context, script, limitOf(context));
        try {
            boolean inside = !context.cancelled()
                    && !context.host().processes().inService().isEmpty();
            if (inside || started.succeeded()) {
                scripts.noteStarted(inside);
            }
        } catch (IOException e) {
            context.progress("warning: whether its processes are in the control group could not be written down: "
                    + e.getMessage());
        }
        return started;
    }

    @Override
    public Outcome remove(ActionContext context) {
        Outcome removed = run(context, REMOVE, limitOf(context));
        Outcome ended = removed.succeeded() ? endLeftovers(context, removed) : removed;
        if (ended.succeeded()) {
            try {
                new Scripts(home, context.resource()).noteStop();
            } catch (IOException e) {
                context.progress("warning: that it is stopped could not be written down: " + e.getMessage());
            }
        }
        return ended;
    }

    /** The script said it is stopped: what it left in the control group gets a short time to end, then is ended. */
    private static Outcome endLeftovers(ActionContext context, Outcome removed) {
        long waited = 0;
        while (!context.host().processes().inService().isEmpty()) {
            if (waited >= LEFTOVERS_END_WITHIN.toMillis() || !context.pause(Duration.ofMillis(100))) {
                context.progress("the remove script left processes "
                        + context.host().processes().inService() + "; ending them");
                Outcome ended = context.host().processes().endAll();
                return ended.succeeded() ? removed : ended;
            }
            waited += 100;
        }
        return removed;
    }

    @Override
    public Outcome quickCheck(ActionContext context) {
        return has(context.resource(), QUICK_CHECK)
                ? run(context, QUICK_CHECK, context.remaining())
                : Outcome.success("no quick check script");
    }

    @Override
    public Outcome deepCheck(ActionContext context) {
        return has(context.resource(), DEEP_CHECK)
                ? run(context, DEEP_CHECK, context.remaining())
                : quickCheck(context);
    }

    @Override
    public Outcome recover(ActionContext context) {
        if (has(context.resource(), RECOVER)) {
            return start(context, RECOVER);
        }
        Outcome removed = remove(context);
        return removed.succeeded() ? restore(context) : removed;
    }

    /**
     * Says running where the quick check says so, or where there is no such script and processes are in the control group;
     * stopped only where the quick check fails by its own judgement, no process is left, and the group would hold some if
     * anything ran: without all of this evidence it cannot be told.
     */
    @Override
    public Probe probe(ActionContext context) {
        List<Long> processes = context.host().processes().inService();
        if (!has(context.resource(), QUICK_CHECK)) {
            return processes.isEmpty()
                    ? Probe.unknown("no process in its control group and no quickCheck script to ask")
                    : Probe.running("processes " + processes + " run");
        }
        CommandResult result =
                context.host().run(command(context.resource(), QUICK_CHECK, context.remaining(), List.of()));
        if (result.succeeded()) {
            return Probe.running("the quickCheck script succeeds");
        }
        if (result.exitCode() < 0) {
            return Probe.unknown("the quickCheck script could not be asked: " + result.summary());
        }
        if (result.exitCode() >= NO_JUDGEMENT) {
            return Probe.unknown(
                    "the quickCheck script could not judge (exit code " + result.exitCode() + "): " + result.summary());
        }
        if (!processes.isEmpty()) {
            return Probe.partial("the quickCheck script fails but processes " + processes + " run");
        }
        try {
            return new Scripts(home, context.resource()).startedOutside()
                    ? Probe.unknown(
                            "the quickCheck script fails, but what was started is not in the control group: it may"
                                    + " run on")
                    : Probe.stopped("the quickCheck script fails and no process is left");
        } catch (IOException e) {
            return Probe.unknown("the quickCheck script fails; where it was started cannot be read: " + e.getMessage());
        }
    }

    private static Duration limitOf(ActionContext context) {
        return Duration.ofSeconds(Long.parseLong(context.resource().property(TIME_LIMIT, "300")));
    }

    private Outcome run(ActionContext context, String script, Duration limit) {
        if (!has(context.resource(), script)) {
            return Outcome.failed("it has no " + script + " script; set one: mainstay resource set "
                    + context.resource().tag() + " " + script + "=/path/of/the/script");
        }
        CommandResult result = context.host().run(command(context.resource(), script, limit, List.of()));
        if (result.succeeded()) {
            return Outcome.success(script + " script succeeded");
        }
        String path = context.resource().property(script, "");
        String detail = result.output() + result.errors();
        if (result.timedOut()) {
            return Outcome.failed(
                    "the " + script + " script " + path + " did not end within " + limit.toSeconds()
                            + " s and was ended",
                    detail);
        }
        if (result.exitCode() == -1) {
            return Outcome.failed(
                    "the " + script + " script " + path + " could not be started: " + result.summary(), detail);
        }
        return Outcome.failed(
                "the " + script + " script " + path + " ended with exit code " + result.exitCode() + ": "
                        + result.summary(),
                detail);
    }

    /** @param script one of the resource's scripts, or a path */
    private Command command(ResourceInfo resource, String script, Duration limit, List<String> further) {
        List<String> arguments = new ArrayList<>(List.of("-t", resource.tag(), "-i", resource.id()));
        arguments.addAll(further);
        String file = script.startsWith("/") ? script : new Scripts(home, resource).file(script);
        Command.Builder command = Command.of(file, arguments)
                .environment("MAINSTAY_TAG", resource.tag())
                .environment("MAINSTAY_ID", resource.id())
                .environment("MAINSTAY_INFO", resource.property(INFO, ""))
                .timeLimit(limit);
        boolean starts = script.equals(RESTORE) || script.equals(RECOVER);
        return starts ? command.inService().build() : command.build();
    }
}
