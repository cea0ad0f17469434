package org.mainstay.shell.internal.command.node;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Restriction;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ServerChoice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mainstay node set} (ADM-021, ADM-027, ADM-028, ADM-060 to ADM-075). */
@Command(
        name = "set",
        description =
                "Changes properties of a server: its shutdown strategy, and which servers are not used as its backup.",
        footer = {
            "",
            "Examples:",
            "  mainstay node set --shutdown-strategy switch-over",
            "  mainstay node set --on A --no-system-failover B --no-resource-failover B",
            "  mainstay node set --allow-failover B"
        })
public final class NodeSet extends BaseCommand implements ServerChoice {
    @Option(
            names = "--on",
            paramLabel = "NAME",
            description = "The server whose properties change; default: this server.")
    private String server;

    @Option(
            names = "--shutdown-strategy",
            paramLabel = "stay|switch-over",
            description = "What a shutdown of the machine does: resources stay where they are, or are switched over.")
    private String strategy;

    @Option(
            names = "--no-system-failover",
            paramLabel = "NAME",
            description = "This server is not used when the whole server fails; may be repeated.")
    private List<String> noSystem = new ArrayList<>();

    @Option(
            names = "--no-resource-failover",
            paramLabel = "NAME",
            description = "This server is not used when a hierarchy fails; only together with --no-system-failover.")
    private List<String> noResource = new ArrayList<>();

    @Option(
            names = "--allow-failover",
            paramLabel = "NAME",
            description = "Ends both restrictions against this server.")
    private List<String> allowed = new ArrayList<>();

    @Override
    public Optional<String> chosenServer() {
        return Optional.ofNullable(server);
    }

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        Map<String, Restriction> restrictions = new LinkedHashMap<>();
        allowed.forEach(name -> restrictions.put(name, new Restriction(name, false, false)));
        noSystem.forEach(name -> restrictions.put(name, new Restriction(name, true, false)));
        for (String name : noResource) {
            boolean system = noSystem.contains(name)
                    || invocation
                            .snapshot()
                            .own()
                            .row(LcdSection.RESTRICTIONS, name)
                            .filter(Restriction::noSystemFailover)
                            .isPresent();
            if (!system) {
                // ADM-073
                throw CommandException.invalid("resource failover to " + name
                        + " can be disabled only if system failover is disabled too: add --no-system-failover "
                        + name);
            }
            restrictions.put(name, new Restriction(name, true, true));
        }
        if (strategy == null && restrictions.isEmpty()) {
            throw new CommandException(ExitCode.SYNTAX, "say what to set, for example --shutdown-strategy switch-over");
        }
        return invocation.submit(new Request.SetServer(strategy(), restrictions));
    }

    private Optional<Boolean> strategy() throws CommandException {
        if (strategy == null) {
            return Optional.empty();
        }
        if (!strategy.equals("stay") && !strategy.equals("switch-over")) {
            throw CommandException.invalid("the shutdown strategy is stay or switch-over, not '" + strategy + "'");
        }
        return Optional.of(strategy.equals("switch-over"));
    }
}
