package org.mainstay.guard.witness;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * QWK objects as files of a shared folder (QUO-085). A file is opened for each access: network file systems ask the server again at
 * open, and a server that was unmounted meanwhile is noticed. Direct and synchronous I/O where the file system has it; one
 * write of one aligned page in place (docs/decisions/0101).
 */
final class FileStore implements ObjectStore {
    private final Set<String> buffered = ConcurrentHashMap.newKeySet();
    private final ThreadLocal<ByteBuffer> page = ThreadLocal.withInitial(
            () -> ByteBuffer.allocateDirect(2 * SignOfLife.BYTES).alignedSlice(SignOfLife.BYTES));

    @Override
    public byte[] read(String location) throws IOException {
        Path path = Path.of(location);
        try {
            requireRegular(path);
            return through(location, Set.of(StandardOpenOption.READ), channel -> {
                ByteBuffer buffer = page();
                // One page comes whole or the object is short; a short read counts as torn and is repeated by the
                // reader.
                channel.read(buffer, 0);
                byte[] object = new byte[channel.size() > SignOfLife.BYTES ? 0 : buffer.position()];
                buffer.get(0, object);
                return object;
            });
        } catch (NoSuchFileException e) {
            throw new AbsentException(location + " does not exist");
        } catch (FileSystemException e) {
            throw explained(location, "read", e);
        }
    }

    @Override
    public void write(String location, byte[] object, boolean create) throws IOException {
        Path path = Path.of(location);
        Set<OpenOption> options = new HashSet<>(Set.of(StandardOpenOption.WRITE, StandardOpenOption.DSYNC));
        try {
            boolean fresh = create && !Files.exists(path);
            if (fresh) {
                options.add(StandardOpenOption.CREATE);
            } else {
                requireRegular(path);
            }
            through(location, options, channel -> {
                ByteBuffer buffer = page();
                buffer.put(object).flip();
                int written = channel.write(buffer, 0);
                if (written != SignOfLife.BYTES) {
                    throw new IOException(
                            location + ": only " + written + " of " + SignOfLife.BYTES + " bytes could be written");
                }
                if (channel.size() > SignOfLife.BYTES) {
                    channel.truncate(SignOfLife.BYTES);
                }
                return null;
            });
            if (fresh) {
                forceFolder(path);
            }
        } catch (NoSuchFileException e) {
            throw new AbsentException(
                    create
                            ? "the folder of " + location + " does not exist"
                            : location + " does not exist; is the file system mounted?");
        } catch (FileSystemException e) {
            throw explained(location, "written", e);
        }
    }

    private static void forceFolder(Path path) {
        try (FileChannel folder = FileChannel.open(path.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        } catch (IOException e) {
            // Some network file systems refuse it; a lost new object is found at the next start, which asks for init
            // again.
            return;
        }
    }

    /** A pipe or device must not be opened: that could block or do harm. */
    private static void requireRegular(Path path) throws IOException {
        if (!Files.readAttributes(path, BasicFileAttributes.class).isRegularFile()) {
            // QUO-021
            throw new IOException(path + " is not a regular file; name a file in the shared folder");
        }
    }

    private static IOException explained(String location, String what, FileSystemException e) {
        String reason = e instanceof AccessDeniedException ? "permission denied" : e.getReason();
        return new IOException(location + " cannot be " + what + ": " + (reason == null ? e.toString() : reason), e);
    }

    private ByteBuffer page() {
        return page.get().clear().limit(SignOfLife.BYTES);
    }

    private interface Use<T> {
        T with(FileChannel channel) throws IOException;
    }

    private <T> T through(String location, Set<OpenOption> options, Use<T> use) throws IOException {
        if (!buffered.contains(location)) {
            Set<OpenOption> direct = new HashSet<>(options);
            direct.add(ExtendedOpenOption.DIRECT);
            try (FileChannel channel = FileChannel.open(Path.of(location), direct)) {
                return use.with(channel);
            } catch (UnsupportedOperationException e) {
                buffered.add(location);
            } catch (NoSuchFileException | AccessDeniedException e) {
                throw e;
            } catch (IOException e) {
                // Refused at open, or at the first access: tried the plain way, whose error counts.
                return plainly(location, options, use);
            }
        }
        return plainly(location, options, use);
    }

    private <T> T plainly(String location, Set<OpenOption> options, Use<T> use) throws IOException {
        try (FileChannel channel = FileChannel.open(Path.of(location), options)) {
            T result = use.with(channel);
            buffered.add(location);
            return result;
        }
    }
}
