package org.mainstay.guard.lease;

/**
 * One grant as its holder counts it.
 *
 * @param from when the request was sent, boot clock, milliseconds
 * @param leaseMillis L as the request announced it: the grantor waits for that, whatever was set since
 * @param lossStopMillis S as the request announced it
 */
record Grant(long from, int leaseMillis, int lossStopMillis) {

    static final Grant NONE = new Grant(Long.MIN_VALUE / 2, 0, 0);

    /** Returns when it ends with the present settings, which can only shorten it. */
    long until(LeaseSettings settings) {
        return from + Math.min(leaseMillis, settings.leaseMillis());
    }

    /** Returns the same grant, not longer than the lease of the settings. */
    Grant within(LeaseSettings settings) {
        return leaseMillis <= settings.leaseMillis() ? this : new Grant(from, settings.leaseMillis(), lossStopMillis);
    }

    /** Returns the shorter S. */
    int stop(int other) {
        return lossStopMillis > 0 ? Math.min(lossStopMillis, other) : other;
    }

    /** Returns the later one. */
    Grant later(Grant other) {
        return other.from + other.leaseMillis > from + leaseMillis ? other : this;
    }
}
