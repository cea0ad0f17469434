package org.mainstay.shell.internal.command.program;

import java.util.ArrayList;
import java.util.List;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.Candidates;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lk_err} (CMD-370 to CMD-377). */
@Command(
        name = "lk_err",
        separator = " ",
        description = "Writes a message of a script to the event log and to standard error.",
        customSynopsis = "lk_err -c Category -n Error_number -p Process_name [-d {TO_LOG|TO_STDERR}] \"Message\"",
        footer = {"", "Example:", "  lk_err -c FRS_ERR -n 1001 -p restore.ksh \"cannot mount\""})
public final class LkErr implements ShellCommand {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Option(
            names = "-c",
            paramLabel = "category",
            required = true,
            description = "FRS_MES information, FRS_WARN warning, FRS_ERR error.")
    private String category;

    @Option(names = "-n", paramLabel = "number", required = true, description = "A positive number.")
    private String number;

    @Option(names = "-p", paramLabel = "name", required = true, description = "Name of the calling script.")
    private String process;

    @Option(
            names = "-d",
            paramLabel = "target",
            completionCandidates = Candidates.LogTargets.class,
            description = "TO_LOG or TO_STDERR: only there; default: both.")
    private String target = "";

    @Parameters(paramLabel = "Message", arity = "1..*", description = "The message.")
    private List<String> words = new ArrayList<>();

    @Override
    public int run(Invocation invocation) throws CommandException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        Level level = switch (category) {
            case "FRS_MES" -> Level.INFORMATION;
            case "FRS_WARN" -> Level.WARNING;
            case "FRS_ERR" -> Level.ERROR;
            default -> throw wrong("the category is FRS_MES, FRS_WARN or FRS_ERR, not '" + category + "'");
        };
        if (!number.matches("0*[1-9][0-9]{0,8}")) {
            throw wrong("the number is 1 to 999999999, not '" + number + "'");
        }
        if (!target.isEmpty() && !target.equals("TO_LOG") && !target.equals("TO_STDERR")) {
            throw wrong("the target is TO_LOG or TO_STDERR, not '" + target + "'");
        }
        if (process.isEmpty()) {
            throw wrong("the name of the calling script must not be empty");
        }
        String message = String.join(" ", words);
        if (!target.equals("TO_STDERR")) {
            invocation
                    .platform()
                    .events()
                    .addOfScript(
                            Integer.parseInt(number), level, process, process + ": " + message.replaceAll("\\R", " "));
        }
        if (!target.equals("TO_LOG")) {
            invocation.err().println(process + ": " + category + ": " + number + ": " + message);
        }
        return ExitCode.SUCCESS;
    }

    private static CommandException wrong(String text) {
        return new CommandException(ExitCode.SYNTAX, text);
    }
}
