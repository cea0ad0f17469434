package org.mainstay.guard.witness;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mainstay.guard.lease.BootClock;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.lease.Witness.Word;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Waiting;

/**
 * Storage mode at work: one thread per location that writes or reads it and may hang there, and one that touches no storage, watches
 * the others' times and tells the words.
 *
 * <p>Thread-safe. All state is guarded by this object; the listener is called outside of it, one call at a time.
 */
final class StorageRun implements StorageThread.Owner, AutoCloseable {
    private static final long TICK_MILLIS = 200;
    /** Failed storage calls are repeated so soon. */
    private static final long AGAIN_MILLIS = 1000;

    private final Initialisation begun;
    private final StorageSettings settings;
    private final Witness.Settings limits;
    private final BootClock clock;
    private final Clock wall;
    private final Log log;
    private final Telling words;
    private final OwnObject own;
    private final List<StorageThread> threads = new ArrayList<>();
    private final Map<String, PeerJudge> judges = new TreeMap<>();
    private final Map<String, String> stale = new TreeMap<>();
    private final Map<String, String> troubles = new LinkedHashMap<>();
    private final Map<String, Word> verified = new TreeMap<>();
    private final Map<String, SignOfLife> copies = new HashMap<>();
    private final Set<String> looked = new HashSet<>();
    private final Catalog catalog = new Catalog();
    private final long startedAt;
    private final Thread watcher;

    private boolean complete;
    private boolean closed;
    private long confirmedAt = Long.MIN_VALUE;

    /** What it works with. @param wall for people, in the object */
    record Surroundings(ObjectStore store, BootClock clock, Clock wall, Log log) {}

    /** @param incarnation random */
    StorageRun(
            Initialisation begun,
            Witness.Settings limits,
            StorageSettings settings,
            Surroundings around,
            Witness.Listener listener,
            long incarnation) {
        this.begun = begun;
        this.limits = limits;
        this.settings = settings;
        this.clock = around.clock();
        this.wall = around.wall();
        this.log = around.log();
        this.words = new Telling(listener);
        this.complete = begun.complete();
        this.startedAt = clock.millis();
        this.own = new OwnObject(
                begun.id(),
                begun.self(),
                settings,
                (int) limits.leaseMillis(),
                (int) limits.lossStopMillis(),
                incarnation);
        settings.objects().forEach((server, locations) -> {
            if (!server.equals(begun.self())) {
                judges.put(server, new PeerJudge(server, locations.size(), settings.checks(), limits.observeMillis()));
            }
            for (int i = 0; i < locations.size(); i++) {
                threads.add(new StorageThread(server, i, locations.get(i), around.store(), clock, this));
            }
        });
        this.watcher = new Thread(this::watch, "witness");
        watcher.setDaemon(true);
    }

    void start() {
        threads.forEach(StorageThread::start);
        watcher.start();
    }

    Initialisation begun() {
        return begun;
    }

    StorageSettings settings() {
        return settings;
    }

    /** Says that all servers are initialised: leases and words from now on. */
    synchronized void complete() {
        complete = true;
        threads.forEach(StorageThread::wake);
    }

    /** Returns the servers whose objects were not seen initialised and updated, with the reason; this server's own too. */
    synchronized Map<String, String> missing() {
        Map<String, String> missing = new TreeMap<>();
        if (!usable()) {
            missing.put(begun.self(), trouble());
        }
        judges.forEach((peer, judge) -> {
            SignOfLife newest = judge.newest();
            if (newest == null) {
                missing.put(peer, stale.getOrDefault(peer, "not read yet"));
            } else if (newest.state() == SignOfLife.State.EXITED) {
                missing.put(peer, "not initialised");
            } else if (newest.settings() != settings.digest()) {
                missing.put(peer, "initialised with other QWK parameters or other servers than here");
            } else if (judge.changes() == 0) {
                missing.put(peer, "not updated");
            }
        });
        return missing;
    }

    // --- the threads at the storage

    @Override
    public boolean own(String server) {
        return server.equals(begun.self());
    }

    @Override
    public byte[] toWrite(String location, byte[] found) throws IOException {
        synchronized (this) {
            boolean whole = own.found(location, found);
            if (looked.add(location)) {
                catalog.say(
                        location,
                        whole ? Catalog.VALID_OBJECT : Catalog.INVALID_OBJECT,
                        whole
                                ? location + " is this server's valid object, sequence " + SignOfLife.sequenceOf(found)
                                : location + " is this server's object and half written: it is written anew",
                        clock.millis());
            }
            return own.next(complete ? SignOfLife.State.RUNNING : SignOfLife.State.INITIALISING, wall.millis())
                    .encode();
        }
    }

    @Override
    public void written(String location, long startedAt) {
        boolean counts;
        synchronized (this) {
            if (closed) {
                return;
            }
            troubles.remove(location);
            // A write that took longer than the lease is a refusal; it says nothing about now either.
            boolean late = clock.millis() - startedAt >= limits.leaseMillis();
            if (late) {
                String text = "a write to " + location + " took longer than the lease";
                troubles.put(location, text);
                catalog.problem(location, new Problem(Problem.LATE, text), clock.millis());
                return;
            }
            catalog.fine(location, location + " can be written again", clock.millis());
            confirmedAt = Math.max(confirmedAt, startedAt);
            counts = complete;
        }
        if (counts) {
            words.written(startedAt);
        }
    }

    @Override
    public synchronized void failed(String server, int index, String location, Problem problem) {
        catalog.problem(location, problem, clock.millis());
        if (own(server)) {
            troubles.put(location, problem.text());
        } else {
            judges.get(server).unreadable(index, problem.text());
            stale.put(server, problem.text());
        }
    }

