package org.mainstay.guard.reserve;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;
import org.mainstay.guard.heartbeat.DiskStorage;
import org.mainstay.guard.heartbeat.DiskStorage.ForeignWriterException;
import org.mainstay.guard.heartbeat.PathConfig;
import org.mainstay.guard.util.Result;

/**
 * The shared disk of a comm path (COMM-020): pages in the format of a reservation area, with a header of its own that names the
 * path, and the newest heartbeat in each server's slot. Owned by one thread; blocks as long as the storage does.
 */
public final class HeartbeatArea implements DiskStorage.Slots {
    /** What a shared-disk path takes of its device. */
    public static final long BYTES = AreaFile.BYTES;

    private static final String HEADER = "Mainstay comm path area 1\n32 slots of 4096 bytes follow\n";
    private static final int USED_PAGES = 3;
    /** How often an area is emptied before somebody else must be writing to it. */
    private static final int WIPES = 5;

    private static final int NAME_BYTES = 1024;

    private final Path device;
    private final DirectFile file;
    private final String path;
    private final int own;
    private final Owner owner;
    private final ByteBuffer pages = DirectFile.aligned(USED_PAGES * Slot.BYTES);
    private final ByteBuffer page = DirectFile.aligned(Slot.BYTES);
    private long counter;
    private boolean written;

    /** Who writes. @param server name, for people */
    public record Owner(UUID installation, String server) {}

    private HeartbeatArea(Path device, DirectFile file, String path, int own, Owner owner) {
        this.device = device;
        this.file = file;
        this.path = path;
        this.own = own;
        this.owner = owner;
    }

    /**
     * Opens the area of a path.
     *
     * @throws IOException if the device is not there, or is not the area of that path any more
     */
    public static HeartbeatArea open(PathConfig.Disk disk, String path, Owner owner) throws IOException {
        Path device = Path.of(disk.device());
        DirectFile file = openDirect(device);
        HeartbeatArea area = new HeartbeatArea(device, file, path, disk.slot(), owner);
        try {
            area.readPages();
            return area;
        } catch (IOException e) {
            file.channel().close();
            throw e;
        }
    }

    private static DirectFile openDirect(Path device) throws IOException {
        DirectFile file;
        try {
            file = DirectFile.open(device);
        } catch (NoSuchFileException e) {
            throw new IOException(device + " does not exist", e);
        }
        if (!file.direct() && DeviceChecks.block(device)) {
            file.channel().close();
            throw new IOException(device + " refuses direct I/O, so that caches would stand between the servers");
        }
        return file;
    }

    @Override
    public ByteBuffer exchange(ByteBuffer heartbeat) throws IOException {
        readPages();
        int start = (own + 1) * Slot.BYTES;
        Slot mine = slot(start);
        boolean foreign = written
                && (mine == null || !mine.installation().equals(owner.installation()) || mine.counter() != counter);
        if (heartbeat != null) {
            counter = Math.max(counter, mine == null ? 0 : mine.counter()) + 1;
            page.clear();
            new Slot(owner.installation(), owner.server(), Slot.State.FREE, 0, counter, 0, 0).write(page, heartbeat);
            file.write(page, start);
            written = true;
        }
        if (foreign) {
            throw new ForeignWriterException(
                    "something else" + (mine == null ? "" : ", '" + mine.server() + "',") + " writes to this server's"
                            + " slot of " + device + ": another cluster has been given the same device");
        }
        int theirs = (2 - own) * Slot.BYTES;
        return slot(theirs) == null ? null : Slot.beat(pages, theirs);
    }

    /** Returns the slot, or null where there is none or it is torn: the next look will tell. */
    private Slot slot(int start) {
        try {
            return Slot.read(pages, start);
        } catch (Slot.DamagedException e) {
            return null;
        }
    }

    private void readPages() throws IOException {
        if (file.fill(pages, 0) < USED_PAGES * Slot.BYTES) {
            throw new IOException(device + " ends within the area of the comm path");
        }
        String there = pathOf(pages);
        if (!path.equals(there)) {
            throw new IOException(device + " is not the area of this comm path any more"
                    + (there.isEmpty() ? "" : ", but of the path " + there) + "; delete the path and create it again");
        }
    }

