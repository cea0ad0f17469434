package org.mainstay.shell.internal.command.kit;

import java.util.Map;
import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.kit.KitJar;
import org.mainstay.shell.internal.kit.KitManager.Change;
import org.mainstay.shell.internal.kit.KitManager.Order;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay kit upgrade}. */
@Command(
        name = "upgrade",
        description =
                "Replaces a recovery kit by another version of it. What it protects goes on; an action that runs is"
                        + " waited for or repeated by the new version. If the new version does not work, the old one is"
                        + " put back.",
        footer = {
            "",
            "Examples:",
            "  mainstay kit upgrade redis-kit-1.1.0.jar --all-servers",
            "  mainstay kit upgrade redis-kit-1.0.0.jar --all-servers --downgrade"
        })
public final class KitUpgrade extends BaseCommand {
    @Parameters(paramLabel = "FILE.jar", description = "The jar of the other version, on this server.")
    private String file = "";

    @Option(names = "--downgrade", description = "The version may be older than the installed one.")
    private boolean downgrade;

    @Mixin
    private Servers servers = new Servers();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        byte[] jar = Rollout.read(file, invocation.context());
        String bundle = KitJar.read(jar).bundle();
        var chosen = servers.chosen(invocation.snapshot());
        Rollout rollout = new Rollout(invocation, chosen, servers.checks(invocation));
        Map<String, String> versions = rollout.versions(bundle);
        for (String server : chosen) {
            if (!versions.containsKey(server)) {
                throw CommandException.notFound("nothing was changed: no version of " + bundle + " is installed on "
                        + server + "; use 'mainstay kit install' there first");
            }
        }
        return rollout.run(new Order(Change.UPGRADE, "", jar, downgrade), bundle);
    }
}
