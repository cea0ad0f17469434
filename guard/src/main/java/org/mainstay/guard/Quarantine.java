package org.mainstay.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.mainstay.guard.lease.BootClock;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.TwinFile;
import org.mainstay.guard.util.Words;

/**
 * Quorum quarantine (QUO-060, QUO-061): for a time Karaf does not run and nothing is said to other servers. Survives
 * a restart of the guard, not of the machine. Thread-safe.
 */
final class Quarantine {
    /** A day. */
    static final long LONGEST_MILLIS = 86_400_000;

    /** What happens at its begin and end; called with no lock held, by one thread at a time. */
    interface Effects {
        /** Silences this server and ends Karaf. May take its time. */
        void begin();

        /** This server speaks again. @param restart whether Karaf is started again */
        void end(boolean restart);
    }

    private final BootClock clock;
    private final TwinFile file;
    private final String bootId;
    private final Effects effects;
    private final Consumer<String> news;
    private final Log log;

    // guarded by this
    private long until;
    private String damage = "";

    Quarantine(BootClock clock, Path file, String bootId, Effects effects, Consumer<String> news, Log log) {
        this.clock = clock;
        this.file = new TwinFile(file);
        this.bootId = bootId;
        this.effects = effects;
        this.news = news;
        this.log = log;
    }

    /**
     * Goes on with one that was recorded in this boot. One that cannot be read is over: it is a pause for this server itself, nobody
     * counts on its length, and whether anything may run here is the lease's matter.
     *
     * @return whether there is one
     */
    boolean resume() {
        try {
            List<String> lines = file.read(this::damaged);
            List<String> words = lines.isEmpty() ? List.of() : Words.parse(lines.get(0));
            if (words.size() < 2 || !words.get(0).equals(bootId)) {
                return false;
            }
            long recorded = Long.parseLong(words.get(1));
            synchronized (this) {
                until = recorded > clock.millis() ? recorded : 0;
            }
        } catch (IOException | RuntimeException e) {
            damaged("the recorded quarantine cannot be read, it is over if there was one: " + e.getMessage());
        }
        return active();
    }

    private synchronized void damaged(String text) {
        log.error(text);
        damage = text;
    }

    /** Returns what was found damaged, once; empty if nothing was. */
    synchronized String damage() {
        String text = damage;
        damage = "";
        return text;
    }

    /** Begins one, or ends it with 0. @return after it is recorded; what follows from it happens then */
    Result ask(long millis) {
        if (millis < 0 || millis > LONGEST_MILLIS) {
            return Result.failed(
                    "a quarantine (QUORUM_QUARANTINE_SECS) is 0 to " + LONGEST_MILLIS + " ms, not " + millis);
        }
        if (millis == 0) {
            return end(true) ? Result.done("quarantine ended") : Result.done("there is no quarantine");
        }
        long end = clock.millis() + millis;
        try {
            file.write(List.of(Words.line(bootId, end)));
        } catch (IOException e) {
            return Result.failed("the quarantine cannot be recorded: " + e.getMessage());
        }
        synchronized (this) {
            until = end;
        }
        log.warn("quarantine for " + millis + " ms: Karaf is ended, nothing is said to other servers");
        news.accept(line());
        enforce();
        return Result.done("quarantine for " + millis + " ms");
    }

    /** Does what it means, on a thread of its own. */
    void enforce() {
        Thread thread = new Thread(effects::begin, "guard-quarantine");
        thread.setDaemon(true);
        thread.start();
    }

    /** This guard ends on purpose: the next one begins without a quarantine. */
    void forget() {
        try {
            if (recorded()) {
                file.write(List.of());
            }
        } catch (IOException e) {
            log.warn("the quarantine of before may go on when the guard is started again: " + e.getMessage());
        }
    }

    private boolean recorded() {
        try {
            return !file.read().lines().isEmpty();
        } catch (IOException e) {
            // Whatever it was: nothing is to be left of it.
            return true;
        }
    }

    /** Returns whether its time is over and {@link #look} has to be called; waits for nothing. */
    synchronized boolean over() {
        return until != 0 && clock.millis() >= until;
    }

    /** Ends it if its time is over; may wait for the disk. */
    void look() {
        if (over()) {
            end(true);
        }
    }

    /** Ends it now. @return whether there was one */
    boolean end(boolean restart) {
        synchronized (this) {
            if (until == 0) {
                return false;
            }
            until = 0;
        }
        try {
            file.write(List.of());
        } catch (IOException e) {
            log.error("the end of the quarantine cannot be recorded, a restart of the guard would go on with it: "
                    + e.getMessage());
        }
        log.info("quarantine is over");
        effects.end(restart);
        news.accept(line());
        return true;
    }

    synchronized boolean active() {
        return until != 0;
    }

    /** Returns milliseconds that are left; 0 if there is none. */
    synchronized long leftMillis() {
        return until == 0 ? 0 : Math.max(1, until - clock.millis());
    }

    /** Returns the news of it. */
    synchronized String line() {
        return Words.line("*", "quarantine", until);
    }
}
