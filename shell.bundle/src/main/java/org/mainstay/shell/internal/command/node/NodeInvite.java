package org.mainstay.shell.internal.command.node;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;

/** {@code mainstay node invite}: the code alone on the last line. */
@Command(
        name = "invite",
        description =
                "Prints a one-time setup code for 'mainstay node join', valid for 10 minutes and 3 tries. A new code "
                        + "replaces the one before.",
        footer = {"", "Example:", "  mainstay node invite"})
public final class NodeInvite extends BaseCommand {
    private static final int LIMIT_SECONDS = 30;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        try {
            String code = invocation
                    .platform()
                    .enrolment()
                    .invite()
                    .toCompletableFuture()
                    .get(LIMIT_SECONDS, TimeUnit.SECONDS);
            if (invocation.context().terminal().interactive()) {
                invocation.out().println("Setup code for 'mainstay node join', valid for 10 minutes and 3 tries:");
            }
            invocation.out().println(code);
            return ExitCode.SUCCESS;
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR,
                    cause.getMessage() == null ? "no code can be made: " + cause : cause.getMessage());
        } catch (TimeoutException e) {
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR, "no code was made within " + LIMIT_SECONDS + " seconds; see data/log/");
        }
    }
}
