package org.mainstay.shell.internal.command.kit;

import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.kit.KitJar;
import org.mainstay.shell.internal.kit.KitManager.Change;
import org.mainstay.shell.internal.kit.KitManager.Order;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code mainstay kit install}. */
@Command(
        name = "install",
        description =
                "Installs a recovery kit: one of the distribution by its name, or any other by its jar file. A kit"
                        + " that does not work is taken back.",
        footer = {
            "",
            "Examples:",
            "  mainstay kit install ip",
            "  mainstay kit install redis-kit-1.0.0.jar --all-servers"
        })
public final class KitInstall extends BaseCommand {
    @Parameters(paramLabel = "NAME|FILE.jar", description = "The kit's name, or its jar on this server.")
    private String kit = "";

    @Mixin
    private Servers servers = new Servers();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        Rollout rollout = new Rollout(invocation, servers.chosen(invocation.snapshot()), servers.checks(invocation));
        if (!kit.endsWith(".jar")) {
            return rollout.run(new Order(Change.INSTALL, kit, new byte[0], false), kit);
        }
        byte[] jar = Rollout.read(kit, invocation.context());
        String bundle = KitJar.read(jar).bundle();
        return rollout.run(new Order(Change.INSTALL, "", jar, false), bundle);
    }
}
