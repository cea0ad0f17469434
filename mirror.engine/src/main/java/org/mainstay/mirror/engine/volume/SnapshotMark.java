package org.mainstay.mirror.engine.volume;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;

/**
 * The moment of a snapshot, at the source: a marker in the queue of each volume's mirror, put there while no change of any of them can
 * begin (SNAP-020). So what was answered before a change that is in the snapshot is in it too, whichever of the volumes it was made on.
 */
public final class SnapshotMark {
    private final String id;
    private final String peer;
    private final List<Volume> volumes;
    private final CompletableFuture<String> result = new CompletableFuture<>();
    private int open;
    private String problem = "";

    /**
     * @param id of the snapshot
     * @param peer whose sides begin it
     * @param volumes at one moment
     */
    public SnapshotMark(String id, String peer, List<Volume> volumes) {
        this.id = id;
        this.peer = peer;
        this.volumes = volumes.stream()
                .distinct()
                .sorted(Comparator.comparing(Volume::name))
                .toList();
    }

    /**
     * Sends the markers; waits for nothing.
     *
     * @return empty when all targets have begun the snapshot, else what went wrong
     * @throws IllegalStateException if a volume is not source here, or its mirror is not in state Mirroring
     */
    public CompletableFuture<String> send() {
        List<Volume> locked = new ArrayList<>();
        try {
            // Nobody else holds the locks of two volumes.
            for (Volume volume : volumes) {
                volume.lock();
                locked.add(volume);
            }
            volumes.forEach(this::check);
            open = volumes.size();
            for (Volume volume : volumes) {
                volume.mirror(peer)
                        .queue()
                        .ask(
                                FrameType.MARK,
                                0,
                                0,
                                Frame.text(Map.of("snapshot", id)),
                                answer -> answered(volume, answer));
            }
        } finally {
            locked.forEach(Volume::unlock);
        }
        volumes.forEach(Volume::kick);
        return result;
    }

    private void check(Volume volume) {
        if (!volume.serving()) {
            throw new IllegalStateException("the volume " + volume.name()
                    + " is not in service here: all volumes of a snapshot have one source, which is in service");
        }
        MirrorState state = volume.mirror(peer).state();
        if (state != MirrorState.MIRRORING) {
            throw new IllegalStateException("the mirror of " + volume.name() + " to " + peer + " is in state " + state
                    + ", not MIRRORING: wait until it is in step");
        }
    }

    /** The lock of that volume only is held. */
    private void answered(Volume volume, Frame answer) {
        synchronized (this) {
            if (answer == null) {
                problem = "the connection of " + volume.name() + " to " + peer + " was lost";
            } else if (answer.length() != 0) {
                problem = peer + " did not begin the snapshot of " + volume.name();
            }
            open--;
            if (open > 0) {
                return;
            }
        }
        result.complete(problem);
    }
}
