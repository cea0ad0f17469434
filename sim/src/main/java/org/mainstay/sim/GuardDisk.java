package org.mainstay.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;

/** The disk thread of a guard: one task after the other, while the guard runs. */
final class GuardDisk implements Executor {
    private static final long DISK = 5;
    private static final long SLOW_DISK = 1_500;

    private final Cluster cluster;
    private final Machine machine;
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private boolean busy;
    private boolean slow;

    GuardDisk(Cluster cluster, Machine machine) {
        this.cluster = cluster;
        this.machine = machine;
    }

    /** A new guard begins: what the one before had not written is lost. */
    void begin() {
        tasks.clear();
        busy = false;
    }

    boolean slow() {
        return slow;
    }

    void slow(boolean now) {
        slow = now;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        drain();
    }

    /** Goes on with what waits. */
    void drain() {
        if (busy || tasks.isEmpty()) {
            return;
        }
        busy = true;
        GuardSide guard = machine.guardSide();
        int during = guard.life();
        cluster.clock().pulseAfter(cluster.about(slow ? SLOW_DISK : DISK), () -> {
            if (!guard.alive() || guard.life() != during) {
                return;
            }
            busy = false;
            if (machine.guardRuns()) {
                tasks.remove().run();
                drain();
            }
        });
    }
}
