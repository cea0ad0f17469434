package org.mainstay.itest.fault;

import java.util.Map;
import java.util.TreeMap;
import org.mainstay.itest.lab.LabException;

/**
 * Counts how often each thing was looked at in vain. What is looked at changes meanwhile, so a look may fail; but who often failed
 * with one of the things, or never saw it, has not seen that all is well with it.
 */
final class Looks {
    /** So many may fail, as when a machine loses power, also where few were made at all. */
    private static final int SPARE = 10;

    private static final int ONE_IN = 10;

    private final Map<String, Count> counts = new TreeMap<>();
    private Throwable end;
    private boolean begun;

    private static final class Count {
        private long good;
        private long failed;
        private RuntimeException last;

        boolean tooFew() {
            return good == 0 || failed > SPARE + (good + failed) / ONE_IN;
        }
    }

    /** Looks at one thing; that it fails is no reason not to look at the next one. */
    void at(String what, Runnable look) {
        RuntimeException failure = null;
        try {
            look.run();
        } catch (RuntimeException e) {
            failure = e;
        }
        synchronized (this) {
            Count count = counts.computeIfAbsent(what, each -> new Count());
            if (failure == null) {
                count.good++;
            } else {
                count.failed++;
                count.last = failure;
            }
        }
    }

    /** Called after each round over all things, also if there are none. */
    synchronized void round() {
        begun = true;
    }

    /** Nobody looks any more, and nobody told it to end. */
    synchronized void broken(Throwable why) {
        end = why;
    }

    /** @throws LabException if anything was not looked at often enough to say that all is well with it */
    synchronized void verify() {
        if (end != null) {
            throw new LabException("nobody looks any more whether there are two owners", end);
        }
        if (!begun) {
            throw new LabException("nobody looked whether there were two owners");
        }
        counts.forEach((what, count) -> {
            if (count.tooFew()) {
                throw new LabException(
                        count.failed + " of " + (count.good + count.failed) + " looks at " + what + " failed",
                        count.last);
            }
        });
    }
}
