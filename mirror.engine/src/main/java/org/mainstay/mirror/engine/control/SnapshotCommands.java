package org.mainstay.mirror.engine.control;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mainstay.mirror.engine.volume.SnapshotMark;
import org.mainstay.mirror.engine.volume.Snapshots;
import org.mainstay.mirror.engine.volume.Volume;

/** What the control socket offers about snapshots (PROTOCOL.md). A location that hangs holds up its own command only, and not for long. */
final class SnapshotCommands {
    private static final long LOCATION_SECONDS = 3;
    /** Not longer than whoever asked waits for the answer. */
    private static final long MARK_SECONDS = 4;

    private final EngineEnvironment env;
    private final Set<String> opening = ConcurrentHashMap.newKeySet();

    SnapshotCommands(EngineEnvironment env) {
        this.env = env;
    }

    /**
     * Prepares a snapshot; it begins with the source's marker of the same id.
     *
     * @param folder its location
     * @param asked size of its blocks; 0: the usual one
     * @return the name of its export
     */
    String prepare(Volume volume, String id, String folder, long asked) throws IOException, InterruptedException {
        if (!id.matches("[0-9a-f]{1,32}")) {
            throw new IllegalArgumentException("a snapshot's id has 1 to 32 hexadecimal digits, not: " + id);
        }
        if (folder.isEmpty()) {
            throw new IllegalStateException(
                    "no location is set for snapshots of " + volume.name() + " here: set one first");
        }
        Snapshots snapshots = volume.snapshots();
        int block = snapshots.blockSize(asked);
        snapshots.checkReady();
        FileRoom room =
                inTime(volume, folder, () -> new FileRoom(Path.of(folder), volume.size(), volume.name() + "-" + id));
        try {
            return snapshots.prepare(id, block, room);
        } catch (IllegalStateException e) {
            room.close();
            throw e;
        }
    }

    /** Checks a location by making room in it; nothing stays. @param asked size of blocks; 0: the usual one */
    void check(Volume volume, String folder, long asked) throws IOException, InterruptedException {
        volume.snapshots().blockSize(asked);
        inTime(volume, folder, () -> new FileRoom(Path.of(folder), volume.size(), "check"))
                .close();
    }

    /** Makes a room. */
    @FunctionalInterface
    private interface Making {
        FileRoom make() throws IOException;
    }

    private FileRoom inTime(Volume volume, String folder, Making making) throws IOException, InterruptedException {
        if (!opening.add(volume.name())) {
            throw new IllegalStateException("the location given before has not answered yet: it hangs");
        }
        CompletableFuture<FileRoom> made = new CompletableFuture<>();
        env.run(() -> {
            try {
                FileRoom room = making.make();
                if (!made.complete(room)) {
                    room.close();
                }
            } catch (IOException | RuntimeException e) {
                made.completeExceptionally(e);
            } finally {
                opening.remove(volume.name());
            }
        });
        try {
            return made.get(LOCATION_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            if (made.cancel(false)) {
                throw new IOException("the location " + folder + " does not answer: it hangs", e);
            }
            return made.join();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IllegalArgumentException wrong) {
                throw wrong;
            }
            throw new IOException(e.getCause().getMessage(), e);
        }
    }

    /** Has the target of several volumes of this source begin their snapshots at one moment; waits until it has. */
    void mark(String id, String peer, List<Volume> volumes) throws IOException, InterruptedException {
        if (volumes.isEmpty()) {
            throw new IllegalArgumentException("mark needs volumes; PROTOCOL.md has the words");
        }
        try {
            String problem = new SnapshotMark(id, peer, volumes).send().get(MARK_SECONDS, TimeUnit.SECONDS);
            if (!problem.isEmpty()) {
                throw new IOException(problem);
            }
        } catch (TimeoutException e) {
            throw new IOException(peer + " did not begin the snapshot within " + MARK_SECONDS + " s", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Drops the snapshot of a volume. @param id empty: whichever there is */
    void drop(Volume volume, String id) {
        if (!volume.snapshots().drop(id, "dropped by command")) {
            throw new IllegalStateException(
                    "there is no " + (id.isEmpty() ? "" : "such ") + "snapshot of " + volume.name() + " here");
        }
    }
}
