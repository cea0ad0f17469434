package org.mainstay.guard.witness;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The messages of storage mode for the event log, with the numbers and levels of the quorum catalog (spec/06 chapter 30): each once where
 * something changes, and a problem of one place again only after a minute, however often it comes and goes. Not thread-safe.
 */
final class Catalog {
    static final int VALID_OBJECT = 18147;
    static final int INVALID_OBJECT = 18148;
    static final int SEQUENCE_WENT_BACK = 18154;
    static final int WITNESS_VERIFICATION = 18168;
    static final int RESTORED = 18211;
    static final int FIRST_CYCLE_LATE = 18218;
    static final int NOT_CONFIGURED = 18219;

    private static final long AGAIN_MILLIS = 60_000;
    private static final Set<Integer> INFORMATION =
            Set.of(VALID_OBJECT, INVALID_OBJECT, WITNESS_VERIFICATION, RESTORED);
    private static final Set<Integer> WARNING = Set.of(SEQUENCE_WENT_BACK, FIRST_CYCLE_LATE);

    private final Map<String, Integer> present = new HashMap<>();
    private final Map<String, Long> saidAt = new HashMap<>();
    private final List<String> waiting = new ArrayList<>();

    /** Something that is wrong at a place now; only the first of equal ones in a row is said. @param now ms */
    void problem(String place, Problem problem, long now) {
        Integer before = present.put(place, problem.number());
        if (before == null || before != problem.number()) {
            say(place, problem.number(), problem.text(), now);
        }
    }

    /** Nothing is wrong at a place. @param text what to say if something was */
    void fine(String place, String text, long now) {
        if (present.remove(place) != null) {
            say(place, RESTORED, text, now);
        }
    }

    /** Something that happened. @param place what it is about; within a minute it is said once */
    void say(String place, int number, String text, long now) {
        String key = number + " " + place;
        Long last = saidAt.get(key);
        if (last == null || now - last >= AGAIN_MILLIS) {
            saidAt.put(key, now);
            waiting.add(number + " " + level(number) + " " + text);
        }
    }

    private static char level(int number) {
        return INFORMATION.contains(number) ? 'I' : WARNING.contains(number) ? 'W' : 'E';
    }

    /** Returns what was not said yet, as {@code NUMBER LEVEL TEXT}; LEVEL is I, W or E. */
    List<String> take() {
        List<String> taken = List.copyOf(waiting);
        waiting.clear();
        return taken;
    }
}
