package org.mainstay.shell.internal.command.node;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mainstay commpath delete} (ADM-100). */
@Command(
        name = "delete",
        description = "Deletes both ends of a comm path.",
        footer = {
            "",
            "Examples:",
            "  mainstay commpath delete --to B --local 10.77.2.1 --remote 10.77.2.2",
            "  mainstay commpath delete --to B --device /dev/disk/by-id/scsi-360-part3"
        })
public final class CommPathDelete extends BaseCommand {
    @Option(names = "--to", required = true, paramLabel = "NAME", description = "The other server.")
    private String peer;

    @Option(names = "--local", paramLabel = "ADDRESS", description = "Address of this server.")
    private String local;

    @Option(names = "--remote", paramLabel = "ADDRESS", description = "Address of the other server.")
    private String remote;

    @Option(names = "--device", paramLabel = "DEVICE", description = "Device of a path of type disk.")
    private String device;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        boolean addresses = local != null && remote != null;
        if (device == null ? !addresses : local != null || remote != null) {
            throw CommandException.invalid("give --local and --remote, or --device alone");
        }
        if (device != null) {
            return invocation.submit(new Request.DeletePath(peer, device, device));
        }
        return invocation.submit(new Request.DeletePath(peer, local, remote));
    }
}
