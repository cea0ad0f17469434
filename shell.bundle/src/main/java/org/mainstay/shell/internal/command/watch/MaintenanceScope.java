package org.mainstay.shell.internal.command.watch;

import java.util.stream.Stream;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.registry.CommandException;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What maintenance is for: one of a tag, {@code --node} and {@code --cluster}. */
final class MaintenanceScope {
    @Parameters(paramLabel = "TAG", arity = "0..1", description = "The hierarchy with this resource, on all servers.")
    private String tag;

    @Option(names = "--node", paramLabel = "NAME", description = "Everything on this server.")
    private String node;

    @Option(names = "--cluster", description = "Everything on all servers.")
    private boolean cluster;

    /** @param seconds 0: until it is ended */
    Request request(boolean on, long seconds) throws CommandException {
        if (Stream.of(tag != null, node != null, cluster).filter(given -> given).count() != 1) {
            throw new CommandException(ExitCode.SYNTAX, "give one of TAG, --node NAME and --cluster");
        }
        String scope = cluster ? "cluster" : node != null ? "server" : "tag:" + tag;
        return new Request.SetMaintenance(scope, node == null ? "" : node, on, seconds);
    }
}
