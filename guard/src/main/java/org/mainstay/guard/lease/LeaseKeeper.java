package org.mainstay.guard.lease;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.mainstay.guard.heartbeat.LeaseExchange;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Words;

/**
 * Keeps the lease: the book, what is on disk of it, and who is told. Thread-safe; nothing waits for the disk or the
 * network but what is said to.
 */
public final class LeaseKeeper implements LeaseExchange, AutoCloseable {
    private static final long WRITE_MILLIS = 500;
    private static final long REPEAT_MILLIS = 1000;
    private static final long LONGEST_WAIT_MILLIS = 500;

    private final SuspendWatch clock;
    private final LeaseFiles files;
    private final Executor disk;
    private final Log log;
    private final LeaseSurroundings surroundings;
    private final WitnessPost witness;

    // guarded by this
    private final LeaseBook book;
    private final LeaseTold told = new LeaseTold();
    /** Whether the settings in the book were in force, so that "none" really was none. */
    private boolean known;

    private final Set<String> wanted;
    /** What a restart would begin with, and whether it could not read that. */
    private LeaseFiles.Kept onDisk;

    private boolean unreadable;
    private int savesUnderWay;
    private String saveTrouble = "";

    private final Map<String, Integer> announcing = new TreeMap<>();
    private long writtenUntil = LeaseBook.NEVER;
    private long endAgainAt = LeaseBook.NEVER;
    private long dueAt = LeaseBook.NEVER;
    /** When to record again what is in force but could not be recorded. */
    private long saveAgainAt = LeaseBook.NEVER;

    private long differingAt = LeaseBook.NEVER;
    /** What could not be read, for the manager that links itself first; empty if nothing. */
    private String damage;

    /**
     * Begins with what is on disk. What cannot be read is taken for unknown: no lease, and nobody is granted anything.
     *
     * @param disk runs one task after the other
     */
    public LeaseKeeper(
            SuspendWatch clock,
            LeaseFiles files,
            Executor disk,
            Log log,
            Witness.Factory witnesses,
            LeaseSurroundings surroundings) {
        this.clock = clock;
        this.files = files;
        this.disk = disk;
        this.log = log;
        this.surroundings = surroundings;
        LeaseFiles.Found found = files.read();
        this.onDisk = found.kept();
        this.unreadable = found.lost();
        this.book = found.book(clock.millis());
        this.damage = LeaseReason.damage(found, book.unknown());
        if (!damage.isEmpty()) {
            log.error(damage);
        }
        this.known = found.known();
        this.wanted = new TreeSet<>(onDisk.allowed());
        this.witness = new WitnessPost(witnesses, clock, log, this::written, this::look, surroundings::notice);
    }

    /** Asks the witness of the recorded settings, where there is one. */
    public void start() {
        synchronized (this) {
            // Both copies are whole again before anything else happens to one of them.
            if (!damage.isEmpty() && known) {
                save();
            }
            if (known && book.settings().mode() == LeaseSettings.Mode.NONE) {
                // Of this boot, so that a restart knows it even if it can read nothing else.
                disk.execute(() -> files.run(LeaseBook.NEVER, LeaseBook.NEVER, 0, log));
            }
        }
        Result result = witness.use(settings());
        if (!result.done()) {
            log.error(result.message());
            surroundings.notice(result.message());
        }
    }

    // --- heartbeats

    @Override
    public long turn() {
        long suspended = clock.newlySuspendedMillis();
        synchronized (this) {
            if (suspended > 0) {
                String text = "this machine was suspended for " + suspended + " ms";
                log.warn(text);
                surroundings.notice(text);
            }
            long now = clock.millis();
            if (now >= dueAt) {
                evaluate(now);
            }
            return Math.min(LONGEST_WAIT_MILLIS, Math.max(0, dueAt - now));
        }
    }

    @Override
    public long now() {
        return clock.millis();
    }

    @Override
    public synchronized int leaseMillis() {
        return book.settings().leaseMillis();
    }

    @Override
    public synchronized int lossStopMillis() {
        return book.settings().lossStopMillis();
    }

    @Override
    public synchronized boolean withoutLease() {
        // A restart would begin with what is on disk.
        boolean none = !unreadable && onDisk.settings().mode() == LeaseSettings.Mode.NONE;
        return book.unlimited() || onDisk.pending() || none;
    }

