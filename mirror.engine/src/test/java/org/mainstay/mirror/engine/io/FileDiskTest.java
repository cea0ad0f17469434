package org.mainstay.mirror.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.nat.FileSpace;

class FileDiskTest {
    private static CompletableFuture<Void> flush(FileDisk disk) {
        return CompletableFuture.runAsync(() -> {
            try {
                disk.flush();
            } catch (IOException e) {
                throw new CompletionException(e);
            }
        });
    }

    /** The system tells an error to one of two. */
    @Test
    @Timeout(60)
    void aFlushBesideOneThatFailsDoesNotClaimSuccess() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        FileDisk disk = new FileDisk(null, 1, null, false, () -> {
            if (calls.incrementAndGet() == 1) {
                begun.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw new IOException("reported once");
            }
        });
        CompletableFuture<Void> first = flush(disk);
        begun.await();
        Thread[] waiting = new Thread[1];
        CompletableFuture<Void> second = new CompletableFuture<>();
        waiting[0] = new Thread(() -> {
            try {
                disk.flush();
                second.complete(null);
            } catch (IOException e) {
                second.completeExceptionally(e);
            }
        });
        waiting[0].start();
        while (!second.isDone() && waiting[0].getState() != Thread.State.BLOCKED) {
            Thread.onSpinWait();
        }
        go.countDown();
        assertThatThrownBy(first::join).hasMessageContaining("reported once");
        assertThatThrownBy(second::join).hasMessageContaining("an earlier flush of this storage failed");
        assertThatThrownBy(disk::flush).hasMessageContaining("an earlier flush");
        disk.renew();
        disk.flush();
    }

    /** Those that wait while one runs are done by one. */
    @Test
    @Timeout(60)
    void flushesThatWaitAreDoneTogether() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        FileDisk disk = new FileDisk(null, 1, null, false, () -> {
            if (calls.incrementAndGet() == 1) {
                try {
                    go.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        Thread[] threads = new Thread[8];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                try {
                    disk.flush();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            threads[i].start();
            while (i == 0 ? calls.get() == 0 : threads[i].getState() != Thread.State.BLOCKED) {
                Thread.onSpinWait();
            }
        }
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(calls).hasValue(2);
    }

    @Test
    void whereNothingWasWrittenIsAHole(@TempDir Path folder) throws Exception {
        Assumptions.assumeTrue(FileSpace.available(), "needs the native library");
        Assumptions.assumeTrue(
                FileDisk.tellsHoles(Files.getFileStore(folder).type()), "needs a file system that is believed");
        Path file = folder.resolve("sparse");
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(1 << 20);
        }
        try (FileDisk disk = FileDisk.open(file, true)) {
            assertThat(disk.hole(0, 1 << 20)).isTrue();
            disk.write(ByteBuffer.allocate(512), 262_144);
            assertThat(disk.hole(0, 1 << 20)).isFalse();
            assertThat(disk.hole(262_144, 65_536)).as("written, if only zeros").isFalse();
            assertThat(disk.hole(0, 65_536)).isTrue();
            assertThat(disk.hole(1 << 19, 1 << 19)).as("to the end").isTrue();
        }
    }

    /** What a file lost is not zeros: they would be sent over what is left of it elsewhere. */
    @Test
    void whereAFileWasMadeSmallerIsNoHole(@TempDir Path folder) throws Exception {
        Assumptions.assumeTrue(FileSpace.available(), "needs the native library");
        Path file = folder.resolve("cut");
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(1 << 20);
            try (FileDisk disk = FileDisk.open(file, true)) {
                access.setLength(1 << 19);
                assertThat(disk.hole(1 << 19, 65_536)).as("beyond its end").isFalse();
                assertThat(disk.hole((1 << 19) - 4096, 65_536))
                        .as("part of it beyond")
                        .isFalse();
                assertThatThrownBy(() -> disk.read(ByteBuffer.allocate(512), 1 << 19))
                        .hasMessageContaining("made smaller");
            }
        }
    }

    /** These may report a hole where data is that was not written back. */
    @Test
    void ofHolesOnlyThoseAreBelievedThatLookAtAllData() {
        assertThat(FileDisk.tellsHoles("ext4")).isTrue();
        for (String type : new String[] {"zfs", "fuse.s3fs", "nfs4", "overlay", "devtmpfs", ""}) {
            assertThat(FileDisk.tellsHoles(type)).as(type).isFalse();
        }
    }

    /** What memory holds of a file is dropped: after a flush that failed it may not be what storage has. */
    @Test
    void whatIsReadAnewIsReadFromStorage(@TempDir Path folder) throws Exception {
        Assumptions.assumeTrue(FileSpace.available(), "needs the native library");
        Path file = folder.resolve("v");
        Files.write(file, new byte[4 << 20]);
        Assumptions.assumeFalse(Files.getFileStore(file).type().equals("tmpfs"), "its page cache is all it has");
        try (FileDisk disk = FileDisk.open(file, true)) {
            disk.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 5000);
            assertThat(cached(file)).isPositive();
            disk.flush();
            assertThat(disk.reread()).isTrue();
            assertThat(cached(file)).isZero();
            ByteBuffer data = ByteBuffer.allocate(3);
            disk.read(data, 5000);
            assertThat(data.array()).containsExactly(1, 2, 3);
        }
    }

    /** Returns how many bytes of a file are in the page cache. */
    private static long cached(Path file) throws Exception {
        Process fincore = new ProcessBuilder("fincore", "--bytes", "--noheadings", "--output", "RES", file.toString())
                .redirectErrorStream(true)
                .start();
        String text = new String(fincore.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(fincore.waitFor()).as(text).isZero();
        return Long.parseLong(text.strip());
    }
}
