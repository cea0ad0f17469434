package org.mainstay.guard.reserve;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/**
 * A file or device read and written page by page with direct synchronous I/O, so that no cache of this machine stands between two
 * servers; where that is refused, without.
 *
 * @param direct whether I/O goes to the storage itself; if not, only servers of the same machine see each other's writes
 */
record DirectFile(FileChannel channel, boolean direct) {
    static final int PAGE = 4096;

    /** Opens for reading and writing. @throws NoSuchFileException if there is no such file */
    static DirectFile open(Path path) throws IOException {
        Set<OpenOption> options =
                new HashSet<>(Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DSYNC));
        try {
            options.add(ExtendedOpenOption.DIRECT);
            FileChannel channel = FileChannel.open(path, options);
            probe(channel);
            return new DirectFile(channel, true);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException | UnsupportedOperationException e) {
            if (!refused(e)) {
                throw e;
            }
            options.remove(ExtendedOpenOption.DIRECT);
            return new DirectFile(FileChannel.open(path, options), false);
        }
    }

    /** Returns whether it is direct I/O that is refused, and not the storage that fails. */
    private static boolean refused(Exception e) {
        String text = String.valueOf(e.getMessage());
        return e instanceof UnsupportedOperationException
                || text.endsWith("Invalid argument")
                || text.endsWith("Operation not supported");
    }

    /** Reads a page, as some file systems accept direct I/O at open and refuse it later. */
    private static void probe(FileChannel channel) throws IOException {
        try {
            channel.read(aligned(PAGE), 0);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Returns memory that direct I/O accepts. */
    static ByteBuffer aligned(int bytes) {
        ByteBuffer all = ByteBuffer.allocateDirect(bytes + PAGE);
        return all.alignedSlice(PAGE).slice(0, bytes);
    }

    /** Fills the buffer, which holds whole pages, from the position in the file on. @return bytes read before the end */
    int fill(ByteBuffer into, long from) throws IOException {
        into.clear();
        while (into.hasRemaining()) {
            int read = channel.read(into, from + into.position());
            if (read <= 0 || into.position() % PAGE != 0) {
                break;
            }
        }
        return into.position();
    }

    /** Writes one page; durable when it returns. */
    void write(ByteBuffer page, long position) throws IOException {
        page.rewind();
        int written = channel.write(page, position);
        if (written != PAGE) {
            throw new IOException("only " + written + " of " + PAGE + " bytes could be written");
        }
    }
}
