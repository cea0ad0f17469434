package org.mainstay.shell.internal.command.kit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.Candidates;
import org.mainstay.shell.internal.kit.KitManager.Change;
import org.mainstay.shell.internal.kit.KitManager.Order;
import org.mainstay.shell.internal.kit.KitState;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay kit remove}. */
@Command(
        name = "remove",
        description =
                "Removes a recovery kit. What it protects is not touched: it runs on, but is neither checked nor moved "
                        + "until a version of the kit is there again.",
        footer = {"", "Examples:", "  mainstay kit remove redis-kit --all-servers", "  mainstay kit remove ip --force"})
public final class KitRemove extends BaseCommand {
    @Parameters(
            paramLabel = "NAME",
            completionCandidates = Candidates.Kits.class,
            description = "The kit's name, as 'mainstay kit list --all-servers' shows it.")
    private String kit = "";

    @Option(names = "--force", description = "Also if there are resources of it: they stay as they are.")
    private boolean force;

    @Mixin
    private Servers servers = new Servers();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        List<String> chosen = servers.chosen(invocation.snapshot());
        Rollout rollout = new Rollout(invocation, chosen, servers.checks(invocation));
        String name = kit.startsWith("mainstay-kit-") ? kit.substring("mainstay-kit-".length()) : kit;
        List<String> types = new ArrayList<>();
        boolean there = false;
        for (String server : chosen) {
            Optional<KitState> found = Rollout.find(rollout.list(server), name);
            there |= found.isPresent();
            found.ifPresent(state -> types.addAll(state.types()));
        }
        if (!there) {
            throw CommandException.notFound("there is no kit '" + kit
                    + "' on these servers; 'mainstay kit list --all-servers' shows what there is");
        }
        List<String> resources = rollout.protectedBy(types);
        if (!resources.isEmpty() && !force) {
            throw new CommandException(
                    ExitCode.IN_USE,
                    "nothing was changed: kit " + name + " protects " + String.join(", ", resources)
                            + "; without it they run on, but are neither checked nor moved. With --force it is"
                            + " removed");
        }
        return rollout.run(new Order(Change.REMOVE, name, new byte[0], false), name);
    }
}
