package org.mainstay.shell.internal.command.node;

import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;

/** {@code mainstay node phase}: one word, for {@code lkstart} to wait for: AVAILABLE only when the kits are there too. */
@Command(name = "phase", hidden = true, description = "Prints STARTING, AVAILABLE, STOPPING or STOPPED.")
public final class NodePhase extends BaseCommand {
    @Override
    public int run(Invocation invocation) throws CommandException {
        Phase phase = invocation.snapshot().phase();
        boolean early = phase == Phase.AVAILABLE && !invocation.platform().complete();
        invocation.out().println(early ? Phase.STARTING : phase);
        return ExitCode.SUCCESS;
    }
}
