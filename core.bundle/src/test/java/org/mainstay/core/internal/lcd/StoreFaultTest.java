package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;

/**
 * Power cuts, full disks and failing forces at every single disk operation of a run with commits and compactions, on a disk
 * that tears and forgets (I3, style rule 29).
 */
class StoreFaultTest {
    private static final int COMMITS = 14;

    /** Multiplies the random runs, as with {@code -DargLine=-Dmainstay.lcd.runs=20}. */
    private static final int RUNS = Integer.getInteger("mainstay.lcd.runs", 1);

    @TempDir
    Path data;

    @BeforeEach
    void setUp() throws IOException {
        Files.createDirectory(data.resolve("lcd"));
    }

    private LcdStore open(MemoryDisk disk) throws IOException {
        return LcdStore.open(data, Samples.CODEC, "A", Samples.tiny(disk));
    }

    private MemoryDisk fresh(long seed) throws IOException {
        MemoryDisk disk = new MemoryDisk(seed);
        LcdStore.create(data, Samples.own(), Samples.ORIGIN, Samples.CODEC, Samples.tiny(disk));
        return disk;
    }

    /** Commits until the disk fails or all is done. Returns the last acknowledged database. */
    private Lcd work(LcdStore store, MemoryDisk disk) {
        Lcd acknowledged = store.own();
        for (int i = 0; i < COMMITS && !disk.dead(); i++) {
            Lcd next = Samples.next(acknowledged);
            try {
                store.commit(List.of(DocumentChange.between(acknowledged, next)), Samples.ORIGIN);
                acknowledged = next;
            } catch (LcdStoreException e) {
                assertThat(store.own()).isEqualTo(acknowledged);
            }
        }
        return acknowledged;
    }

    private void assertKept(LcdStore store, Lcd acknowledged, String what) {
        assertThat(store.damage()).as(what).isEmpty();
        Lcd next = Samples.next(acknowledged);
        assertThat(store.own()).as(what).isIn(acknowledged, next);
    }

    private long operationsOfAWholeRun() throws IOException {
        MemoryDisk disk = fresh(1);
        long before = disk.operations();
        try (LcdStore store = open(disk)) {
            work(store, disk);
        }
        return disk.operations() - before;
    }

    @Test
    void powerCutAtEveryOperationKeepsEveryAcknowledgedCommit() throws IOException {
        long operations = operationsOfAWholeRun();
        assertThat(operations).isGreaterThan(100);
        for (long at = 0; at < operations; at++) {
            for (long seed = 0; seed < 2L * RUNS; seed++) {
                MemoryDisk disk = fresh(seed * 1000 + at);
                disk.faultAt(MemoryDisk.Fault.POWER, disk.operations() + at, 1);
                Lcd acknowledged;
                try (LcdStore store = open(disk)) {
                    acknowledged = work(store, disk);
                }
                assertThat(disk.dead()).isTrue();
                MemoryDisk found = disk.afterPowerCut();
                String what = "power cut at operation " + at + ", seed " + seed;
                try (LcdStore store = open(found)) {
                    assertKept(store, acknowledged, what);
                    Lcd next = Samples.next(store.own());
                    Samples.commit(store, next);
                    assertThat(store.own()).isEqualTo(next);
                }
            }
        }
    }

    @Test
    void everyAcknowledgedCommitIsDurableInTheSecondCopyToo() throws IOException {
        long operations = operationsOfAWholeRun();
        for (long at = 0; at < operations; at++) {
            for (long seed = 0; seed < RUNS; seed++) {
                MemoryDisk disk = fresh(seed * 1000 + at);
                disk.faultAt(MemoryDisk.Fault.POWER, disk.operations() + at, 1);
                Lcd acknowledged;
                try (LcdStore store = open(disk)) {
                    acknowledged = work(store, disk);
                }
                MemoryDisk found = disk.afterPowerCut();
                for (Path path : found.paths()) {
                    if (path.toString().endsWith(".a")) {
                        found.delete(path);
                    }
                }
                try (LcdStore store = open(found)) {
                    // a record that was torn in B when A was lost too is reported; nothing acknowledged is missing
                    assertThat(store.own())
                            .as("power cut at operation " + at + ", then all copies A lost")
                            .isIn(acknowledged, Samples.next(acknowledged));
                }
            }
        }
    }

