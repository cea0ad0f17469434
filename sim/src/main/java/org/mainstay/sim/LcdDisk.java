package org.mainstay.sim;

/** The disk of a manager's databases. */
final class LcdDisk {
    private static final long SLOW_COMMIT = 1_200;

    private final Cluster cluster;
    private boolean fails;
    private boolean slow;
    private long hangsUntil;

    LcdDisk(Cluster cluster) {
        this.cluster = cluster;
    }

    void fails(boolean now) {
        fails = now;
    }

    boolean fails() {
        return fails;
    }

    void slow(boolean now) {
        slow = now;
    }

    /** What is written in the next time is stored only when that is over. */
    void hang(long millis) {
        hangsUntil = Math.max(hangsUntil, cluster.now() + millis);
    }

    /** It works again. */
    void heal() {
        fails = false;
        slow = false;
        hangsUntil = 0;
    }

    /** Returns how long a commit takes that begins now. */
    long delay() {
        long left = Math.max(0, hangsUntil - cluster.now());
        return left + (slow ? cluster.about(SLOW_COMMIT) : 0);
    }

    @Override
    public String toString() {
        return fails ? "fails" : hangsUntil > cluster.now() ? "hangs" : slow ? "slow" : "well";
    }
}
