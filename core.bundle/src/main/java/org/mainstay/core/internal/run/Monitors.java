package org.mainstay.core.internal.run;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.kit.Action;
import org.mainstay.kit.Outcome;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The monitoring of instances in service: quick and deep checks at their intervals (CORE-050), the first ones at a random point
 * of the interval so that they spread, never two of one instance at a time, the quick one left out when both are due
 * (CORE-051), none while an operation holds the instance (CORE-054): the decision core says which are watched. A result counts only if the instance did not change
 * meanwhile. One timer serves any number of instances. Thread-safe.
 */
public final class Monitors implements AutoCloseable {

    /** Takes results of checks that count. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Called on a worker thread.
         *
         * @param instance as it was when the check began
         * @param deep whether it was a deep check
         * @param outcome what it found
         */
        void checked(Instance instance, boolean deep, Outcome outcome);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Monitors.class);

    private final ActionRunner runner;
    private final ScheduledExecutorService timer;
    private final DoubleSupplier random;
    private final Sink sink;
    private final Map<String, Monitor> monitors = new HashMap<>();
    private Lcd lcd;
    private boolean closed;

    /**
     * @param timer runs short tasks only
     * @param random numbers from 0 to 1
     */
    public Monitors(ActionRunner runner, ScheduledExecutorService timer, DoubleSupplier random, Sink sink) {
        this.runner = runner;
        this.timer = timer;
        this.random = random;
        this.sink = sink;
    }

    /**
     * Follows the present state; called after each change of it, in order.
     *
     * @param own this server's database
     * @param watched tags of the instances to watch
     */
    public synchronized void update(Lcd own, Set<String> watched) {
        if (closed) {
            return;
        }
        lcd = own;
        monitors.values().removeIf(monitor -> {
            boolean gone =
                    !watched.contains(monitor.tag) || own.instance(monitor.tag).isEmpty();
            if (gone) {
                monitor.stop();
            }
            return gone;
        });
        boolean all = maintained("server") || maintained("cluster");
        for (String tag : watched) {
            own.instance(tag).ifPresent(instance -> follow(instance, !all && !maintained("tag:" + tag)));
        }
    }

    private boolean maintained(String scope) {
        return lcd.row(LcdSection.MAINTENANCE, scope).isPresent();
    }

    private void follow(Instance instance, boolean watch) {
        Monitor monitor = monitors.get(instance.tag());
        if (monitor == null) {
            if (watch) {
                monitor = new Monitor(instance);
                monitors.put(instance.tag(), monitor);
                monitor.begin();
            }
            return;
        }
        boolean same = monitor.sameRun(instance);
        boolean sameIntervals = monitor.instance.settings().equals(instance.settings());
        monitor.instance = instance;
        if (!watch) {
            monitor.stop();
            monitors.remove(instance.tag());
        } else if (!same || !sameIntervals) {
            monitor.begin();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        monitors.values().forEach(Monitor::stop);
        monitors.clear();
    }

    /** The monitoring of one instance during one stretch in service; guarded by the monitors' lock. */
    private final class Monitor {
        private final String tag;
        private Instance instance;
        private long generation;
        private long quickDue;
        private long deepDue;
        private boolean checking;
        private ScheduledFuture<?> next;

        Monitor(Instance instance) {
            this.tag = instance.tag();
            this.instance = instance;
        }

        boolean sameRun(Instance now) {
            return now.state() == instance.state()
                    && now.ownership().epoch() == instance.ownership().epoch()
                    && now.changedAt() == instance.changedAt()
                    && now.properties().equals(instance.properties());
        }

        void begin() {
            generation++;
            checking = false;
            long now = System.nanoTime();
            quickDue = firstDue(now, instance.settings().quickCheckSeconds());
            deepDue = firstDue(now, instance.settings().deepCheckSeconds());
            plan();
        }

        void stop() {
            generation++;
            if (next != null) {
                next.cancel(false);
            }
        }

        private long firstDue(long now, int seconds) {
            return now + (long) (TimeUnit.SECONDS.toNanos(seconds) * random.getAsDouble());
        }

        private void plan() {
            if (next != null) {
                next.cancel(false);
            }
            boolean quick = instance.settings().quickCheckSeconds() > 0;
            boolean deep = instance.settings().deepCheckSeconds() > 0;
            if (!quick && !deep) {
                return;
            }
            long now = System.nanoTime();
            long wait = Math.min(quick ? quickDue - now : Long.MAX_VALUE, deep ? deepDue - now : Long.MAX_VALUE);
            long planned = generation;
            next = timer.schedule(() -> due(planned), Math.max(0, wait), TimeUnit.NANOSECONDS);
        }

        private void due(long planned) {
            synchronized (Monitors.this) {
                if (closed || planned != generation || checking) {
                    return;
                }
                boolean deep = instance.settings().deepCheckSeconds() > 0 && deepDue - System.nanoTime() <= 0;
                Action action = deep ? Action.DEEP_CHECK : Action.QUICK_CHECK;
                checking = true;
                Instance checked = instance;
                Resources.order(lcd, tag, action, "monitoring", false)
                        .ifPresent(order -> runner.check(order)
                                .whenComplete((ended, error) -> finished(planned, checked, deep, ended)));
            }
        }

        /** Results may come while {@link #due} still holds the lock, when the check could not even start. */
        private void finished(long planned, Instance checked, boolean deep, Ended<Outcome> ended) {
            synchronized (Monitors.this) {
                if (closed || planned != generation) {
                    LOG.debug("result of a check of {} is ignored: the resource changed meanwhile", tag);
                    return;
                }
                checking = false;
                long now = System.nanoTime();
                quickDue = now + TimeUnit.SECONDS.toNanos(checked.settings().quickCheckSeconds());
                if (deep) {
                    deepDue = now + TimeUnit.SECONDS.toNanos(checked.settings().deepCheckSeconds());
                }
                plan();
            }
            Outcome outcome = outcome(ended);
            if (outcome != null) {
                sink.checked(checked, deep, outcome);
            } else {
                LOG.debug("check of {} did not take place: {}", tag, ended.message());
            }
        }
    }

    /** Returns what a check found; null if it did not take place, which says nothing about the resource (I8). */
    private static Outcome outcome(Ended<Outcome> ended) {
        return switch (ended.how()) {
            case ANSWERED -> ended.value();
            case THREW, TIMED_OUT -> Outcome.failed("the check did not work: " + ended.message());
            case CANCELLED, NOT_RUN -> null;
        };
    }
}
