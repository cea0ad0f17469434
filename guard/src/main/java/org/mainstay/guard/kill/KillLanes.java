package org.mainstay.guard.kill;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;

/**
 * Executes kill handles, one run at a time in a lane and lanes beside each other: an unmount that hangs holds up nothing but its own
 * hierarchy (I5). A run has a time limit from its start; one that is beyond it is interrupted, begins nothing more, and gives its
 * lane free. Thread-safe.
 */
public final class KillLanes implements AutoCloseable {
    /** How long the handles of a resource may take. Together with the wait less than the manager waits for the answer. */
    static final long RUN_MILLIS = TimeUnit.SECONDS.toMillis(120);
    /** How long a run waits for its turn. What was given up must not be executed later, when it may be in service again. */
    static final long WAIT_MILLIS = TimeUnit.SECONDS.toMillis(45);

    /** Executes handles; {@link HandleExecutor#execute}. */
    @FunctionalInterface
    public interface Executor {
        List<Result> execute(List<String> handles) throws InterruptedException;
    }

    private final class Run {
        final String lane;
        final List<String> handles;
        final CompletableFuture<List<Result>> results = new CompletableFuture<>();
        Thread thread;
        ScheduledFuture<?> limit;

        Run(String lane, List<String> handles) {
            this.lane = lane;
            this.handles = handles;
        }

        void fail(String why) {
            results.complete(handles.stream()
                    .map(handle -> Result.failed(handle.replace('\t', ' ') + ": " + why))
                    .toList());
        }
    }

    private final Executor executor;
    private final Log log;
    private final long runMillis;
    private final long waitMillis;
    private final ScheduledThreadPoolExecutor timer;

    // guarded by this: the first of a lane runs
    private final Map<String, Deque<Run>> lanes = new HashMap<>();

    public KillLanes(Executor executor, Log log) {
        this(executor, log, RUN_MILLIS, WAIT_MILLIS);
    }

    KillLanes(Executor executor, Log log, long runMillis, long waitMillis) {
        this.executor = executor;
        this.log = log;
        this.runMillis = runMillis;
        this.waitMillis = waitMillis;
        timer = new ScheduledThreadPoolExecutor(1, work -> daemon(work, "guard-kill-limits"));
        timer.setRemoveOnCancelPolicy(true);
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Executes handles in a lane, after what was asked for there before. The stage never completes exceptionally. */
    public CompletableFuture<List<Result>> execute(String lane, List<String> handles) {
        Run run = new Run(lane, List.copyOf(handles));
        synchronized (this) {
            Deque<Run> its = lanes.computeIfAbsent(lane, key -> new ArrayDeque<>());
            its.add(run);
            if (its.size() == 1) {
                start(run);
            } else {
                run.limit = timer.schedule(() -> waitedTooLong(run), waitMillis, TimeUnit.MILLISECONDS);
            }
        }
        return run.results;
    }

    /** Called with the lock held. */
    private void start(Run run) {
        if (run.limit != null) {
            run.limit.cancel(false);
        }
        run.thread = daemon(() -> work(run), "guard-kill " + run.lane);
        run.limit = timer.schedule(() -> tooLong(run), runMillis, TimeUnit.MILLISECONDS);
        run.thread.start();
    }

    private void work(Run run) {
        try {
            run.results.complete(executor.execute(run.handles));
        } catch (InterruptedException e) {
            run.fail("interrupted");
        } catch (RuntimeException | Error e) {
            log.error("INTERNAL ERROR: kill handles of " + run.lane + ": " + e);
            run.fail(String.valueOf(e));
        } finally {
            over(run);
        }
    }

    private synchronized void over(Run run) {
        run.limit.cancel(false);
        Deque<Run> its = lanes.get(run.lane);
        if (its == null || its.peek() != run) {
            return;
        }
        its.remove();
        if (its.isEmpty()) {
            lanes.remove(run.lane);
        } else {
            start(its.peek());
        }
    }

    private void tooLong(Run run) {
        log.error("the kill handles of " + run.lane + " have not ended within " + runMillis / 1000 + " s");
        run.fail("not ended within " + runMillis / 1000 + " s; the storage or the kernel does not answer");
        run.thread.interrupt();
        over(run);
    }

    private void waitedTooLong(Run run) {
        synchronized (this) {
            Deque<Run> its = lanes.get(run.lane);
            if (its == null || its.peek() == run || !its.remove(run)) {
                return;
            }
        }
        run.fail("the kill handles before it hang");
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