    @Test
    void powerCutSoonAfterAFailureNeitherLosesNorBringsBackWhatWasUndone() throws IOException {
        long operations = operationsOfAWholeRun();
        for (MemoryDisk.Fault fault : List.of(MemoryDisk.Fault.NO_SPACE, MemoryDisk.Fault.FORCE_FAILS)) {
            for (long at = 0; at < operations; at++) {
                for (long after : new long[] {1, 2, 4, 10}) {
                    MemoryDisk disk = fresh(at * 31 + after);
                    disk.faultAt(fault, disk.operations() + at, 1);
                    disk.powerCutAt(disk.operations() + at + after);
                    List<Lcd> possible = workWithAttempts(disk);
                    String what = fault + " at operation " + at + ", power cut " + after + " later";
                    try (LcdStore store = open(disk.afterPowerCut())) {
                        assertThat(store.damage()).as(what).isEmpty();
                        assertThat(store.own()).as(what).isIn(possible);
                    }
                }
            }
        }
    }

    /** Commits, each attempt different, until the power fails. Returns the databases that may be found afterwards. */
    private List<Lcd> workWithAttempts(MemoryDisk disk) throws IOException {
        List<Lcd> possible = new ArrayList<>();
        try (LcdStore store = open(disk)) {
            Lcd acknowledged = store.own();
            possible.add(acknowledged);
            for (int attempt = 0; attempt < 100 && !disk.dead(); attempt++) {
                Lcd next = acknowledged
                        .with(acknowledged.instance("vip").orElseThrow().withState(InstanceState.ISP, "n" + attempt, 1))
                        .committed();
                try {
                    store.commit(List.of(DocumentChange.between(acknowledged, next)), Samples.ORIGIN);
                    acknowledged = next;
                    possible.clear();
                    possible.add(next);
                } catch (LcdStoreException e) {
                    if (disk.dead() || e.kind() == LcdStoreException.Kind.FAILED) {
                        possible.add(next); // only what is said to be undone must not come back
                    }
                }
            }
        }
        assertThat(disk.dead()).isTrue();
        return possible;
    }

    @Test
    void powerCutsDuringRecoveryKeepEveryAcknowledgedCommit() throws IOException {
        long operations = operationsOfAWholeRun();
        Random random = new Random(7);
        for (int run = 0; run < 150 * RUNS; run++) {
            MemoryDisk disk = fresh(run);
            Lcd acknowledged = Samples.own();
            Lcd known = acknowledged;
            for (int cut = 0; cut < 4; cut++) {
                long within = cut % 2 == 0 ? operations : 12;
                disk.faultAt(MemoryDisk.Fault.POWER, disk.operations() + (long) (random.nextDouble() * within), 1);
                try (LcdStore store = open(disk)) {
                    assertKept(store, acknowledged, "run " + run + ", cut " + cut);
                    known = work(store, disk);
                }
                acknowledged = known;
                disk = disk.afterPowerCut();
            }
            try (LcdStore store = open(disk)) {
                assertKept(store, acknowledged, "run " + run + " at the end");
            }
        }
    }

    @Test
    void fullDiskAtEveryOperationFailsCommitsOnly() throws IOException {
        long operations = operationsOfAWholeRun();
        for (long at = 0; at < operations; at++) {
            for (long count : new long[] {1, 3, 40}) {
                MemoryDisk disk = fresh(at);
                disk.faultAt(MemoryDisk.Fault.NO_SPACE, disk.operations() + at, count);
                assertSurvives(disk, "no space at operation " + at + " for " + count);
            }
        }
    }

