package org.mainstay.core.internal.lcd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.Origin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configuration database of this server and its copies of the peers' databases, durable in {@code data/lcd/}
 * (design.md section 4, invariant I3).
 *
 * <p>{@link #commit} returns after the change is on disk twice. What can go wrong and what then happens:
 *
 * <ul>
 *   <li>A crash at any moment: the next opening finds every acknowledged commit, and at most one more that was being written.
 *   <li>Damage to any one file: found at opening, put right from the other copy, told in {@link #repairs}.
 *   <li>Damage in both copies: {@link #damage} is set, the last good state can be read, commits are refused until
 *       {@link #repairFrom}. How acknowledged data is told from torn writes: {@link JournalScan}.
 *   <li>A full disk: a commit fits into space that was reserved before; when that is used up too, commits fail with
 *       NOT_WRITTEN and the same commit works once there is space.
 *   <li>A failed force: it is not asked again, as the system may have forgotten what it could not write. The state is written
 *       anew into new files by the next commit ({@link #failure} is set meanwhile).
 * </ul>
 *
 * Thread-safe. Reading never blocks; commits run one after the other in the calling thread.
 */
public final class LcdStore implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(LcdStore.class);

    private final Object lock = new Object();
    private final StoreFiles files;
    private final LcdCodec codec;
    private final StoreLock guard;
    private final ExecutorService maintenance;
    private final List<String> repairs;

    private volatile StoreState state;
    private volatile Damage damage;
    private volatile String failure;
    private volatile String warning;
    private List<JournalBody> later;
    private Journal current;
    private boolean ending;
    private boolean closed;
    private boolean compacting;
    private int compactAt;

    private LcdStore(
            StoreFiles files, LcdCodec codec, StoreLock guard, ExecutorService maintenance, StoreLoader.Loaded loaded) {
        this.files = files;
        this.codec = codec;
        this.guard = guard;
        this.state = loaded.state();
        this.later = loaded.later();
        this.repairs = List.copyOf(loaded.repairs());
        this.maintenance = maintenance;
    }

    /**
     * Makes the database of a new server and closes it again.
     *
     * @param dataDirectory {@code data/} of the installation
     * @throws LcdStoreException EXISTS or IN_USE
     * @throws IOException if files cannot be written; nothing is left behind
     */
    public static void create(Path dataDirectory, Lcd own, Origin origin) throws IOException {
        create(dataDirectory, own, origin, new LcdCodec(), StoreSettings.DEFAULT);
    }

    static void create(Path dataDirectory, Lcd own, Origin origin, LcdCodec codec, StoreSettings settings)
            throws IOException {
        Path directory = dataDirectory.resolve(StoreSettings.DIRECTORY);
        boolean existed = !settings.disk().list(directory).isEmpty();
        settings.disk().createDirectory(directory);
        try (StoreLock guard = StoreLock.acquire(directory)) {
            StoreFiles files = new StoreFiles(settings, directory, codec, own.server(), UUID.randomUUID(), 0);
            if (files.any()) {
                throw new LcdStoreException(
                        LcdStoreException.Kind.EXISTS, "there is already a configuration database in " + directory);
            }
            JournalBody body = JournalBody.of(List.of(DocumentChange.replace(own)), origin);
            files.first(body.encode(codec));
            LOG.info("configuration database of {} made in {}", own.server(), directory);
        } catch (LcdStoreException e) {
            throw e;
        } catch (IOException e) {
            if (!existed) {
                settings.disk().delete(directory.resolve(StoreLock.NAME));
                settings.disk().delete(directory);
            }
            throw e;
        }
    }

    /**
     * Opens the database.
     *
     * @param dataDirectory {@code data/} of the installation
     * @param codec the process's codec, so that rows read here keep what a newer release wrote into them
     * @param serverIfUnreadable this server's name, used when damage leaves nothing that says it
     * @throws LcdStoreException MISSING, IN_USE or NEWER_SCHEMA; damage is no error, see {@link #damage}
     * @throws IOException if files cannot be read
     */
    public static LcdStore open(Path dataDirectory, LcdCodec codec, String serverIfUnreadable) throws IOException {
        return open(dataDirectory, codec, serverIfUnreadable, StoreSettings.DEFAULT);
    }

    static LcdStore open(Path dataDirectory, LcdCodec codec, String serverIfUnreadable, StoreSettings settings)
            throws IOException {
        Path directory = dataDirectory.resolve(StoreSettings.DIRECTORY);
        if (settings.disk().list(directory).isEmpty()) {
            throw new LcdStoreException(
                    LcdStoreException.Kind.MISSING,
                    "there is no configuration database in " + directory
                            + "; make one with 'node init' or 'node join'");
        }
        StoreLock guard = StoreLock.acquire(directory);
        try {
            StoreLoader.Loaded loaded = new StoreLoader(settings.disk(), directory, codec).load();
            String server = loaded.server().isEmpty() ? serverIfUnreadable : loaded.server();
            UUID id = loaded.store() == null ? UUID.randomUUID() : loaded.store();
            StoreFiles files = new StoreFiles(settings, directory, codec, server, id, loaded.highest() + 1);
            LcdStore store =
                    new LcdStore(files, codec, guard, settings.maintenance().get(), loaded);
            store.begin(loaded);
            return store;
        } catch (IOException | RuntimeException e) {
            guard.close();
            throw e;
        }
    }

    private void begin(StoreLoader.Loaded loaded) {
        if (loaded.damage() != null) {
            StoreLoader.Problem problem = loaded.damage();
            damage = new Damage(problem.place(), problem.reason(), own(), RepairPlan.highestSeen(own(), later));
            LOG.error("{}", damage.sentence());
            return;
        }
        repairs.forEach(repair -> LOG.warn("configuration database, repaired from the second copy: {}", repair));
        try {
            files.discardUnused(loaded.current().format().generation());
            current = files.open(loaded.current());
            compactAt = files.journalBytes(current);
            if (loaded.rewrite()) {
                rewrite(false);
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    /** Returns this server's name. */
    public String server() {
        return files.server();
    }

    /** Returns this server's database; in a damaged store the last good version. */
    public Lcd own() {
        Lcd own = state.documents().get(server());
        return own == null ? Lcd.empty(server(), 0) : own;
    }

    /** Returns all databases by server, this server's among them if there is one; unmodifiable. */
    public Map<String, Lcd> documents() {
        return state.documents();
    }

    /** Returns the copies of the peers' databases by server. */
    public Map<String, Lcd> peers() {
        Map<String, Lcd> peers = new TreeMap<>(state.documents());
        peers.remove(server());
        return peers;
    }

    /** Returns the number of the last commit or change of files; rises only. */
    public long sequence() {
        return state.sequence();
    }

    /** Returns the last commits, oldest first. */
    public List<HistoryEntry> history() {
        return state.history();
    }

    /** Returns what opening found damaged and put right, one sentence each. */
    public List<String> repairs() {
        return repairs;
    }

    /** Returns the damage that stops this store from taking commits, if there is any. */
    public Optional<Damage> damage() {
        return Optional.ofNullable(damage);
    }

    /** Returns why the last write left the files in doubt, until a commit has succeeded; a sentence. */
    public Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    /** Returns what an administrator should do something about though commits still work, a sentence. */
    public Optional<String> warning() {
        return Optional.ofNullable(warning);
    }

    /**
     * Makes changes durable, all or none, as one record; when this returns they are on disk in two copies and readable here.
     *
     * @param changes at least one; several for one document follow one another
     * @throws LcdStoreException the change is not stored: DAMAGED, NOT_WRITTEN, FAILED, CONFLICT or CLOSED. After FAILED a
     *     crash may still bring the change to light
     */
    public void commit(List<DocumentChange> changes, Origin origin) throws LcdStoreException {
        if (changes.isEmpty()) {
            throw new IllegalArgumentException("a commit needs at least one change");
        }
        for (DocumentChange change : changes) {
            if (change.kind() == DocumentChange.Kind.FORGET && change.server().equals(server())) {
                throw new IllegalArgumentException("a server never forgets its own database");
            }
        }
        synchronized (lock) {
            checkUsable();
            if (ending) {
                throw closed();
            }
            JournalBody body = JournalBody.of(changes, origin);
            StoreState next = state.apply(state.sequence() + 1, body, codec); // refuses before anything is written
            byte[] payload = body.encode(codec);
            if (failure != null) {
                recover();
            }
            append(next, body, payload);
            if (current.used() > compactAt && !compacting) {
                compacting = true;
                maintenance.execute(this::compactInBackground);
            }
        }
    }

    private void append(StoreState planned, JournalBody body, byte[] payload) throws LcdStoreException {
        try {
            if (!current.fits(payload.length)) {
                turn(files.next(payload.length));
                scheduleSnapshot();
            }
            long sequence = state.sequence() + 1;
            // a change of files in between takes a number of its own
            StoreState next = planned.sequence() == sequence ? planned : state.apply(sequence, body, codec);
            current.append(JournalFormat.COMMIT, sequence, payload);
            state = next;
        } catch (LcdStoreException e) {
            noteFailure(e);
            throw e;
        } catch (IOException e) {
            throw LcdStoreException.notWritten(files.directory(), e);
        }
    }

    private void checkUsable() throws LcdStoreException {
        if (closed) {
            throw closed();
        }
        if (damage != null) {
            throw new LcdStoreException(LcdStoreException.Kind.DAMAGED, damage.sentence());
        }
    }

    private static LcdStoreException closed() {
        return new LcdStoreException(LcdStoreException.Kind.CLOSED, "the configuration database is closed");
    }

    private void fail(IOException e) {
        failure = LcdStoreException.text(e);
        LOG.error("the configuration database cannot be written", e);
    }

    private void noteFailure(LcdStoreException e) {
        if (e.kind() == LcdStoreException.Kind.FAILED) {
            fail(e);
        }
    }

    private void recover() throws LcdStoreException {
        try {
            rewrite(false);
            LOG.info("the configuration database was written anew after: {}", failure);
            failure = null;
        } catch (IOException e) {
            fail(e);
            throw LcdStoreException.failed("the configuration database", files.directory(), e);
        }
    }

    /** Writes the state into new files, two copies, and goes on there. On failure the store is as failed as before. */
    private void rewrite(boolean keepDamaged) throws IOException {
        StoreFiles.Rewritten written = files.rewrite(state);
        if (current != null) {
            closeQuietly(current);
        }
        current = written.journal();
        state = written.state();
        compactAt = files.journalBytes(current);
        try {
            files.discardBefore(written.first(), keepDamaged);
        } catch (IOException e) {
            LOG.warn("old files of the configuration database could not be put away", e); // tried again with the next
        }
    }

    /** Ends the current journal and goes on in the given one. */
    private void turn(Journal next) throws LcdStoreException {
        try {
            current.append(JournalFormat.SEAL, state.sequence() + 1, JournalBody.Seal.encode(codec, next.generation()));
        } catch (LcdStoreException e) {
            if (e.kind() == LcdStoreException.Kind.NOT_WRITTEN) {
                next.discard(e); // else the record that names it may be on disk
            }
            throw e;
        }
        closeQuietly(current);
        current = next;
        state = state.at(state.sequence() + 1);
        compactAt = files.journalBytes(current);
    }

    private static void closeQuietly(Journal journal) {
        try {
            journal.close();
        } catch (IOException e) {
            LOG.warn("a journal that has ended could not be closed", e); // all it holds is durable
        }
    }

    private void scheduleSnapshot() {
        long generation = current.generation();
        StoreState captured = state;
        maintenance.execute(() -> writeSnapshot(generation, captured));
    }

    private void compactInBackground() {
        try {
            compact();
            warning = null;
        } catch (IOException e) {
            warning = "the journal of the configuration database in " + files.directory() + " cannot be compacted: "
                    + LcdStoreException.text(e) + "; free space before the reserve is used up";
            LOG.warn("{}", warning);
        } finally {
            synchronized (lock) {
                compacting = false;
                compactAt = warning == null ? compactAt : current.used() + files.retryBytes();
            }
        }
    }

    /**
     * Writes the readable snapshot now and begins a new journal. Commits go on meanwhile, but for a moment.
     *
     * @throws IOException if that failed; nothing is lost and commits go on
     */
    public void compact() throws IOException {
        long before;
        synchronized (lock) {
            checkUsable();
            if (failure != null) {
                return; // the next commit writes everything anew
            }
            before = current.generation();
        }
        Journal next = files.next(0); // slow, therefore without the lock
        long generation = next.generation();
        StoreState captured;
        synchronized (lock) {
            if (closed || failure != null || current.generation() != before) {
                next.discard(new IOException("not needed"));
                return;
            }
            try {
                turn(next);
            } catch (LcdStoreException e) {
                noteFailure(e);
                throw e;
            }
            captured = state;
        }
        snapshot(generation, captured);
    }

    private void writeSnapshot(long generation, StoreState captured) {
        try {
            snapshot(generation, captured);
        } catch (IOException e) {
            LOG.warn(
                    "the snapshot of the configuration database could not be written; its journals hold everything", e);
        }
    }

    private void snapshot(long generation, StoreState captured) throws IOException {
        files.snapshot(generation, captured);
        synchronized (lock) {
            files.discardOld();
        }
    }

    /**
     * Repairs a damaged store: this server's database becomes the newest of the last good version and the given copies. If
     * intact commits after the damage join on without a gap it goes on in the same incarnation, else a new one begins,
     * because versions whose content is lost may have been seen elsewhere.
     *
     * @param copies copies of this server's database that peers hold; empty to accept the last good version
     * @return this server's database, durable
     * @throws LcdStoreException FAILED if it cannot be written; the store stays damaged
     * @throws IllegalStateException if the store is not damaged
     */
    public Lcd repairFrom(Collection<Lcd> copies, Origin origin) throws LcdStoreException {
        synchronized (lock) {
            if (damage == null) {
                throw new IllegalStateException("the configuration database is not damaged");
            }
            StoreState before = state;
            try {
                RepairPlan plan = RepairPlan.of(before, damage.lastGood(), later, copies, codec);
                JournalBody body = JournalBody.of(List.of(DocumentChange.replace(plan.own())), origin);
                state = plan.state().apply(plan.state().sequence() + 1, body, codec);
                rewrite(true);
            } catch (IOException e) {
                state = before;
                throw LcdStoreException.failed("the repaired configuration database", files.directory(), e);
            }
            damage = null;
            failure = null;
            later = List.of();
            LOG.warn(
                    "the configuration database was repaired, now version {}.{}", own().incarnation(), own().version());
            return own();
        }
    }

    /** Ends the use of the database; what was acknowledged is durable without it. Writes the readable snapshot if it is old. */
    @Override
    public void close() throws IOException {
        synchronized (lock) {
            if (ending) {
                return;
            }
            ending = true;
        }
        maintenance.shutdown();
        awaitMaintenance();
        try {
            if (damage == null && failure == null && current.used() > 0) {
                compact();
            }
        } catch (IOException e) {
            LOG.warn("the configuration database could not be compacted at the end; nothing is lost", e);
        }
        synchronized (lock) {
            closed = true;
            try {
                if (current != null && failure == null) {
                    current.mark(state.sequence());
                }
            } catch (IOException e) {
                LOG.warn("the orderly end could not be noted in the journal; nothing is lost", e);
            } finally {
                if (current != null) {
                    closeQuietly(current);
                }
                guard.close();
            }
        }
    }

    private void awaitMaintenance() {
        boolean interrupted = false;
        boolean done = false;
        while (!done) {
            try {
                done = maintenance.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