    @Override
    public synchronized void terms(String peer, Terms terms) {
        if (book.unleased(peer, terms == Terms.WITHOUT_LEASE)) {
            evaluate(clock.millis());
            save();
        }
        String text = LeaseReason.terms(book.settings().mode(), peer, terms);
        if (told.terms(peer, text, clock.millis())) {
            log.warn(text);
            surroundings.notice(text);
        }
    }

    @Override
    public synchronized boolean grant(String peer, long heardAt, int peerLease, int peerLossStop) {
        if (Math.min(peerLease, peerLossStop) < 0 || Math.max(peerLease, peerLossStop) > LeaseSettings.LARGEST) {
            return false;
        }
        int sum = book.toRecord(peerLease, peerLossStop, peer);
        if (sum > 0 && !book.withheld(peer) && announcing.getOrDefault(peer, 0) < sum) {
            announcing.put(peer, sum);
            log.warn(peer + " announces a longer lease than this server, L + S = " + sum + " ms: it is waited for");
            save();
        }
        boolean grants = book.grant(peer, heardAt, peerLease, peerLossStop);
        if (grants && told.saysLapsed(peer)) {
            evaluate(clock.millis());
        }
        return grants;
    }

    @Override
    public synchronized void granted(String peer, long sentAt, int lease, int lossStop) {
        long now = clock.millis();
        book.granted(peer, new Grant(sentAt, lease, lossStop), now);
        renewed(now);
    }

    private synchronized void written(long startedAt) {
        long now = clock.millis();
        book.written(startedAt, now);
        renewed(now);
    }

    private synchronized void look() {
        evaluate(clock.millis());
    }

    private void renewed(long now) {
        long until = book.until(now);
        long moved = Math.min(WRITE_MILLIS, book.settings().leaseMillis() / 4);
        boolean news = !told.state().equals(state(now)) || told.since() != book.since();
        if (news || until - told.until() >= moved || until - writtenUntil >= WRITE_MILLIS) {
            evaluate(now);
        }
    }

    private String state(long now) {
        boolean held = book.held(now);
        return book.unlimited() ? "none" : held && book.overdue() == LeaseBook.NEVER ? "held" : "lost";
    }

    /** Says and does what follows from the time and the book. */
    private void evaluate(long now) {
        long until = book.until(now);
        if (book.overdue() != LeaseBook.NEVER && !surroundings.anythingLeft()) {
            book.settled();
        }
        String state = state(now);
        if (state.equals("held") && told.state().equals("held") && told.since() != book.since()) {
            // Nobody looked in between, as when the machine was suspended: what was decided by the lease before is over
            // all the same.
            tellLease("lost", until, "the lease was over for some time until it was granted again");
        }
        boolean changed = !state.equals(told.state());
        boolean held = state.equals("held");
        if (held && (changed || told.since() != book.since())) {
            // First: what the witness said under the lease before is nothing to act on.
            tellWords(now);
        }
        // Shorter too: settings may have taken back a part of it.
        boolean moved = held && (until - told.until() >= book.settings().leaseMillis() / 4 || until < told.until());
        if (changed && !told.state().isEmpty()) {
            log.info("lease " + state + ": " + LeaseReason.of(book, witness, now));
        }
        endAgainAt = changed ? LeaseBook.NEVER : endAgainAt;
        if (changed && !state.equals("lost")) {
            surroundings.held();
        }
        String left = state.equals("lost") ? surroundings.left() : "";
        if (changed || moved || !left.equals(told.left())) {
            told.left(left);
            tellLease(state, until, LeaseReason.of(book, witness, now, left));
        }
        boolean longer = held && (changed || until - writtenUntil >= WRITE_MILLIS);
        if (longer || !book.unlimited() && until < writtenUntil) {
            writtenUntil = until;
            long since = book.since();
            int stop = (int) (book.outBy(now) - until);
            disk.execute(() -> files.run(until, since, stop, log));
        }
        tellPeers(now);
        dueAt = Math.min(book.nextEvent(now), now + REPEAT_MILLIS);
        boolean differs = !book.settings().equals(onDisk.settings())
                || book.pending() != onDisk.pending()
                || book.forgotten(now) != onDisk.forgotten();
        boolean due = saveAgainAt != LeaseBook.NEVER
                ? now >= saveAgainAt
                : known && differs && now - differingAt >= REPEAT_MILLIS;
        if (due && savesUnderWay == 0) {
            differingAt = now;
            saveAgainAt = LeaseBook.NEVER;
            save();
        }
        if (state.equals("lost")) {
            escalate(now, until);
        }
    }

