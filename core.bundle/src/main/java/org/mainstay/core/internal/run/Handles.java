package org.mainstay.core.internal.run;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.Pipe;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Whether this process has file handles left. One that has none can look at nothing and start nothing: what it finds out about a
 * resource says nothing of the resource, and it can end nothing either. So it does not act upon it but is replaced (decision 0354).
 * Thread-safe.
 */
public final class Handles {
    /** As many as starting a command takes, and some for those who do so at the same time. */
    private static final int PIPES = 8;
    /** Somebody may have had many for a moment. */
    private static final int LOOKS = 3;

    private static final int BETWEEN_MILLIS = 300;

    private final Opener opener;
    private final Runnable between;
    private final Consumer<IOException> exhausted;
    private int failedLooks;

    /** Takes two handles, without a disk. */
    @FunctionalInterface
    interface Opener {
        Closeable open() throws IOException;
    }

    /** @param exhausted told when there are none, with what the system says; on the thread that asked */
    public Handles(Consumer<IOException> exhausted) {
        this(Handles::pipe, () -> LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(BETWEEN_MILLIS)), exhausted);
    }

    Handles(Opener opener, Runnable between, Consumer<IOException> exhausted) {
        this.opener = opener;
        this.between = between;
        this.exhausted = exhausted;
    }

    private static Closeable pipe() throws IOException {
        Pipe pipe = Pipe.open();
        return () -> {
            pipe.sink().close();
            pipe.source().close();
        };
    }

    /** To be asked before something counts that a lack of handles may have caused. Takes a moment if there seem to be none. */
    public synchronized void check() {
        IOException trouble = trouble();
        for (int i = 1; trouble != null && i < LOOKS; i++) {
            between.run();
            trouble = trouble();
        }
        if (trouble != null) {
            exhausted.accept(trouble);
        }
    }

    /** To be asked from time to time: the third time in a row that there are none counts. */
    public synchronized void look() {
        IOException trouble = trouble();
        failedLooks = trouble == null ? 0 : failedLooks + 1;
        if (failedLooks >= LOOKS) {
            exhausted.accept(trouble);
        }
    }

    private IOException trouble() {
        Deque<Closeable> open = new ArrayDeque<>();
        IOException trouble = null;
        try {
            for (int i = 0; i < PIPES; i++) {
                open.push(opener.open());
            }
        } catch (IOException e) {
            trouble = e;
        }
        for (Closeable one : open) {
            try {
                one.close();
            } catch (IOException e) {
                trouble = trouble == null ? e : trouble;
            }
        }
        return trouble;
    }
}
