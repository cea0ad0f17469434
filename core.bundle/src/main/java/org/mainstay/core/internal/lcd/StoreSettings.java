package org.mainstay.core.internal.lcd;

/**
 * What tests and measurements vary.
 *
 * @param disk the file operations
 * @param journalBytes size of the journal from which it is compacted
 * @param reserveBytes space above it that is ready for use while compaction is not possible
 */
record StoreSettings(Disk disk, int journalBytes, int reserveBytes) {
    /** Name of the directory below {@code data/}. */
    static final String DIRECTORY = "lcd";

    static final StoreSettings DEFAULT = new StoreSettings(new RealDisk(), 4 << 20, 1 << 20);

    StoreSettings withDisk(Disk other) {
        return new StoreSettings(other, journalBytes, reserveBytes);
    }
}
