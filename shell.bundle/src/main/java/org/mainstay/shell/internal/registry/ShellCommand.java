package org.mainstay.shell.internal.registry;

/**
 * A command: a picocli {@code @Command} class with a constructor without parameters. A new object is made for each call, so
 * fields hold the arguments of one call only.
 */
public interface ShellCommand {

    /**
     * Runs the command on a thread of its own.
     *
     * @return exit code of CMD-010
     * @throws CommandException to end with a message on standard error
     * @throws InterruptedException if the door closes or the caller gave up while the command waited
     */
    int run(Invocation invocation) throws CommandException, InterruptedException;
}
