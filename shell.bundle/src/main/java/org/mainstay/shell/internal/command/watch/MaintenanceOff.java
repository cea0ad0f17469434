package org.mainstay.shell.internal.command.watch;

import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay maintenance off}. */
@Command(
        name = "off",
        description = "Ends maintenance.",
        footer = {"", "Examples:", "  mainstay maintenance off pg", "  mainstay maintenance off --node B"})
public final class MaintenanceOff extends BaseCommand {
    @Mixin
    private MaintenanceScope scope = new MaintenanceScope();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submit(scope.request(false, 0));
    }
}
