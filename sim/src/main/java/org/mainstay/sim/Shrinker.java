package org.mainstay.sim;

import java.util.ArrayList;
import java.util.List;

/** Makes a failing script short: takes away what is not needed for the same violation. */
final class Shrinker {
    private static final int MOST_TRIES = 400;

    private final Mutant mutant;
    private final String invariant;
    private int tries;

    private Shrinker(Mutant mutant, String invariant) {
        this.mutant = mutant;
        this.invariant = invariant;
    }

    /** Returns the shortest script found that fails in the same way. */
    static Script shrink(Script script, Mutant mutant) {
        String invariant = outcome(script, mutant);
        if (invariant.isEmpty()) {
            return script;
        }
        Shrinker shrinker = new Shrinker(mutant, invariant);
        Script shorter = shrinker.fewer(script);
        shorter = shrinker.smaller(shorter);
        shorter = shrinker.rounder(shrinker.fewer(shorter));
        return shorter;
    }

    /** Returns what is violated; empty if nothing is. */
    static String outcome(Script script, Mutant mutant) {
        try {
            new Run(script, mutant).play();
            return "";
        } catch (Violation e) {
            return e.invariant();
        } catch (AssertionError | RuntimeException e) {
            return e.getClass().getSimpleName();
        }
    }

    private boolean fails(Script script) {
        return ++tries <= MOST_TRIES && outcome(script, mutant).equals(invariant);
    }

    private Script fewer(Script script) {
        Script best = script;
        for (int size = Math.max(1, best.steps().size() / 2); size >= 1; size = size == 1 ? 0 : size / 2) {
            for (int from = best.steps().size() - size; from >= 0; from -= size) {
                List<Step> left = new ArrayList<>(best.steps());
                left.subList(from, Math.min(left.size(), from + size)).clear();
                Script candidate = best.with(left);
                best = fails(candidate) ? candidate : best;
                from = Math.min(from, best.steps().size());
            }
        }
        return best;
    }

    private Script smaller(Script script) {
        Script best = script;
        Plan plan = script.plan();
        Plan[] plans = {
            plan.smaller(plan.servers(), plan.sharers(), plan.networks(), 1),
            plan.smaller(plan.servers(), plan.sharers(), 1, 1),
            plan.smaller(plan.servers(), 2, 1, 1),
            plan.smaller(Math.max(2, plan.servers() - 1), 2, 1, 1)
        };
        for (Plan one : plans) {
            try {
                Script candidate = best.with(one);
                best = fails(candidate) ? candidate : best;
            } catch (IllegalArgumentException e) {
                // The script names what the smaller cluster has not.
                continue;
            }
        }
        return best;
    }

    private Script rounder(Script script) {
        Script best = script;
        for (int i = 0; i < best.steps().size(); i++) {
            for (long grain : new long[] {1_000, 100}) {
                List<Step> steps = new ArrayList<>(best.steps());
                Step step = steps.get(i);
                long millis = step.millis() == 0 ? 0 : Math.max(grain, step.millis() / grain * grain);
                steps.set(i, step.at(step.at() / grain * grain).lasting(millis));
                Script candidate = best.with(steps);
                if (fails(candidate)) {
                    best = candidate;
                    break;
                }
            }
        }
        return best;
    }
}
