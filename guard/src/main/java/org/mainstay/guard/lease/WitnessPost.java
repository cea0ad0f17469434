package org.mainstay.guard.lease;

import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;

/** The witness in use, if there is one, and what it said last. Thread-safe. */
public final class WitnessPost {

    /** What a witness says of a peer. */
    record Said(Witness.Word word, String reason) {
        /** Returns the word as it is told to the manager. */
        String name() {
            return word.name().toLowerCase(Locale.ROOT);
        }
    }

    private record Heard(Said said, long readAt) {}

    private static final Heard NOTHING_YET =
            new Heard(new Said(Witness.Word.UNKNOWN, "the witness has said nothing yet"), 0);

    private final Witness.Factory factory;
    private final BootClock clock;
    private final Log log;
    private final LongConsumer written;
    private final Runnable changed;
    private final Consumer<String> notice;
    private final Object use = new Object();

    private volatile Seat seat = new Seat(LeaseSettings.NOTHING);
    private volatile boolean silent;

    /** One witness and what it said; what one says after it was replaced is not heard. */
    private final class Seat implements Witness.Listener {
        final LeaseSettings settings;
        final Map<String, Heard> words = new ConcurrentHashMap<>();
        volatile Witness witness;
        volatile String trouble = "";

        Seat(LeaseSettings settings) {
            this.settings = settings;
        }

        @Override
        public void written(long startedAt) {
            if (seat == this) {
                written.accept(startedAt);
            }
        }

        @Override
        public void word(String peer, Witness.Word word, String reason, long readAt) {
            words.put(peer, new Heard(new Said(word, reason), readAt));
            if (seat == this) {
                changed.run();
            }
        }

        @Override
        public void reachable(boolean usable, String text) {
            trouble = usable ? "" : text;
            log.info(usable ? "the witness is usable" : "the witness is not usable: " + text);
            if (seat == this) {
                changed.run();
            }
        }

        @Override
        public void message(String text) {
            log.info(text);
            if (seat == this) {
                notice.accept(text);
            }
        }
    }

    /** @param notice takes what is for the event log */
    WitnessPost(
            Witness.Factory factory,
            BootClock clock,
            Log log,
            LongConsumer written,
            Runnable changed,
            Consumer<String> notice) {
        this.notice = notice;
        this.factory = factory;
        this.clock = clock;
        this.log = log;
        this.written = written;
        this.changed = changed;
    }

    /** Uses the witness of these settings, none where they name none. @return done, or why it cannot be used */
    Result use(LeaseSettings settings) {
        synchronized (use) {
            if (seat.witness != null && same(seat.settings, settings)) {
                return Result.done("the witness goes on");
            }
            closeSeat();
            Seat fresh = new Seat(settings);
            seat = fresh;
            return silent || !settings.mode().witness() ? Result.done("no witness is asked") : begin(fresh);
        }
    }

    private static boolean same(LeaseSettings one, LeaseSettings other) {
        return one.mode() == other.mode()
                && one.self().equals(other.self())
                && one.members().equals(other.members())
                && one.leaseMillis() == other.leaseMillis()
                && one.lossStopMillis() == other.lossStopMillis()
                && one.parameters().equals(other.parameters());
    }

    private Result begin(Seat fresh) {
        LeaseSettings settings = fresh.settings;
        Witness witness = null;
        try {
            witness = factory.create(settings.mode(), clock, log);
            fresh.witness = witness;
            witness.start(
                    new Witness.Settings(
                            settings.self(),
                            settings.members(),
                            settings.leaseMillis(),
                            settings.lossStopMillis(),
                            Witness.period(settings.leaseMillis() + settings.lossStopMillis()),
                            settings.parameters()),
                    fresh);
            return Result.done("the witness is asked");
        } catch (IOException | IllegalArgumentException e) {
            if (witness != null) {
                witness.close();
            }
            fresh.witness = null;
            fresh.trouble = "the witness of mode " + settings.mode() + " cannot be used: " + e.getMessage();
            return Result.failed(fresh.trouble);
        }
    }

    private void closeSeat() {
        if (seat.witness != null) {
            seat.witness.close();
            seat.witness = null;
        }
    }

    /** Stops giving signs of life, or begins again (QUO-061), if that is another word than the last one. Then it may wait. */
    public void silent(boolean now) {
        if (now == silent) {
            return;
        }
        synchronized (use) {
            silent = now;
            LeaseSettings settings = seat.settings;
            if (now) {
                closeSeat();
                seat = new Seat(settings);
            } else {
                Result result = use(settings);
                if (!result.done()) {
                    log.error(result.message());
                }
            }
        }
    }

    /** Begins once more what could not begin: a key or a file may be readable by now. May wait. */
    public void retry() {
        synchronized (use) {
            if (silent || seat.witness != null || !seat.settings.mode().witness()) {
                return;
            }
            String before = seat.trouble;
            Result result = use(seat.settings);
            if (result.done()) {
                log.info("the witness is asked again");
            } else if (!result.message().equals(before)) {
                log.error(result.message());
            }
        }
    }

    /**
     * Failed is believed only once nothing this server granted can be in force there: it grants too where the witness is away. And
     * only if it was read under the lease that is held now: whoever reads then that the other one does not write is seen writing by
     * the other one. What was read before the lease, as before a pause, says nothing (decision 0378).
     *
     * @param since begin of the lease that is held without a gap; {@code Long.MAX_VALUE}: none is held
     */
    Said said(String peer, boolean lapsed, long since, long now) {
        Heard heard = seat.words.getOrDefault(peer, NOTHING_YET);
        if (heard.said().word() != Witness.Word.FAILED) {
            return heard.said();
        }
        if (!lapsed) {
            return new Said(
                    Witness.Word.UNKNOWN,
                    "the witness says it has failed; what this server granted to it is not over yet");
        }
        LeaseSettings settings = seat.settings;
        long fresh = (long) settings.leaseMillis() + settings.lossStopMillis();
        return heard.readAt() < since || now - heard.readAt() >= fresh
                ? new Said(
                        Witness.Word.UNKNOWN, "the witness said that it has failed; it was not read since, or not yet")
                : heard.said();
    }

    /** Returns why the witness cannot be used; empty if it can. */
    String trouble() {
        return seat.trouble;
    }

    /** Returns the witness in use, or null. */
    public Witness current() {
        return seat.witness;
    }

    void close() {
        synchronized (use) {
            closeSeat();
        }
    }
}
