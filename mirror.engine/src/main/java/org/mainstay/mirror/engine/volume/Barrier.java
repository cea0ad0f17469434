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
    private final Map<Mirror, Object> waiting = new HashMap<>();

    Barrier(Volume volume) {
        this.volume = volume;
    }

    /** Holds changes until the mirror's target cannot count as current. */
    void hold(Mirror mirror) {
        Object token = new Object();
        waiting.put(mirror, token);
        volume.path().close(WritePath.Gate.BARRIER);
        MirrorSettings settings = mirror.settings();
        long record = settings.get("CurrencyRecordTimeoutMs");
        long window = settings.get("CurrencyWindowMs");
        if (mirror.type() != MirrorType.SYNC || record == 0 && window == 0) {
            done(mirror);
        } else if (record > 0) {
            volume.env().event("record-needed " + volume.name() + " " + mirror.name());
            after(mirror, token, record, () -> timedOut(mirror));
        } else {
            // Clocks may differ by a percent.
            after(mirror, token, window + window / 50 + 20, () -> done(mirror));
        }
    }

    private void after(Mirror mirror, Object token, long millis, Runnable job) {
        volume.env().after(millis, () -> {
            volume.locked(() -> {
                if (waiting.get(mirror) == token) {
                    job.run();
                }
            });
            volume.path().drain();
        });
    }

    private void timedOut(Mirror mirror) {
        if (mirror.settings().get("BlockWritesOnNDLGTimeoutReached") == 0) {
            done(mirror);
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

    /** The mirror's target is current, or is known not to be. */
    void done(Mirror mirror) {
        if (waiting.remove(mirror) != null) {
            mirror.release();
        }
        if (waiting.isEmpty()) {
            volume.path().open(WritePath.Gate.BARRIER);
        }
    }

    /** It is recorded that a target, perhaps of a mirror deleted since, is not current. */
    void recorded(String peer) {
        waiting.keySet().stream()
                .filter(mirror -> mirror.name().equals(peer))
                .findFirst()
                .ifPresentOrElse(this::done, () -> volume.mirror(peer));
    }

    void clear() {
        waiting.clear();
        volume.path().open(WritePath.Gate.BARRIER);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }
}
