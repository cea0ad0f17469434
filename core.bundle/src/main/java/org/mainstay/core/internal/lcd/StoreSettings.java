package org.mainstay.core.internal.lcd;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * What tests and measurements vary.
 *
 * @param disk the file operations
 * @param journalBytes size of the journal from which it is compacted
 * @param reserveBytes space above it that is ready for use while compaction is not possible
 * @param maintenance makes the thread of each store that compacts
 */
record StoreSettings(Disk disk, int journalBytes, int reserveBytes, Supplier<ExecutorService> maintenance) {
    /** Name of the directory below {@code data/}. */
    static final String DIRECTORY = "lcd";

    static final StoreSettings DEFAULT = new StoreSettings(new RealDisk(), 1 << 20, 1 << 19, StoreSettings::thread);

    private static ExecutorService thread() {
        return Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work, "lcd-compaction");
            thread.setDaemon(true);
            return thread;
        });
    }
}
