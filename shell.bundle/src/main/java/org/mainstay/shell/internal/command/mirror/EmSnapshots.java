package org.mainstay.shell.internal.command.mirror;

import static org.mainstay.shell.internal.command.mirror.EmCommand.change;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.shell.internal.command.mirror.EmCommand.Place;
import org.mainstay.shell.internal.registry.CommandException;

/** The commands about snapshots of targets (EMC-105, EMC-113, EMC-125, EMC-142, EMC-145). */
final class EmSnapshots {
    private EmSnapshots() {}

    static List<EmCommand> all() {
        return List.of(
                change("TAKESNAPSHOT", 1, EmCommand.ANY, Place.ASKED, EmSnapshots::take),
                change("DROPSNAPSHOT", 1, EmCommand.ANY, Place.ASKED, EmSnapshots::drop),
                change("SETSNAPSHOTLOCATION", 2, 2, Place.ASKED, EmSnapshots::set),
                change("CLEARSNAPSHOTLOCATION", 1, 1, Place.ASKED, call -> location(call, "")),
                EmCommand.question("GETSNAPSHOTLOCATION", 1, EmSnapshots::print));
    }

    private static Reply take(EmCall call) throws CommandException, InterruptedException {
        List<String> tags = tags(call);
        return asked(call, (mirrors, caller) -> mirrors.takeSnapshots(tags, call.server(), caller));
    }

    private static Reply drop(EmCall call) throws CommandException, InterruptedException {
        List<String> tags = tags(call);
        return asked(call, (mirrors, caller) -> mirrors.dropSnapshots(tags, call.server(), caller));
    }

    private static Reply set(EmCall call) throws CommandException, InterruptedException {
        String folder = call.arguments().get(1);
        return folder.isBlank()
                ? Reply.failed(ExitCode.INVALID_ARGUMENT, "the location of snapshots is an absolute path, not blank")
                : location(call, folder);
    }

    private static Reply location(EmCall call, String folder) throws CommandException, InterruptedException {
        String tag = call.side().tag();
        return asked(call, (mirrors, caller) -> mirrors.snapshotLocation(tag, call.server(), folder, 0, caller));
    }

    /** Prints the location, or nothing (EMC-125). */
    private static void print(EmCall call) throws CommandException, InterruptedException {
        of(call, call.answering().tag()).stream()
                .map(Mirrors.Snapshot::location)
                .filter(location -> !location.isEmpty())
                .forEach(call.out()::println);
    }

    /** Says whether there is a snapshot: then the volume is not switched over to that server on purpose (SNAP-051). */
    static boolean active(EmCall call, String tag) throws CommandException, InterruptedException {
        return of(call, tag).stream().anyMatch(Mirrors.Snapshot::active);
    }

    private static List<Mirrors.Snapshot> of(EmCall call, String tag) throws CommandException, InterruptedException {
        return SnapshotVerbs.all(call.invocation()).stream()
                .filter(one -> one.server().equals(call.server()) && one.tag().equals(tag))
                .toList();
    }

    /** Returns the resources of the volumes that are named. */
    private static List<String> tags(EmCall call) throws CommandException, InterruptedException {
        List<Mirrors.Side> sides = call.sides();
        List<String> tags = new ArrayList<>();
        for (String volume : call.arguments()) {
            tags.add(new EmCall(call.invocation(), call.server(), List.of(volume))
                    .side(sides)
                    .tag());
        }
        return tags;
    }

    private interface Asked {
        CompletionStage<Reply> of(Mirrors mirrors, Caller caller);
    }

    private static Reply asked(EmCall call, Asked asked) throws CommandException, InterruptedException {
        Mirrors mirrors = call.invocation().platform().mirrors();
        Caller caller = call.invocation().context().caller();
        return call.invocation()
                .await(lines -> asked.of(mirrors, caller), call.invocation().err());
    }
}
