package org.mainstay.core.internal.guard;

import java.util.concurrent.TimeUnit;

/**
 * Says when a guard that is connected hangs: it has said nothing for long while this process ran all the time, and did not answer
 * when it was asked then. A machine that was paused lets both go on, in any order: what was silent because nobody ran is not hung.
 * Asked about once per second by one thread; times in nanoseconds of one monotonic clock.
 */
final class GuardWatch {
    /** Silence after which it is asked. */
    static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** A longer time between two looks means that this process, or the whole machine, stood still. */
    static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(3);
    /** How long the answer to the question may take. */
    static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** What to do. */
    enum Verdict {
        FINE,
        /** Send something that must be answered. */
        ASK,
        HANGS
    }

    private long lookedAt;
    private long runningSince;
    private boolean asked;
    private long askedAt;

    GuardWatch(long now) {
        lookedAt = now;
        runningSince = now;
    }

    /** Looks at a guard that is connected. @param heardAt when it said something last, or was connected */
    Verdict look(long now, long heardAt) {
        if (now - lookedAt > PAUSE_NANOS) {
            runningSince = now;
            asked = false;
        }
        lookedAt = now;
        long silentSince = heardAt - runningSince > 0 ? heardAt : runningSince;
        if (asked && heardAt - askedAt >= 0) {
            asked = false;
        }
        if (now - silentSince <= SILENT_NANOS) {
            asked = false;
            return Verdict.FINE;
        }
        if (!asked) {
            asked = true;
            askedAt = now;
            return Verdict.ASK;
        }
        return now - askedAt >= ANSWER_NANOS ? Verdict.HANGS : Verdict.FINE;
    }

    /** Nobody is connected, or another one. */
    void none(long now) {
        lookedAt = now;
        asked = false;
    }
}
