package org.mainstay.core.internal.run;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Worker threads for calls into kits (I5): each call has a thread of its own while it runs and a time limit; nobody who submits
 * one ever waits. At most one call of a lane runs at a time.
 *
 * <p>A call that overruns is cancelled and interrupted, and its submitter is told at once. Its thread may hang on: it no longer
 * counts against the bound, but the next change in its lane waits for it, because a kit that wakes up late must not meet the
 * clean-up of its own mess. What it answers then is dropped with a log line.
 */
public final class Workers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);
    /** How long a change waits for a cancelled check of its lane. A check only looks, so a stuck one may be passed. */
    private static final Duration CHECK_GRACE = Duration.ofSeconds(2);

    private final int most;
    private final int reserve;
    private final ThreadPoolExecutor threads;
    private final ScheduledThreadPoolExecutor timer;
    private final Object lock = new Object();
    private final Set<Task<?>> running = new HashSet<>();
    private final Set<Task<?>> hanging = new HashSet<>();
    private final Map<String, Task<?>> lanes = new HashMap<>();
    private final Deque<Task<?>> waiting = new ArrayDeque<>();
    private boolean closed;

    /**
     * @param most how many calls run at the same time; as many again may hang beyond their limits
     * @param reserve how many urgent calls may run or hang besides: nothing that hangs may keep other things from being ended
     */
    public Workers(int most, int reserve) {
        this(most, reserve, Threads.named("mainstay-worker"));
    }

    Workers(int most, int reserve, ThreadFactory factory) {
        this.most = most;
        this.reserve = reserve;
        this.threads =
                new ThreadPoolExecutor(0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
        this.timer = new ScheduledThreadPoolExecutor(1, Threads.named("mainstay-worker-limits"));
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        // What tells that no thread could be made must not need one.
        timer.prestartCoreThread();
    }

    /** Submits a call. Its result completes exactly once and never exceptionally, on any thread. */
    <T> Running<T> submit(Call<T> call) {
        Task<T> task = new Task<>(call);
        String refusal = null;
        synchronized (lock) {
            if (closed) {
                refusal = "Mainstay stops here: no action is started";
            } else if (hanging.size() >= bound(call)) {
                refusal = hanging.size() + " actions hang beyond their time limits; no more are started";
            } else if (call.kind() == Call.Kind.CHECK && (lanes.containsKey(call.lane()) || running.size() >= most)) {
                refusal = "not its turn";
            } else {
                waiting.add(task);
                startWhatCan();
            }
        }
        if (refusal != null) {
            task.result.complete(Ended.without(Ended.How.NOT_RUN, refusal));
        } else if (call.kind() == Call.Kind.CHANGE) {
            makeRoom(call.lane());
            task.limitWaiting();
        }
        return task;
    }

    private int bound(Call<?> call) {
        return call.urgent() ? most + reserve : most;
    }

    /** Cancels every call of a kit that goes; what still waits for its turn never reaches it. */
    void cancelOwner(Object owner, String reason) {
        List<Task<?>> its;
        synchronized (lock) {
            its = Stream.concat(running.stream(), waiting.stream())
                    .filter(task -> task.call.owner() == owner)
                    .toList();
            waiting.removeAll(its);
        }
        its.forEach(task -> task.end(Ended.How.CANCELLED, reason));
    }

    /** Waits until no change of the owner runs any more, at most for the time. */
    void awaitOwner(Object owner, Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        synchronized (lock) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            while (left > 0
                    && running.stream()
                            .anyMatch(task -> task.call.owner() == owner && task.call.kind() == Call.Kind.CHANGE)) {
                lock.wait(left);
                left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            }
        }
    }

    /** Returns whether something of the lane runs or waits. */
    boolean busy(String lane) {
        synchronized (lock) {
            return lanes.containsKey(lane)
                    || waiting.stream().anyMatch(task -> task.call.lane().equals(lane));
        }
    }

    /** Returns what changes of the lane that were given up and have not come back can still do. */
    Hang hang(String lane) {
        synchronized (lock) {
            Hang result = Hang.NONE;
            for (Task<?> task : hanging) {
                if (task.call.kind() == Call.Kind.CHANGE && task.call.lane().equals(lane)) {
                    // One that was given up before it ran never runs.
                    boolean loose = task.control != null && !task.control.fenced();
                    result = loose ? Hang.LOOSE : result == Hang.NONE ? Hang.FENCED : result;
                }
            }
            return result;
        }
    }

    /**
     * Accepts no more calls and waits for those that run.
     *
     * @return whether all ended in time
     */
    public boolean drain(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        synchronized (lock) {
            closed = true;
            while (!running.isEmpty()) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0) {
                    return false;
                }
                lock.wait(left);
            }
            return true;
        }
    }

    /** Cancels what runs and ends the threads; those that hang in a kit are left behind as daemons and reported. */
    @Override
    public void close() {
        List<Task<?>> left;
        synchronized (lock) {
            closed = true;
            left = new java.util.ArrayList<>(running);
            left.addAll(waiting);
            waiting.clear();
        }
        left.forEach(task -> task.end(Ended.How.CANCELLED, "Mainstay stops here"));
        timer.shutdownNow();
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(3, TimeUnit.SECONDS) | !timer.awaitTermination(1, TimeUnit.SECONDS)) {
                LOG.warn(
                        "calls that hang in kits: {}",
                        left.stream().map(task -> task.call.name()).toList());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A change comes: a check of the same lane steps aside. */
    private void makeRoom(String lane) {
        Task<?> inTheWay;
        synchronized (lock) {
            inTheWay = lanes.get(lane);
            if (inTheWay == null || inTheWay.call.kind() != Call.Kind.CHECK) {
                return;
            }
        }
        inTheWay.end(Ended.How.CANCELLED, "an action of the resource begins");
        schedule(() -> leaveLane(inTheWay), CHECK_GRACE);
    }

    private void leaveLane(Task<?> task) {
        synchronized (lock) {
            lanes.remove(task.call.lane(), task);
            startWhatCan();
        }
    }

    private ScheduledFuture<?> schedule(Runnable what, Duration delay) {
        synchronized (lock) {
            return timer.isShutdown() ? null : timer.schedule(what, delay.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** Starts waiting tasks in order as far as the bound and their lanes allow; called with the lock held. */
    private void startWhatCan() {
        for (var tasks = waiting.iterator(); tasks.hasNext() && running.size() < most + reserve; ) {
            Task<?> task = tasks.next();
            boolean needsLane = task.call.kind() != Call.Kind.LOOK;
            boolean room = running.size() < bound(task.call);
            if (room && (!needsLane || !lanes.containsKey(task.call.lane()))) {
                tasks.remove();
                if (needsLane) {
                    lanes.put(task.call.lane(), task);
                }
                running.add(task);
                begin(task);
            }
        }
    }

    /** A machine that has no thread left has one again later: its lane must not stay closed. Called with the lock held. */
    private void begin(Task<?> task) {
        try {
            threads.execute(task);
        } catch (OutOfMemoryError | RejectedExecutionException e) {
            LOG.error("{} is not started: no thread could be made for it", task.call.name(), e);
            running.remove(task);
            lanes.remove(task.call.lane(), task);
            schedule(
                    () -> task.end(Ended.How.NOT_RUN, "no thread could be made for it (" + e.getMessage() + ")"),
                    Duration.ZERO);
        }
    }

    /** One submitted call. */
    private final class Task<T> implements Runnable, Running<T> {
        private final Call<T> call;
        private final CompletableFuture<Ended<T>> result = new CompletableFuture<>();
        private CallControl control;
        private Thread thread;
        private ScheduledFuture<?> limit;
        private boolean over;

        Task(Call<T> call) {
            this.call = call;
        }

        @Override
        public CompletionStage<Ended<T>> result() {
            return result;
        }

        @Override
        public void cancel(String why) {
            synchronized (lock) {
                waiting.remove(this);
            }
            end(Ended.How.CANCELLED, why);
        }

        void limitWaiting() {
            ScheduledFuture<?> scheduled = schedule(this::waitedTooLong, call.limit());
            synchronized (lock) {
                if (control == null) {
                    limit = scheduled;
                    return;
                }
            }
            if (scheduled != null) {
                scheduled.cancel(false);
            }
        }

        private void waitedTooLong() {
            Task<?> before;
            synchronized (lock) {
                if (!waiting.remove(this) || over) {
                    return;
                }
                over = true;
                before = lanes.get(call.lane());
            }
            result.complete(Ended.without(
                    Ended.How.TIMED_OUT,
                    before == null
                            ? "no worker was free for " + call.limit().toSeconds() + " s"
                            : "'" + before.call.name() + "' before it still hangs in its kit"));
        }

        @Override
        public void run() {
            boolean tooLate;
            synchronized (lock) {
                if (limit != null) {
                    limit.cancel(false);
                }
                control = new CallControl(call.limit());
                thread = Thread.currentThread();
                tooLate = over;
            }
            if (tooLate) {
                finish();
                return;
            }
            limit = schedule(
                    () -> end(Ended.How.TIMED_OUT, "its time limit of " + seconds(call.limit()) + " s passed"),
                    call.limit());
            thread.setName("mainstay-worker " + call.name());
            thread.setContextClassLoader(call.owner().getClass().getClassLoader());
            Ended<T> ended;
            try {
                ended = Ended.answered(call.body().run(control));
            } catch (KitGone e) {
                LOG.warn("{} did not take place: {}", call.name(), e.getMessage());
                ended = Ended.without(Ended.How.CANCELLED, e.getMessage());
            } catch (KitDefect e) {
                LOG.warn("{} did not take place: {}", call.name(), e.getMessage());
                ended = Ended.without(Ended.How.NOT_RUN, e.getMessage());
            } catch (Exception | LinkageError | StackOverflowError | AssertionError e) {
                LOG.warn("{} failed with an exception", call.name(), e);
                String text = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
                ended = Ended.without(Ended.How.THREW, text);
            } finally {
                finish();
            }
            if (!settle(ended, control.over())) {
                LOG.warn(
                        "{}: late answer dropped: {}", call.name(), ended.answered() ? ended.value() : ended.message());
            }
        }

        private void finish() {
            synchronized (lock) {
                if (limit != null) {
                    limit.cancel(false);
                }
                thread.setContextClassLoader(Workers.class.getClassLoader());
                thread.setName("mainstay-worker");
                thread = null;
                running.remove(this);
                hanging.remove(this);
                lanes.remove(call.lane(), this);
                startWhatCan();
                lock.notifyAll();
            }
            // An interrupt meant for this call must not hit the next one on this thread.
            Thread.interrupted();
        }

        /** The kit answered; what comes after the limit does not count, whatever the timer's thread was doing. */
        private boolean settle(Ended<T> ended, boolean late) {
            synchronized (lock) {
                if (over) {
                    return false;
                }
                over = true;
            }
            return result.complete(late ? Ended.without(Ended.How.TIMED_OUT, overrun()) : ended) && !late;
        }

        /** Ends the call early; the thread is asked to stop and its answer no longer counts. */
        void end(Ended.How how, String message) {
            CallControl toCancel;
            synchronized (lock) {
                if (over) {
                    return;
                }
                over = true;
                toCancel = control;
                if (running.remove(this)) {
                    hanging.add(this);
                }
                if (thread != null) {
                    thread.interrupt();
                }
                startWhatCan();
                lock.notifyAll();
            }
            LOG.warn("{} is cancelled: {}", call.name(), message);
            if (toCancel != null) {
                toCancel.cancel();
            }
            result.complete(Ended.without(how, message));
        }

        private String overrun() {
            return "its time limit of " + seconds(call.limit()) + " s passed";
        }

        private static String seconds(Duration time) {
            return time.toMillis() % 1000 == 0
                    ? Long.toString(time.toSeconds())
                    : Double.toString(time.toMillis() / 1000.0);
        }
    }
}
