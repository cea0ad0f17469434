package org.mainstay.comm.internal.enrol;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/** The one setup code that may be open: 8 digits, 10 minutes, 3 tries, one at a time. Thread-safe. */
public final class Invitation {
    /** How long a code is good. */
    public static final Duration VALID = Duration.ofMinutes(10);

    /** How many tries it has. */
    public static final int TRIES = 3;

    private final LongSupplier nanoTime;
    private final SecureRandom random;
    private String code;
    private long made;
    private int tries;
    private boolean busy;

    /** @param nanoTime monotonic nanoseconds */
    public Invitation(LongSupplier nanoTime, SecureRandom random) {
        this.nanoTime = nanoTime;
        this.random = random;
    }

    /** Makes a new code; the one before is void. */
    public synchronized String renew() {
        code = String.format(Locale.ROOT, "%08d", random.nextInt(100_000_000));
        made = nanoTime.getAsLong();
        tries = TRIES;
        return code;
    }

    /** Reserves the only place for somebody who wants to try; false if there is no code or somebody else tries. */
    public synchronized boolean enter() {
        if (busy || !open()) {
            return false;
        }
        busy = true;
        return true;
    }

    /** Gives the place back. */
    public synchronized void leave() {
        busy = false;
    }

    /** Returns the code to try against. */
    synchronized String code() throws IOException {
        require(open());
        return code;
    }

    /** Uses up a try. */
    synchronized void used(String tried) throws IOException {
        require(open() && code.equals(tried));
        tries--;
    }

    /** The code was proved: void unless it was replaced or expired meanwhile. */
    synchronized void proved(String tried) throws IOException {
        require(code != null && code.equals(tried) && age() < VALID.toNanos());
    }

    /** Somebody was admitted with the code. */
    synchronized void spent(String tried) {
        if (tried.equals(code)) {
            code = null;
        }
    }

    private boolean open() {
        return code != null && tries > 0 && age() < VALID.toNanos();
    }

    private long age() {
        return nanoTime.getAsLong() - made;
    }

    private static void require(boolean condition) throws IOException {
        if (!condition) {
            throw new IOException("the setup code is used up or expired");
        }
    }
}
