package org.mainstay.guard;

import java.util.function.Consumer;
import org.mainstay.guard.util.Log;

/**
 * Ends this process at once, without tidying up, when a thread it cannot do without is gone or stuck. Like one that was killed, it is
 * started again by its manager or by {@code mainstay keep-guard}, knows from its files what it had granted, and ends what is in
 * service where the lease is over. A guard that goes on without its heartbeat thread would keep nothing of what it promised.
 */
final class LastResort implements Consumer<String> {
    /** Exit code. */
    static final int DEFECT = 3;

    private final Log log;

    LastResort(Log log) {
        this.log = log;
    }

    /** Makes every thread that ends by an {@link Error} end the process; other exceptions are logged. */
    void watchThreads() {
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            if (error instanceof Error) {
                accept("the thread " + thread.getName() + " ended: " + error);
            } else {
                log.error("the thread " + thread.getName() + " ended", error);
            }
        });
    }

    /** Says why, and ends. Does not return. */
    @Override
    public void accept(String why) {
        try {
            System.err.println("the guard ends, to be started again: " + why);
            log.error("the guard ends, to be started again: " + why);
            log.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            Runtime.getRuntime().halt(DEFECT);
        }
    }
}
