package org.mainstay.kit.testkit;

import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.mainstay.kit.RecoveryKit;

/** The threads in which a kit's code runs. */
final class KitThreads {
    private KitThreads() {}

    /**
     * Threads that end by themselves get the time for it; those of the kit's class loader must not stay.
     *
     * @return names of those that stay
     */
    static Set<String> left(RecoveryKit kit, Set<Thread> before, Duration settle) {
        long end = System.nanoTime() + settle.toNanos();
        Set<String> left = left(kit, before);
        while (!left.isEmpty() && System.nanoTime() < end) {
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            left = left(kit, before);
        }
        return left;
    }

    private static Set<String> left(RecoveryKit kit, Set<Thread> before) {
        String code = kit.getClass().getPackageName();
        Set<String> left = new TreeSet<>();
        Thread.getAllStackTraces().forEach((thread, stack) -> {
            boolean its =
                    Arrays.stream(stack).anyMatch(frame -> frame.getClassName().startsWith(code + "."));
            if (its && !before.contains(thread) && thread != Thread.currentThread()) {
                left.add(thread.getName());
            }
        });
        return left;
    }
}
