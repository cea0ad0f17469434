package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.lcd.Lcd;

/** The store across real processes, and on a real disk that is full. */
class LcdStoreProcessTest {
    @TempDir
    Path data;

    /** The child: commits for ever and prints each version after it was acknowledged. */
    public static final class Committer {
        private Committer() {}

        public static void main(String[] arguments) throws IOException {
            StoreSettings settings =
                    new StoreSettings(new RealDisk(), 60_000, 20_000, StoreSettings.DEFAULT.maintenance());
            try (LcdStore store = LcdStore.open(Path.of(arguments[0]), Samples.CODEC, "A", settings)) {
                while (store.own().version() < 1_000_000) {
                    Samples.commit(store, Samples.next(store.own()));
                    System.out.println(store.own().version());
                    System.out.flush();
                }
            }
        }
    }

    private Process child() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Committer.class.getName(),
                        data.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static long lastLine(BufferedReader lines, long atLeast) throws IOException {
        long version = 0;
        while (version < atLeast) {
            String line = lines.readLine();
            assertThat(line).as("the child ended early").isNotNull();
            version = Long.parseLong(line);
        }
        return version;
    }

    @Test
    void killedProcessLosesNothingItAcknowledged() throws Exception {
        LcdStore.create(data, Samples.own(), Samples.ORIGIN);
        long acknowledged = 1;
        for (int round = 0; round < 4; round++) {
            Process child = child();
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
                acknowledged = lastLine(lines, acknowledged + 60 + 37L * round);
                child.toHandle().destroyForcibly(); // unlike the process's own method leaves its output readable
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    acknowledged = Long.parseLong(line); // acknowledged before the kill reached it
                }
                assertThat(child.waitFor(1, TimeUnit.MINUTES)).isTrue();
            }
            try (LcdStore store = LcdStore.open(data, Samples.CODEC, "A")) {
                assertThat(store.damage()).isEmpty();
                assertThat(store.own().version()).isBetween(acknowledged, acknowledged + 1);
                assertThat(store.own().instance("vip").orElseThrow().reason())
                        .isEqualTo("change to version " + store.own().version());
                acknowledged = store.own().version();
            }
        }
    }

    @Test
    void anotherProcessIsRefusedAndToldWhoHasIt() throws Exception {
        LcdStore.create(data, Samples.own(), Samples.ORIGIN);
        Process child = child();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            lastLine(lines, 2);
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> new LcdDatabaseSetup().read(data))
                        .isInstanceOf(LcdStoreException.class)
                        .hasMessageContaining("is in use by process " + child.pid() + ";");
            }
            assertThatThrownBy(() -> new LcdDatabaseSetup()
                            .create(data, "A", Samples.own().membership()))
                    .hasMessageContaining("in use by process " + child.pid());
        } finally {
            child.destroyForcibly().waitFor();
        }
        assertThat(new LcdDatabaseSetup().read(data).server()).isEqualTo("A");
    }

    @Test
    void fullFileSystemRefusesCommitsUntilThereIsSpace() throws Exception {
        Assumptions.assumeTrue(
                "root".equals(System.getProperty("user.name")) && run("mount", "--version") == 0,
                "needs root to mount a small tmpfs");
        Path small = Files.createDirectory(data.resolve("small"));
        Assumptions.assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=1m", "mainstay-lcd-test", small.toString()) == 0,
                "needs the right to mount a small tmpfs");
        try {
            commitUntilFullThenFree(small);
        } finally {
            assertThat(run("umount", small.toString())).isZero();
        }
    }

    private void commitUntilFullThenFree(Path small) throws IOException {
        StoreSettings settings = new StoreSettings(new RealDisk(), 60_000, 20_000, Samples::direct);
        LcdStore.create(small, Samples.own(), Samples.ORIGIN, Samples.CODEC, settings);
        Path ballast = small.resolve("ballast");
        Lcd acknowledged;
        try (LcdStore store = LcdStore.open(small, Samples.CODEC, "A", settings)) {
            assertThatThrownBy(() -> Files.write(ballast, new byte[2 << 20])).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> commitFor(store, 1000))
                    .isInstanceOf(UncheckedIOException.class)
                    .cause()
                    .satisfies(e ->
                            assertThat(((LcdStoreException) e).kind()).isEqualTo(LcdStoreException.Kind.NOT_WRITTEN))
                    .hasMessageContaining("No space left on device");
            acknowledged = store.own();
            assertThat(acknowledged.version()).as("commits into reserved space").isGreaterThan(50);
            assertThat(store.warning()).isPresent();
            Files.delete(ballast);
            commitFor(store, 200);
            assertThat(store.own().version()).isEqualTo(acknowledged.version() + 200);
            assertThat(store.failure()).isEmpty();
            acknowledged = store.own();
        }
        try (LcdStore store = LcdStore.open(small, Samples.CODEC, "A", settings)) {
            assertThat(store.own()).isEqualTo(acknowledged);
        }
    }

    private static void commitFor(LcdStore store, int count) {
        try {
            for (int i = 0; i < count; i++) {
                Samples.commit(store, Samples.next(store.own()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(List.of(command))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
