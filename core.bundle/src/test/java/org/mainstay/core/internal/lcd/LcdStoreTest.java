package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.DatabaseSetup;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.Origin;

/** The store on the real file system. */
class LcdStoreTest {
    @TempDir
    Path data;

    private LcdStore open() throws IOException {
        return LcdStore.open(data, Samples.CODEC, "A");
    }

    private LcdStore fresh() throws IOException {
        LcdStore.create(data, Samples.own(), Samples.ORIGIN);
        return open();
    }

    private static LcdStoreException.Kind kindOf(Throwable thrown) {
        return ((LcdStoreException) thrown).kind();
    }

    private static DocumentChange flag(Lcd before, String name) {
        return DocumentChange.between(
                before, before.with(LcdSection.FLAGS, name, new Flag(name)).committed());
    }

    @Test
    void ownAndPeersDocumentsAreThereAfterReopening() throws IOException {
        Lcd peer =
                Lcd.empty("B", 3).with(Instance.create("x", "y", "gen", "app")).committed();
        Lcd own;
        try (LcdStore store = fresh()) {
            own = Samples.next(Samples.next(store.own()));
            Lcd between = Samples.next(store.own());
            store.commit(
                    List.of(
                            DocumentChange.between(store.own(), between),
                            DocumentChange.replace(peer),
                            DocumentChange.between(between, own),
                            DocumentChange.replace(Lcd.empty("C", 1))),
                    Samples.ORIGIN);
            store.commit(List.of(flag(peer, "f"), DocumentChange.forget("C")), Samples.ORIGIN);
            assertThat(store.peers().keySet()).containsExactly("B");
        }
        try (LcdStore store = open()) {
            assertThat(store.own()).isEqualTo(own);
            assertThat(store.peers().keySet()).containsExactly("B");
            assertThat(store.peers().get("B").rows(LcdSection.FLAGS)).containsOnlyKeys("f");
            assertThat(store.repairs()).isEmpty();
            assertThat(store.server()).isEqualTo("A");
        }
    }

