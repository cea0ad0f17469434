package org.mainstay.mirror.engine.volume;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;

/**
 * The moment of a snapshot, at the source: a marker in the queue of each volume's mirror, put there while no change of any of them can
 * begin (SNAP-020). So what was answered before a change that is in the snapshot is in it too, whichever of the volumes it was made on.
 */
public final class SnapshotMark {
    /** How long all locks together are waited for: somebody may have one while the disk of its state hangs. */
    private static final long BUSY_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** How long the locks of other volumes are held meanwhile: what their clients do waits for that. */
    private static final long HELD_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

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
     * Sends the markers; waits for nothing but a moment at which none of the volumes is busy, 2 s at most.
     *
     * @return empty when all targets have begun the snapshot, else what went wrong
     * @throws IllegalStateException if a volume is not source here, or its mirror is not in state Mirroring, or it is busy for too long
     */
    public CompletableFuture<String> send() {
        Deque<Volume> locked = new ArrayDeque<>();
        try {
            lockAll(locked);
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
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a volume was busy", e);
        } finally {
            unlock(locked);
        }
        volumes.forEach(Volume::kick);
        return result;
    }

    /** Nothing is held while one is waited for, but for an instant. Nobody else holds the locks of two volumes. */
    private void lockAll(Deque<Volume> locked) throws InterruptedException {
        long end = System.nanoTime() + BUSY_NANOS;
        for (Volume busy = volumes.get(0); busy != null; ) {
            if (!busy.tryLock(end - System.nanoTime())) {
                throw new IllegalStateException("the volume " + busy.name()
                        + " is busy: its disk, or the one of its state, is slow or hangs. Try again");
            }
            locked.add(busy);
            busy = lockOthers(locked);
            if (busy != null) {
                unlock(locked);
            }
        }
    }

    /** @return one that is busy; null: all are locked */
    private Volume lockOthers(Deque<Volume> locked) throws InterruptedException {
        for (Volume volume : volumes) {
            if (!locked.contains(volume)) {
                if (!volume.tryLock(HELD_NANOS)) {
                    return volume;
                }
                locked.add(volume);
            }
        }
        return null;
    }

    private static void unlock(Deque<Volume> locked) {
        while (!locked.isEmpty()) {
            locked.removeLast().unlock();
        }
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
