package org.mainstay.core.internal.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of action scripts served as a kit: {@code subsys/APPLICATION/Resources/TYPE/actions/} before
 * {@code subsys/APPLICATION/actions/} (CMD-382). A script's name is the action's, plain or with {@code .ksh} or {@code .sh}.
 *
 * <p>Scripts are called with {@code -t TAG -i ID}, own actions with {@code -t TAG} and the operator's arguments (CMD-383).
 * The environment has {@code LK_TAG}, {@code LK_ID}, {@code LK_APP}, {@code LK_TYPE} and each property as {@code LK_PROP_NAME},
 * its name in capitals with every other character replaced by an underscore. Exit code 0 is success.
 */
final class ScriptKit implements RecoveryKit {
    private static final Logger LOG = LoggerFactory.getLogger(ScriptKit.class);
    private static final List<String> SUFFIXES = List.of("", ".ksh", ".sh");
    /** Script names of the actions that Mainstay knows; everything else in the directories is an own action. */
    private static final Map<Action, List<String>> NAMES = Map.ofEntries(
            Map.entry(Action.CREATE, List.of("create")),
            Map.entry(Action.EXTEND, List.of("extend")),
            Map.entry(Action.UNEXTEND, List.of("unextend")),
            Map.entry(Action.DELETE, List.of("delete")),
            Map.entry(Action.RESTORE, List.of("restore")),
            Map.entry(Action.REMOVE, List.of("remove")),
            Map.entry(Action.QUICK_CHECK, List.of("quickCheck", "quickchk")),
            Map.entry(Action.DEEP_CHECK, List.of("deepCheck", "deepchk")),
            Map.entry(Action.RECOVER, List.of("recover")),
            Map.entry(Action.VALIDATE, List.of("validate")));

    private static final String SAFE_NAME = "[A-Za-z0-9][A-Za-z0-9._-]*";

    private final List<Path> directories;
    private final KitDescriptor descriptor;

    private ScriptKit(String application, String type, List<Path> directories) {
        this.directories = directories;
        this.descriptor = KitDescriptor.builder(application, type, "", application + " " + type + " scripts")
                .platforms(KitDescriptor.Platform.values())
                .extraActions(ownActions(directories).toArray(new String[0]))
                .checks(
                        script(directories, NAMES.get(Action.QUICK_CHECK)).isPresent() ? 180 : 0,
                        script(directories, NAMES.get(Action.DEEP_CHECK)).isPresent() ? 300 : 0)
                .localRecovery(script(directories, NAMES.get(Action.RECOVER)).isPresent())
                .build();
    }

    /** Returns the script kit of a type; it exists if there is a restore and a remove script (ADM-150). */
    static Optional<ScriptKit> find(Path subsys, String application, String type) {
        if (!application.matches(SAFE_NAME) || !type.matches(SAFE_NAME)) {
            return Optional.empty();
        }
        List<Path> directories = Stream.of(
                        subsys.resolve(application)
                                .resolve("Resources")
                                .resolve(type)
                                .resolve("actions"),
                        subsys.resolve(application).resolve("actions"))
                .filter(Files::isDirectory)
                .toList();
        boolean complete = Files.isDirectory(
                        subsys.resolve(application).resolve("Resources").resolve(type))
                && script(directories, NAMES.get(Action.RESTORE)).isPresent()
                && script(directories, NAMES.get(Action.REMOVE)).isPresent();
        return complete ? Optional.of(new ScriptKit(application, type, directories)) : Optional.empty();
    }

    /** Returns all script kits below the directory. */
    static List<ScriptKit> all(Path subsys) {
        List<ScriptKit> kits = new ArrayList<>();
        for (String application : names(subsys)) {
            for (String type : names(subsys.resolve(application).resolve("Resources"))) {
                find(subsys, application, type).ifPresent(kits::add);
            }
        }
        return kits;
    }

    private static Set<String> names(Path directory) {
        Set<String> names = new TreeSet<>();
        if (Files.isDirectory(directory)) {
            try (Stream<Path> entries = Files.list(directory)) {
                entries.map(entry -> entry.getFileName().toString()).forEach(names::add);
            } catch (IOException e) {
                LOG.warn("scripts below {} cannot be listed: {}", directory, e.toString());
            }
        }
        return names;
    }

    private static List<String> ownActions(List<Path> directories) {
        Set<String> own = new TreeSet<>();
        for (Path directory : directories) {
            for (String file : names(directory)) {
                String name = file.replaceFirst("\\.(ksh|sh)$", "");
                if (NAMES.values().stream().noneMatch(known -> known.contains(name)) && name.matches(SAFE_NAME)) {
                    own.add(name);
                }
            }
        }
        return List.copyOf(own);
    }

