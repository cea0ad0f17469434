package org.mainstay.shell.internal.command.node;

import org.mainstay.cluster.lcd.Member;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.Tunables;
import picocli.CommandLine.Option;

/** Name, address and port of the server to make. */
final class NodeName {
    private static final int DEFAULT_PORT = 1500;

    @Option(
            names = "--name",
            required = true,
            paramLabel = "NAME",
            description = "Name of this server: letters, digits, dots, dashes, underscores, at most 63.")
    private String name;

    @Option(
            names = "--address",
            required = true,
            paramLabel = "ADDRESS",
            description = "An IP address of this server that the other servers reach.")
    private String address;

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "The one port of this server, TCP and UDP, for all its comm paths; default 1500.")
    private int port = DEFAULT_PORT;

    String name() {
        return name;
    }

    String address() {
        return address;
    }

    int port() {
        return port;
    }

    void check(Invocation invocation) throws CommandException {
        Profile profile = Profile.of(Tunables.read(invocation.platform().home()));
        if (!IpAddresses.isLiteral(address)) {
            throw CommandException.invalid(
                    "'" + address + "' is not an IP address; give an IPv4 or IPv6 address of this server");
        }
        try {
            new Member(name, address, port, "");
        } catch (IllegalArgumentException e) {
            throw CommandException.invalid(e.getMessage());
        }
        profile.checkPort(port);
    }
}
