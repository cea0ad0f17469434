package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Databases of server A on a real disk, for tests of what opens them. */
public final class DamagedStore {
    private static final int COMMITS = 3;

    private DamagedStore() {}

    /** Makes one that is whole. @param data of the installation */
    public static void makeWhole(Path data) throws IOException {
        Files.createDirectories(data);
        LcdStore.create(data, Samples.own(), Samples.ORIGIN);
    }

    /** Makes one that was not closed in order, one of whose commits is damaged in both copies. */
    public static void make(Path data) throws IOException {
        Path whole = data.resolve("whole");
        makeWhole(whole);
        Path directory = Files.createDirectories(data.resolve(StoreSettings.DIRECTORY));
        try (LcdStore store = LcdStore.open(whole, Samples.CODEC, "A")) {
            for (int i = 0; i < COMMITS; i++) {
                Samples.commit(store, Samples.next(store.own()));
            }
            try (Stream<Path> files = Files.list(whole.resolve(StoreSettings.DIRECTORY))) {
                for (Path file : files.toList()) {
                    Files.copy(file, directory.resolve(file.getFileName()));
                }
            }
        }
        damage(Journal.path(directory, 0, 'a'));
        damage(Journal.path(directory, 0, 'b'));
        try (LcdStore store = LcdStore.open(data, Samples.CODEC, "A")) {
            assertThat(store.damage()).as("the test's own damage").isPresent();
        }
    }

    private static void damage(Path journal) throws IOException {
        byte[] bytes = Files.readAllBytes(journal);
        JournalFormat format = JournalFormat.read(bytes).orElseThrow();
        int second =
                format.recordAt(bytes, JournalFormat.FIRST_RECORD).orElseThrow().end();
        bytes[second + JournalFormat.RECORD_HEADER + 1] ^= 1;
        Files.write(journal, bytes);
    }
}
