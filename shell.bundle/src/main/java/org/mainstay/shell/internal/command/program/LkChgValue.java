package org.mainstay.shell.internal.command.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.cluster.DatabaseSetup.TextChange;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.Platform.OfflineSetup;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lk_chg_value} (CMD-350 to CMD-357): works on the database of the stopped server only. */
@Command(
        name = "lk_chg_value",
        separator = " ",
        description =
                "Replaces values in the stored configuration of this server, while Mainstay is stopped: addresses, tags, "
                        + "texts. All or nothing. To be run on every server of the cluster. LKROOT must be set.",
        customSynopsis = "lk_chg_value {-o old_value -n new_value | -f filename} [-vFIMT]",
        footer = {
            "",
            "Examples:",
            "  LKROOT=/opt/LifeKeeper lk_chg_value -o 10.77.1.1 -n 10.77.9.1",
            "  LKROOT=/opt/LifeKeeper lk_chg_value -vMf /tmp/lksubs",
            "",
            "The name of a server of the cluster is not replaced (2). It need not be the",
            "name of the host, which may be changed without a change here.",
            "",
            "Exit codes: 0 success, 1 interrupted or failed, nothing was changed,",
            "2 wrong argument, 3 Mainstay runs, 4 needs root, 5 the whole id of a resource",
            "would be replaced (-F or -I), 6 LKROOT is not set, 7 no match."
        })
public final class LkChgValue implements ShellCommand {
    private static final int INTERRUPTED = 1;
    private static final int RUNNING = 3;
    private static final int NOT_ROOT = 4;
    private static final int ID_CHANGE = 5;
    private static final int NO_LKROOT = 6;
    private static final int NO_MATCH = 7;
    /** What may stand beside a value: a whole name or address is replaced, never a part of a longer one. */
    private static final String PART = "[A-Za-z0-9_.-]";

    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Option(names = "-o", paramLabel = "old_value", description = "The value to replace.")
    private String oldValue;

    @Option(names = "-n", paramLabel = "new_value", description = "What replaces it.")
    private String newValue;

    @Option(names = "-f", paramLabel = "filename", description = "A file with one old_value=new_value in each line.")
    private String file;

    @Option(
            names = {"-v", "-V"},
            description = "Prints every change.")
    private boolean verbose;

    @Option(names = "-F", description = "Allows that the whole id of a resource is replaced.")
    private boolean fullIds;

    @Option(names = "-I", description = "Does not change ids of resources.")
    private boolean keepIds;

    @Option(names = "-M", description = "Only shows what would be changed.")
    private boolean dryRun;

    @Option(names = "-T", description = "Does not change tags.")
    private boolean keepTags;

    private final Map<String, String> environment;
    private boolean idRefused;

    /** With the environment of this process: the command works in a process of its own. */
    public LkChgValue() {
        this(System.getenv());
    }

    LkChgValue(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public int run(Invocation invocation) throws CommandException {
        Map<String, String> values = values(invocation.context().workingDirectory());
        // while Mainstay runs this is called in its process, which has no set-up
        if (invocation.platform().running()) {
            throw new CommandException(
                    RUNNING, "Mainstay runs on this server; stop it first with bin/lkstop or lkstop -f");
        }
        if (!"root".equals(invocation.context().caller().user())) {
            throw new CommandException(NOT_ROOT, "this must be run as root");
        }
        if (environment.getOrDefault("LKROOT", "").isEmpty()) {
            throw new CommandException(NO_LKROOT, "LKROOT is not set; set it to the folder of this installation");
        }
        List<String> changes = rewrite(invocation.platform().setup(), values);
        if (changes.isEmpty()) {
            throw new CommandException(NO_MATCH, "no value matches");
        }
        if (verbose || dryRun) {
            changes.forEach(invocation.out()::println);
        }
        return ExitCode.SUCCESS;
    }

    /** Tries first, so that a refusal changes nothing; then all is changed at once. */
    private List<String> rewrite(OfflineSetup setup, Map<String, String> values) throws CommandException {
        TextChange change = (field, text) -> replaced(field, text, values);
        try {
            List<String> changes = setup.rewrite(change, true);
            if (idRefused) {
                throw new CommandException(
                        ID_CHANGE,
                        "the whole id of a resource would be replaced; use -I to leave ids as they are, or -F to replace them");
            }
            return dryRun || changes.isEmpty() ? changes : setup.rewrite(change, false);
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.SYNTAX, e.getMessage());
        } catch (IOException e) {
            throw new CommandException(INTERRUPTED, "nothing was changed: " + e.getMessage());
        }
    }

    private Map<String, String> values(Path directory) throws CommandException {
        Map<String, String> values = new LinkedHashMap<>();
        boolean pair = oldValue != null && newValue != null;
        if (pair == (file != null) || !pair && (oldValue != null || newValue != null)) {
            throw new CommandException(ExitCode.SYNTAX, "give -o old_value and -n new_value, or -f filename");
        }
        if (pair) {
            put(values, oldValue, newValue);
            return values;
        }
        try {
            for (String line : Files.readAllLines(directory.resolve(file))) {
                int equals = line.indexOf('=');
                if (line.isBlank()) {
                    continue;
                }
                if (equals < 1) {
                    throw new CommandException(ExitCode.SYNTAX, file + ": '" + line + "' is not old_value=new_value");
                }
                put(values, line.substring(0, equals), line.substring(equals + 1));
            }
        } catch (IOException e) {
            throw new CommandException(ExitCode.SYNTAX, file + " cannot be read: " + e.getMessage());
        }
        return values;
    }

    private static void put(Map<String, String> values, String from, String to) throws CommandException {
        if (from.isEmpty() || to.isEmpty()) {
            throw new CommandException(ExitCode.SYNTAX, "a value must not be empty");
        }
        values.put(from, to);
    }

    private String replaced(String field, String text, Map<String, String> values) {
        boolean id = field.equals("id");
        if (id && keepIds || field.equals("tag") && keepTags) {
            return text;
        }
        if (id && !fullIds && values.containsKey(text)) {
            idRefused = true;
        }
        List<String> alternatives = new ArrayList<>();
        values.keySet().forEach(value -> alternatives.add(Pattern.quote(value)));
        Pattern pattern =
                Pattern.compile("(?<!" + PART + ")(?:" + String.join("|", alternatives) + ")(?!" + PART + ")");
        Matcher matcher = pattern.matcher(text);
        return matcher.replaceAll(found -> Matcher.quoteReplacement(values.get(found.group())));
    }
}
