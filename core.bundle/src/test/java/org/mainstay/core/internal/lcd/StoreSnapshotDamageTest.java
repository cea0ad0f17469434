package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.lcd.Lcd;

/** Damage to snapshots and to whole generations of files. */
class StoreSnapshotDamageTest {
    private static final int COMMITS = 22;

    @TempDir
    Path data;

    private Path directory;
    private MemoryDisk disk;
    private Lcd last;
    private List<Path> snapshots;

    @BeforeEach
    void setUp() throws IOException {
        directory = Files.createDirectory(data.resolve("lcd"));
        MemoryDisk first = new MemoryDisk(1);
        List<MemoryDisk> out = new ArrayList<>();
        List<Lcd> versions = Samples.history(first, data, Samples.tiny(first), COMMITS, out);
        last = versions.get(COMMITS);
        disk = out.get(0);
        snapshots = disk.paths().stream()
                .filter(path -> path.toString().endsWith(".json"))
                .toList();
        assertThat(snapshots).as("the last two snapshots are kept").hasSize(2);
        assertThat(disk.paths().stream().filter(path -> path.toString().endsWith(".a")))
                .hasSize(2);
    }

    private void assertReadable(MemoryDisk on, String what) throws IOException {
        StoreLoader.Loaded loaded = new StoreLoader(on, directory, Samples.CODEC).load();
        assertThat(loaded.damage()).as(what).isNull();
        assertThat(StoreLoader.own(loaded)).as(what).isEqualTo(last);
        assertThat(loaded.rewrite()).as(what).isTrue();
    }

    private void assertWhole(MemoryDisk on, String what) throws IOException {
        try (LcdStore store = LcdStore.open(data, Samples.CODEC, "A", Samples.tiny(on))) {
            assertThat(store.damage()).as(what).isEmpty();
            assertThat(store.failure()).as(what).isEmpty();
            assertThat(store.own()).as(what).isEqualTo(last);
        }
        try (LcdStore store = LcdStore.open(data, Samples.CODEC, "A", Samples.tiny(on))) {
            assertThat(store.repairs()).as(what + ": repaired for good").isEmpty();
            assertThat(store.own()).as(what).isEqualTo(last);
        }
    }

    @Test
    void everyByteOfASnapshotIsRepairedFromTheSecondCopy() throws IOException {
        for (Path path : snapshots) {
            byte[] bytes = disk.content(path);
            for (int at = 0; at < bytes.length; at++) {
                MemoryDisk damaged = disk.copy();
                byte[] flipped = bytes.clone();
                flipped[at] ^= 0x11;
                damaged.put(path, flipped);
                String what = path.getFileName() + " flipped at " + at;
                assertThatThrownBy(() -> Snapshot.decode(flipped, Samples.CODEC))
                        .as(what)
                        .isInstanceOf(JsonParseException.class);
                if (at % 11 == 0) {
                    assertReadable(damaged, what);
                }
                if (at % 97 == 0) {
                    assertWhole(damaged, what);
                }
            }
        }
    }

    @Test
    void snapshotCutAnywhereIsRepaired() throws IOException {
        for (Path path : snapshots) {
            byte[] bytes = disk.content(path);
            for (int at = 0; at < bytes.length; at += 13) {
                MemoryDisk damaged = disk.copy();
                damaged.put(path, Arrays.copyOf(bytes, at));
                assertReadable(damaged, path.getFileName() + " cut at " + at);
            }
        }
    }

    @Test
    void anyOneFileMissingOrGarbledIsRepaired() throws IOException {
        for (Path path : disk.paths()) {
            MemoryDisk missing = disk.copy();
            missing.delete(path);
            assertWhole(missing, path.getFileName() + " missing");
            MemoryDisk garbled = disk.copy();
            byte[] noise = new byte[disk.content(path).length];
            new java.util.Random(5).nextBytes(noise);
            garbled.put(path, noise);
            assertWhole(garbled, path.getFileName() + " garbled");
            MemoryDisk empty = disk.copy();
            empty.put(path, new byte[0]);
            assertWhole(empty, path.getFileName() + " empty");
        }
    }

    @Test
    void bothSnapshotsDamagedIsReportedAndRepairedFromAPeer() throws IOException {
        MemoryDisk damaged = disk.copy();
        for (Path path : snapshots) {
            damaged.put(path, "{}".getBytes(StandardCharsets.UTF_8));
        }
        try (LcdStore store = LcdStore.open(data, Samples.CODEC, "A", Samples.tiny(damaged))) {
            assertThat(store.damage()).isPresent();
            assertThat(store.server()).isEqualTo("A");
            assertThat(store.own().version()).isZero();
            Lcd repaired = store.repairFrom(List.of(last), Samples.ORIGIN);
            assertThat(repaired.instances()).isEqualTo(last.instances());
            assertThat(repaired.incarnation()).isEqualTo(last.incarnation() + 1);
            assertThat(store.damage()).isEmpty();
            Samples.commit(store, Samples.next(store.own()));
        }
        try (LcdStore store = LcdStore.open(data, Samples.CODEC, "A", Samples.tiny(damaged))) {
            assertThat(store.damage()).isEmpty();
            assertThat(store.own().version()).isEqualTo(last.version() + 2);
        }
        assertThat(damaged.paths())
                .as("the damaged files are put aside")
                .anyMatch(path -> path.getParent().equals(directory.resolve("damaged")));
    }

    @Test
    void bothCopiesOfAJournalGoneIsReported() throws IOException {
        List<Path> journals = disk.paths().stream()
                .filter(path -> path.getFileName().toString().startsWith("journal"))
                .toList();
        for (int i = 0; i < journals.size(); i += 2) {
            MemoryDisk damaged = disk.copy();
            damaged.delete(journals.get(i));
            damaged.delete(journals.get(i + 1));
            boolean current = i == journals.size() - 2;
            try (LcdStore store = LcdStore.open(data, Samples.CODEC, "A", Samples.tiny(damaged))) {
                // the older journal is only the second copy of the newest snapshot
                assertThat(store.damage().isPresent()).isEqualTo(current);
            }
        }
    }

    @Test
    void draftOfATornReplacementIsIgnored() throws IOException {
        MemoryDisk torn = disk.copy();
        Path draft = directory.resolve("snapshot-0000000099.json.tmp");
        torn.put(draft, Arrays.copyOf(torn.content(snapshots.get(1)), 100));
        assertWhole(torn, "draft");
        assertThat(torn.paths()).doesNotContain(draft);
    }

    @Test
    void snapshotIsReadable() {
        String text = new String(disk.content(snapshots.get(1)), StandardCharsets.UTF_8);
        assertThat(text)
                .startsWith("{\n  \"format\": \"mainstay-lcd\",\n  \"schema\": \"1.1\",\n  \"server\": \"A\",")
                .contains("\"instances\": {\n          \"vip\": {");
    }
}
