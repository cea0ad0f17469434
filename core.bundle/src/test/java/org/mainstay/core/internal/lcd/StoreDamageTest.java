package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.lcd.Lcd;

/** Damage and torn writes at every byte (I3): one copy is repaired, both copies are reported, nothing is skipped. */
class StoreDamageTest {
    private static final int COMMITS = 5;
    private static final int FIRST = JournalFormat.FIRST_RECORD;

    @TempDir
    Path data;

    private Path directory;
    private MemoryDisk disk;
    private List<Lcd> versions;
    private Path pathA;
    private Path pathB;
    private byte[] bytes;
    private List<Integer> ends;
    private int checks;

    @BeforeEach
    void setUp() throws IOException {
        directory = Files.createDirectory(data.resolve("lcd"));
        MemoryDisk first = new MemoryDisk(1);
        List<MemoryDisk> out = new ArrayList<>();
        versions = Samples.history(first, data, Samples.small(first), COMMITS, out);
        disk = out.get(0);
        pathA = Journal.path(directory, 0, 'a');
        pathB = Journal.path(directory, 0, 'b');
        bytes = disk.content(pathA);
        assertThat(disk.content(pathB)).isEqualTo(bytes);
        ends = ends(bytes);
        assertThat(ends).hasSize(COMMITS + 1);
        assertThat(disk.paths()).as("nothing was compacted").containsExactly(pathA, pathB);
    }

    private static List<Integer> ends(byte[] file) {
        JournalFormat format = JournalFormat.read(file).orElseThrow();
        List<Integer> ends = new ArrayList<>();
        Optional<JournalFormat.Found> found = format.recordAt(file, FIRST);
        while (found.isPresent()) {
            ends.add(found.get().end());
            found = format.recordAt(file, found.get().end());
        }
        return ends;
    }

    private LcdStore open(MemoryDisk on) throws IOException {
        return LcdStore.open(data, Samples.CODEC, "A", Samples.small(on));
    }

    /** Whether the byte belongs to the header, the close mark or a record, or is the first after the last record. */
    private boolean inUse(int at) {
        return at < 128 || at >= 500 && at < 540 || at >= FIRST - 8 && at <= ends.get(COMMITS);
    }

    private static byte[] flipped(byte[] file, int at) {
        byte[] copy = file.clone();
        copy[at] ^= 0x5a;
        return copy;
    }

    private Lcd last() {
        return versions.get(COMMITS);
    }

    /** The last version all of whose records end at or before the position. */
    private Lcd wholeBefore(int position) {
        int records = (int) ends.stream().filter(end -> end <= position).count();
        return records == 0 ? Lcd.empty("A", 0) : versions.get(records - 1);
    }

    /** Reading is checked at every byte, opening with its repairs at every 29th. */
    private void assertWhole(MemoryDisk on, Lcd expected, String what) throws IOException {
        StoreLoader.Loaded loaded = new StoreLoader(on, directory, Samples.CODEC).load();
        assertThat(loaded.damage()).as(what).isNull();
        assertThat(StoreLoader.own(loaded)).as(what).isEqualTo(expected);
        if (checks++ % 29 != 0) {
            return;
        }
        try (LcdStore store = open(on)) {
            assertThat(store.damage()).as(what).isEmpty();
            assertThat(store.failure()).as(what).isEmpty();
            assertThat(store.own()).as(what).isEqualTo(expected);
            assertThat(on.content(pathA)).as(what + ": copies").isEqualTo(on.content(pathB));
        }
    }

    private void assertDamaged(MemoryDisk on, Lcd lastGood, String what) throws IOException {
        StoreLoader.Loaded loaded = new StoreLoader(on, directory, Samples.CODEC).load();
        assertThat(loaded.damage()).as(what).isNotNull();
        assertThat(StoreLoader.own(loaded)).as(what).isEqualTo(lastGood);
        if (checks++ % 29 != 0) {
            return;
        }
        try (LcdStore store = open(on)) {
            assertThat(store.damage()).as(what).isPresent();
            assertThat(store.own()).as(what).isEqualTo(lastGood);
            assertThatThrownBy(() -> Samples.commit(store, Samples.own()))
                    .as(what)
                    .isInstanceOf(LcdStoreException.class)
                    .hasMessageContaining("nothing is started here");
        }
    }

