package org.mainstay.shell.internal.command.program;

import org.mainstay.shell.internal.registry.CommandException;
import picocli.CommandLine.Option;

/** {@code --process}: the program in {@code bin/} adds it with the process that called it. */
final class CallingProcess {
    @Option(
            names = "--process",
            paramLabel = "pid",
            description =
                    "Process of this server that holds the lock; default: the one that calls the command from bin/.")
    private Long pid;

    long pid() throws CommandException {
        if (pid == null) {
            throw CommandException.invalid("only bin/ knows which process calls: give --process PID");
        }
        if (pid < 2) {
            throw CommandException.invalid("a process that can hold the lock has a number above 1, not " + pid);
        }
        return pid;
    }
}
