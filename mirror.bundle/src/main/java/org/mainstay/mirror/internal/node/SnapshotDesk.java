package org.mainstay.mirror.internal.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.mirror.internal.engine.EngineLink;

/**
 * Snapshots of targets, of several volumes at one moment: the target's engine gets everything ready, the source's engine puts a marker among
 * the data of all of them (SNAP-020). What was begun of a snapshot that fails is dropped again.
 */
final class SnapshotDesk {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final List<Dialogue.Known> known;
    private final Commands commands;

    /** Has the engine of a server do something. */
    @FunctionalInterface
    interface Commands {
        EngineLink.Answer send(String server, String tag, List<String> words) throws IOException, InterruptedException;
    }

    /** What is wanted. */
    @FunctionalInterface
    interface Order {
        Reply give(SnapshotDesk desk) throws IOException, InterruptedException;
    }

    /** @param known all sides there are now */
    SnapshotDesk(List<Dialogue.Known> known, Commands commands) {
        this.known = known;
        this.commands = commands;
    }

    Reply carryOut(Order order) {
        try {
            return order.give(this);
        } catch (IOException e) {
            return Reply.failed(ExitCode.SYSTEM_ERROR, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Reply.failed(ExitCode.SYSTEM_ERROR, "interrupted");
        }
    }

    static List<Mirrors.Snapshot> all(List<Dialogue.Known> known) {
        return known.stream()
                .map(one -> one.volume().snapshot(one.server(), one.tag()))
                .toList();
    }

    /** Returns why a location cannot be used (SNAP-012): what is written there must not wait for a mirror. @param words of the command */
    static String refusal(Lcd own, List<String> words) {
        String folder = words.size() > 2 ? words.get(2) : "";
        if (folder.isEmpty()) {
            return "";
        }
        Path place = Path.of(folder).normalize();
        Path real = place;
        try {
            real = Files.exists(place) ? place.toRealPath() : place;
        } catch (IOException e) {
            return "the folder " + folder + " cannot be looked at: " + e.getMessage();
        }
        for (Instance instance : own.instances().values()) {
            String mount = instance.properties().getOrDefault("mount", "");
            if (Volumes.of(instance).isPresent()
                    && !mount.isEmpty()
                    && (place.startsWith(mount) || real.startsWith(mount))) {
                return "the location " + folder + " is on the mirrored volume " + instance.tag()
                        + ": choose one that is not on a mirrored volume";
            }
        }
        return "";
    }

    private Optional<Dialogue.Known> on(String server, String tag) {
        return known.stream()
                .filter(one -> one.server().equals(server) && one.tag().equals(tag))
                .findFirst();
    }

    private Optional<Dialogue.Known> sourceOf(Dialogue.Known side) {
        return known.stream()
                .filter(one -> one.volume().name().equals(side.volume().name())
                        && one.volume().isSource())
                .findFirst();
    }

    private static Reply missing(String tag, String server) {
        return Reply.failed(
                ExitCode.NOT_FOUND,
                "there is no mirrored volume '" + tag + "' on " + server + ", or it cannot be asked");
    }

    Reply locate(String tag, String server, String folder, long blockSize) throws IOException, InterruptedException {
        Optional<Dialogue.Known> side = on(server, tag);
        if (side.isEmpty()) {
            return missing(tag, server);
        }
        EngineLink.Answer answer = commands.send(
                server, tag, List.of("location", side.get().volume().name(), folder, Long.toString(blockSize)));
        if (!answer.done()) {
            return MirrorNode.reply(answer);
        }
        return Reply.success(
                folder.isEmpty()
                        ? "snapshots of " + tag + " are disabled on " + server
                        : "snapshots of " + tag + " on " + server + " are kept in " + folder);
    }

    Reply drop(List<String> tags, String server) throws IOException, InterruptedException {
        Reply last = Reply.success("");
        // Each for itself: what cannot be dropped does not keep the others.
        for (String tag : new LinkedHashSet<>(tags)) {
            Optional<Dialogue.Known> side = on(server, tag);
            Reply one = side.isEmpty()
                    ? missing(tag, server)
                    : MirrorNode.reply(commands.send(
                            server, tag, List.of("drop", side.get().volume().name())));
            last = one.succeeded() ? last : one;
        }
        return last.succeeded() ? Reply.success("dropped on " + server + ": " + String.join(" ", tags)) : last;
    }

    Reply take(List<String> tags, String server) throws IOException, InterruptedException {
        List<Dialogue.Known> sides = new ArrayList<>();
        TreeSet<String> sources = new TreeSet<>();
        for (String tag : new LinkedHashSet<>(tags)) {
            Optional<Dialogue.Known> side = on(server, tag);
            if (side.isEmpty()) {
                return missing(tag, server);
            }
            Optional<Dialogue.Known> source = sourceOf(side.get());
            if (!side.get().volume().isTarget() || source.isEmpty()) {
                return Reply.failed(
                        ExitCode.IN_USE,
                        tag + " on " + server + " is "
                                + side.get().volume().role().toLowerCase(Locale.ROOT)
                                + (source.isEmpty() ? " and its source cannot be found" : "")
                                + ": a snapshot is taken of a target while its source is in service");
            }
            sides.add(side.get());
            sources.add(source.get().server());
        }
        return sources.size() == 1
                ? take(sides, server, sources.first())
                : Reply.failed(
                        ExitCode.INVALID_ARGUMENT,
                        "snapshots at one moment are of volumes of one source, these have "
                                + String.join(" and ", sources) + ": take them one after the other");
    }

    private Reply take(List<Dialogue.Known> sides, String server, String source)
            throws IOException, InterruptedException {
        String id = String.format("%08x", RANDOM.nextInt());
        List<Dialogue.Known> begun = new ArrayList<>();
        List<String> exports = new ArrayList<>();
        boolean taken = false;
        try {
            for (Dialogue.Known side : sides) {
                // An answer that gets lost may have been a yes.
                begun.add(side);
                EngineLink.Answer ready = commands.send(
                        server, side.tag(), List.of("snapshot", side.volume().name(), id));
                if (!ready.done()) {
                    return MirrorNode.reply(ready);
                }
                exports.add(side.tag() + ": " + ready.text());
            }
            List<String> mark = new ArrayList<>(List.of("mark", id, server));
            sides.forEach(side -> mark.add(side.volume().name()));
            EngineLink.Answer marked = commands.send(source, sides.get(0).tag(), mark);
            taken = marked.done();
            return taken
                    ? new Reply(ExitCode.SUCCESS, "snapshot on " + server + ", one moment of " + source, exports)
                    : MirrorNode.reply(marked);
        } finally {
            if (!taken) {
                abandon(begun, server, id);
            }
        }
    }

    private void abandon(List<Dialogue.Known> begun, String server, String id)
            throws IOException, InterruptedException {
        for (Dialogue.Known side : begun) {
            // Where it was not begun there is none of this id to drop.
            commands.send(server, side.tag(), List.of("drop", side.volume().name(), id));
        }
    }
}
