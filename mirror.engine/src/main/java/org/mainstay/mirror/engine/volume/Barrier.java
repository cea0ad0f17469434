package org.mainstay.mirror.engine.volume;

import java.util.HashMap;
import java.util.Map;
import org.mainstay.mirror.engine.io.BlockRequest;

/**
 * Between "the target is no longer in step" and the first answer to a change it lacks: the fact has to be where a takeover would
 * look, or the time must have passed in which the target may still take itself for current (MIR-119, design.md section 7). Lock held.
 */
final class Barrier {
    private final Volume volume;
    /** What is held, with a number that no other hold has, of an earlier life of the process neither. */
    private final Map<Mirror, Long> waiting = new HashMap<>();

    Barrier(Volume volume) {
        this.volume = volume;
    }

    /** A mirror no longer replicates. */
    void left(Mirror mirror, boolean inStep) {
        if (!volume.serving()) {
            mirror.release();
        } else if (inStep) {
            hold(mirror);
        } else if (!holds(mirror)) {
            mirror.release();
        }
    }

    /** Holds changes until the mirror's target cannot count as current. */
    void hold(Mirror mirror) {
        long number = volume.env().newGeneration();
        waiting.put(mirror, number);
        volume.path().close(WritePath.Gate.BARRIER);
        MirrorSettings settings = mirror.settings();
        long record = settings.get("CurrencyRecordTimeoutMs");
        // What it was told counts, even if the setting has become smaller since.
        long promised = mirror.record().promised();
        long window = Math.max(settings.get("CurrencyWindowMs"), promised);
        if (mirror.type() != MirrorType.SYNC || record == 0 && window <= 0) {
            lapsed(mirror);
        } else if (record > 0) {
            volume.env().event("record-needed " + volume.name() + " " + mirror.name() + " " + Long.toHexString(number));
            after(mirror, number, Math.max(record, promised > 0 ? beyond(promised) : 0), () -> timedOut(mirror));
        } else {
            after(mirror, number, beyond(window), () -> lapsed(mirror));
        }
    }

    /** Clocks may differ by a percent. */
    private static long beyond(long window) {
        return window + window / 50 + 20;
    }

    private void after(Mirror mirror, long number, long millis, Runnable job) {
        volume.env().after(millis, () -> {
            volume.locked(() -> {
                if (!holds(mirror, number)) {
                    return;
                }
                if (mirror.replicates()) {
                    // It may count as current again, or not: its answer is missing.
                    mirror.fail(PauseCause.CONNECTION, "the target did not end the resynchronisation in time");
                } else {
                    job.run();
                }
            });
            volume.path().drain();
        });
    }

    private void timedOut(Mirror mirror) {
        if (mirror.settings().get("BlockWritesOnNDLGTimeoutReached") == 0) {
            lapsed(mirror);
            return;
        }
        waiting.remove(mirror);
        mirror.failWaiting(BlockRequest.EIO);
        volume.env()
                .log("ERROR it could not be recorded that " + mirror.name() + " is not current: " + volume.name()
                        + " is locked");
        volume.env().event("locked " + volume.name() + " " + mirror.name());
        volume.path().refuse(BlockRequest.EIO);
    }

    boolean holds(Mirror mirror) {
        return waiting.containsKey(mirror);
    }

    private boolean holds(Mirror mirror, long number) {
        Long held = waiting.get(mirror);
        return held != null && held == number;
    }

    /** Returns the number of the loss that changes wait for, as in the event; empty: they wait for none of this mirror. */
    String number(Mirror mirror) {
        Long held = waiting.get(mirror);
        return held == null ? "" : Long.toHexString(held);
    }

    /**
     * The mirror's target is not in step and cannot count as current any more: what is answered from here on is this side's alone,
     * so its data is of another generation.
     */
    void lapsed(Mirror mirror) {
        if (!holds(mirror)) {
            return;
        }
        Generations next = volume.state().generations().next(volume.env().newGeneration());
        VolumeState after = volume.state().generations(next);
        if (volume.mirrors().contains(mirror)) {
            after = after.peer(mirror.name(), mirror.record().promised(VolumeState.Peer.NOTHING));
        }
        if (!volume.save(after)) {
            waiting.remove(mirror);
            mirror.failWaiting(BlockRequest.EIO);
            return;
        }
        volume.mirrors().forEach(other -> other.announce(next));
        done(mirror);
    }

    /** The mirror's target holds everything. */
    void done(Mirror mirror) {
        if (waiting.remove(mirror) != null) {
            mirror.release();
        }
        if (waiting.isEmpty()) {
            volume.path().open(WritePath.Gate.BARRIER);
        }
    }

    /**
     * It is recorded that a target, perhaps of a mirror deleted since, is not current. What is said of an earlier loss says nothing: the
     * target may have been in step since, and count as current.
     *
     * @param number of the loss that is meant
     */
    void recorded(String peer, long number) {
        Mirror held = waiting.keySet().stream()
                .filter(mirror -> mirror.name().equals(peer) && holds(mirror, number))
                .findFirst()
                .orElse(null);
        if (held == null) {
            volume.env()
                    .log("that " + peer + " is not current was recorded too late: " + volume.name()
                            + " waits no more, or for another loss");
        } else if (!held.replicates()) {
            lapsed(held);
        }
    }

    void clear() {
        waiting.clear();
        volume.path().open(WritePath.Gate.BARRIER);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }
}
