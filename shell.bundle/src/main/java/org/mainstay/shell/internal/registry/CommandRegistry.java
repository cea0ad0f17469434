package org.mainstay.shell.internal.registry;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.LcdSection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** All commands, each defined once; every door calls them here. Thread-safe. */
public final class CommandRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(CommandRegistry.class);

    /** The friendly front whose subcommands are nouns and verbs. */
    public static final String FRONT = "mainstay";

    private static final int ONE_LINE = 1000;

    private final Map<String, Supplier<Object>> programs = new LinkedHashMap<>();
    private final Map<String, String> aliases;

    /**
     * @param programs top-level command classes by name, in the order help shows them
     * @param aliases further names of programs
     */
    public CommandRegistry(Map<String, Supplier<Object>> programs, Map<String, String> aliases) {
        this.programs.putAll(programs);
        this.aliases = Map.copyOf(aliases);
    }

    /** Returns the names of the programs. */
    public List<String> names() {
        return List.copyOf(programs.keySet());
    }

    /** Returns whether there is a program of this name. */
    public boolean has(String name) {
        return programs.containsKey(name);
    }

    /** Returns the picocli model of a program, made anew: for completion, and for documentation. */
    public CommandLine model(String name) {
        Supplier<Object> program = programs.get(name);
        if (program == null) {
            throw new IllegalArgumentException("there is no command '" + name + "'");
        }
        return new CommandLine(program.get())
                .setCommandName(name)
                // Arguments are data: no @file expansion, no ${} lookups, no unquoting.
                .setExpandAtFiles(false)
                .setInterpolateVariables(false)
                .setTrimQuotes(false)
                .setUnmatchedOptionsArePositionalParams(false)
                .setAbbreviatedOptionsAllowed(false);
    }

    /**
     * Runs a command to its end on this thread.
     *
     * @return its exit code; never throws for anything a command does
     * @throws InterruptedException if this thread is interrupted
     */
    public int run(CommandCall call, CommandContext context, Platform platform) throws InterruptedException {
        try {
            if (call.arguments().stream().anyMatch(word -> word.indexOf('\0') >= 0)) {
                throw new CommandException(
                        ExitCode.SYNTAX, "an argument holds a NUL character, which no name or path has");
            }
            CommandCall actual = withoutFront(withoutHelpWord(call));
            return programs.containsKey(actual.name()) ? start(actual, context, platform) : unknown(actual, context);
        } catch (CommandException e) {
            context.err().println(call.name() + ": " + e.getMessage());
            return e.exitCode();
        } catch (RuntimeException | Error e) {
            // an error, too: of a bundle that was replaced meanwhile, or of a stack that was too deep
            LOG.error("internal error in command {}", call.name(), e);
            context.err().println(call.name() + ": internal error: " + e + "; data/log/ has the details");
            return ExitCode.INTERNAL_ERROR;
        } finally {
            context.out().flush();
            context.err().flush();
        }
    }

    /** {@code mainstay help NOUN VERB} is {@code mainstay NOUN VERB --help}. */
    private static CommandCall withoutHelpWord(CommandCall call) {
        List<String> arguments = call.arguments();
        if (!call.name().equals(FRONT)
                || arguments.isEmpty()
                || !arguments.get(0).equals("help")) {
            return call;
        }
        List<String> asked = new ArrayList<>(arguments.subList(1, arguments.size()));
        asked.add("--help");
        return new CommandCall(FRONT, asked);
    }

    /** {@code mainstay ins_list ...} is {@code ins_list ...}. */
    private CommandCall withoutFront(CommandCall call) {
        List<String> arguments = call.arguments();
        if (call.name().equals(FRONT)
                && !arguments.isEmpty()
                && !arguments.get(0).equals(FRONT)
                && programs.containsKey(arguments.get(0))) {
            return new CommandCall(arguments.get(0), arguments.subList(1, arguments.size()));
        }
        String actual = aliases.get(call.name());
        return actual == null ? call : new CommandCall(actual, arguments);
    }

    private static int unknown(CommandCall call, CommandContext context) {
        context.err().println("there is no command '" + call.name() + "'; 'mainstay --help' lists the commands");
        return ExitCode.SYNTAX;
    }

    private int start(CommandCall call, CommandContext context, Platform platform)
            throws CommandException, InterruptedException {
        CommandLine line = model(call.name());
        line.setUsageHelpWidth(Math.max(60, Math.min(context.terminal().columns(), 120)));
        Arguments arguments = Arguments.of(call.arguments(), line);
        ParseResult parsed;
        try {
            parsed = line.parseArgs(arguments.words().toArray(new String[0]));
        } catch (ParameterException e) {
            syntaxError(e, programsLike(e), context.err());
            return syntaxCode(line);
        }
        CommandLine leaf = leaf(parsed);
        if (leaf.isUsageHelpRequested()) {
            leaf.usage(context.out(), ansi(context));
            return ExitCode.SUCCESS;
        }
        if (leaf.isVersionHelpRequested()) {
            context.out().println("Mainstay " + Release.version());
            return ExitCode.SUCCESS;
        }
        if (!(leaf.getCommand() instanceof ShellCommand command)) {
            leaf.usage(context.err(), ansi(context));
            return ExitCode.SYNTAX;
        }
        arguments.applyTo(command);
        String name = leaf.getCommandSpec().qualifiedName();
        try {
            Optional<String> elsewhere = chosenServer(command, platform);
            if (elsewhere.isPresent()) {
                return forward(elsewhere.get(), call, context, platform);
            }
            return command.run(new Invocation(name, platform, context, arguments.trailing()));
        } catch (CommandException e) {
            context.err().println(name + ": " + e.getMessage());
            return e.exitCode();
        }
    }

    private static Optional<String> chosenServer(ShellCommand command, Platform platform) throws CommandException {
        if (!(command instanceof ServerChoice choice) || choice.chosenServer().isEmpty()) {
            return Optional.empty();
        }
        String server = choice.chosenServer().get();
        return requirePath(platform, server) ? Optional.of(server) : Optional.empty();
    }

    /**
     * Refuses a server that commands cannot be passed on to.
     *
     * @return whether it is another server
     * @throws CommandException 7 if there is no such server, 9 if there is no comm path to it
     */
    public static boolean requirePath(Platform platform, String server) throws CommandException {
        ClusterSnapshot snapshot = platform.cluster().snapshot();
        List<String> servers = snapshot.servers();
        if (!servers.contains(server)) {
            throw CommandException.notFound(
                    "there is no server '" + server + "'; the servers are " + String.join(", ", servers));
        }
        if (snapshot.self().equals(server)) {
            return false;
        }
        // the connection that joining made is for joining and the first path only
        if (snapshot.own().rows(LcdSection.PATHS).values().stream()
                .noneMatch(path -> path.peer().equals(server))) {
            throw new CommandException(
                    ExitCode.NO_COMMUNICATION,
                    "there is no comm path to " + server + "; create one with 'mainstay commpath create --to " + server
                            + " ...'");
        }
        return true;
    }

    private static int forward(String server, CommandCall call, CommandContext context, Platform platform)
            throws CommandException, InterruptedException {
        if (context.forwarded()) {
            throw new CommandException(
                    ExitCode.NO_COMMUNICATION, "a command from another server is not passed on again to " + server);
        }
        return platform.remote().run(server, call, context);
    }

    private static CommandLine leaf(ParseResult parsed) {
        List<CommandLine> lines = parsed.asCommandLineList();
        for (CommandLine line : lines) {
            if (line.isUsageHelpRequested()) {
                return line;
            }
        }
        return lines.get(lines.size() - 1);
    }

    private static Help.Ansi ansi(CommandContext context) {
        return context.terminal().colour() ? Help.Ansi.ON : Help.Ansi.OFF;
    }

    private static int syntaxCode(CommandLine line) {
        Object program = line.getCommand();
        return program instanceof OwnSyntaxCode own ? own.syntaxCode() : ExitCode.SYNTAX;
    }

    /** {@code mainstay ins_lst} may mean a program of its own name. */
    private List<String> programsLike(ParameterException e) {
        boolean front = e.getCommandLine().getCommandSpec().qualifiedName().equals(FRONT);
        if (!front || !(e instanceof UnmatchedArgumentException unmatched)) {
            return List.of();
        }
        return Likeness.closest(unmatched.getUnmatched().get(0), programs.keySet());
    }

    private static void syntaxError(ParameterException e, List<String> programs, PrintStream err) {
        String name = e.getCommandLine().getCommandSpec().qualifiedName();
        List<String> suggestions = List.of();
        if (e instanceof UnmatchedArgumentException unmatched) {
            err.println(name + ": '" + unmatched.getUnmatched().get(0) + "' is not understood");
            suggestions = new ArrayList<>(programs.isEmpty() ? unmatched.getSuggestions() : programs);
        } else {
            err.println(name + ": " + plain(decapitalised(e.getMessage())));
        }
        if (!suggestions.isEmpty()) {
            err.println("Did you mean: " + String.join(", ", suggestions.subList(0, Math.min(3, suggestions.size())))
                    + "?");
        }
        List<String> below = e.getCommandLine().getSubcommands().entrySet().stream()
                .filter(command -> command.getKey().equals(command.getValue().getCommandName()))
                .filter(command ->
                        !command.getValue().getCommandSpec().usageMessage().hidden())
                .map(Map.Entry::getKey)
                .toList();
        if (!below.isEmpty() && e instanceof UnmatchedArgumentException) {
            err.println("The commands are: " + String.join(", ", below));
            err.println("Try '" + name + " --help' for what they do.");
            return;
        }
        e.getCommandLine().setUsageHelpWidth(ONE_LINE);
        err.println("Usage: "
                + new Help(e.getCommandLine().getCommandSpec(), Help.defaultColorScheme(Help.Ansi.OFF))
                        .synopsis(0)
                        .strip()
                        .replaceAll("\\s*\\R\\s*", " "));
        err.println("Try '" + name + " --help' for options and examples.");
    }

    /** The library's words on a number that is none name Java's own types. */
    private static String plain(String text) {
        return text.replaceAll("cannot convert ('.*') to BigDecimal.*", "$1 is not a number")
                .replaceAll(" \\(java\\..*\\)$", "");
    }

    private static String decapitalised(String text) {
        boolean sentence =
                text.length() > 1 && Character.isUpperCase(text.charAt(0)) && Character.isLowerCase(text.charAt(1));
        return sentence ? Character.toLowerCase(text.charAt(0)) + text.substring(1) : text;
    }
}
