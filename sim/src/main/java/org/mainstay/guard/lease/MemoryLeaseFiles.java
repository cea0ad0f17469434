package org.mainstay.guard.lease;

import java.io.IOException;
import java.nio.file.Path;

/** What a guard keeps of its lease, on a disk of the simulation: same rules as {@link LeaseFiles}, no file. */
public final class MemoryLeaseFiles extends LeaseFiles {

    /** A disk; outlives the guards that use it. */
    public static final class Disk {
        private String boot = "";
        private Kept kept;
        private String runBoot = "";
        private LeaseBook.Former former = LeaseBook.Former.NOTHING;
        private boolean fails;

        /** From now on nothing can be written, or again. */
        public void fails(boolean now) {
            fails = now;
        }

        public boolean fails() {
            return fails;
        }

        private void check() throws IOException {
            if (fails) {
                throw new IOException("no space left on device");
            }
        }
    }

    private final Disk disk;
    private final String bootId;

    public MemoryLeaseFiles(Disk disk, String bootId) {
        super(Path.of("nowhere"), bootId);
        this.disk = disk;
        this.bootId = bootId;
    }

    @Override
    Found read() {
        boolean sameBoot = disk.boot.equals(bootId);
        LeaseBook.Former former = disk.runBoot.equals(bootId) ? disk.former : LeaseBook.Former.NOTHING;
        if (disk.kept == null) {
            return new Found(Kept.NOTHING, false, former, "", false);
        }
        return new Found(sameBoot ? disk.kept : disk.kept.afterReboot(), true, former, "", false);
    }

    @Override
    void keep(Kept now) throws IOException {
        disk.check();
        disk.boot = bootId;
        disk.kept = now;
    }

    @Override
    void run(long until, long since, int stopMillis) throws IOException {
        disk.check();
        disk.runBoot = bootId;
        disk.former = new LeaseBook.Former(until, since, stopMillis, false);
    }
}
