package org.mainstay.core.internal.run;

import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Threads of the core: named, daemons, with the core's own class loader, and a log line for what escapes them. */
public final class Threads {
    private static final Logger LOG = LoggerFactory.getLogger(Threads.class);

    private Threads() {}

    /** Returns work that is done again and again: a scheduler would never repeat what failed once. */
    public static Runnable kept(String name, Runnable work) {
        return () -> {
            try {
                work.run();
            } catch (RuntimeException | LinkageError | AssertionError | OutOfMemoryError e) {
                LOG.error("INTERNAL ERROR: {} failed; it is done again", name, e);
            }
        };
    }

    /** Returns a factory of daemon threads with this name. */
    public static ThreadFactory named(String name) {
        return body -> {
            Thread thread = new Thread(body, name);
            thread.setDaemon(true);
            thread.setContextClassLoader(Threads.class.getClassLoader());
            thread.setUncaughtExceptionHandler(
                    (failed, error) -> LOG.error("INTERNAL ERROR: thread {} ended", failed.getName(), error));
            return thread;
        };
    }
}
