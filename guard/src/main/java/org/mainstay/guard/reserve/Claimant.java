package org.mainstay.guard.reserve;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Ticker;
import org.mainstay.guard.util.Waiting;

/**
 * The algorithm on one open area: own slot, claim, renewal. Owned by the area's thread; blocks.
 *
 * <p>A claim is safe because everybody waits for the slowest: a server publishes in its slot how long it needs from reading
 * the area to having written its claim, takes its own attempt back if it needed longer, and waits longer than the largest
 * published time before it reads again and believes that it won. So of two that wrote at the same time each sees the other.
 */
final class Claimant {
    private static final int SMALLEST_IO_MILLIS = 20;
    private static final int LARGEST_IO_MILLIS = 5000;
    private static final int WAIT_MARGIN_MILLIS = 10;
    private static final int ATTEMPTS = 10;
    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final AreaFile file;
    private final ReservationSettings settings;
    private final Ticker ticker;
    private final Observation observation;
    private int slowestNow = SMALLEST_IO_MILLIS;
    private int slowestBefore = SMALLEST_IO_MILLIS;
    private long windowBegan;
    private long readBegan;

    Claimant(AreaFile file, ReservationSettings settings, Ticker ticker) {
        this.file = file;
        this.settings = settings;
        this.ticker = ticker;
        this.windowBegan = ticker.nanos();
        this.observation = new Observation(settings.installation(), () -> settings.staleNanos() / 2);
    }

    Observation observation() {
        return observation;
    }

    /** Reads all slots and notes what moved. */
    void read() throws IOException {
        readBegan = ticker.nanos();
        List<AreaFile.Page> pages = file.read();
        long now = ticker.nanos();
        observation.read(pages, now);
        measured(now - readBegan);
    }

    /** One slow moment must not make every claim slow for ever: what is older than two windows is forgotten. */
    private void measured(long nanos) {
        if (ticker.nanos() - windowBegan > WINDOW_NANOS) {
            windowBegan = ticker.nanos();
            slowestBefore = slowestNow;
            slowestNow = SMALLEST_IO_MILLIS;
        }
        long twice = 2 * TimeUnit.NANOSECONDS.toMillis(nanos);
        slowestNow = (int) Math.min(LARGEST_IO_MILLIS, Math.max(slowestNow, twice));
    }

    private int slowestMillis() {
        return Math.max(slowestNow, slowestBefore);
    }

    /** Writes this server's slot, with how slow this server is. */
    private void write(Slot slot) throws IOException {
        int index = AreaFile.indexOf(observation.pages(), settings.installation());
        if (index < 0) {
            throw new IOException("this server's slot has gone from the area; something else writes to it");
        }
        long began = ticker.nanos();
        file.write(index, slot.withPace(slowestMillis(), settings.renewMillis()));
        measured(ticker.nanos() - began);
    }

