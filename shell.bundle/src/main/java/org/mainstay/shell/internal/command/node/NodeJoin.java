package org.mainstay.shell.internal.command.node;

import java.util.regex.Pattern;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mainstay node join}. */
@Command(
        name = "join",
        description = "Makes this server a member of the cluster of a running server, with the code that "
                + "'mainstay node invite' printed there. Mainstay must not run here; nothing is started.",
        footer = {
            "",
            "Example:",
            "  mainstay node join --name B --address 10.77.1.2 \\",
            "      --peer 10.77.1.1 --code 12345678"
        })
public final class NodeJoin extends BaseCommand {
    /** An address or name with or without port, or an IPv6 address that has a port only in brackets. */
    private static final Pattern PEER = Pattern.compile(
            "[^:\\[\\]]+(:[0-9]{1,5})?|\\[[^\\[\\]]+\\](:[0-9]{1,5})?|[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.%]*");

    @Mixin
    private NodeName node = new NodeName();

    @Option(
            names = "--peer",
            required = true,
            paramLabel = "ADDRESS[:PORT]",
            description = "Address of the running server; an IPv6 address with port is [ADDRESS]:PORT.")
    private String peer;

    @Option(names = "--code", required = true, paramLabel = "CODE", description = "The setup code: 8 digits.")
    private String code;

    @Override
    public int run(Invocation invocation) throws CommandException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        node.check(invocation);
        String digits = code.replace(" ", "").replace("-", "");
        if (!digits.matches("[0-9]{8}")) {
            throw CommandException.invalid(
                    "the setup code has 8 digits; 'mainstay node invite' on " + peer + " prints a new one");
        }
        if (!PEER.matcher(peer).matches()) {
            throw CommandException.invalid(
                    "'" + peer + "' is not an address; give ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT");
        }
        invocation
                .out()
                .println(invocation.platform().setup().join(node.name(), node.address(), node.port(), peer, digits));
        return ExitCode.SUCCESS;
    }
}
