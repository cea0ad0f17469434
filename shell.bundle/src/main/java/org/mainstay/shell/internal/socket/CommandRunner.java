package org.mainstay.shell.internal.socket;

import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;

/** Runs commands for a door. */
public interface CommandRunner {

    /** Runs a command to its end on this thread and returns its exit code. */
    int run(CommandCall call, CommandContext context) throws InterruptedException;

    /** Returns this server's name, or {@code -} while it is not known. */
    String server();
}
