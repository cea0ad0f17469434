package org.mainstay.core.internal.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.mainstay.core.internal.host.ActionTime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Time and cancellation of one running call. Thread-safe. */
public final class CallControl implements ActionTime {
    private static final Logger LOG = LoggerFactory.getLogger(CallControl.class);
    private final long deadline;
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final List<Runnable> hooks = new ArrayList<>();
    /** Calls of the host that have begun in time and not yet come back. */
    private int inside;

    private volatile BooleanSupplier revoked = () -> false;

    CallControl(Duration limit) {
        this.deadline = System.nanoTime() + limit.toNanos();
    }

    @Override
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    /** Also true as soon as what allowed the call no longer does: asked before everything that is begun in its course. */
    @Override
    public boolean cancelled() {
        return over() || revoked.getAsBoolean();
    }

    /** Returns whether it was cancelled or its time is up. */
    boolean over() {
        return cancelled.getCount() == 0 || deadline - System.nanoTime() <= 0;
    }

    /** Nothing more is begun in the course of this call once the condition holds. @param condition quick; any thread */
    void revokedWhen(BooleanSupplier condition) {
        revoked = condition;
    }

    /**
     * Waits for the time or until the call is cancelled.
     *
     * @return false if it is cancelled or its time is up
     */
    @Override
    public boolean pause(Duration time) {
        long wait = Math.min(time.toNanos(), remaining().toNanos());
        try {
            return !cancelled.await(wait, TimeUnit.NANOSECONDS) && !cancelled();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Begins a call of the host; {@link #leave} ends it.
     *
     * @throws CancellationException if the call's time is up or it was given up: what comes late starts nothing any more
     */
    void enter() {
        synchronized (hooks) {
            if (cancelled()) {
                throw new CancellationException(
                        "this action's time is over: it was given up or its time limit passed, and"
                                + " nothing more is done for it on this machine");
            }
            inside++;
        }
    }

    void leave() {
        synchronized (hooks) {
            inside--;
        }
    }

    /** Returns whether the call cannot do anything on this machine through its host any more, now and ever after. */
    boolean fenced() {
        synchronized (hooks) {
            return over() && inside == 0;
        }
    }

    /** Runs the hook when the call is cancelled or out of time; at once if it is already. The hook must be quick. */
    public void onCancel(Runnable hook) {
        synchronized (hooks) {
            if (cancelled.getCount() > 0) {
                hooks.add(hook);
                return;
            }
        }
        hook.run();
    }

    void cancel() {
        List<Runnable> run;
        synchronized (hooks) {
            cancelled.countDown();
            run = List.copyOf(hooks);
            hooks.clear();
        }
        for (Runnable hook : run) {
            try {
                hook.run();
            } catch (RuntimeException e) {
                LOG.error("INTERNAL ERROR: a cancellation failed", e);
            }
        }
    }
}
