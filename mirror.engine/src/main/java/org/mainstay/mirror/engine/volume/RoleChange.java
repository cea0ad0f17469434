package org.mainstay.mirror.engine.volume;

import java.util.List;

/** Checks whether a volume may take a role, and takes it. */
final class RoleChange {
    /** A disk that works, if slowly, ends a write before that. */
    private static final long DISK_MILLIS = 30_000;

    private final Volume volume;
    private final long diskMillis;

    RoleChange(Volume volume) {
        this(volume, DISK_MILLIS);
    }

    /** @param diskMillis how long a write that was taken as target may take to end */
    RoleChange(Volume volume, long diskMillis) {
        this.volume = volume;
        this.diskMillis = diskMillis;
    }

    /** Called without the lock: the disk, which may hang, is waited for without it. */
    void source(long epoch, Trust trust) throws RefusedException {
        long stops;
        volume.lock();
        try {
            checkEpoch(epoch);
            VolumeState before = volume.state();
            if (volume.serving()) {
                // The same side goes on in a later epoch: nothing about the data changes.
                save(before.role(Role.SOURCE, epoch));
                return;
            }
            checkData(before, trust);
            stops = volume.target().leave();
        } finally {
            volume.unlock();
        }
        try {
            settle(trust);
            volume.lock();
            try {
                checkEpoch(epoch);
                if (volume.target().stops() != stops) {
                    throw new RefusedException("the volume was stopped meanwhile");
                }
                // That the window was open when nothing more was taken is what counts.
                checkData(volume.state(), trust == Trust.OWN ? Trust.RECORDED : trust);
                become(epoch);
            } finally {
                volume.unlock();
            }
        } finally {
            volume.locked(volume.target()::stay);
        }
    }

    private void checkData(VolumeState state, Trust trust) throws RefusedException {
        if (state.role() != Role.TARGET && volume.lost() && trust != Trust.FORCED) {
            throw new RefusedException(
                    "a flush of " + volume.name() + " failed here, so what its disk holds is not known."
                            + " Start the other side and make this one its target, or force");
        }
        if (state.role() == Role.TARGET || !state.consistent()) {
            volume.target().checkPromotion(trust);
        }
    }

    /** What was applied here as target is in the former source's log only: it must not be lost any more. */
    private void settle(Trust trust) throws RefusedException {
        boolean target = volume.state().role() == Role.TARGET;
        int error = volume.target().settle(diskMillis, target);
        if (error != 0 && error != DiskTurns.HANGS && trust == Trust.FORCED && volume.lost()) {
            // The data is taken as it is; without this word the side counts as current no more.
            volume.env().log("volume " + volume.name() + ": a flush failed, but an operator takes its data as it is");
            volume.locked(() -> {
                volume.target().resign();
                volume.renew();
            });
            error = volume.target().settle(diskMillis, target);
        }
        if (error == DiskTurns.HANGS) {
            throw new IllegalStateException("what was taken as target is not on the disk within " + diskMillis
                    + " ms: the disk of " + volume.name() + " hangs. Repair it, or start the other side");
        }
        if (error != 0) {
            throw new RefusedException("what the volume took as target cannot be brought to stable storage."
                    + " Start the other side, or repair the disk and force");
        }
    }

    /** Lock held. */
    private void become(long epoch) throws RefusedException {
        VolumeState before = volume.state();
        String from = volume.target().stop();
        // Where a target may count as current, this side goes on as the same until that is over: it answers nothing
        // before.
        boolean same = before.role() != Role.TARGET
                && before.consistent()
                && volume.mirrors().stream()
                        .anyMatch(mirror -> before.peer(mirror.name()).mayBeCurrent());
        Generations next = before.consistent()
                ? before.generations().next(volume.env().newGeneration())
                : new Generations(volume.env().newGeneration(), List.of());
        VolumeState after = before.role(Role.SOURCE, epoch)
                .generations(same ? before.generations() : next)
                .written(true)
                .syncSource("")
                .discard(false)
                .lost(false);
        for (Mirror mirror : volume.mirrors()) {
            after = after.peer(mirror.name(), base(before, mirror, from));
        }
        save(after);
        // It would miss what is written here from now on; service does not wait for it (SNAP-051).
        volume.target().snapshots().drop("the volume becomes source here");
        volume.renew();
        volume.activate();
        volume.path().accept();
        for (Mirror mirror : volume.mirrors()) {
            mirror.recall();
            if (after.peer(mirror.name()).mayBeCurrent()) {
                volume.barrier().hold(mirror);
            }
        }
        volume.env().log("volume " + volume.name() + " is source in epoch " + epoch);
    }

    /** Returns what is known of another side when this one becomes source. */
    private static VolumeState.Peer base(VolumeState before, Mirror mirror, String from) {
        String peer = mirror.name();
        VolumeState.Peer known = before.peer(peer);
        if (before.role() != Role.TARGET) {
            return known;
        }
        // In step with the former source up to now; what other targets hold of its last writes is not known here. They
        // may
        // count as current on its word; it itself, which was source, does not.
        boolean former = peer.equals(from) && before.consistent();
        long promised = peer.equals(from) || before.generations().current() == 0
                ? VolumeState.Peer.NOTHING
                : mirror.settings().get("CurrencyWindowMs");
        // The log misses nothing if there was nothing to miss since the log was emptied.
        boolean complete = !before.written() || known.logComplete();
        return new VolumeState.Peer(
                former ? before.generations().current() : 0, complete, known.stopped(), known.broken(), promised, 0);
    }

    /** Lock held. */
    void target(long epoch, String source, boolean discard) throws RefusedException {
        checkEpoch(epoch);
        VolumeState before = volume.state();
        if (volume.serving()) {
            throw new RefusedException("the volume is source here: stop it first");
        }
        volume.target().stop();
        save(before.role(Role.TARGET, epoch).discard(discard || before.discard()));
        volume.activate();
        volume.target().start(source);
        volume.env().log("volume " + volume.name() + " is target of " + source + " in epoch " + epoch);
    }

    private void save(VolumeState state) throws RefusedException {
        if (!volume.save(state)) {
            throw new RefusedException("the state of the volume cannot be written: " + volume.trouble());
        }
    }

    private void checkEpoch(long epoch) throws RefusedException {
        if (epoch < volume.state().epoch()) {
            throw new RefusedException("epoch " + epoch + " is over: this side has seen "
                    + volume.state().epoch());
        }
    }
}