    private void escalate(long now, long ended) {
        boolean overdue = book.overdue() != LeaseBook.NEVER;
        long outBy = overdue ? book.overdue() : book.outBy(now);
        long from = ended + (outBy - ended) / 2;
        if (!overdue && now < from) {
            dueAt = Math.min(dueAt, from);
        } else if (now - endAgainAt >= REPEAT_MILLIS) {
            endAgainAt = now;
            surroundings.end(outBy - now);
        }
    }

    private void tellLease(String state, long until, String reason) {
        told.lease(state, until, book.since());
        long end = state.equals("none") ? 0 : until;
        long since = state.equals("lost") ? 0 : book.since();
        surroundings.news(Words.line("*", "lease", state, end, since, reason));
    }

    private void tellPeers(long now) {
        for (String peer : book.peers()) {
            boolean lapsed = book.lapsed(peer, now);
            if (told.lapsed(peer, lapsed)) {
                surroundings.news(Words.line("*", "lapsed", peer, lapsed ? "yes" : "no"));
            }
            boolean withheld = withheldForSure(peer);
            if (told.withheld(peer, withheld)) {
                surroundings.news(Words.line("*", "withheld", peer, withheld ? "yes" : "no"));
            }
        }
        tellWords(now);
    }

    private void tellWords(long now) {
        for (String peer : book.peers()) {
            WitnessPost.Said said = said(peer, now);
            if (said != null && told.witness(peer, said)) {
                surroundings.news(Words.line("*", "witness", peer, said.name(), said.reason()));
            }
        }
    }

    private boolean withheldForSure(String peer) {
        return book.withheld(peer) && !onDisk.allowed().contains(peer);
    }

    private WitnessPost.Said said(String peer, long now) {
        return book.settings().mode().witness()
                ? witness.said(peer, book.lapsed(peer, now), book.held(now) ? book.since() : Long.MAX_VALUE, now)
                : null;
    }

    // --- the manager

    /** Says the present state again, as to a manager that has just linked itself. */
    public synchronized void repeatNews() {
        told.forget();
        saveTrouble = "";
        if (!damage.isEmpty()) {
            surroundings.notice(damage);
            damage = "";
        }
        evaluate(clock.millis());
    }

    /**
     * Takes settings. Waits for nothing but a witness that is made ready.
     *
     * @return done once they are in force and recorded, or why they are refused; those before stay in force then
     */
    public CompletableFuture<Result> settings(LeaseSettings newer) {
        long slowest = surroundings.slowestDetectionMillis();
        if (newer.mode() != LeaseSettings.Mode.NONE && newer.leaseMillis() < slowest) {
            return CompletableFuture.completedFuture(Result.failed(LeaseReason.tooShort(newer, slowest)));
        }
        synchronized (this) {
            if (known && newer.equals(book.settings())) {
                return CompletableFuture.completedFuture(Result.done("unchanged"));
            }
        }
        LeaseSettings before = settings();
        Result ready = witness.use(newer);
        if (!ready.done()) {
            Result back = witness.use(before);
            log.error("settings of the lease are refused: " + ready.message()
                    + (back.done() ? "" : "; and those before are not usable any more: " + back.message()));
            return CompletableFuture.completedFuture(ready);
        }
        synchronized (this) {
            book.settings(newer, known, clock.millis());
            if (newer.mode() == LeaseSettings.Mode.NONE) {
                // Of what runs without a lease none is over.
                disk.execute(() -> files.run(LeaseBook.NEVER, LeaseBook.NEVER, 0, log));
            }
            known = true;
            differingAt = clock.millis();
            wanted.retainAll(newer.peers());
            told.keep(newer.peers());
            evaluate(clock.millis());
            log.info("lease: " + newer.mode() + ", L " + newer.leaseMillis() + " ms, S " + newer.lossStopMillis()
                    + " ms, members " + newer.members());
            return save().thenApply(
                            saved -> saved.done() ? saved : Result.failed("they are in force; but " + saved.message()));
        }
    }

    public synchronized LeaseSettings settings() {
        return book.settings();
    }

    /**
     * Grants nothing to the peers any more.
     *
     * @return done when that is recorded too; at once in force in any case
     */
    public synchronized CompletableFuture<Result> withhold(Set<String> peers) {
        for (String peer : peers) {
            book.withhold(peer);
            wanted.remove(peer);
        }
        return save();
    }

