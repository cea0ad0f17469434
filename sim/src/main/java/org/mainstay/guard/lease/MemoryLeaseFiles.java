package org.mainstay.guard.lease;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What a guard keeps of its lease, on a disk of the simulation: same rules as {@link LeaseFiles}, no file. */
public final class MemoryLeaseFiles extends LeaseFiles {

    /** A disk; outlives the guards that use it. */
    public static final class Disk {
        private String boot = "";
        private LeaseSettings settings;
        private Set<String> allowed = Set.of();
        private Map<String, Integer> announced = Map.of();
        private Set<String> unleased = Set.of();
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
        Set<String> allowed = disk.boot.equals(bootId) ? new TreeSet<>(disk.allowed) : Set.of();
        LeaseBook.Former former = disk.runBoot.equals(bootId) ? disk.former : LeaseBook.Former.NOTHING;
        boolean known = disk.settings != null;
        return new Found(
                known ? disk.settings : LeaseSettings.NOTHING, known, allowed, disk.announced, disk.unleased, former);
    }

    @Override
    void keep(LeaseSettings settings, Set<String> allowed, Map<String, Integer> announced, Set<String> unleased)
            throws IOException {
        disk.check();
        disk.boot = bootId;
        disk.settings = settings;
        disk.allowed = Set.copyOf(allowed);
        disk.announced = Map.copyOf(announced);
        disk.unleased = Set.copyOf(unleased);
    }

    @Override
    void run(long until, long since) throws IOException {
        disk.check();
        disk.runBoot = bootId;
        disk.former = new LeaseBook.Former(until, since);
    }
}
