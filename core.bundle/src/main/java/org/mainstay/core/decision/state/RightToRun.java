package org.mainstay.core.decision.state;

/**
 * Whether this server may run resources at all (design.md section 10): a lease that its guard renews all the time. Every rule
 * that starts something asks it, and every action that starts something carries its end.
 *
 * @param right what the guard says
 * @param until end of the right on the clock of the boot in milliseconds; {@link Long#MAX_VALUE} = unlimited
 * @param since since when it is held without a gap, on the same clock; 0 if it is not held or unlimited
 * @param reason why it is not granted, for people; empty if it is
 */
public record RightToRun(Right right, long until, long since, String reason) {

    /** What the guard says of the right. */
    public enum Right {
        /** No lease is configured: it never ends. */
        NONE,
        /** A lease is configured, and the guard has not spoken yet: nothing is started, nothing is stopped. */
        AWAITED,
        HELD,
        LOST
    }

    public static final RightToRun ALWAYS = new RightToRun(Right.NONE, Long.MAX_VALUE, 0, "");

    public static final RightToRun AWAITED = new RightToRun(
            Right.AWAITED, 0, 0, "the guard has not said yet whether this server has the right to run resources");

    /** Returns whether anything may be started or go on running here. */
    public boolean granted() {
        return right == Right.NONE || right == Right.HELD;
    }

    /** Returns whether what runs here must stop. */
    public boolean lost() {
        return right == Right.LOST;
    }

    /**
     * Returns whether something may begin at a time.
     *
     * @param end end of the right when it was decided
     * @param now time on the clock of the boot
     */
    public boolean covers(long end, long now) {
        return now <= end || granted() && now <= until && since <= end;
    }
}
