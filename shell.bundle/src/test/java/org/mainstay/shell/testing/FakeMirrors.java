package org.mainstay.shell.testing;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;

/** A volume mirrored from A to B, which is being resynchronised, and to C, which is paused. */
final class FakeMirrors implements Mirrors {
    @Override
    public CompletionStage<List<Side>> sides() {
        Link b = new Link(
                "B",
                "10.77.2.2:1501",
                2,
                "RESYNC",
                "SYNC",
                "NONE",
                "",
                Map.of(
                        "resyncDirtyBlocks",
                        400L,
                        "resyncTotalBlocks",
                        1600L,
                        "resyncPass",
                        1L,
                        "resyncCurrentBlock",
                        7L,
                        "resyncNewWrites",
                        3L,
                        "breakUserRequested",
                        0L));
        Link c = new Link(
                "C",
                "10.77.2.3:1501",
                4,
                "PAUSED",
                "ASYNC",
                "USER",
                "paused by command",
                Map.of("resyncDirtyBlocks", 2L, "resyncTotalBlocks", 1600L, "breakUserRequested", 1L));
        return CompletableFuture.completedFuture(List.of(
                new Side("A", "data", "data-1", "SOURCE", 5, 104_857_600, false, false, List.of(b, c)),
                new Side("B", "data", "data-1", "TARGET", 5, 104_857_600, false, false, List.of()),
                new Side("C", "data", "data-1", "UNKNOWN", 0, 0, false, false, List.of())));
    }

    @Override
    public CompletionStage<Reply> ask(String tag, Verb verb, String target, Map<String, Long> values, Caller caller) {
        return CompletableFuture.completedFuture(
                tag.equals("data")
                        ? Reply.success(verb + " " + target + " " + new TreeMap<>(values))
                        : Reply.failed(ExitCode.NOT_FOUND, "there is no mirrored volume '" + tag + "'"));
    }

    @Override
    public CompletionStage<List<Snapshot>> snapshots() {
        return CompletableFuture.completedFuture(List.of(
                new Snapshot("A", "data", "", false, "", 0, 0, 0, 0, ""),
                new Snapshot("B", "data", "/var/snap", true, "data-1@snapshot-a1", 65536, 3, 196_608, 12, "")));
    }

    @Override
    public CompletionStage<Reply> takeSnapshots(List<String> tags, String server, Caller caller) {
        return CompletableFuture.completedFuture(
                new Reply(ExitCode.SUCCESS, "snapshot on " + server, List.of(tags + " taken")));
    }

    @Override
    public CompletionStage<Reply> dropSnapshots(List<String> tags, String server, Caller caller) {
        return CompletableFuture.completedFuture(
                server.equals("B")
                        ? Reply.success("dropped " + tags)
                        : Reply.failed(ExitCode.SYSTEM_ERROR, "there is no snapshot of data-1 here"));
    }

    @Override
    public CompletionStage<Reply> snapshotLocation(
            String tag, String server, String folder, long blockSize, Caller caller) {
        return CompletableFuture.completedFuture(
                folder.isEmpty() || folder.startsWith("/")
                        ? Reply.success(tag + " on " + server + " in '" + folder + "' " + blockSize)
                        : Reply.failed(ExitCode.INVALID_ARGUMENT, "an absolute path, not: " + folder));
    }
}