    /** Grants to the peers again. @return done once that is recorded and in force */
    public synchronized CompletableFuture<Result> allow(Set<String> peers) {
        for (String peer : peers) {
            if (!book.peers().contains(peer)) {
                return CompletableFuture.completedFuture(
                        Result.failed("'" + peer + "' is not among the other members " + book.peers()));
            }
        }
        wanted.addAll(peers);
        return save();
    }

    /** Returns by peer when what was granted last is over for certain, and whether it is. */
    public synchronized Map<String, Lapse> lapses(Set<String> peers) {
        long now = clock.millis();
        return peers.stream()
                .collect(
                        Collectors.toMap(peer -> peer, peer -> new Lapse(book.lapsed(peer, now), book.lapsesAt(peer))));
    }

    /** @param at boot clock, milliseconds */
    public record Lapse(boolean lapsed, long at) {}

    private CompletableFuture<Result> save() {
        CompletableFuture<Result> result = new CompletableFuture<>();
        savesUnderWay++;
        disk.execute(() -> result.complete(saveNow()));
        return result;
    }

    private Result saveNow() {
        LeaseFiles.Kept kept;
        synchronized (this) {
            savesUnderWay--;
            if (unreadable && !known) {
                // The settings in the book are made up: recorded, they would be believed.
                return Result.failed(LeaseReason.NOT_RECORDED);
            }
            Map<String, Integer> sums = book.announced();
            announcing.forEach((peer, sum) -> sums.merge(peer, sum, Math::max));
            kept = new LeaseFiles.Kept(
                    book.settings(),
                    book.pending(),
                    book.forgotten(clock.millis()),
                    Set.copyOf(wanted),
                    sums,
                    book.unleased());
        }
        try {
            files.keep(kept);
        } catch (IOException e) {
            return notRecorded(kept.allowed(), "the guard cannot record the lease's state: " + e);
        }
        synchronized (this) {
            onDisk = kept;
            unreadable = false;
            saveTrouble = "";
            differingAt = LeaseBook.NEVER;
            saveAgainAt = LeaseBook.NEVER;
            kept.announced().forEach(book::recorded);
            announcing.keySet().removeIf(peer -> kept.announced().getOrDefault(peer, 0) >= announcing.get(peer));
            kept.allowed().stream().filter(wanted::contains).forEach(book::allow);
            look();
        }
        return Result.done("recorded");
    }

    /**
     * Whom to grant again is asked anew, if that is right then still: whoever asked was told no. What is granted to nobody any more
     * is in force in any case, and recorded when the disk allows: until then nobody counts on it, nor takes it back. One of the copies
     * may hold what was answered as failed, so all is recorded again.
     */
    private synchronized Result notRecorded(Set<String> allowed, String text) {
        // Asked for again by the next packet.
        announcing.clear();
        wanted.removeIf(peer -> allowed.contains(peer) && !onDisk.allowed().contains(peer));
        saveAgainAt = clock.millis() + REPEAT_MILLIS;
        if (!text.equals(saveTrouble)) {
            saveTrouble = text;
            log.error(text);
            surroundings.notice(text);
        }
        return Result.failed(text);
    }

    // --- witness

    /** The witness and what is asked of it. */
    public WitnessPost witness() {
        return witness;
    }

    // --- watchdog and status

    /**
     * Returns until when nothing has to be reset here: the lease's end and S after it.
     *
     * @param anythingLeft whether something is in service that was not ended yet
     * @param carefree what to say where nothing has to be out at any time, milliseconds from now
     */
    public synchronized long safeUntil(boolean anythingLeft, long carefree) {
        long now = clock.millis();
        boolean lost = state(now).equals("lost");
        if (book.overdue() != LeaseBook.NEVER && anythingLeft) {
            return book.overdue();
        }
        return book.unlimited() || lost && !anythingLeft ? now + carefree : book.outBy(now);
    }

    /** Returns all that {@code status} shows. */
    public synchronized LeaseView view() {
        long now = clock.millis();
        String state = state(now);
        String left = state.equals("lost") ? surroundings.left() : "";
        return LeaseView.of(book, state, LeaseReason.of(book, witness, now, left), now, peer -> said(peer, now));
    }

    @Override
    public void close() {
        witness.close();
    }
}
