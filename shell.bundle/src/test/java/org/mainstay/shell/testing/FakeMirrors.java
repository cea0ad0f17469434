package org.mainstay.shell.testing;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;

/** Mirrors as a script wants them. They remember what they were asked for. */
final class FakeMirrors implements Mirrors {
    static final String TWO_TARGETS = "two targets";
    private static final String SPLIT_HIERARCHY = "split hierarchy";
    private static final String WAL_REFUSES = "split hierarchy, wal refuses";
    private static final long SIZE = 104_857_600;

    private final String name;
    private final List<Side> sides;
    private final Reply reply;
    private final Consumer<String> notes;

    /**
     * @param reply null: success, which says what was asked
     * @param notes takes what was asked of the mirrors
     */
    FakeMirrors(String name, Reply reply, Consumer<String> notes) {
        this.name = name;
        this.sides = named(name);
        this.reply = reply;
        this.notes = notes;
    }

    /** The states, by the names scripts use. */
    private static List<Side> named(String name) {
        return switch (name) {
            case TWO_TARGETS -> twoTargets();
            case "in step" -> List.of(source("data", link(1, "NONE", 0)), side("B", "data", "TARGET"));
            case "paused" -> List.of(source("data", link(4, "USER", 1)), side("B", "data", "TARGET"));
            case "broken" -> List.of(source("data", link(3, "USER", 1)), side("B", "data", "TARGET"));
            case "disconnected" -> List.of(source("data", link(4, "CONNECTION", 0)));
            case "engine of B silent" -> List.of(source("data", link(1, "NONE", 0)), side("B", "data", "UNKNOWN"));
            case "split brain" -> List.of(source("data", link(4, "SPLIT_BRAIN", 1)), side("B", "data", "NONE"));
            case "stale source" -> List.of(source("data", link(4, "STALE_SOURCE", 0)), side("B", "data", "NONE"));
            case "two sources" -> List.of(source("data", link(4, "SPLIT_BRAIN", 1)), side("B", "data", "SOURCE"));
            case SPLIT_HIERARCHY, WAL_REFUSES -> split("A", "B", link(4, "SPLIT_BRAIN", 1));
            case "half recovered" -> split("A", "B", link(2, "NONE", 0));
            case "split from B" ->
                split("B", "A", new Link("A", "10.77.2.1:1501", 4, "PAUSED", "SYNC", "SPLIT_BRAIN", "", Map.of()));
            case "nowhere" -> List.of(side("A", "data", "NONE"), side("B", "data", "NONE"));
            case "only a target" -> List.of(side("A", "data", "TARGET"));
            case "target here" ->
                List.of(
                        new Side("B", "data", "data-1", "SOURCE", 5, SIZE, SIZE, false, false, List.of(toA())),
                        side("A", "data", "TARGET"));
            case "engine silent" -> List.of(side("A", "data", "UNKNOWN"));
            case "no answer" -> List.of();
            case "lone source" -> List.of(source("data"));
            case "solo" -> List.of(source("solo"));
            case "solo in step" -> List.of(source("solo", link(1, "NONE", 0)), side("B", "solo", "TARGET"));
            default -> throw new IllegalArgumentException("there are no mirrors '" + name + "'");
        };
    }

    private static Side source(String tag, Link... links) {
        return new Side("A", tag, tag + "-1", "SOURCE", 5, SIZE, SIZE, false, false, List.of(links));
    }

    private static Side side(String server, String tag, String role) {
        return new Side(server, tag, tag + "-1", role, 5, SIZE, SIZE, role.equals("TARGET"), false, List.of());
    }

    private static Link link(int code, String cause, long requested) {
        List<String> words = List.of("", "MIRRORING", "RESYNC", "BROKEN", "PAUSED", "RESYNC_PENDING");
        return new Link(
                "B",
                "10.77.2.2:1501",
                code,
                words.get(code),
                "SYNC",
                cause,
                "",
                Map.of("breakUserRequested", requested, "stateSeconds", 60L, "resyncSeconds", 10L));
    }

    /** Two volumes of one hierarchy: data is split, wal is as its link says. */
    private static List<Side> split(String source, String target, Link wal) {
        Link data = new Link(target, "", 4, "PAUSED", "SYNC", "SPLIT_BRAIN", "", Map.of("stateSeconds", 60L));
        return List.of(
                new Side(source, "data", "data-1", "SOURCE", 5, SIZE, SIZE, false, false, List.of(data)),
                side(target, "data", "TARGET"),
                new Side(source, "wal", "wal-1", "SOURCE", 5, SIZE, SIZE, false, false, List.of(wal)),
                side(target, "wal", "TARGET"));
    }

    private static Link toA() {
        return new Link("A", "10.77.2.1:1501", 1, "MIRRORING", "SYNC", "NONE", "", Map.of());
    }

    /** A volume mirrored from A to B, which is being resynchronised, and to C, which is paused. */
    private static List<Side> twoTargets() {
        Map<String, Long> resync = new TreeMap<>(Map.of(
                "resyncDirtyBlocks", 400L, "resyncTotalBlocks", 1600L, "resyncPass", 1L, "resyncCurrentBlock", 7L));
        resync.putAll(Map.of("resyncNewWrites", 3L, "breakUserRequested", 0L, "stateSeconds", 5L, "resyncSeconds", 5L));
        Link b = new Link("B", "10.77.2.2:1501", 2, "RESYNC", "SYNC", "NONE", "", resync);
        Link c = new Link(
                "C",
                "10.77.2.3:1501",
                4,
                "PAUSED",
                "ASYNC",
                "USER",
                "paused by command",
                Map.of("resyncDirtyBlocks", 2L, "resyncTotalBlocks", 1600L, "breakUserRequested", 1L));
        return List.of(
                new Side("A", "data", "data-1", "SOURCE", 5, SIZE, SIZE, false, false, List.of(b, c)),
                new Side("B", "data", "data-1", "TARGET", 5, SIZE, SIZE, false, false, List.of()),
                new Side("C", "data", "data-1", "UNKNOWN", 0, 0, 0, false, false, List.of()));
    }

    @Override
    public CompletionStage<List<Side>> sides() {
        return CompletableFuture.completedFuture(sides);
    }

    @Override
    public CompletionStage<Reply> ask(String tag, Verb verb, String target, Map<String, Long> values, Caller caller) {
        String asked = verb + " " + target + " " + new TreeMap<>(values);
        if (sides.stream().noneMatch(side -> side.tag().equals(tag))) {
            return CompletableFuture.completedFuture(
                    Reply.failed(ExitCode.NOT_FOUND, "there is no mirrored volume '" + tag + "'"));
        }
        notes.accept(verb + " " + tag + " " + target);
        if (tag.equals("wal") && name.equals(WAL_REFUSES)) {
            return CompletableFuture.completedFuture(
                    Reply.failed(ExitCode.NO_COMMUNICATION, target + " cannot be reached"));
        }
        return CompletableFuture.completedFuture(reply == null ? Reply.success(asked) : reply);
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
