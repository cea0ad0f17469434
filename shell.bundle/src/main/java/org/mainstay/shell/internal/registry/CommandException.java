package org.mainstay.shell.internal.registry;

import org.mainstay.cluster.ExitCode;

/** A command cannot do what was asked: the exit code of CMD-010 and a sentence that says what to do. */
public final class CommandException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    public CommandException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    public static CommandException invalid(String message) {
        return new CommandException(ExitCode.INVALID_ARGUMENT, message);
    }

    public static CommandException notFound(String message) {
        return new CommandException(ExitCode.NOT_FOUND, message);
    }

    public int exitCode() {
        return exitCode;
    }
}
