package org.mainstay.shell.internal.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakeNetwork;
import org.mainstay.shell.testing.Waits;

/** Files copied between servers, where one of B's disks hangs when the test says so. */
@Timeout(120)
class FileCopiesTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final FakeNetwork network = new FakeNetwork();
    private final CountDownLatch hanging = new CountDownLatch(1);
    private final CountDownLatch answers = new CountDownLatch(1);
    private Path hung;
    private Path sound;
    private FileCopies b;

    /** Files below a folder "hung" are written when the disk answers again. */
    private IncomingFile.Output open(Path file) throws IOException {
        IncomingFile.Output real = IncomingFile.Disk.REAL.open(file);
        return !file.startsWith(hung)
                ? real
                : new IncomingFile.Output() {
                    @Override
                    public void write(byte[] bytes) throws IOException {
                        hanging.countDown();
                        try {
                            answers.await();
                        } catch (InterruptedException e) {
                            throw new InterruptedIOException("interrupted");
                        }
                        real.write(bytes);
                    }

                    @Override
                    public void force() throws IOException {
                        real.force();
                    }

                    @Override
                    public void close() throws IOException {
                        real.close();
                    }
                };
    }

    @BeforeEach
    void start() throws Exception {
        hung = Files.createDirectories(folder.resolve("hung"));
        sound = Files.createDirectories(folder.resolve("sound"));
        b = new FileCopies(network.of("B"), folder, this::open, SOON);
    }

    @AfterEach
    void close() {
        answers.countDown();
        b.close();
        network.close();
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private int copy(FileCopies from, Path file, String target) {
        try {
            from.copy(
                    "B", false, List.of(file), target, Captured.administrator().context());
            return 0;
        } catch (CommandException e) {
            return e.exitCode();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> names(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(one -> one.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aFileArrivesWholeWithItsMode() throws Exception {
        byte[] bytes = new byte[700_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31);
        }
        Path file = Files.write(folder.resolve("bytes"), bytes);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-x---"));
        try (FileCopies a = new FileCopies(network.of("A"), folder)) {
            assertThat(copy(a, file, "sound/")).isZero();
        }
        assertThat(sound.resolve("bytes")).hasBinaryContent(bytes);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(sound.resolve("bytes"))))
                .isEqualTo("rwxr-x---");
        assertThat(names(sound)).containsExactly("bytes");
    }

    @Test
    void aDiskThatHangsHoldsUpItsOwnFilesOnly() throws Exception {
        Path file = file("a.txt", "text");
        try (FileCopies a = new FileCopies(network.of("A"), folder)) {
            CompletableFuture<Integer> stuck = CompletableFuture.supplyAsync(() -> copy(a, file, "hung/a.txt"));
            assertThat(hanging.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(copy(a, file, "sound/a.txt")).isZero();
            assertThat(stuck).isNotDone();
            answers.countDown();
            assertThat(stuck.get(60, TimeUnit.SECONDS)).isZero();
        }
        assertThat(names(hung)).containsExactly("a.txt");
    }

    @Test
    void newsOfALostSessionDoNotWaitForADisk() throws Exception {
        Path file = file("a.txt", "text");
        try (FileCopies a = new FileCopies(network.of("A"), folder)) {
            CompletableFuture<Integer> stuck = CompletableFuture.supplyAsync(() -> copy(a, file, "hung/a.txt"));
            assertThat(hanging.await(60, TimeUnit.SECONDS)).isTrue();
            // returns although the disk does not answer
            network.cut();
            assertThat(names(hung)).as("still held by the write").hasSize(1);
            answers.countDown();
            Waits.until(SOON, () -> names(hung).isEmpty());
            stuck.cancel(true);
        }
    }

    @Test
    void whatWasBegunVanishesWhenAPieceIsNotAnsweredInTime() throws Exception {
        Path file = file("a.txt", "text");
        try (FileCopies a = new FileCopies(network.of("A"), folder, IncomingFile.Disk.REAL, Duration.ofSeconds(2))) {
            assertThat(copy(a, file, "hung/a.txt")).isEqualTo(9);
            answers.countDown();
            Waits.until(SOON, () -> names(hung).isEmpty());
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsSaid() throws Exception {
        Path file = file("a.txt", new String(new byte[10], StandardCharsets.UTF_8));
        try (FileCopies a = new FileCopies(network.of("A"), folder)) {
            assertThat(copy(a, file, "nowhere/at/all")).isEqualTo(7);
        }
    }
}