    /**
     * Makes sure that this server has a slot and that the slot says how slow it is.
     *
     * @throws IOException if all slots are taken, or the storage fails
     */
    void enrol() throws IOException, InterruptedException {
        read();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Slot own = observation.own();
            if (own != null && own.ioMillis() >= slowestMillis() && own.ioMillis() <= 2 * slowestMillis()) {
                return;
            }
            if (own != null) {
                write(own.with(own.state(), own.claim()));
            } else {
                takeSlot();
            }
            read();
        }
        if (observation.own() == null) {
            throw new IOException("no slot could be had in the reservation area: others write to it all the time");
        }
    }

    private void takeSlot() throws IOException, InterruptedException {
        int index = freeIndex();
        if (index < 0) {
            throw new IOException("all " + AreaFile.SLOTS + " slots of the reservation area are taken");
        }
        file.write(
                index,
                new Slot(
                        settings.installation(),
                        settings.server().get(),
                        Slot.State.FREE,
                        0,
                        1,
                        slowestMillis(),
                        settings.renewMillis()));
        // Another server may have chosen the same slot: the later writer keeps it, the other one chooses again.
        Waiting.until(ticker, ticker.nanos() + waitNanos());
    }

    private int freeIndex() {
        List<AreaFile.Page> pages = observation.pages();
        for (int i = 0; i < pages.size(); i++) {
            Slot slot = pages.get(i).slot();
            boolean formerSelf =
                    slot != null && slot.server().equals(settings.server().get()) && slot.state() == Slot.State.FREE;
            boolean empty = slot == null && pages.get(i).damage() == null;
            if (formerSelf || empty) {
                return i;
            }
        }
        return -1;
    }

    private long waitNanos() {
        return TimeUnit.MILLISECONDS.toNanos(
                (long) WAIT_MARGIN_MILLIS + Math.max(slowestMillis(), observation.slowestMillis()));
    }

    /** Claims the area. @return done, or who has it */
    Result claim(boolean force) throws IOException, InterruptedException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            enrol();
            Optional<Result> refusal = force ? Optional.empty() : obstacle();
            if (refusal.isPresent()) {
                return refusal.get();
            }
            read();
            Optional<Slot> other = observation.strongestOther();
            if (!force
                    && other.isPresent()
                    && observation.unchangedFor(other.get(), ticker.nanos()) < settings.staleNanos(other.get())) {
                // Somebody was quicker between the two reads.
                continue;
            }
            Optional<Result> decided = attempt(force);
            if (decided.isPresent()) {
                return decided.get();
            }
        }
        return Result.failed(
                "the storage of the reservation area is too slow or too busy to decide a claim; last I/O took "
                        + slowestMillis() / 2 + " ms");
    }

    /** Waits until a holder, if there is one, has moved or stood still long enough. @return why the claim is refused */
    private Optional<Result> obstacle() throws IOException, InterruptedException {
        long step = Math.max(TimeUnit.MILLISECONDS.toNanos(5), settings.renewNanos() / 5);
        Slot first = null;
        while (true) {
            if (observation.damage().isPresent()) {
                return Optional.of(Result.failed("the reservation area is damaged ("
                        + observation.damage().get()
                        + "): nobody can tell who holds it. Make sure no server uses the storage, then force"));
            }
            Slot holder = observation.strongestOther().orElse(null);
            long still = holder == null ? 0 : observation.unchangedFor(holder, ticker.nanos());
            if (holder == null || still >= settings.staleNanos(holder)) {
                return Optional.empty();
            }
            boolean moved = first != null
                    && first.installation().equals(holder.installation())
                    && holder.counter() != first.counter();
            if (moved && holder.state() == Slot.State.CLAIMED) {
                return Optional.of(Result.failed("held by " + holder.server()
                        + ", which renews it; take the resource out of" + " service there first"));
            }
            first = holder;
            Waiting.until(ticker, ticker.nanos() + step);
            read();
        }
    }

    private Optional<Result> attempt(boolean force) throws IOException, InterruptedException {
        Slot before = observation.own();
        if (before == null) {
            return Optional.empty();
        }
        int published = before.ioMillis();
        Slot claiming = before.with(Slot.State.CLAIMING, observation.highestClaim() + 1);
        write(claiming);
        long needed = ticker.nanos() - readBegan;
        if (needed > TimeUnit.MILLISECONDS.toNanos(published)) {
            // Slower than the others were told: they may already have looked and not seen this claim.
            measured(needed);
            write(claiming.with(Slot.State.FREE, claiming.claim()));
            return Optional.empty();
        }
        Waiting.until(ticker, ticker.nanos() + waitNanos());
        read();
        Slot now = observation.own();
        if (now == null || now.claim() != claiming.claim()) {
            return Optional.empty();
        }
        Optional<Slot> other = observation.strongestOther().filter(slot -> wins(slot, now));
        if (other.isPresent()) {
            write(now.with(Slot.State.FREE, now.claim()));
            return Optional.of(
                    Result.failed("held by " + other.get().server() + ", which claimed it at the same time"));
        }
        write(now.with(Slot.State.CLAIMED, now.claim()));
        read();
        Optional<String> winner = supersededBy(now.claim());
        if (winner.isPresent()) {
            // This process stood still between the two writes for so long that it was taken for dead.
            free();
            return Optional.of(Result.failed("held by " + winner.get() + ", which claimed it meanwhile"));
        }
        String how = force ? "taken over by force" : "claimed";
        return Optional.of(Result.done(how + " as number " + now.claim()));
    }

    private static boolean wins(Slot other, Slot mine) {
        return other.state() == Slot.State.CLAIMED ? other.claim() >= mine.claim() : other.beats(mine);
    }

    /** Returns who holds a later claim than this server's; empty if this server's slot still counts. */
    Optional<String> supersededBy(long claim) {
        Slot own = observation.own();
        if (own == null || own.state() != Slot.State.CLAIMED || own.claim() != claim) {
            return Optional.of("an unknown writer: this server's own slot does not hold the claim any more");
        }
        return observation
                .strongestOther()
                .filter(other -> other.state() == Slot.State.CLAIMED && other.beats(own))
                .map(Slot::server);
    }

    /** Raises the counter of the claim that was read a moment ago. */
    void renew() throws IOException {
        Slot own = observation.own();
        if (own != null) {
            write(own.with(own.state(), own.claim()));
        }
    }

    /** Writes that this server wants nothing of the storage. */
    void free() throws IOException {
        read();
        Slot own = observation.own();
        if (own != null && own.holds()) {
            write(own.with(Slot.State.FREE, own.claim()));
            read();
        }
    }

    UUID installation() {
        return settings.installation();
    }
}
