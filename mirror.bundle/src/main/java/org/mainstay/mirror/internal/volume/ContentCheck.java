package org.mainstay.mirror.internal.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mainstay.kit.Outcome;

/**
 * Writes, syncs and reads a small hidden file in a mounted file system. Storage that hangs holds the thread that touches it for
 * ever, so it is a thread of its own, one for each mount point, and the check ends without it.
 */
final class ContentCheck {
    static final String FILE = ".mainstay-check";
    private static final int BYTES = 4096;

    private final SecureRandom random = new SecureRandom();
    private final Map<Path, CompletableFuture<Void>> running = new ConcurrentHashMap<>();

    /** @param limit after which storage that does not answer has failed the check */
    Outcome run(Path mount, Duration limit) throws InterruptedException {
        CompletableFuture<Void> before = running.get(mount);
        if (before != null && !before.isDone()) {
            return Outcome.failed("the storage below " + mount + " still has not answered an earlier check");
        }
        CompletableFuture<Void> check = new CompletableFuture<>();
        running.put(mount, check);
        Thread thread = new Thread(() -> touch(mount, check), "volume-check-" + mount.getFileName());
        thread.setDaemon(true);
        thread.start();
        try {
            check.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return Outcome.success("wrote and read " + mount.resolve(FILE));
        } catch (TimeoutException e) {
            return Outcome.failed(
                    "the storage below " + mount + " did not write a small file within " + limit.toMillis() + " ms");
        } catch (ExecutionException e) {
            return Outcome.failed("writing and reading a small file below " + mount + " failed: "
                    + e.getCause().getMessage());
        }
    }

    private void touch(Path mount, CompletableFuture<Void> check) {
        try {
            byte[] content = new byte[BYTES];
            random.nextBytes(content);
            Path file = mount.resolve(FILE);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                ByteBuffer buffer = ByteBuffer.wrap(content);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            if (!Arrays.equals(Files.readAllBytes(file), content)) {
                throw new IOException("what was read is not what was written");
            }
            check.complete(null);
        } catch (IOException | RuntimeException e) {
            check.completeExceptionally(e);
        }
    }
}