    /** Returns the path that a header names; empty if it is no such header. */
    private static String pathOf(ByteBuffer pages) {
        byte[] bytes = new byte[NAME_BYTES];
        pages.get(0, bytes);
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.indexOf('\n', HEADER.length());
        return text.startsWith(HEADER) && end > 0 ? text.substring(HEADER.length(), end) : "";
    }

    @Override
    public void close() throws IOException {
        file.channel().close();
    }

    // ---- when a path is created or deleted

    /** Returns whether a device may become the area of a comm path; changes nothing. */
    public static Result inspect(Path device) throws IOException {
        DeviceChecks.requireUnused(device);
        DirectFile file = openDirect(device);
        try {
            String content = contentOf(device, file);
            return content.isEmpty()
                    ? Result.done(device + " is free" + (file.direct() ? "" : note()))
                    : Result.failed(device + " holds " + content + " and is not overwritten; name an empty partition");
        } finally {
            file.channel().close();
        }
    }

    private static String note() {
        return "; its file system refuses direct I/O, so that only servers of this machine see each other there";
    }

    private static String contentOf(Path device, DirectFile file) throws IOException {
        ByteBuffer all = DirectFile.aligned((int) BYTES);
        int size = file.fill(all, 0);
        if (size < BYTES) {
            throw new IOException(device + " has " + size + " bytes; a comm path needs " + BYTES + ", 1 MB is enough");
        }
        String other = pathOf(all);
        return other.isEmpty()
                ? DeviceChecks.content(all)
                : "the comm path " + other + ", perhaps of another cluster; if nobody uses that any more empty it with"
                        + " 'dd if=/dev/zero of=" + device + " bs=4096 count=" + (AreaFile.SLOTS + 1) + "'";
    }

    /** Makes a free device the area of a comm path. */
    public static Result prepare(Path device, String path) throws IOException {
        if (path.indexOf('\n') >= 0
                || path.getBytes(StandardCharsets.UTF_8).length > NAME_BYTES - HEADER.length() - 1) {
            throw new IOException("the id of the path does not fit into the header of an area: " + path);
        }
        Result free = inspect(device);
        if (!free.done()) {
            return free;
        }
        DirectFile file = openDirect(device);
        try {
            ByteBuffer page = DirectFile.aligned(Slot.BYTES);
            page.put((HEADER + path + "\n").getBytes(StandardCharsets.UTF_8));
            file.write(page, 0);
            return Result.done(device + " is the area of the comm path " + path + (file.direct() ? "" : note()));
        } finally {
            file.channel().close();
        }
    }

    /** Returns whether a device shows the area that another server has prepared: whether it is the same storage. */
    public static Result verify(Path device, String path) throws IOException {
        DirectFile file = openDirect(device);
        try {
            ByteBuffer page = DirectFile.aligned(Slot.BYTES);
            boolean same = file.fill(page, 0) == Slot.BYTES && pathOf(page).equals(path);
            return same
                    ? Result.done(device + " is the same storage")
                    : Result.failed(
                            device + " is not the same storage as on the other server: what was written there is"
                                    + " not seen here");
        } finally {
            file.channel().close();
        }
    }

    private static boolean empty(DirectFile file, ByteBuffer page) throws IOException {
        for (int i = 0; i <= AreaFile.SLOTS; i++) {
            if (file.fill(page, (long) i * Slot.BYTES) < Slot.BYTES) {
                return false;
            }
            for (int at = 0; at < Slot.BYTES; at++) {
                if (page.get(at) != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Empties the area of a comm path that is no more; whatever else the device holds is left as it is. */
    public static Result wipe(Path device, String path) throws IOException {
        DirectFile file = openDirect(device);
        try {
            ByteBuffer page = DirectFile.aligned(Slot.BYTES);
            if (file.fill(page, 0) < Slot.BYTES || !pathOf(page).equals(path)) {
                return Result.done(device + " is not the area of the comm path " + path + " any more");
            }
            ByteBuffer zeros = DirectFile.aligned(Slot.BYTES);
            for (int round = 0; round < WIPES; round++) {
                // The header first: who still writes stops at his next look. What he had begun may come after the
                // zeros.
                for (int i = 0; i <= AreaFile.SLOTS; i++) {
                    file.write(zeros, (long) i * Slot.BYTES);
                }
                if (empty(file, page)) {
                    return Result.done(device + " is empty");
                }
            }
            return Result.failed(device + " does not stay empty: somebody goes on writing to it");
        } finally {
            file.channel().close();
        }
    }
}
