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
    /**
     * A loss that is waited for.
     *
     * @param number no other hold has it, of an earlier life of the process neither
     * @param flushes only flushes wait: changes are answered alone already, and the data is of another generation (MIR-122)
     */
    private record Hold(long number, boolean flushes) {}

    private final Map<Mirror, Hold> waiting = new HashMap<>();

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

    /**
     * Holds changes until the mirror's target cannot count as current; those of an asynchronous mirror go on, but what was flushed,
     * or forced, would be missing where it takes over.
     */
    void hold(Mirror mirror) {
        long number = volume.env().newGeneration();
        boolean sync = mirror.type() == MirrorType.SYNC;
        waiting.put(mirror, new Hold(number, false));
        volume.path().close(WritePath.Gate.BARRIER);
        MirrorSettings settings = mirror.settings();
        long record = settings.get("CurrencyRecordTimeoutMs");
        // What it was told counts, even if the setting has become smaller since.
        long promised = mirror.record().promised();
        long window = Math.max(settings.get("CurrencyWindowMs"), promised);
        if (record == 0 && window <= 0 || !sync && !mirror.flushes()) {
            lapsed(mirror);
            return;
        }
        if (!sync) {
            if (!alone(mirror, promised)) {
                return;
            }
            waiting.put(mirror, new Hold(number, true));
            open();
        }
        if (record > 0) {
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
        // An asynchronous mirror never fails a request (MIR-119).
        if (waiting.get(mirror).flushes() || mirror.settings().get("BlockWritesOnNDLGTimeoutReached") == 0) {
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
        Hold held = waiting.get(mirror);
        return held != null && held.number() == number;
    }

    /** Returns the number of the loss that changes wait for, as in the event; empty: they wait for none of this mirror. */
    String number(Mirror mirror) {
        Hold held = waiting.get(mirror);
        return held == null ? "" : Long.toHexString(held.number());
    }

    /**
     * The mirror's target is not in step and cannot count as current any more: what is answered from here on is this side's alone,
     * so its data is of another generation.
     */
    void lapsed(Mirror mirror) {
        if (!holds(mirror)) {
            return;
        }
        if (!waiting.get(mirror).flushes()) {
            if (alone(mirror, VolumeState.Peer.NOTHING)) {
                done(mirror);
            }
        } else if (!volume.mirrors().contains(mirror)
                || saved(
                        mirror,
                        volume.state().peer(mirror.name(), mirror.record().promised(VolumeState.Peer.NOTHING)))) {
            done(mirror);
        }
    }

    /**
     * From here on changes are answered that the target lacks.
     *
     * @param promised for how long it may still count as current
     * @return false: that cannot be saved, what waited failed
     */
    private boolean alone(Mirror mirror, long promised) {
        Generations next = volume.state().generations().next(volume.env().newGeneration());
        VolumeState after = volume.state().generations(next);
        if (volume.mirrors().contains(mirror)) {
            after = after.peer(mirror.name(), mirror.record().promised(promised));
        }
        if (!saved(mirror, after)) {
            return false;
        }
        volume.mirrors().forEach(other -> other.announce(next));
        return true;
    }

    private boolean saved(Mirror mirror, VolumeState state) {
        boolean saved = volume.save(state);
        if (!saved) {
            waiting.remove(mirror);
            mirror.failWaiting(BlockRequest.EIO);
        }
        return saved;
    }

    /** A flush begins: it waits for every target that is not in step and may count as current. */
    void flush(WriteOp op) {
        waiting.keySet().stream().filter(mirror -> !mirror.replicates()).forEach(mirror -> mirror.await(op));
    }

    /** The mirror's target holds everything, or does not count as current. */
    void done(Mirror mirror) {
        if (waiting.remove(mirror) != null) {
            mirror.release();
        }
        open();
    }

    private void open() {
        if (waiting.values().stream().allMatch(Hold::flushes)) {
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

    /** The source stops. */
    void clear() {
        waiting.keySet().forEach(mirror -> mirror.failWaiting(BlockRequest.ESHUTDOWN));
        waiting.clear();
        volume.path().open(WritePath.Gate.BARRIER);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }
}
