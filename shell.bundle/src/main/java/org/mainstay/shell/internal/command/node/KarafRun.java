package org.mainstay.shell.internal.command.node;

import java.util.ArrayList;
import java.util.List;
import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.PassesArguments;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mainstay karaf}: one line of the Karaf shell of this server, without opening a port for it. */
@Command(
        name = "karaf",
        description =
                "Runs a command of the Karaf shell on this server, such as installing or removing a recovery kit's "
                        + "feature. Quote what a shell would interpret; options go after --.",
        footer = {
            "",
            "Examples:",
            "  mainstay karaf feature:list -- --installed",
            "  mainstay karaf feature:install mainstay-kit-ip",
            "  mainstay karaf 'feature:list | grep mainstay'"
        })
public final class KarafRun extends BaseCommand implements PassesArguments {
    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The command and its arguments.")
    private List<String> words = new ArrayList<>();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        List<String> line = new ArrayList<>(words);
        line.addAll(invocation.trailing());
        return invocation.platform().karaf().run(String.join(" ", line), invocation.context());
    }
}
