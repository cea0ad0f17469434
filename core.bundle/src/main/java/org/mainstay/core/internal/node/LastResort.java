package org.mainstay.core.internal.node;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done when the manager cannot know any more what it decided, stored or began: it does not go on as if nothing had been
 * (decision 0038). What is in service is not touched (I4); the guard starts the manager anew, which begins from what is stored.
 */
@FunctionalInterface
public interface LastResort {
    /** Exit code of a process that ended itself: EX_SOFTWARE of sysexits.h. */
    int EXIT_CODE = 70;

    /** Ends the manager. Called at most once, on the decision loop's thread, which ends after it. */
    void end(String why, Throwable cause);

    /**
     * Returns the last resort of the real manager: ends the process at once. The one place of this bundle that may. Not an
     * orderly exit, because bundles that stop in order would wait for the very thread that is in doubt.
     */
    static LastResort endProcess() {
        Logger log = LoggerFactory.getLogger(LastResort.class);
        return (why, cause) -> {
            try {
                log.error(
                        "INTERNAL ERROR: {}; Mainstay ends here and is started anew by its guard, what is in service"
                                + " runs on",
                        why,
                        cause);
            } finally {
                Runtime.getRuntime().halt(EXIT_CODE);
            }
        };
    }
}
