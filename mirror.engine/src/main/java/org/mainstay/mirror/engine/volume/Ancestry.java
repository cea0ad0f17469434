package org.mainstay.mirror.engine.volume;

/** Decides, when a source and a target meet, what has to be sent, or that nothing may be (I6). */
final class Ancestry {
    /** What to do. */
    enum Verdict {
        /** Send the blocks marked on either side. */
        PARTIAL,
        /** Send everything. */
        FULL,
        /** The target's data is newer: this source must not overwrite it. */
        STALE_SOURCE,
        /** Both wrote without the other. */
        SPLIT_BRAIN,
        /** The data has nothing in common. */
        UNRELATED
    }

    /**
     * One side's account of itself.
     *
     * @param generations its data
     * @param base the generation since which its intent log for the other side holds every change; 0: none
     * @param logComplete false: the log was lost or damaged
     * @param sync id of the full resynchronisation that was begun between both and has not ended; 0: none. What of it is left is in the
     *     source's log
     */
    record Side(Generations generations, long base, boolean logComplete, long sync) {
        Side(Generations generations, long base, boolean logComplete) {
            this(generations, base, logComplete, 0);
        }
    }

    private Ancestry() {}

    /** @param discard an operator decided that the target's own changes are thrown away */
    static Verdict compare(Side source, Side target, boolean discard) {
        Verdict verdict = ofGenerations(source, target, discard);
        boolean goesOn = source.sync() != 0 && source.sync() == target.sync() && source.logComplete();
        return verdict == Verdict.FULL && goesOn ? Verdict.PARTIAL : verdict;
    }

    private static Verdict ofGenerations(Side source, Side target, boolean discard) {
        Generations from = source.generations();
        Generations to = target.generations();
        if (to.current() == 0) {
            return Verdict.FULL;
        }
        boolean logs = source.logComplete() && target.logComplete();
        if (to.current() == from.current() || to.current() == source.base()) {
            return logs ? Verdict.PARTIAL : Verdict.FULL;
        }
        if (to.holds(from.current())) {
            return discard ? overwrite(logs && target.base() == from.current()) : Verdict.STALE_SOURCE;
        }
        if (from.holds(to.current())) {
            return Verdict.FULL;
        }
        if (from.related(to)) {
            boolean same = source.base() != 0 && source.base() == target.base();
            return discard ? overwrite(logs && same) : Verdict.SPLIT_BRAIN;
        }
        return discard ? Verdict.FULL : Verdict.UNRELATED;
    }

    private static Verdict overwrite(boolean knownWhere) {
        return knownWhere ? Verdict.PARTIAL : Verdict.FULL;
    }
}
