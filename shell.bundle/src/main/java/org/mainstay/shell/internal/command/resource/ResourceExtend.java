package org.mainstay.shell.internal.command.resource;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.Settings;
import org.mainstay.shell.internal.command.wizard.ExtendWizard;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay resource extend} (ADM-240 to ADM-243). */
@Command(
        name = "extend",
        description =
                "Extends the whole hierarchy of a resource to another server, so that it can run there too. At a terminal, "
                        + "without --to, asks for everything.",
        footer = {
            "",
            "Examples:",
            "  mainstay resource extend pg",
            "  mainstay resource extend pg --to B",
            "  mainstay resource extend pg --to B --priority 10 --set vip.interface=eth1"
        })
public final class ResourceExtend extends BaseCommand {
    @Parameters(paramLabel = "TAG", description = "Any resource of the hierarchy.")
    private String tag;

    @Option(
            names = "--to",
            paramLabel = "NAME",
            description = "The server to extend to; at a terminal it is asked for.")
    private String target;

    @Option(
            names = {"-i", "--interactive"},
            description = "Asks for everything, as at a terminal without --to.")
    private boolean interactive;

    @Option(
            names = "--priority",
            paramLabel = "N",
            description = "1 to 1024, 1 is best; default: the next free one of 1, 10, 20, ...")
    private Integer priority;

    @Option(
            names = "--set",
            paramLabel = "[TAG.]KEY=VALUE",
            description =
                    "A setting on the other server, of the named resource or of another one of the hierarchy; may be "
                            + "repeated.")
    private List<String> settings = new ArrayList<>();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        if (priority != null && (priority < 1 || priority > Equivalency.MAX_PRIORITY)) {
            throw CommandException.invalid(
                    "the priority must be 1 to " + Equivalency.MAX_PRIORITY + ", not " + priority);
        }
        Set<String> tags = invocation.snapshot().own().instances().keySet();
        Map<String, Map<String, String>> given = byTag(Settings.parse(settings), tags);
        int wanted = priority == null ? 0 : priority;
        if (interactive || target == null && invocation.context().terminal().interactive()) {
            return new ExtendWizard(invocation).run(tag, target == null ? "" : target, wanted, given);
        }
        if (target == null) {
            throw new CommandException(
                    ExitCode.SYNTAX, "missing required option: '--to=NAME'; try 'mainstay resource extend --help'");
        }
        return invocation.submit(new Request.Extend(tag, target, wanted, given));
    }

    /** Tags may hold dots: the longest tag that fits is meant. */
    private Map<String, Map<String, String>> byTag(Map<String, String> values, Set<String> tags) {
        Map<String, Map<String, String>> result = new HashMap<>();
        values.forEach((key, value) -> {
            String owner = tags.stream()
                    .filter(candidate -> key.startsWith(candidate + ".") && key.length() > candidate.length() + 1)
                    .max(Comparator.comparingInt(String::length))
                    .orElse("");
            String name = owner.isEmpty() ? key : key.substring(owner.length() + 1);
            result.computeIfAbsent(owner.isEmpty() ? tag : owner, k -> new HashMap<>())
                    .put(name, value);
        });
        return result;
    }
}
