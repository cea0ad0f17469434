package org.mainstay.core.internal.lcd;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A disk that forgets what was not forced when it loses power, tears what it was writing, and fails on command. Rougher than
 * real ones: after a failed force it never writes what it could not write, yet goes on showing it.
 */
final class MemoryDisk implements Disk {
    private static final int SECTOR = 512;

    /** What goes wrong at an operation. */
    enum Fault {
        POWER,
        NO_SPACE,
        FORCE_FAILS
    }

    private static final class Content {
        private byte[] live = new byte[0];
        private byte[] durable = new byte[0];
    }

    private interface NameChange {
        void on(Map<Path, Content> names);
    }

    private final Map<Path, Content> names = new TreeMap<>();
    private final Map<Path, Content> durableNames = new TreeMap<>();
    private final List<NameChange> unforced = new ArrayList<>();
    private final Random random;
    private long operations;
    private long faultAt = Long.MAX_VALUE;
    private long faultUntil = Long.MAX_VALUE;
    private Fault fault;
    private long powerAt = Long.MAX_VALUE;
    private boolean dead;

    MemoryDisk(long seed) {
        random = new Random(seed);
    }

    synchronized void faultAt(Fault kind, long operation, long count) {
        fault = kind;
        faultAt = operation;
        faultUntil = operation + count;
    }

    /** Cuts the power at an operation, whatever else fails before. */
    synchronized void powerCutAt(long operation) {
        powerAt = operation;
    }

    synchronized long operations() {
        return operations;
    }

    synchronized boolean dead() {
        return dead;
    }

    /** Returns what a machine finds after the power failed: some of what was not forced, torn by sectors. */
    synchronized MemoryDisk afterPowerCut() {
        Map<Path, Content> found = new TreeMap<>(durableNames);
        int kept = unforced.isEmpty() ? 0 : random.nextInt(unforced.size() + 1);
        unforced.subList(0, kept).forEach(change -> change.on(found));
        MemoryDisk next = new MemoryDisk(random.nextLong());
        found.forEach((path, content) -> next.put(path, torn(content)));
        return next;
    }

    private byte[] torn(Content content) {
        int mode = random.nextInt(3);
        if (mode == 0) {
            return content.durable.clone();
        }
        if (mode == 1) {
            return content.live.clone();
        }
        byte[] result =
                Arrays.copyOf(content.durable, random.nextBoolean() ? content.live.length : content.durable.length);
        for (int at = 0; at < result.length; at += SECTOR) {
            int to = Math.min(at + SECTOR, Math.min(result.length, content.live.length));
            if (to > at && random.nextBoolean()) {
                System.arraycopy(content.live, at, result, at, to - at);
            }
        }
        return result;
    }

    /** Returns an independent disk with what this one shows now. */
    synchronized MemoryDisk copy() {
        MemoryDisk next = new MemoryDisk(1);
        names.forEach((path, content) -> next.put(path, content.live.clone()));
        return next;
    }

    synchronized void put(Path path, byte[] bytes) {
        Content content = new Content();
        content.live = bytes.clone();
        content.durable = bytes.clone();
        names.put(path, content);
        durableNames.put(path, content);
    }

    synchronized byte[] content(Path path) {
        return names.get(path).live.clone();
    }

    synchronized List<Path> paths() {
        return new ArrayList<>(names.keySet());
    }

    private boolean operation(boolean force) throws IOException {
        if (dead) {
            throw new IOException("the machine is off");
        }
        long number = operations++;
        if (number >= powerAt) {
            dead = true;
            return true;
        }
        if (number < faultAt || number >= faultUntil) {
            return false;
        }
        if (fault == Fault.POWER) {
            dead = true;
            return true;
        }
        return fault == Fault.NO_SPACE ? !force : force;
    }

    @Override
    public synchronized List<String> list(Path directory) {
        return names.keySet().stream()
                .filter(path -> directory.equals(path.getParent()))
                .map(path -> path.getFileName().toString())
                .toList();
    }

    @Override
    public synchronized byte[] read(Path file) throws IOException {
        Content content = names.get(file);
        if (content == null) {
            throw new NoSuchFileException(file.toString());
        }
        return content.live.clone();
    }

    @Override
    public void createDirectory(Path directory) {
        assert directory.isAbsolute(); // directories are implied by the names in them
    }

    private void rename(NameChange change) {
        change.on(names);
        unforced.add(change);
    }

    @Override
    public synchronized DiskFile open(Path file) throws IOException {
        if (operation(false)) {
            throw new IOException("no space for a name");
        }
        if (!names.containsKey(file)) {
            Content made = new Content();
            rename(map -> map.put(file, made));
        }
        return new File(names.get(file));
    }

    @Override
    public synchronized void move(Path from, Path to) throws IOException {
        if (operation(false)) {
            throw new IOException("no space for a name");
        }
        rename(map -> {
            Content moved = map.remove(from);
            if (moved != null) {
                map.put(to, moved);
            }
        });
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        if ((fault == Fault.POWER || powerAt < Long.MAX_VALUE) && operation(false)) {
            throw new IOException("not deleted");
        }
        rename(map -> map.remove(file));
    }

    @Override
    public synchronized void forceDirectory(Path directory) throws IOException {
        if (operation(true)) {
            throw new IOException("directory not forced");
        }
        unforced.forEach(change -> change.on(durableNames));
        unforced.clear();
    }

    private final class File implements DiskFile {
        private final Content content;

        File(Content content) {
            this.content = content;
        }

        @Override
        public void write(long position, byte[] bytes, int offset, int length) throws IOException {
            synchronized (MemoryDisk.this) {
                boolean fails = operation(false);
                int written = fails ? random.nextInt(length + 1) : length;
                int end = (int) position + written;
                if (end > content.live.length) {
                    content.live = Arrays.copyOf(content.live, end);
                }
                System.arraycopy(bytes, offset, content.live, (int) position, written);
                if (fails) {
                    throw new IOException("No space left on device");
                }
            }
        }

        @Override
        public void setSize(long size) throws IOException {
            synchronized (MemoryDisk.this) {
                if (operation(false)) {
                    throw new IOException("No space left on device");
                }
                content.live = Arrays.copyOf(content.live, (int) size);
            }
        }

        @Override
        public void force() throws IOException {
            synchronized (MemoryDisk.this) {
                if (operation(true)) {
                    if (!dead) {
                        lose();
                    }
                    throw new IOException("Input/output error");
                }
                content.durable = content.live.clone();
            }
        }

        /** What could not be written is dropped: later forces succeed and do not write it. */
        private void lose() {
            byte[] before = content.durable;
            content.durable = torn(content);
            if (random.nextBoolean()) {
                content.durable = before;
            }
            content.live = Arrays.copyOf(content.durable, Math.max(content.durable.length, content.live.length));
        }

        @Override
        public void close() {
            // nothing to release
        }
    }
}
