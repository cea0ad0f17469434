package org.mainstay.core.internal.lcd;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of an open store: numbers, making, keeping and discarding them. */
final class StoreFiles {
    private static final Pattern NUMBERED = Pattern.compile("(snapshot|journal)-(\\d{10})\\.(json|json\\.tmp|a|b)");
    private static final String DAMAGED = "damaged";
    private static final long MAX_RECORDS = 64 << 20;
    private static final long MAX_CAPACITY = 1 << 30;

    private final Disk disk;
    private final StoreSettings settings;
    private final Path directory;
    private final LcdCodec codec;
    private final String server;
    private final UUID store;
    private final AtomicLong number;
    private volatile long snapshotBytes;

    /** A store written anew. @param first the older of the two generations it consists of */
    record Rewritten(Journal journal, StoreState state, long first) {}

    StoreFiles(StoreSettings settings, Path directory, LcdCodec codec, String server, UUID store, long nextNumber) {
        this.disk = settings.disk();
        this.settings = settings;
        this.directory = directory;
        this.codec = codec;
        this.server = server;
        this.store = store;
        this.number = new AtomicLong(nextNumber);
    }

    Path directory() {
        return directory;
    }

    String server() {
        return server;
    }

    List<String> names() throws IOException {
        return disk.list(directory);
    }

    boolean any() throws IOException {
        return names().stream().anyMatch(name -> NUMBERED.matcher(name).matches());
    }

    /** Makes the first journal with its first record. Nothing is left if that fails. */
    void first(byte[] payload) throws IOException {
        Journal journal = create(number.getAndIncrement(), payload.length);
        try {
            journal.append(JournalFormat.COMMIT, 1, payload);
            journal.mark(1);
        } catch (IOException e) {
            journal.discard(e);
            throw e;
        }
        journal.close();
    }

    /** Makes the journal after the current one, with room for at least the given payload. */
    Journal next(int payloadLength) throws IOException {
        return create(number.getAndIncrement(), payloadLength);
    }

    private Journal create(long generation, int payloadLength) throws IOException {
        // A journal as large as the snapshot keeps the work of compaction in proportion to that of the commits.
        long records = Math.max(settings.journalBytes(), Math.min(snapshotBytes, MAX_RECORDS))
                + payloadLength
                + JournalFormat.RECORD_HEADER
                + JournalFormat.SEAL_ROOM;
        int capacity = (int) Math.min(JournalFormat.FIRST_RECORD + records + settings.reserveBytes(), MAX_CAPACITY);
        return Journal.create(disk, directory, new JournalFormat(generation, capacity, store, server));
    }

    Journal open(JournalScan scan) throws IOException {
        return Journal.open(disk, directory, scan);
    }

    /** Returns how many bytes of records a journal takes before it is compacted. */
    int journalBytes(Journal journal) {
        return journal.format().capacity() - JournalFormat.FIRST_RECORD - settings.reserveBytes();
    }

    /** Returns after how many further bytes a compaction that failed is tried again. */
    int retryBytes() {
        return settings.reserveBytes() / 8;
    }

    void snapshot(long generation, StoreState state) throws IOException {
        snapshotBytes = new Snapshot(server, store, state).write(disk, directory, generation, codec);
    }

    /**
     * Writes a state into two new generations: each snapshot is the second copy of the other.
     *
     * @throws IOException if that failed. Parts may be left, none of them contradicts the state; nothing may be committed
     *     to the former journal any more
     */
    Rewritten rewrite(StoreState state) throws IOException {
        long first = number.getAndIncrement();
        long second = number.getAndIncrement();
        byte[] seal = JournalBody.Seal.encode(codec, second);
        int small = JournalFormat.FIRST_RECORD + JournalFormat.RECORD_HEADER + seal.length;
        Journal ended = Journal.create(disk, directory, new JournalFormat(first, small, store, server));
        Journal journal = null;
        try {
            journal = create(second, 0);
            snapshot(first, state);
            ended.append(JournalFormat.SEAL, state.sequence() + 1, seal);
            StoreState after = state.at(state.sequence() + 1);
            snapshot(second, after);
            ended.close();
            return new Rewritten(journal, after, first);
        } catch (IOException e) {
            undoRewrite(ended, journal, e);
            throw e;
        }
    }

    /**
     * Snapshots go first and durably: as long as one is there it is what the next opening begins with, and it needs its
     * journals.
     */
    private void undoRewrite(Journal ended, Journal journal, IOException cause) {
        try {
            if (journal != null) {
                disk.delete(Snapshot.path(directory, journal.generation()));
            }
            disk.delete(Snapshot.path(directory, ended.generation()));
            disk.forceDirectory(directory);
        } catch (IOException e) {
            cause.addSuppressed(e); // what is left is complete up to here and holds the same state
            return;
        }
        ended.discard(cause);
        if (journal != null) {
            journal.discard(cause);
        }
    }

    /** Deletes what is older than the last two snapshots. Failures are left for the next time. */
    void discardOld() throws IOException {
        TreeSet<Long> bases = new TreeSet<>();
        for (String name : names()) {
            Matcher matcher = NUMBERED.matcher(name);
            if (matcher.matches() && matcher.group(3).equals("json")) {
                bases.add(Long.parseLong(matcher.group(2)));
            }
        }
        if (bases.size() >= 2) {
            discardBefore(bases.lower(bases.last()), false);
        }
    }

    /** Deletes all generations before the given one. @param keep moves them into a directory instead, for a later look */
    void discardBefore(long generation, boolean keep) throws IOException {
        Path aside = directory.resolve(DAMAGED);
        if (keep) {
            disk.createDirectory(aside);
        }
        for (String name : names()) {
            Matcher matcher = NUMBERED.matcher(name);
            if (matcher.matches() && Long.parseLong(matcher.group(2)) < generation) {
                if (keep) {
                    disk.move(directory.resolve(name), aside.resolve(name));
                } else {
                    disk.delete(directory.resolve(name));
                }
            }
        }
    }

    /** Deletes drafts, and journals after the current one: made ahead of their use and empty. */
    void discardUnused(long current) throws IOException {
        for (String name : names()) {
            Matcher matcher = NUMBERED.matcher(name);
            if (matcher.matches()
                    && (name.endsWith(".tmp")
                            || name.startsWith("journal") && Long.parseLong(matcher.group(2)) > current)) {
                disk.delete(directory.resolve(name));
            }
        }
    }
}
