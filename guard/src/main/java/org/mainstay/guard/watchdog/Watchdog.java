package org.mainstay.guard.watchdog;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Ticker;

/**
 * Feeds a watchdog device through {@code mainstay-watchdog}: the helper feeds by itself until a time of the boot
 * clock that the guard moves on once per second, so a guard that stands still or is gone is no reason to reset the
 * machine before everything had to be out, and always one afterwards. Called by one thread; {@link #state} by any.
 */
public final class Watchdog {
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int SHORTEST_SECONDS = 2;
    private static final int LONGEST_SECONDS = 10;

    private final Path helper;
    private final Ticker ticker;
    private final Log log;
    private final Consumer<String> notice;

    private String device = "";
    private int lossStopMillis;
    private Process process;
    private Thread reader;
    private long retryAt;
    private volatile String state = "";
    private volatile Process armed;
    private volatile Process answered;
    private volatile boolean inherited;
    private String complained = "";

    /**
     * @param helper the program
     * @param notice takes what an operator should know
     */
    public Watchdog(Path helper, Ticker ticker, Log log, Consumer<String> notice) {
        this.helper = helper;
        this.ticker = ticker;
        this.log = log;
        this.notice = notice;
        this.retryAt = ticker.nanos();
    }

    /**
     * Returns the device's timeout: short enough that the guard's own ending of resources gets its time before the
     * feeding has to stop for a reset that is in time.
     */
    static int timeoutSeconds(int lossStopMillis) {
        return Math.max(SHORTEST_SECONDS, Math.min(LONGEST_SECONDS, lossStopMillis / 2000 - 1));
    }

    /**
     * Sees to it that this device is fed, and until when.
     *
     * @param wanted path of the device; empty for none
     * @param stopMillis S
     * @param until boot clock, milliseconds: the machine is to be reset by then unless a later time is said
     */
    public void feed(String wanted, int stopMillis, long until) {
        if (!wanted.equals(device) || !wanted.isEmpty() && stopMillis != lossStopMillis) {
            close();
            device = wanted;
            lossStopMillis = stopMillis;
            retryAt = ticker.nanos();
        }
        if (device.isEmpty()) {
            return;
        }
        // Its last words come before its end is told.
        if (process != null && !process.isAlive() && !reader.isAlive()) {
            trouble("the watchdog's helper ended with code " + process.exitValue() + "; last: " + state);
            process = null;
            retryAt = ticker.nanos() + RETRY_NANOS;
        }
        if (process == null && ticker.nanos() - retryAt >= 0) {
            begin();
        }
        say("U " + until + "\n");
        // A helper that has said nothing yet waits for the device, which the helper of a guard that is gone keeps armed
        // for a while.
        inherited = process != null && answered != process && Holder.holds(Path.of(device), process.pid());
    }

    private void begin() {
        int seconds = timeoutSeconds(lossStopMillis);
        try {
            process = new ProcessBuilder(List.of(
                            helper.toString(),
                            device,
                            Integer.toString(seconds),
                            Integer.toString(Math.max(SHORTEST_SECONDS, lossStopMillis / 1000))))
                    .redirectErrorStream(true)
                    .start();
            Process now = process;
            reader = new Thread(() -> read(now), "guard-watchdog");
            reader.setDaemon(true);
            reader.start();
        } catch (IOException e) {
            trouble("the watchdog " + device + " is not fed: " + e.getMessage());
            retryAt = ticker.nanos() + RETRY_NANOS;
        }
    }

    private void read(Process from) {
        try (BufferedReader reader = from.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                state = line;
                if (line.startsWith("feeding ")) {
                    armed = line.startsWith("feeding failed") ? null : from;
                }
                answered = from;
                log.info("watchdog: " + line);
            }
        } catch (IOException e) {
            log.info("the watchdog's helper closed its output: " + e.getMessage());
        }
    }

    private void trouble(String text) {
        state = text;
        if (!text.equals(complained)) {
            complained = text;
            log.error(text);
            notice.accept(text);
        }
    }

    private void say(String text) {
        if (process == null) {
            return;
        }
        try {
            OutputStream to = process.getOutputStream();
            to.write(text.getBytes(StandardCharsets.US_ASCII));
            to.flush();
        } catch (IOException e) {
            // It has ended; the next turn sees that and says how.
            log.warn("the watchdog's helper does not listen: " + e.getMessage());
        }
    }

    /** Returns what the helper said last, or the trouble; empty if no device is to be fed. */
    public String state() {
        return state;
    }

    /** Returns whether the device is armed: fed now, or left unfed on purpose, so that it resets the machine. */
    public boolean armed() {
        Process now = armed;
        return inherited || now != null && now.isAlive();
    }

    /** Ends in order: the device is disarmed where it allows that. */
    public void close() {
        say("V\n");
        if (process != null) {
            process.onExit()
                    .orTimeout(2, TimeUnit.SECONDS)
                    .exceptionally(late -> process)
                    .join();
            process = null;
            armed = null;
        }
        inherited = false;
        device = "";
        state = "";
    }
}
