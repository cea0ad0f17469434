package org.mainstay.mirror.engine.volume;

import java.io.IOException;

/** Brings the intent logs of a volume to storage. Used without the volume's lock. */
final class LogKeeper {
    private final Volume volume;

    LogKeeper(Volume volume) {
        this.volume = volume;
    }

    /** Brings marks to storage; a log that fails is given up, which is recorded. @return false: not even that could be */
    boolean commit(Mirror mirror) {
        IntentLog log = mirror.log();
        if (log == null) {
            return true;
        }
        try {
            log.commit();
            return true;
        } catch (IOException e) {
            return giveUp(mirror, e);
        }
    }

    /** Records that changes are missing from a log. @return false: not even that could be */
    boolean giveUp(Mirror mirror, IOException why) {
        IntentLog log = mirror.log();
        if (log != null && log.closed()) {
            // That of a deleted mirror matters to nobody. Else the volume was opened anew, or ends: its state is
            // another's now, and nothing may rely on this log.
            return !volume.mirrors().contains(mirror);
        }
        volume.env()
                .log("ERROR the intent log of " + volume.name() + " for " + mirror.name()
                        + " cannot be written, the next resynchronisation after a crash is full: " + why);
        volume.lock();
        try {
            return volume.save(
                    volume.state().peer(mirror.name(), mirror.record().logComplete(false)));
        } finally {
            volume.unlock();
        }
    }
}
