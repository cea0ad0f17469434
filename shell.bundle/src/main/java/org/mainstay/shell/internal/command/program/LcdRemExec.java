package org.mainstay.shell.internal.command.program;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.PassesArguments;
import org.mainstay.shell.internal.registry.ServerChoice;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lcdremexec} (CMD-060 to CMD-067): the registry passes it on, so that it always runs on the server it names. */
@Command(
        name = "lcdremexec",
        separator = " ",
        description =
                "Runs a program on a server, over the comm paths. Its standard output and error both come on standard "
                        + "output. The working directory there is LKROOT, and LKROOT/bin comes first in PATH.",
        customSynopsis = "lcdremexec [-e] -d destname -- cmd [arg1 ... argn]",
        footer = {"", "Examples:", "  lcdremexec -d B -- sys_list", "  lcdremexec -e -d B -- sh -c 'df -h /srv'"})
public final class LcdRemExec implements ShellCommand, ServerChoice, PassesArguments {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Option(
            names = "-e",
            description = "Of a program on another server: first its standard output, then its standard error.")
    private boolean apart;

    @Option(names = "-d", paramLabel = "destname", required = true, description = "The server; may be this one.")
    private String destination;

    @Override
    public Optional<String> chosenServer() {
        return Optional.of(destination);
    }

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        if (invocation.trailing().isEmpty()) {
            throw new CommandException(ExitCode.SYNTAX, "no program is named; write it after --");
        }
        Path home = invocation.platform().home().toAbsolutePath();
        RunProgram program = new RunProgram(home, invocation.trailing());
        try {
            if (!invocation.context().forwarded()) {
                return program.run(
                        invocation.out(), invocation.err(), invocation.context().cancellation());
            }
            return apart
                    ? program.runErrorsLast(
                            invocation.out(),
                            invocation.err(),
                            invocation.context().cancellation())
                    : program.run(
                            invocation.out(),
                            invocation.out(),
                            invocation.context().cancellation());
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR, invocation.trailing().get(0) + " could not be run: " + e.getMessage());
        }
    }
}
