package org.mainstay.kit.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A moment at which an action is cancelled.
 *
 * @param step which step, from 0
 * @param of how many there are
 * @param name the method the kit calls in it
 * @param into how long the step has gone on by then; zero: it is not begun any more
 */
record Moment(int step, int of, String name, Duration into) {
    /** So many moments of an action are tried, spread evenly over its steps. */
    private static final int CUTS = 4;

    /** Returns the moments to try: before some of the steps, and while the longest of them runs. */
    static List<Moment> of(List<Cut.Step> steps) {
        int all = steps.size();
        int longest = 0;
        for (int i = 0; i < all; i++) {
            longest = steps.get(i).length().compareTo(steps.get(longest).length()) > 0 ? i : longest;
        }
        List<Moment> moments = new ArrayList<>();
        for (int i = 0; i < Math.min(CUTS, all); i++) {
            int step = all <= CUTS ? i : (i + 1) * (all - 1) / CUTS;
            moments.add(new Moment(step, all, steps.get(step).name(), Duration.ZERO));
        }
        if (all > 0) {
            Duration half = steps.get(longest).length().dividedBy(2).plusNanos(1);
            moments.add(new Moment(longest, all, steps.get(longest).name(), half));
        }
        return moments;
    }

    @Override
    public String toString() {
        return (into.isZero() ? "before" : "during") + " step " + (step + 1) + " of " + of + " (" + name + ")";
    }
}
