package org.mainstay.guard;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Waiting;

/**
 * Ends this process at once, without tidying up, when a thread it cannot do without is gone or stuck. Like one that was killed, it is
 * started again by its manager or by {@code mainstay keep-guard}, knows from its files what it had granted, and ends what is in
 * service where the lease is over. A guard that goes on without its heartbeat thread would keep nothing of what it promised.
 */
final class LastResort implements Consumer<String> {
    /** Exit code. */
    static final int DEFECT = 3;

    private static final long SAY_NANOS = TimeUnit.SECONDS.toNanos(5);

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
            // What is said goes to a disk, which may be what hangs.
            Thread limit = new Thread(LastResort::haltSoon, "guard-last-resort");
            limit.setDaemon(true);
            limit.start();
            log.error("the guard ends, to be started again: " + why);
            log.close();
            System.err.println("the guard ends, to be started again: " + why);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            Runtime.getRuntime().halt(DEFECT);
        }
    }

    private static void haltSoon() {
        try {
            Waiting.until(System::nanoTime, System.nanoTime() + SAY_NANOS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            Runtime.getRuntime().halt(DEFECT);
        }
    }
}
