package org.mainstay.mirror.engine.volume;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.mainstay.mirror.engine.io.Export;

/**
 * The snapshot of a target, at most one: prepared by command, begun by the source's marker among the data (SNAP-020), dropped by command, by
 * whatever breaks it, and when the volume stops or becomes source (SNAP-051). Methods take the volume's lock where they need it.
 */
public final class Snapshots {
    /** Between the volume and the id in an export's name. */
    public static final String INFIX = "@snapshot-";

    /** A marker that has not come by then does not come. */
    private static final long PREPARED_MILLIS = 60_000;

    private static final long WATCH_MILLIS = 1_000;

    private final Volume volume;
    private volatile Snapshot prepared;
    private volatile Snapshot active;
    private long since;
    private String last = "";

    Snapshots(Volume volume) {
        this.volume = volume;
    }

    // ---- commands ----

    /**
     * Says what size of blocks a snapshot has.
     *
     * @param asked 0: the usual one
     * @throws IllegalArgumentException if that is not allowed
     */
    public int blockSize(long asked) {
        return SnapshotMap.blockSize(asked, volume.size());
    }

    /** @throws IllegalStateException if no snapshot can begin now, with the reason (SNAP-020, SNAP-050) */
    public void checkReady() {
        volume.locked(this::ready);
    }

    private void ready() {
        String name = volume.name();
        if (!volume.active() || volume.state().role() != Role.TARGET) {
            throw new IllegalStateException(
                    "the volume " + name + " is not target here: snapshots are taken on the server of a target");
        }
        if (prepared != null || active != null) {
            throw new IllegalStateException("there is a snapshot of " + name + " already: drop it first");
        }
        if (!volume.target().inStep()) {
            throw new IllegalStateException("the mirror of " + name
                    + " is not in state Mirroring, so its data is of no one moment: wait until it is in step");
        }
    }

    /**
     * Gets everything ready for the source's marker.
     *
     * @param id names the snapshot
     * @param block size of its blocks, of {@link #blockSize}
     * @param room is closed when the snapshot ends; stays the caller's if this throws
     * @return the name of its export
     * @throws IllegalStateException see {@link #checkReady}
     */
    public String prepare(String id, int block, SnapshotRoom room) {
        volume.lock();
        try {
            ready();
            Snapshot[] made = new Snapshot[1];
            made[0] = new Snapshot(
                    id, volume.disk(), volume.size(), room, block, volume.env(), why -> broke(made[0], why));
            prepared = made[0];
            since = volume.env().nanos();
            volume.env()
                    .after(
                            PREPARED_MILLIS,
                            () -> volume.locked(() -> {
                                if (prepared == made[0]) {
                                    over(made[0], "the source's marker did not come");
                                }
                            }));
            return export(made[0]);
        } finally {
            volume.unlock();
        }
    }

    /** Drops what there is (SNAP-040). @return false: there was none */
    public boolean drop(String why) {
        return drop("", why);
    }

    /** As above; of one with another id nothing happens. @param id empty: whichever there is */
    public boolean drop(String id, String why) {
        volume.lock();
        try {
            Snapshot one = active != null ? active : prepared;
            boolean meant = one != null && (id.isEmpty() || one.id().equals(id));
            if (meant) {
                over(one, why);
            }
            return meant;
        } finally {
            volume.unlock();
        }
    }

    /** Returns the snapshot of that name; null if it is not there. */
    public Export find(String export) {
        Snapshot one = active;
        return one != null && export(one).equals(export) ? one : null;
    }

    /** Returns the name of the export; empty: there is none. */
    public String export() {
        Snapshot one = active;
        return one == null ? "" : export(one);
    }

    private String export(Snapshot one) {
        return volume.name() + INFIX + one.id();
    }

    /** For the status; lock held. */
    Map<String, Object> status() {
        Map<String, Object> all = new LinkedHashMap<>();
        Snapshot one = active != null ? active : prepared;
        if (one != null) {
            all.put("id", one.id());
            all.put("active", active != null);
            all.put("export", export(one));
            all.put("blockSize", one.block());
            all.put("blocks", one.blocks());
            all.put("bytes", one.bytes());
            all.put("seconds", TimeUnit.NANOSECONDS.toSeconds(volume.env().nanos() - since));
        }
        all.put("last", last);
        return all;
    }

    // ---- the target ----

    /**
     * Keeps what is about to be changed, if there is a snapshot. Of the thread that changes the volume.
     *
     * @return false: the connection is over, nothing may be changed
     */
    boolean preserve(long offset, long length, HoldUp held) {
        Snapshot one = active;
        return one == null || one.preserve(offset, length, held);
    }

    /** The source's marker has come: nothing after it has been applied, everything before it has. Lock held. @return whether it began */
    boolean begin(String id) {
        Snapshot one = prepared;
        if (one == null || !one.id().equals(id)) {
            return false;
        }
        prepared = null;
        active = one;
        since = volume.env().nanos();
        last = "";
        volume.env().log("snapshot " + export(one) + " begins");
        volume.env().event("snapshot " + volume.name() + " " + id + " active");
        watch(one);
        return true;
    }

    private void watch(Snapshot one) {
        if (one == active && one.lives()) {
            one.watch();
            volume.env().after(WATCH_MILLIS, () -> watch(one));
        }
    }

    /** From any thread, perhaps one that holds locks of the snapshot. */
    private void broke(Snapshot one, String why) {
        volume.env().run(() -> volume.locked(() -> over(one, why)));
    }

    /** Lock held. Its clients get nothing from here on; the rest follows without the lock. */
    private void over(Snapshot one, String why) {
        one.drop();
        if (one != active && one != prepared) {
            return;
        }
        active = one == active ? null : active;
        prepared = one == prepared ? null : prepared;
        last = why;
        volume.env().log("snapshot " + export(one) + " ends: " + why);
        volume.env().event("snapshot " + volume.name() + " " + one.id() + " dropped");
        volume.env().run(one::clear);
    }
}