    @Test
    void everyByteOfOneCopyIsRepairedFromTheOther() throws IOException {
        for (int at = 0; at < bytes.length; at += inUse(at) ? 1 : 61) {
            for (Path path : List.of(pathA, pathB)) {
                MemoryDisk damaged = disk.copy();
                damaged.put(path, flipped(bytes, at));
                assertWhole(damaged, last(), path.getFileName() + " flipped at " + at);
            }
        }
    }

    @Test
    void repairIsToldAndLasts() throws IOException {
        MemoryDisk damaged = disk.copy();
        damaged.put(pathA, flipped(bytes, FIRST + 50));
        try (LcdStore store = open(damaged)) {
            assertThat(store.repairs()).hasSize(1).first().asString().contains("journal-0000000000.a");
        }
        try (LcdStore store = open(damaged)) {
            assertThat(store.repairs()).isEmpty();
            assertThat(store.own()).isEqualTo(last());
        }
    }

    @Test
    void everyRecordByteInBothCopiesIsReportedAndNothingSkipped() throws IOException {
        for (int at = FIRST; at < ends.get(COMMITS); at++) {
            MemoryDisk damaged = disk.copy();
            damaged.put(pathA, flipped(bytes, at));
            damaged.put(pathB, flipped(bytes, at));
            int start = startOfRecord(at);
            assertDamaged(damaged, wholeBefore(start), "both flipped at " + at);
        }
    }

    private int startOfRecord(int at) {
        return ends.stream().filter(end -> end <= at).reduce(FIRST, Math::max);
    }

    @Test
    void differentBytesOfOneRecordInBothCopiesAreReported() throws IOException {
        int start = ends.get(2);
        int end = ends.get(3);
        for (int at = start; at < end; at++) {
            MemoryDisk damaged = disk.copy();
            damaged.put(pathA, flipped(bytes, at));
            damaged.put(pathB, flipped(bytes, end - 1 - (at - start)));
            assertDamaged(damaged, versions.get(2), "record flipped at " + at);
        }
    }

    @Test
    void differentRecordsDamagedInEachCopyAreBothRepaired() throws IOException {
        for (int a = 0; a < COMMITS; a++) {
            for (int b = 0; b < COMMITS; b++) {
                if (a != b) {
                    MemoryDisk damaged = disk.copy();
                    damaged.put(pathA, flipped(bytes, ends.get(a) + 40));
                    damaged.put(pathB, flipped(bytes, ends.get(b) + 40));
                    assertWhole(damaged, last(), "records " + a + " and " + b);
                }
            }
        }
    }

    @Test
    void oneCopyCutAtEveryByteIsRepaired() throws IOException {
        for (int at = 0; at < bytes.length; at += inUse(at) ? 1 : 61) {
            for (Path path : List.of(pathA, pathB)) {
                MemoryDisk damaged = disk.copy();
                damaged.put(path, Arrays.copyOf(bytes, at));
                assertWhole(damaged, last(), path.getFileName() + " cut at " + at);
            }
        }
    }

    @Test
    void bothCopiesCutIsReportedWhereverItIs() throws IOException {
        for (int at = FIRST; at < bytes.length; at += inUse(at) ? 1 : 61) {
            MemoryDisk damaged = disk.copy();
            damaged.put(pathA, Arrays.copyOf(bytes, at));
            damaged.put(pathB, Arrays.copyOf(bytes, at));
            assertDamaged(damaged, wholeBefore(at), "both cut at " + at);
        }
    }

    @Test
    void crashWhileTheFirstCopyIsWrittenLosesOnlyTheUnacknowledgedCommit() throws IOException {
        int start = ends.get(COMMITS - 1);
        int end = ends.get(COMMITS);
        byte[] before = bytes.clone();
        Arrays.fill(before, start, end, (byte) 0);
        for (int at = start; at <= end; at++) {
            byte[] torn = before.clone();
            System.arraycopy(bytes, start, torn, start, at - start);
            MemoryDisk crashed = disk.copy();
            crashed.put(pathA, torn);
            crashed.put(pathB, before);
            boolean whole = Arrays.equals(torn, bytes);
            assertWhole(crashed, versions.get(whole ? COMMITS : COMMITS - 1), "first copy torn at " + at);
        }
    }