    @Test
    void failedForceAtEveryOperationNeverLosesWhatIsAcknowledgedLater() throws IOException {
        long operations = operationsOfAWholeRun();
        for (long at = 0; at < operations; at++) {
            for (long count : new long[] {1, 2, 9}) {
                MemoryDisk disk = fresh(at * 3 + count);
                disk.faultAt(MemoryDisk.Fault.FORCE_FAILS, disk.operations() + at, count);
                assertSurvives(disk, "force fails at operation " + at + " for " + count);
            }
        }
    }

    /** Works, retries at the end until the disk is well again, then loses power: all that was acknowledged is there. */
    private void assertSurvives(MemoryDisk disk, String what) throws IOException {
        Lcd acknowledged;
        try (LcdStore store = open(disk)) {
            work(store, disk);
            disk.faultAt(MemoryDisk.Fault.NO_SPACE, Long.MAX_VALUE, 0);
            acknowledged = work(store, disk);
            assertThat(acknowledged.version()).as(what).isGreaterThanOrEqualTo(COMMITS);
            assertThat(store.failure()).as(what).isEmpty();
            MemoryDisk found = disk.afterPowerCut();
            disk.faultAt(MemoryDisk.Fault.POWER, disk.operations(), 1);
            disk = found;
        }
        try (LcdStore store = open(disk)) {
            assertThat(store.damage()).as(what).isEmpty();
            assertThat(store.own()).as(what).isEqualTo(acknowledged);
        }
    }

    @Test
    void diskThatStaysFullIsToldAndTheReserveIsUsedFirst() throws IOException {
        MemoryDisk disk = fresh(1);
        try (LcdStore store = open(disk)) {
            for (int i = 0; i < 2; i++) {
                Samples.commit(store, Samples.next(store.own()));
            }
        }
        FullDisk full = new FullDisk(disk);
        StoreSettings settings = new StoreSettings(full, 1500, 3000, Samples::direct);
        Lcd acknowledged;
        LcdStoreException refusal = null;
        try (LcdStore store = LcdStore.open(data, Samples.CODEC, "A", settings)) {
            store.compact();
            acknowledged = store.own();
            full.full = true;
            int commits = 0;
            while (refusal == null) {
                try {
                    Samples.commit(store, Samples.next(acknowledged));
                    acknowledged = store.own();
                    commits++;
                } catch (LcdStoreException e) {
                    refusal = e;
                }
            }
            assertThat(commits).as("commits into the space kept ready").isBetween(5, 12);
            assertThat(refusal.kind()).isEqualTo(LcdStoreException.Kind.NOT_WRITTEN);
            assertThat(refusal).hasMessageContaining("No space left").hasMessageContaining("free space");
            assertThat(store.warning())
                    .hasValueSatisfying(text -> assertThat(text).contains("cannot be compacted"));
            assertThat(store.own()).isEqualTo(acknowledged);
            full.full = false;
            Samples.commit(store, Samples.next(acknowledged));
            assertThat(store.own().version()).isEqualTo(acknowledged.version() + 1);
        }
    }

    /** A disk that refuses new files and growth but lets files be overwritten. */
    private static final class FullDisk implements Disk {
        private final Disk delegate;
        private boolean full;

        FullDisk(Disk delegate) {
            this.delegate = delegate;
        }

        @Override
        public List<String> list(Path directory) throws IOException {
            return delegate.list(directory);
        }

        @Override
        public byte[] read(Path file) throws IOException {
            return delegate.read(file);
        }

        @Override
        public void createDirectory(Path directory) throws IOException {
            delegate.createDirectory(directory);
        }

        @Override
        public DiskFile open(Path file) throws IOException {
            if (full) {
                throw new IOException("No space left on device");
            }
            return delegate.open(file);
        }

        @Override
        public void move(Path from, Path to) throws IOException {
            delegate.move(from, to);
        }

        @Override
        public void delete(Path file) throws IOException {
            delegate.delete(file);
        }

        @Override
        public void forceDirectory(Path directory) throws IOException {
            delegate.forceDirectory(directory);
        }
    }
}
