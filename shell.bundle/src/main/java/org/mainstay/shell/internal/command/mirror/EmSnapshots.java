package org.mainstay.shell.internal.command.mirror;

import java.util.List;
import java.util.Set;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;

/** The commands of {@code emcmd} about snapshots of targets (EMC-105, EMC-113, EMC-125, EMC-142, EMC-145). */
final class EmSnapshots {
    /** The commands, in capitals. */
    static final Set<String> COMMANDS = Set.of(
            "CLEARSNAPSHOTLOCATION", "DROPSNAPSHOT", "GETSNAPSHOTLOCATION", "SETSNAPSHOTLOCATION", "TAKESNAPSHOT");

    private final Invocation invocation;
    private final String server;

    EmSnapshots(Invocation invocation, String server) {
        this.invocation = invocation;
        this.server = server;
    }

    /**
     * Carries out all but the query.
     *
     * @param tags the volumes' resources on the server
     * @param folder of SETSNAPSHOTLOCATION
     */
    Reply change(String name, List<String> tags, String folder) throws CommandException, InterruptedException {
        Mirrors mirrors = invocation.platform().mirrors();
        Caller caller = invocation.context().caller();
        if (name.equals("SETSNAPSHOTLOCATION") && folder.isBlank()) {
            return Reply.failed(ExitCode.INVALID_ARGUMENT, "the location of snapshots is an absolute path, not blank");
        }
        return invocation.await(
                lines -> switch (name) {
                    case "TAKESNAPSHOT" -> mirrors.takeSnapshots(tags, server, caller);
                    case "DROPSNAPSHOT" -> mirrors.dropSnapshots(tags, server, caller);
                    case "SETSNAPSHOTLOCATION" -> mirrors.snapshotLocation(tags.get(0), server, folder, 0, caller);
                    default -> mirrors.snapshotLocation(tags.get(0), server, "", 0, caller);
                },
                invocation.err());
    }

    /** Prints the location, or nothing (EMC-125). */
    int location(String tag) throws CommandException, InterruptedException {
        of(tag).stream()
                .map(Mirrors.Snapshot::location)
                .filter(location -> !location.isEmpty())
                .forEach(invocation.out()::println);
        return ExitCode.SUCCESS;
    }

    /** Says whether there is a snapshot: then the volume is not switched over to that server on purpose (SNAP-051). */
    boolean active(String tag) throws CommandException, InterruptedException {
        return of(tag).stream().anyMatch(Mirrors.Snapshot::active);
    }

    private List<Mirrors.Snapshot> of(String tag) throws CommandException, InterruptedException {
        return SnapshotVerbs.all(invocation).stream()
                .filter(one -> one.server().equals(server) && one.tag().equals(tag))
                .toList();
    }
}