    @Test
    void crashWhileTheSecondCopyIsWrittenLosesNothing() throws IOException {
        int start = ends.get(COMMITS - 1);
        for (int at = start; at <= ends.get(COMMITS); at++) {
            byte[] torn = Arrays.copyOf(Arrays.copyOf(bytes, at), bytes.length);
            MemoryDisk crashed = disk.copy();
            crashed.put(pathB, torn);
            assertWhole(crashed, last(), "second copy torn at " + at);
        }
    }

    @Test
    void tornSectorsInAnyOrderAreDropped() throws IOException {
        int start = ends.get(COMMITS - 1);
        byte[] before = bytes.clone();
        Arrays.fill(before, start, bytes.length, (byte) 0);
        for (int at = start; at < ends.get(COMMITS); at++) {
            byte[] torn = before.clone(); // the end reached the disk, the beginning did not
            System.arraycopy(bytes, at, torn, at, ends.get(COMMITS) - at);
            MemoryDisk crashed = disk.copy();
            crashed.put(pathA, torn);
            crashed.put(pathB, before);
            boolean whole = Arrays.equals(torn, bytes);
            assertWhole(crashed, versions.get(whole ? COMMITS : COMMITS - 1), "torn from " + at);
        }
    }

    @Test
    void bytesAfterTheLastRecordAreDropped() throws IOException {
        for (Path path : List.of(pathA, pathB)) {
            byte[] noise = bytes.clone();
            new java.util.Random(3).nextBytes(noise);
            System.arraycopy(bytes, 0, noise, 0, ends.get(COMMITS));
            MemoryDisk damaged = disk.copy();
            damaged.put(path, noise);
            assertWhole(damaged, last(), "noise in " + path);
        }
        MemoryDisk longer = disk.copy();
        longer.put(pathA, Arrays.copyOf(flipped(bytes, 0), bytes.length + 100));
        longer.put(pathB, Arrays.copyOf(bytes, bytes.length + 333));
        assertWhole(longer, last(), "longer files");
    }

    @Test
    void recordGoneFromCopyAAndDamagedInCopyBIsReported() throws IOException {
        int start = ends.get(COMMITS - 1);
        byte[] gone = bytes.clone();
        Arrays.fill(gone, start, bytes.length, (byte) 0);
        MemoryDisk damaged = disk.copy();
        damaged.put(pathA, gone);
        damaged.put(pathB, flipped(bytes, start + JournalFormat.RECORD_HEADER + 3));
        assertDamaged(damaged, versions.get(COMMITS - 1), "gone and damaged");
    }

    @Test
    void recordsErasedFromBothCopiesAfterAnOrderlyStopAreReported() {
        JournalFormat format = JournalFormat.read(bytes).orElseThrow();
        byte[] erased = bytes.clone();
        byte[] mark = format.mark(COMMITS + 1);
        System.arraycopy(mark, 0, erased, JournalFormat.MARK, mark.length);
        assertThat(JournalScan.of(erased, erased, 0, null, 1).orElseThrow().damage())
                .isEmpty();
        Arrays.fill(erased, ends.get(COMMITS - 1), erased.length, (byte) 0);
        assertThat(JournalScan.of(erased, erased, 0, null, 1).orElseThrow().damage())
                .hasValueSatisfying(reason -> assertThat(reason).contains("an orderly stop saw 6"));
    }

    @Test
    void anyOneFileDeletedIsMadeAgain() throws IOException {
        for (Path path : List.of(pathA, pathB)) {
            MemoryDisk damaged = disk.copy();
            damaged.delete(path);
            assertWhole(damaged, last(), path + " deleted");
        }
        MemoryDisk damaged = disk.copy();
        damaged.delete(pathA);
        damaged.delete(pathB);
        damaged.put(directory.resolve("snapshot-0000000001.json.tmp"), new byte[10]);
        assertThatThrownBy(() -> open(damaged))
                .isInstanceOf(LcdStoreException.class)
                .hasMessageContaining("there is no configuration database");
    }

    @Test
    void journalOfAnotherDatabaseIsNeverTaken() throws IOException {
        MemoryDisk other = new MemoryDisk(2);
        List<MemoryDisk> out = new ArrayList<>();
        Samples.history(other, data, Samples.small(other), 1, out);
        MemoryDisk mixed = disk.copy();
        mixed.put(pathB, out.get(0).content(pathB));
        assertWhole(mixed, last(), "copy B of another database");
    }
}