    private static Optional<Path> script(List<Path> directories, List<String> names) {
        for (Path directory : directories) {
            for (String name : names) {
                for (String suffix : SUFFIXES) {
                    Path file = directory.resolve(name + suffix);
                    if (Files.isRegularFile(file)) {
                        return Optional.of(file);
                    }
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public KitDescriptor descriptor() {
        return descriptor;
    }

    @Override
    public Creation create(CreateContext context) {
        return asked(Action.CREATE, context);
    }

    @Override
    public Creation extend(CreateContext context) {
        return asked(Action.EXTEND, context);
    }

    private Creation asked(Action action, CreateContext context) {
        String tag = context.resource().tag();
        String id = context.resource().id();
        if (id.isEmpty()) {
            id = context.resource().property("id", tag);
        }
        Outcome outcome = optional(action, context);
        return outcome.succeeded()
                ? Creation.of(id, context.resource().properties())
                : Creation.refused(outcome.message());
    }

    @Override
    public Outcome unextend(ActionContext context) {
        return optional(Action.UNEXTEND, context);
    }

    @Override
    public Outcome delete(ActionContext context) {
        return optional(Action.DELETE, context);
    }

    @Override
    public Outcome restore(ActionContext context) {
        return run(script(directories, NAMES.get(Action.RESTORE)).orElse(null), "restore", context, true, null);
    }

    @Override
    public Outcome remove(ActionContext context) {
        return run(script(directories, NAMES.get(Action.REMOVE)).orElse(null), "remove", context, false, null);
    }

    /**
     * Asks the quick check script. A failed check alone proves nothing; with no process left in the instance's control group
     * it counts as stopped. Without a script nobody can tell, and UNKNOWN never counts as stopped.
     */
    @Override
    public Probe probe(ActionContext context) {
        Optional<Path> check = script(directories, NAMES.get(Action.QUICK_CHECK));
        if (check.isEmpty()) {
            return Probe.unknown("there is no quickCheck script that could tell");
        }
        Command command = command(
                        check.get(), context, List.of("-i", context.resource().id()))
                .build();
        CommandResult result = context.host().run(command);
        if (context.cancelled() || result.exitCode() < 0 || result.exitCode() > 125) {
            return Probe.unknown("the quickCheck script could not tell: " + result.summary());
        }
        if (result.succeeded()) {
            return Probe.running("the quickCheck script succeeded");
        }
        List<Long> left = context.host().processes().inService();
        return left.isEmpty()
                ? Probe.stopped("the quickCheck script ended with " + result.exitCode() + " and no process is left")
                : Probe.partial("the quickCheck script ended with " + result.exitCode() + ", processes left: " + left);
    }

    @Override
    public Outcome quickCheck(ActionContext context) {
        return optional(Action.QUICK_CHECK, context);
    }

    @Override
    public Outcome deepCheck(ActionContext context) {
        return script(directories, NAMES.get(Action.DEEP_CHECK)).isPresent()
                ? optional(Action.DEEP_CHECK, context)
                : quickCheck(context);
    }

    @Override
    public Outcome recover(ActionContext context) {
        Optional<Path> script = script(directories, NAMES.get(Action.RECOVER));
        return script.isPresent()
                ? run(script.get(), "recover", context, true, null)
                : Outcome.failed("there is no recover script");
    }

    @Override
    public Outcome validate(ActionContext context) {
        return optional(Action.VALIDATE, context);
    }

    @Override
    public Outcome perform(String name, List<String> arguments, ActionContext context) {
        Optional<Path> script = name.matches(SAFE_NAME) ? script(directories, List.of(name)) : Optional.empty();
        return script.isPresent()
                ? run(script.get(), name, context, false, arguments)
                : RecoveryKit.super.perform(name, arguments, context);
    }

    private Outcome optional(Action action, ActionContext context) {
        Optional<Path> script = script(directories, NAMES.get(action));
        return script.isPresent()
                ? run(script.get(), action.actionName(), context, false, null)
                : Outcome.success("there is no " + action.actionName() + " script");
    }

    /** @param own arguments of an own action, null for the known ones */
    private Outcome run(Path script, String action, ActionContext context, boolean inService, List<String> own) {
        if (script == null) {
            return Outcome.failed("the " + action + " script of " + descriptor.application() + "/" + descriptor.type()
                    + " is missing; look in " + directories);
        }
        if (!Files.isExecutable(script)) {
            return Outcome.failed(script + " is not executable; use chmod +x on it");
        }
        Command.Builder command = command(
                script, context, own == null ? List.of("-i", context.resource().id()) : own);
        CommandResult result = context.host().run((inService ? command.inService() : command).build());
        if (result.succeeded()) {
            String last = result.output().isBlank() ? action + " script succeeded" : result.summary();
            return Outcome.success(last);
        }
        return Outcome.failed(
                script.getFileName()
                        + (result.exitCode() > 0 ? " ended with " + result.exitCode() + ": " : ": ")
                        + result.summary(),
                result.output() + result.errors());
    }

    private Command.Builder command(Path script, ActionContext context, List<String> more) {
        List<String> arguments =
                new ArrayList<>(List.of("-t", context.resource().tag()));
        arguments.addAll(more);
        Command.Builder command = Command.of(script.toAbsolutePath().toString(), arguments)
                .environment("LK_TAG", context.resource().tag())
                .environment("LK_ID", context.resource().id())
                .environment("LK_APP", descriptor.application())
                .environment("LK_TYPE", descriptor.type());
        context.resource()
                .properties()
                .forEach((name, value) -> command.environment("LK_PROP_" + variable(name), value));
        return command;
    }

    private static String variable(String property) {
        return property.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }
}
