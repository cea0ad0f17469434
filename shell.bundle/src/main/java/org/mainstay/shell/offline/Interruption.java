package org.mainstay.shell.offline;

import java.io.InterruptedIOException;
import java.io.PrintStream;
import java.util.OptionalInt;

/**
 * What an interruption (Ctrl-C, SIGTERM) does to {@code lk_chg_value}: before the one commit nothing is changed and the exit code
 * is 1 (CMD-356, CMD-357); a commit that has begun is ended, and the command ends as if it had not been interrupted. Thread-safe.
 */
final class Interruption {
    /** CMD-356: interrupted; files are as they were. */
    static final int INTERRUPTED = 1;

    private boolean interrupted;
    private boolean begun;
    private boolean ended;
    private int code;

    /** Makes interruptions of this process end in this way. */
    void install(PrintStream err) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> interrupt().ifPresent(end -> {
                            if (end == INTERRUPTED) {
                                err.println("lk_chg_value: interrupted; nothing was changed");
                            }
                            err.flush();
                            // Only so does a process that ends by a signal have an exit code of its own.
                            Runtime.getRuntime().halt(end);
                        }),
                        "interruption"));
    }

    /** Says that files will be changed now. @throws InterruptedIOException if it was interrupted: nothing may be changed */
    synchronized void begin() throws InterruptedIOException {
        if (interrupted) {
            throw new InterruptedIOException("interrupted");
        }
        begun = true;
    }

    /** Says that the command has ended. */
    synchronized void ended(int exitCode) {
        ended = true;
        code = exitCode;
        notifyAll();
    }

    /** Interrupts; waits if files are being changed. @return the exit code; empty if the command had ended before */
    synchronized OptionalInt interrupt() {
        if (ended) {
            return OptionalInt.empty();
        }
        if (!begun) {
            interrupted = true;
            return OptionalInt.of(INTERRUPTED);
        }
        while (!ended) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return OptionalInt.of(INTERRUPTED);
            }
        }
        return OptionalInt.of(code);
    }
}
