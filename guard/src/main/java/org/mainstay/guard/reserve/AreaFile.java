package org.mainstay.guard.reserve;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The pages of a reservation area: a header, then {@link #SLOTS} slots. Read and written with direct synchronous I/O, so that
 * no cache of this machine stands between two servers. Owned by one thread.
 */
final class AreaFile implements AutoCloseable {
    static final int SLOTS = 32;
    static final long BYTES = (long) Slot.BYTES * (SLOTS + 1);
    private static final byte[] HEADER =
            "Mainstay reservation area 1\n32 slots of 4096 bytes follow\n".getBytes(StandardCharsets.US_ASCII);

    /** What a page holds: a slot, nothing (both null) or something unreadable. */
    record Page(Slot slot, String damage) {}

    private final DirectFile file;
    private final FileChannel channel;
    private final ByteBuffer pages;
    private final ByteBuffer page;

    private AreaFile(DirectFile file) {
        this.file = file;
        this.channel = file.channel();
        this.pages = DirectFile.aligned((int) BYTES);
        this.page = DirectFile.aligned(Slot.BYTES);
    }

    /**
     * Opens an area that exists.
     *
     * @throws IOException if it is missing or something else, as a sentence
     */
    static AreaFile open(Path path) throws IOException {
        AreaFile file = openRaw(path);
        try {
            if (!file.hasHeader()) {
                throw new IOException(path + " is no reservation area; name another one or initialise it");
            }
            return file;
        } catch (IOException e) {
            file.channel.close();
            throw e;
        }
    }

    /**
     * Creates an area: a new file, or a device whose first {@link #BYTES} bytes are empty. An area that exists is left as it is.
     *
     * @throws IOException if it cannot be, or if the device holds anything else
     */
    static AreaFile initialise(Path path) throws IOException {
        try {
            Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException e) {
            // A device, or made before: what it holds decides.
            if (Files.isDirectory(path)) {
                throw new IOException(path + " is a directory; a reservation area is a file or a block device", e);
            }
        } catch (NoSuchFileException e) {
            throw new IOException("the folder of " + path + " does not exist", e);
        }
        AreaFile file = openRaw(path);
        try {
            if (!file.hasHeader()) {
                file.requireEmpty(path);
                file.format();
            }
            return file;
        } catch (IOException e) {
            file.channel.close();
            throw e;
        }
    }

    private static AreaFile openRaw(Path path) throws IOException {
        try {
            return new AreaFile(DirectFile.open(path));
        } catch (NoSuchFileException e) {
            throw new IOException("the reservation area " + path + " does not exist; create it with the volume", e);
        }
    }

    /** Returns whether I/O goes to the storage itself; if not, only servers of the same machine see each other's writes. */
    boolean direct() {
        return file.direct();
    }

    private boolean hasHeader() throws IOException {
        page.clear();
        if (channel.read(page, 0) < Slot.BYTES) {
            return false;
        }
        byte[] start = new byte[HEADER.length];
        page.get(0, start);
        return java.util.Arrays.equals(start, HEADER);
    }

    private void requireEmpty(Path path) throws IOException {
        long size = channel.size();
        boolean device = !Files.isRegularFile(path);
        if (device && size != 0 && size < BYTES) {
            throw new IOException(path + " is smaller than the " + BYTES + " bytes a reservation area needs");
        }
        pages.clear();
        while (pages.hasRemaining() && channel.read(pages, pages.position()) > 0) {
            // until everything there is read
            if (pages.position() % Slot.BYTES != 0) {
                break;
            }
        }
        for (int i = 0; i < pages.position(); i++) {
            if (pages.get(i) != 0) {
                throw new IOException(path + " holds something else (byte " + i
                        + " is not zero) and is not overwritten; name an empty device or a new file");
            }
        }
    }

    private void format() throws IOException {
        // Slots first: another server that formats at the same moment finds the header only when they are there.
        if (channel.size() < BYTES) {
            page.clear();
            while (page.hasRemaining()) {
                page.put((byte) 0);
            }
            for (int i = SLOTS; i > 0; i--) {
                if (channel.size() < (long) (i + 1) * Slot.BYTES) {
                    writePage((long) i * Slot.BYTES);
                }
            }
        }
        page.clear();
        page.put(HEADER);
        while (page.hasRemaining()) {
            page.put((byte) 0);
        }
        writePage(0);
    }

    private void writePage(long position) throws IOException {
        file.write(page, position);
    }

    /** Reads all slots in one go. */
    List<Page> read() throws IOException {
        pages.clear();
        while (pages.hasRemaining()) {
            if (channel.read(pages, pages.position()) <= 0 || pages.position() % Slot.BYTES != 0) {
                throw new EOFException(
                        "the reservation area ends after " + pages.position() + " of " + BYTES + " bytes");
            }
        }
        List<Page> result = new ArrayList<>(SLOTS);
        for (int i = 1; i <= SLOTS; i++) {
            try {
                result.add(new Page(Slot.read(pages, i * Slot.BYTES), null));
            } catch (Slot.DamagedException e) {
                result.add(new Page(null, "slot " + i + ": " + e.getMessage()));
            }
        }
        return result;
    }

    /** Writes one slot; durable when it returns. @param index 0 to {@link #SLOTS} - 1 */
    void write(int index, Slot slot) throws IOException {
        page.clear();
        slot.write(page);
        writePage((long) (index + 1) * Slot.BYTES);
    }

    /** Returns the index of the installation's slot, -1 if it has none. */
    static int indexOf(List<Page> pages, UUID installation) {
        for (int i = 0; i < pages.size(); i++) {
            Slot slot = pages.get(i).slot();
            if (slot != null && slot.installation().equals(installation)) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
