package org.mainstay.kit.app.internal;

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

    private static final List<String> SCRIPTS = List.of(RESTORE, REMOVE, QUICK_CHECK, DEEP_CHECK, RECOVER);
    private static final Duration LONGEST = Duration.ofHours(24);
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
                    Field.named(INFO, "Application info")
                            .help("Free text handed to the scripts as MAINSTAY_INFO.")
                            .build(),
                    Field.named(TIME_LIMIT, "Time limit of restore and remove in seconds")
                            .help("A script that runs longer is ended and counts as failed.")
                            .integer(1, LONGEST.toSeconds())
                            .defaultValue("300")
                            .build()))
            .timeLimit(Action.RESTORE, LONGEST.plusMinutes(1))
            .timeLimit(Action.REMOVE, LONGEST.plusMinutes(1))
            .timeLimit(Action.RECOVER, LONGEST.plusMinutes(1))
            .localRecovery(true)
            .build();

    @Activate
    public GenericApplicationKit() {}

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
        Optional<String> refusal = unusableScript(resource, "on this server");
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
        return creation;
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
        return unusableScript(resource, "on " + resource.server())
                .map(Creation::refused)
                .orElseGet(() -> Creation.of(resource.id(), resource.properties()));
    }

    @Override
    public Outcome validate(ActionContext context) {
        return unusableScript(context.resource(), "on " + context.resource().server())
                .map(Outcome::failed)
                .orElseGet(() -> Outcome.success("all scripts are there and executable"));
    }

    private static Optional<String> unusableScript(ResourceInfo resource, String where) {
        for (String name : SCRIPTS) {
            String path = resource.property(name, "");
            if (path.isEmpty()) {
                continue;
            }
            Path script = Path.of(path);
            if (!script.isAbsolute()) {
                return Optional.of(name + "=" + path + ": give the absolute path of an executable file");
            }
            if (!Files.isRegularFile(script)) {
                return Optional.of(name + "=" + path + ": there is no such file " + where
                        + "; copy the script there or name another");
            }
            if (!Files.isExecutable(script)) {
                return Optional.of(
                        name + "=" + path + ": the file is not executable " + where + "; run chmod +x on it");
            }
        }
        return Optional.empty();
    }

    private static boolean has(ResourceInfo resource, String name) {
        return !resource.property(name, "").isEmpty();
    }

    @Override
    public Outcome restore(ActionContext context) {
        return run(context, RESTORE, limitOf(context));
    }

    @Override
    public Outcome remove(ActionContext context) {
        Outcome removed = run(context, REMOVE, limitOf(context));
        return removed.succeeded() ? endLeftovers(context, removed) : removed;
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
            return run(context, RECOVER, limitOf(context));
        }
        Outcome removed = remove(context);
        return removed.succeeded() ? restore(context) : removed;
    }

    /**
     * Says running where the quick check says so, or where there is no such script and processes are in the control group;
     * stopped only where the quick check fails and no process is left: without both kinds of evidence it cannot be told.
     */
    @Override
    public Probe probe(ActionContext context) {
        List<Long> processes = context.host().processes().inService();
        if (!has(context.resource(), QUICK_CHECK)) {
            return processes.isEmpty()
                    ? Probe.unknown("no process in its control group and no quickCheck script to ask")
                    : Probe.running("processes " + processes + " run");
        }
        CommandResult result = context.host().run(command(context, QUICK_CHECK, context.remaining()));
        if (result.succeeded()) {
            return Probe.running("the quickCheck script succeeds");
        }
        if (result.exitCode() < 0) {
            return Probe.unknown("the quickCheck script could not be asked: " + result.summary());
        }
        return processes.isEmpty()
                ? Probe.stopped("the quickCheck script fails and no process is left")
                : Probe.partial("the quickCheck script fails but processes " + processes + " run");
    }

    private static Duration limitOf(ActionContext context) {
        return Duration.ofSeconds(Long.parseLong(context.resource().property(TIME_LIMIT, "300")));
    }

    private static Outcome run(ActionContext context, String script, Duration limit) {
        if (!has(context.resource(), script)) {
            return Outcome.failed("it has no " + script + " script; set one: mainstay resource set "
                    + context.resource().tag() + " " + script + "=/path/of/the/script");
        }
        CommandResult result = context.host().run(command(context, script, limit));
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

    private static Command command(ActionContext context, String script, Duration limit) {
        ResourceInfo resource = context.resource();
        Command.Builder command = Command.of(resource.property(script, ""), "-t", resource.tag(), "-i", resource.id())
                .environment("MAINSTAY_TAG", resource.tag())
                .environment("MAINSTAY_ID", resource.id())
                .environment("MAINSTAY_INFO", resource.property(INFO, ""))
                .timeLimit(limit);
        boolean starts = script.equals(RESTORE) || script.equals(RECOVER);
        return starts ? command.inService().build() : command.build();
    }
}