    @Test
    void changesThatDoNotFitAreRefusedAndNothingIsStored() throws IOException {
        try (LcdStore store = fresh()) {
            Lcd own = store.own();
            Lcd stale = Lcd.empty("A", own.incarnation());
            assertThatThrownBy(() -> store.commit(List.of(flag(stale, "f")), Samples.ORIGIN))
                    .satisfies(e -> assertThat(kindOf(e)).isEqualTo(LcdStoreException.Kind.CONFLICT))
                    .hasMessage("the change is for version 7.0 of A's database, but the store has 7.1; ask A for its"
                            + " whole database");
            assertThatThrownBy(() ->
                            store.commit(List.of(flag(own, "f"), flag(Lcd.empty("B", 1), "g")), Samples.ORIGIN))
                    .hasMessageContaining("B's database, but the store has none");
            assertThatThrownBy(() -> store.commit(List.of(DocumentChange.forget("A")), Samples.ORIGIN))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> store.commit(List.of(), Samples.ORIGIN))
                    .isInstanceOf(IllegalArgumentException.class);
            Origin nobody = new Origin(null, "x", 1, "");
            assertThatThrownBy(() -> store.commit(List.of(flag(own, "f")), nobody))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'who'");
            assertThat(store.own()).isEqualTo(own);
            store.commit(List.of(flag(own, "f")), Samples.ORIGIN);
        }
        try (LcdStore store = open()) {
            assertThat(store.own().rows(LcdSection.FLAGS)).containsOnlyKeys("f");
        }
    }

    @Test
    void historySaysWhoChangedWhatAndSurvivesCompaction() throws IOException {
        try (LcdStore store = fresh()) {
            Origin origin = new Origin("alice", "B remote", 42, "op-9");
            store.commit(List.of(flag(store.own(), "f")), origin);
            store.compact();
            Lcd before = store.own();
            store.commit(
                    List.of(DocumentChange.update("A", 7, 2, 3, "", List.of(LcdChange.remove(LcdSection.FLAGS, "f")))),
                    origin);
            assertThat(before.version()).isEqualTo(2);
        }
        try (LcdStore store = open()) {
            assertThat(store.history()).hasSize(3);
            HistoryEntry entry = store.history().get(1);
            assertThat(entry.origin()).isEqualTo(new Origin("alice", "B remote", 42, "op-9"));
            assertThat(entry.documents())
                    .containsExactly(
                            new HistoryEntry.Touched("A", DocumentChange.Kind.UPDATE, 7, 2, List.of("flags/f")));
            assertThat(store.history().get(2).documents().get(0).rows()).containsExactly("-flags/f");
        }
    }

    @Test
    void whatANewerReleaseWroteSurvivesCommitsAndCompaction() throws IOException {
        String newer = Samples.CODEC
                .encode(Samples.own())
                .replace("\"failed\":false", "\"failed\":false,\"colour\":\"red\"")
                .replace("\"sections\":{", "\"later\":[1],\"sections\":{\"zones\":{\"z\":{\"a\":1}},");
        LcdStore.create(data, Samples.CODEC.decode(newer), Samples.ORIGIN, Samples.CODEC, StoreSettings.DEFAULT);
        LcdCodec other = new LcdCodec();
        try (LcdStore store = LcdStore.open(data, other, "A")) {
            Samples.commit(store, Samples.next(store.own()));
            store.compact();
            Samples.commit(store, Samples.next(store.own()));
        }
        LcdCodec third = new LcdCodec();
        try (LcdStore store = LcdStore.open(data, third, "A")) {
            assertThat(third.encode(store.own()))
                    .contains("\"colour\":\"red\"")
                    .contains("\"zones\":{\"z\":{\"a\":1}}");
            assertThat(store.own().version()).isEqualTo(3);
        }
        assertThat(Files.readString(newestSnapshot()))
                .contains("\"colour\": \"red\"")
                .contains("\"zones\"");
    }

    private Path newestSnapshot() throws IOException {
        try (Stream<Path> files = Files.list(data.resolve("lcd"))) {
            return files.filter(path -> path.toString().endsWith(".json"))
                    .max(Path::compareTo)
                    .orElseThrow();
        }
    }

    @Test
    void filesOfANewerMajorSchemaAreRefusedUntouched() throws IOException {
        fresh().close();
        Path file = newestSnapshot();
        String text = Files.readString(file).replace("\"schema\": \"1.1\"", "\"schema\": \"2.0\"");
        int end = text.lastIndexOf(",\n  \"checksum\"");
        byte[] body = text.substring(0, end).getBytes(StandardCharsets.UTF_8);
        String checksum = String.format("%08x", JournalFormat.crc(body, 0, body.length));
        Files.writeString(file, text.substring(0, end) + ",\n  \"checksum\": \"" + checksum + "\"\n}\n");
        byte[] before = Files.readAllBytes(file);
        assertThatThrownBy(this::open)
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(LcdStoreException.Kind.NEWER_SCHEMA))
                .hasMessageContaining("has schema 2.0, this release reads up to 1.x");
        assertThat(file).hasBinaryContent(before);
    }

    @Test
    void secondOpeningInTheSameProcessIsRefusedAndDoesNotDropTheLock() throws IOException {
        try (LcdStore store = fresh()) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(this::open)
                        .satisfies(e -> assertThat(kindOf(e)).isEqualTo(LcdStoreException.Kind.IN_USE))
                        .hasMessageContaining(
                                "in use by process " + ProcessHandle.current().pid());
            }
            assertThatThrownBy(() -> new LcdDatabaseSetup().read(data)).hasMessageContaining("lkstop");
            Samples.commit(store, Samples.next(store.own()));
        }
        open().close();
    }

    @Test
    void closedStoreRefusesCommitsAndClosesTwice() throws IOException {
        LcdStore store = fresh();
        store.close();
        store.close();
        assertThatThrownBy(() -> Samples.commit(store, Samples.next(store.own())))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(LcdStoreException.Kind.CLOSED));
    }

    @Test
    void createRefusesAnExistingDatabaseAndMissingOnesAreNamed() throws IOException {
        assertThatThrownBy(this::open)
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(LcdStoreException.Kind.MISSING))
                .hasMessageContaining("node init");
        fresh().close();
        assertThatThrownBy(() -> LcdStore.create(data, Samples.own(), Samples.ORIGIN))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(LcdStoreException.Kind.EXISTS));
    }

    @Test
    void filesAreForTheirOwnerAlone() throws IOException {
        fresh().close();
        try (Stream<Path> files = Files.walk(data.resolve("lcd"))) {
            for (Path path : files.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .as(path.toString())
                        .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
            }
        }
    }

    @Test
    void tenThousandCommitsWithCompactionAndReadersBeside() throws Exception {
        Path memory = Path.of("/dev/shm"); // the number of commits counts here, not the disk
        Path place = Files.isWritable(memory) ? Files.createTempDirectory(memory, "mainstay-lcd-test") : data;
        try {
            manyCommits(place);
        } finally {
            if (!place.equals(data)) {
                deleteAll(place);
            }
        }
    }

    static void deleteAll(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static void manyCommits(Path place) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        List<Throwable> wrong = new ArrayList<>();
        StoreSettings settings =
                new StoreSettings(new RealDisk(), 1 << 20, 1 << 18, StoreSettings.DEFAULT.maintenance());
        LcdStore.create(place, Samples.own(), Samples.ORIGIN, Samples.CODEC, settings);
        Lcd last;
        try (LcdStore store = LcdStore.open(place, Samples.CODEC, "A", settings)) {
            Thread reader = new Thread(() -> {
                long seen = 0;
                while (!stop.get()) {
                    Lcd lcd = store.own();
                    boolean consistent = lcd.version() == 1
                            || lcd.instance("vip").orElseThrow().changedAt() == lcd.version() - 1;
                    if (lcd.version() < seen || !consistent) {
                        wrong.add(new AssertionError(seen + " then " + lcd));
                        return;
                    }
                    seen = lcd.version();
                }
            });
            reader.start();
            for (int i = 0; i < 10_000; i++) {
                Samples.commit(store, Samples.next(store.own()));
            }
            stop.set(true);
            reader.join();
            last = store.own();
            assertThat(store.failure()).isEmpty();
            assertThat(store.warning()).isEmpty();
        }
        assertThat(wrong).isEmpty();
        assertThat(last.version()).isEqualTo(10_001);
        try (LcdStore store = LcdStore.open(place, Samples.CODEC, "A", settings)) {
            assertThat(store.own()).isEqualTo(last);
            assertThat(store.history()).hasSize(HistoryEntry.KEPT);
        }
        try (Stream<Path> files = Files.list(place.resolve("lcd"))) {
            assertThat(files.count()).as("old files are deleted").isLessThanOrEqualTo(7);
        }
    }

    @Test
    void interruptedThreadsCommitAndStayInterrupted() throws IOException {
        try (LcdStore store = fresh()) {
            Thread.currentThread().interrupt();
            Samples.commit(store, Samples.next(store.own()));
            assertThat(Thread.interrupted()).isTrue();
            Samples.commit(store, Samples.next(store.own()));
            assertThat(store.own().version()).isEqualTo(3);
        }
    }

    @Test
    void commitLargerThanTheJournalIsStored() throws IOException {
        try (LcdStore store = fresh()) {
            Lcd large = Lcd.empty("B", 1);
            String text = "x".repeat(3000);
            List<LcdChange<?>> rows = new ArrayList<>();
            for (int i = 0; i < 3000; i++) {
                rows.add(LcdChange.put(
                        LcdSection.INSTANCES,
                        "t" + i,
                        Instance.create("t" + i, "i" + i, "gen", "app").withInfo(text)));
            }
            large = large.apply(rows).committed();
            store.commit(List.of(DocumentChange.replace(large)), Samples.ORIGIN);
            Samples.commit(store, Samples.next(store.own()));
        }
        try (LcdStore store = open()) {
            assertThat(store.peers().get("B").instances()).hasSize(3000);
            assertThat(store.own().version()).isEqualTo(2);
        }
    }

    @Test
    void offlineSetUpMakesAndReadsADatabase() throws IOException {
        DatabaseSetup setup = new LcdDatabaseSetup(Clock.fixed(Instant.ofEpochSecond(1234), ZoneOffset.UTC));
        setup.create(data, "A", Samples.own().membership());
        Lcd lcd = setup.read(data);
        assertThat(lcd.server()).isEqualTo("A");
        assertThat(lcd.incarnation()).isEqualTo(1234);
        assertThat(lcd.membership()).isEqualTo(Samples.own().membership());
        assertThat(Files.readString(newestSnapshot())).contains("\"server\": \"A\"");
        assertThatThrownBy(() -> setup.create(data, "A", Membership.EMPTY)).hasMessageContaining("already");
        Path empty = Files.createDirectory(data.resolve("empty"));
        assertThatThrownBy(() -> setup.read(empty)).hasMessageContaining("no configuration database");
        assertThat(java.util.ServiceLoader.load(DatabaseSetup.class).findFirst().orElseThrow())
                .isInstanceOf(LcdDatabaseSetup.class);
    }

    @Test
    void failedCreationLeavesNothingBehind() throws IOException {
        Path file = Files.createFile(data.resolve("file"));
        assertThatThrownBy(() -> new LcdDatabaseSetup().create(file.resolve("data"), "A", Membership.EMPTY))
                .isInstanceOf(IOException.class);
        Disk failing = new FailingDisk();
        StoreSettings settings = new StoreSettings(failing, 1 << 20, 1 << 16, StoreSettings.DEFAULT.maintenance());
        assertThatThrownBy(() -> LcdStore.create(data, Samples.own(), Samples.ORIGIN, Samples.CODEC, settings))
                .hasMessageContaining("No space left");
        assertThat(data.resolve("lcd")).doesNotExist();
    }

    /** Opens files but cannot force them. */
    private static final class FailingDisk implements Disk {
        private final Disk real = new RealDisk();

        @Override
        public List<String> list(Path directory) throws IOException {
            return real.list(directory);
        }

        @Override
        public byte[] read(Path file) throws IOException {
            return real.read(file);
        }

        @Override
        public void createDirectory(Path directory) throws IOException {
            real.createDirectory(directory);
        }

        @Override
        public DiskFile open(Path file) throws IOException {
            DiskFile opened = real.open(file);
            return new DiskFile() {
                @Override
                public void write(long position, byte[] bytes, int offset, int length) throws IOException {
                    opened.write(position, bytes, offset, length / 2);
                    throw new IOException("No space left on device");
                }

                @Override
                public void setSize(long size) throws IOException {
                    opened.setSize(size);
                }

                @Override
                public void force() throws IOException {
                    opened.force();
                }

                @Override
                public void close() throws IOException {
                    opened.close();
                }
            };
        }

        @Override
        public void move(Path from, Path to) throws IOException {
            real.move(from, to);
        }

        @Override
        public void delete(Path file) throws IOException {
            real.delete(file);
        }

        @Override
        public void forceDirectory(Path directory) throws IOException {
            real.forceDirectory(directory);
        }
    }
}
