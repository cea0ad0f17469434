package org.mainstay.guard.heartbeat;

import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Ticker;

/** What this server's heartbeats say of it; set by the manager's link, read by the heartbeat thread. Thread-safe. */
public final class OwnStatus {

    /** What the manager reports. Times in milliseconds. */
    public record Report(
            String server,
            long incarnation,
            long version,
            long loopAgeMillis,
            long commitAgeMillis,
            long membership,
            long epochs) {

        boolean saysSameAs(Report other) {
            return incarnation == other.incarnation
                    && version == other.version
                    && membership == other.membership
                    && epochs == other.epochs;
        }
    }

    private static final Report NOTHING = new Report("", 0, 0, 0, 0, 0, 0);

    private final Ticker ticker;
    private final long bootHigh;
    private final long bootLow;
    private Report report = NOTHING;
    private long reportedAt;
    private boolean linked;
    private boolean watchdogFed;
    private boolean reportedOnThisLink;
    private long openingAge;
    private long openingAt;
    private long counter = 1;

    /** @param bootId the kernel's id of this boot, a UUID */
    public OwnStatus(Ticker ticker, String bootId) {
        this.ticker = ticker;
        java.util.UUID id = java.util.UUID.fromString(bootId);
        this.bootHigh = id.getMostSignificantBits();
        this.bootLow = id.getLeastSignificantBits();
    }

    /** Takes a report. @return whether peers should hear of it at once */
    public synchronized boolean report(Report newest) {
        boolean news = !report.saysSameAs(newest);
        report = newest;
        reportedOnThisLink = true;
        reportedAt = ticker.nanos();
        counter += news ? 1 : 0;
        return news;
    }

    /** Sets whether the manager is linked. @return whether that is a change */
    public synchronized boolean linked(boolean now) {
        boolean news = linked != now;
        linked = now;
        reportedOnThisLink = false;
        openingAge = 0;
        counter += news ? 1 : 0;
        return news;
    }

    /** The manager says for how long it has been opening its database; 0: it is not. */
    public synchronized void opening(long ageMillis) {
        openingAge = ageMillis;
        openingAt = ticker.nanos();
    }

    /** Returns for how long a linked manager that has not reported yet has been opening its database; 0 if it is not. */
    public synchronized long linkedOpeningAgeMillis() {
        return linked && !reportedOnThisLink && openingAge > 0
                ? openingAge + TimeUnit.NANOSECONDS.toMillis(ticker.nanos() - openingAt)
                : 0;
    }

    /** Sets whether this machine's watchdog is fed. @return whether that is a change */
    public synchronized boolean watchdog(boolean fed) {
        boolean news = watchdogFed != fed;
        watchdogFed = fed;
        counter += news ? 1 : 0;
        return news;
    }

    public synchronized boolean watchdogFed() {
        return watchdogFed;
    }

    public synchronized boolean isLinked() {
        return linked;
    }

    public synchronized String server() {
        return report.server();
    }

    public synchronized Report lastReport() {
        return report;
    }

    /** Returns the age of the manager's decision loop now, in milliseconds; the largest number if it never reported. */
    public synchronized long loopAgeMillis() {
        return report == NOTHING
                ? Integer.MAX_VALUE
                : report.loopAgeMillis() + TimeUnit.NANOSECONDS.toMillis(ticker.nanos() - reportedAt);
    }

    /**
     * Returns the age of a linked manager's decision loop in milliseconds; 0 while none is linked or it has not
     * reported yet.
     */
    public synchronized long linkedLoopAgeMillis() {
        return linked && reportedOnThisLink ? loopAgeMillis() : 0;
    }

    /** Returns whether a manager is linked that has reported, and whose decision loop is younger than that. */
    public synchronized boolean decides(long millis) {
        return linked && reportedOnThisLink && loopAgeMillis() < millis;
    }

    /** Returns the age of the commit that a linked manager has under way, in milliseconds; 0 if there is none. */
    public synchronized long linkedCommitAgeMillis() {
        return linked && reportedOnThisLink ? report.commitAgeMillis() : 0;
    }

    synchronized void fill(Packet.Status to) {
        to.bootHigh = bootHigh;
        to.bootLow = bootLow;
        to.managerPresent = linked;
        to.watchdogFed = watchdogFed;
        to.incarnation = report.incarnation();
        to.version = report.version();
        to.loopAge = (int) Math.min(Integer.MAX_VALUE, loopAgeMillis());
        to.commitAge = (int) Math.min(Integer.MAX_VALUE, report.commitAgeMillis());
        to.membership = report.membership();
        to.epochs = report.epochs();
        to.counter = counter;
    }
}
