package org.mainstay.shell.internal.command;

import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;

/** Commands whose second half the program in {@code bin/} does. */
public final class OnlyInBin {
    private static final String DOOR = " bin";

    private OnlyInBin() {}

    /** Refuses callers of other doors: there the manager would do its half, and the processes would stay. @param program the program to use */
    public static void require(Invocation invocation, String program) throws CommandException {
        if (!invocation.context().caller().from().endsWith(DOOR)) {
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR,
                    "only the program bin/" + program
                            + " can end Mainstay's processes; nothing was changed. Run it on this server");
        }
    }
}