    @Override
    public synchronized void found(String server, int index, StorageThread.Look look) {
        PeerJudge judge = judges.get(server);
        if (!usable()) {
            // Without access of its own this server has no quorum, and an empty mount point looks like missing objects.
            judge.interrupted();
            if (look.object() == null) {
                stale.put(server, look.flaw().text());
                return;
            }
        }
        String location = settings.objects().get(server).get(index);
        Problem flaw = look.object() == null ? look.flaw() : foreign(server, look.object());
        if (flaw == null) {
            catalog.fine(
                    location, "the QWK object of " + server + " in " + location + " can be read again", clock.millis());
            older(location, server, look.object());
            judge.read(index, look.startedAt(), look.endedAt(), look.object(), look.check());
        } else {
            catalog.problem(location, flaw, clock.millis());
            judge.unusable(index, look.startedAt(), look.endedAt(), flaw.text(), look.check());
            stale.put(server, flaw.text());
        }
    }

    /** Some storage delivers old copies (MSG-032). */
    private void older(String location, String server, SignOfLife object) {
        SignOfLife before = copies.put(location, object);
        if (before != null && before.incarnation() == object.incarnation() && before.sequence() > object.sequence()) {
            catalog.say(
                    location,
                    Catalog.SEQUENCE_WENT_BACK,
                    "the sequence of " + server + " in " + location + " went back from " + before.sequence() + " to "
                            + object.sequence() + ": an old copy, which counts as no change",
                    clock.millis());
        }
    }

    private Problem foreign(String server, SignOfLife object) {
        String text = "the object of " + server + " is written by " + object.server();
        if (!object.cluster().equals(settings.cluster())) {
            return new Problem(Problem.OTHER_SIGNATURE, text + " of another cluster");
        }
        return object.server().equals(server) ? null : new Problem(Problem.OTHER_SERVER, text);
    }

    @Override
    public long interval() {
        return settings.intervalMillis();
    }

    @Override
    public synchronized long pause(boolean failed) {
        return failed || !complete ? Math.min(AGAIN_MILLIS, settings.intervalMillis()) : settings.intervalMillis();
    }

    // --- the watch

    private void watch() {
        try {
            while (true) {
                if (!tick()) {
                    return;
                }
                Waiting.until(System::nanoTime, System.nanoTime() + TICK_MILLIS * 1_000_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.error("the witness cannot go on", e);
            close();
        }
    }

    private boolean tick() {
        List<Runnable> tell = new ArrayList<>();
        synchronized (this) {
            if (closed) {
                return false;
            }
            long now = clock.millis();
            for (StorageThread thread : threads) {
                thread.hungSince(now, hangMillis())
                        .ifPresent(why -> failed(thread.server(), thread.index(), thread.location(), why));
            }
            boolean usable = usable() && complete;
            String trouble = usable ? "" : trouble();
            tell.add(() -> words.reachable(usable, trouble));
            judges.forEach((peer, judge) -> {
                Word word = usable ? judge.word(now) : Word.UNKNOWN;
                String reason = usable ? judge.reason(now) : "the QWK storage cannot be used here: " + trouble;
                long readAt = judge.readAt();
                tell.add(() -> words.word(peer, word, reason, readAt));
                verify(peer, word, reason, now);
            });
            // QUO-092
            limits.peers().stream().filter(peer -> !judges.containsKey(peer)).forEach(peer -> {
                String why = peer + " is not among the servers of qwk_storage_init; initialise again";
                catalog.problem("server " + peer, new Problem(Catalog.NOT_CONFIGURED, why), now);
                tell.add(() -> words.word(peer, Word.UNKNOWN, why, now));
            });
            if (confirmedAt == Long.MIN_VALUE && now - startedAt >= 2 * settings.intervalMillis()) {
                catalog.problem(
                        "first cycle",
                        new Problem(
                                Catalog.FIRST_CYCLE_LATE,
                                "the first write of this server's object has not finished within "
                                        + 2 * settings.intervalMillis() + " ms"),
                        now);
            }
            catalog.take().forEach(text -> tell.add(() -> words.message(text)));
        }
        tell.forEach(Runnable::run);
        return true;
    }

    private void verify(String peer, Word word, String reason, long now) {
        Word before = verified.put(peer, word);
        if (before != null && before != word) {
            catalog.say(
                    peer + " " + word,
                    Catalog.WITNESS_VERIFICATION,
                    "witness verification (storage, " + peer + "): "
                            + word.name().toLowerCase(Locale.ROOT) + ", " + reason,
                    now);
        }
    }

    private long hangMillis() {
        return Math.max(500, Math.min(limits.leaseMillis(), settings.intervalMillis()) / 2);
    }

    /** The quorum check (QUO-082): the last write was confirmed, and not too long ago. */
    private boolean usable() {
        return confirmedAt != Long.MIN_VALUE
                && clock.millis() - confirmedAt < limits.leaseMillis()
                && troubles.size() < settings.objects().get(begun.self()).size();
    }

    private String trouble() {
        if (!troubles.isEmpty()) {
            return String.join("; ", troubles.values());
        }
        return complete ? "no write was confirmed within the lease's time" : "qwk_storage_init waits for other servers";
    }

    /** Waits until what was being written is written, or the storage hangs. Only after {@link #close}. */
    void awaitEnd() throws InterruptedException {
        for (StorageThread thread : threads) {
            if (own(thread.server())) {
                thread.awaitEnd(hangMillis());
            }
        }
    }

    /** Returns what {@code qwk_storage_exit} leaves in the objects. Only after {@link #close}. */
    synchronized byte[] farewell() {
        return own.next(SignOfLife.State.EXITED, wall.millis()).encode();
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        words.close();
        threads.forEach(StorageThread::close);
        watcher.interrupt();
    }
}
