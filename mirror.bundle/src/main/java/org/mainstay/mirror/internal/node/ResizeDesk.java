package org.mainstay.mirror.internal.node;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.mirror.internal.engine.EngineVolume;

/**
 * Makes a mirrored volume larger (MGUIDE-401 to MGUIDE-406): the storage of all sides is looked at first, then the source is told; the
 * targets follow when they are introduced to it anew.
 */
final class ResizeDesk {
    private static final int SECTOR = 512;

    private final List<Dialogue.Known> known;
    private final ClusterSnapshot snapshot;
    private final SnapshotDesk.Commands commands;

    /** @param known all sides that answered */
    ResizeDesk(List<Dialogue.Known> known, ClusterSnapshot snapshot, SnapshotDesk.Commands commands) {
        this.known = known;
        this.snapshot = snapshot;
        this.commands = commands;
    }

    /** @param asked bytes; 0: as many as the source's storage has */
    Reply grow(String tag, long asked) {
        List<Dialogue.Known> its =
                known.stream().filter(side -> side.tag().equals(tag)).toList();
        if (its.isEmpty()) {
            return Reply.failed(ExitCode.NOT_FOUND, "there is no mirrored volume '" + tag + "'");
        }
        Optional<Dialogue.Known> source =
                its.stream().filter(side -> side.volume().isSource()).findFirst();
        if (source.isEmpty()) {
            return Reply.failed(
                    ExitCode.IN_USE,
                    tag + " is in service nowhere: bring it into service, its source is told the size");
        }
        EngineVolume at = source.get().volume();
        long wanted = asked > 0 ? asked : at.storage().orElse(0) / SECTOR * SECTOR;
        List<String> problems = problems(source.get(), asked, wanted);
        if (!problems.isEmpty()) {
            return Reply.failed(ExitCode.IN_USE, String.join("; ", problems));
        }
        try {
            return MirrorNode.reply(commands.send(
                    source.get().server(),
                    tag,
                    List.of("resize", at.name(), Long.toString(Math.max(wanted, at.size())))));
        } catch (IOException e) {
            return Reply.failed(ExitCode.SYSTEM_ERROR, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Reply.failed(ExitCode.SYSTEM_ERROR, "interrupted");
        }
    }

    private List<String> problems(Dialogue.Known source, long asked, long wanted) {
        EngineVolume at = source.volume();
        // Storage of an odd number of bytes was taken as it was.
        if (wanted < at.size() && (asked > 0 || at.size() - wanted >= SECTOR)) {
            return List.of(source.tag() + " has " + at.size() + " bytes and is not made smaller (" + wanted
                    + "): what is beyond would be lost. Make another volume and copy the files");
        }
        Map<String, EngineVolume> sides = new TreeMap<>();
        known.stream()
                .filter(side -> side.volume().name().equals(at.name()))
                .forEach(side -> sides.put(side.server(), side.volume()));
        Set<String> servers = new TreeSet<>(Volumes.others(snapshot, at.name()).keySet());
        servers.addAll(at.configured().keySet());
        servers.add(source.server());
        List<String> problems = new ArrayList<>();
        for (String server : servers) {
            EngineVolume side = sides.get(server);
            if (side == null || side.role().equals("UNKNOWN")) {
                problems.add(server + " does not answer, or its mirror engine does not: the storage of every side is"
                        + " looked at before the size changes");
            } else if (side.storage().isEmpty()) {
                problems.add("the mirror engine of " + server + " is of an older version: restart it first");
            } else if (side.storage().getAsLong() < wanted) {
                problems.add("the storage of " + source.tag() + " on " + server + " has "
                        + side.storage().getAsLong() + " bytes, less than " + wanted + ": make it larger there first");
            }
        }
        return problems;
    }
}
