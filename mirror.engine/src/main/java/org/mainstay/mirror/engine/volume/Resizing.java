package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import org.mainstay.mirror.engine.io.BlockRequest;

/**
 * Changes how large a volume is. The size in its state counts: it is saved as a whole, so after a crash it is the old or the new one.
 * What an intent log does not know of it takes for changed, so the logs may follow later.
 */
final class Resizing {
    /** Clients read and write whole ones. */
    static final int SECTOR = 512;

    private final Volume volume;

    Resizing(Volume volume) {
        this.volume = volume;
    }

    /**
     * A source grows; its targets hear of it when they are introduced anew. Called without the lock.
     *
     * @param asked bytes; 0: as many as the storage has
     * @throws RefusedException if it would become smaller, or the storage does not have as much
     */
    void grow(long asked) throws IOException, RefusedException {
        long room = volume.disk().room();
        long wanted = asked == 0 ? room / SECTOR * SECTOR : asked;
        ready();
        volume.lock();
        try {
            check(wanted, asked == 0, room);
            if (wanted <= volume.size()) {
                return;
            }
            if (!set(volume.state().size(wanted))) {
                throw new IOException("the state of the volume cannot be written: " + volume.trouble());
            }
            volume.env().log("volume " + volume.name() + " has " + wanted + " bytes now");
        } finally {
            volume.unlock();
        }
        ready();
        volume.path().drain();
    }

    private void check(long wanted, boolean all, long room) throws RefusedException {
        String name = volume.name();
        long now = volume.size();
        if (!volume.serving()) {
            throw new IllegalStateException("the volume " + name + " is not source here: its source is told its size");
        }
        if (volume.lost()
                || volume.mirrors().stream()
                        .anyMatch(mirror -> mirror.faults().blocks().count() > 0)) {
            throw new RefusedException(
                    "the disk of " + name + " has failed here: its targets, which are in step, would be"
                            + " connected anew and could not be brought in step. Switch over, or repair the disk first");
        }
        // Storage of an odd number of bytes was taken as it was.
        if (wanted < now && !(all && now - wanted < SECTOR)) {
            throw new RefusedException("the volume " + name + " has " + now + " bytes and is not made smaller ("
                    + wanted + "): what is beyond would be lost. Make another one and copy the files");
        }
        if (wanted % SECTOR != 0 && wanted != now) {
            throw new IllegalArgumentException("the size is a multiple of " + SECTOR + " bytes, not " + wanted);
        }
        if (wanted > room) {
            throw new RefusedException("the storage of " + name + " has " + room + " bytes here, less than " + wanted
                    + ": make it larger first");
        }
    }

    /**
     * Brings the logs to storage, so that none knows of more than the present size: what it remembered of a part that was given up is not
     * true of a new part. A log that fails is given up. Without the lock.
     *
     * @throws IOException if not even that can be recorded
     */
    private void ready() throws IOException {
        for (Mirror mirror : volume.mirrors()) {
            if (!volume.logs().commit(mirror)) {
                throw new IOException("neither the intent log nor the state of " + volume.name() + " can be written");
            }
        }
    }

    /** Says why a target cannot take a source of that size; null: it can. */
    String refusal(long size) {
        try {
            long room = volume.disk().room();
            return size > room ? "the volume is smaller here: " + room + " bytes, not " + size : null;
        } catch (IOException e) {
            return "the size of the storage here is not known: " + e.getMessage();
        }
    }

    /** Before a target takes the size of its source: as {@link #ready()}, where it grows. @return 0, or an error number */
    int ready(long size) {
        try {
            if (size > volume.size()) {
                ready();
            }
            return BlockRequest.OK;
        } catch (IOException e) {
            volume.env().log("the target " + volume.name() + " cannot grow: " + e.getMessage());
            return WritePath.errorOf(e);
        }
    }

    /** A target takes the size of its source as the resynchronisation begins. Lock held. @return false: cannot be saved */
    boolean adopt(long size, VolumeState state) {
        if (size == volume.size()) {
            return volume.save(state);
        }
        volume.target().snapshots().drop("the volume's size changed");
        volume.env().log("volume " + volume.name() + " has " + size + " bytes now, as its source says");
        return set(state.size(size));
    }

    private boolean set(VolumeState state) {
        long before = volume.size();
        if (!volume.save(state)) {
            return false;
        }
        volume.mirrors().forEach(mirror -> mirror.resized(before, state.size()));
        return true;
    }
}
