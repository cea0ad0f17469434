package org.mainstay.guard.lease;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mainstay.guard.util.Log;

/**
 * A witness outside the cluster: QWK objects (QUO-080) or etcd. This server writes a sign of life there and reads
 * those of the others; its lease counts from the start of its last confirmed write (design.md section 10). Who owns a
 * group is not decided here (docs/decisions/0204).
 *
 * <p>Thread-safe. All methods return at once; what waits for the network or a disk runs on threads of the witness.
 * One that is closed is never started again.
 */
public interface Witness extends AutoCloseable {

    /** Makes the witness of a mode. */
    @FunctionalInterface
    interface Factory {
        /**
         * @param mode {@code STORAGE} or {@code ETCD}
         * @throws IllegalArgumentException if this guard has no such witness
         */
        Witness create(LeaseSettings.Mode mode, BootClock clock, Log log);
    }

    /** Clocks differ by this at the most: one in a hundred. */
    int MARGIN_PERCENT = 1;
    /**
     * What a clock may be read wrongly by at both ends, and two drifts of half a percent make a little more than one.
     */
    long MARGIN_MILLIS = 50;

    /**
     * Returns how long is waited for a lease and the stop after it to be over for certain.
     *
     * @param sum L + S in milliseconds
     */
    static long period(long sum) {
        return sum + sum * MARGIN_PERCENT / 100 + MARGIN_MILLIS;
    }

    /**
     * What a witness has to know.
     *
     * @param self this server
     * @param members all configured servers, this one included
     * @param leaseMillis L: a write that is not confirmed within this time after its start is a refusal
     * @param lossStopMillis S
     * @param observeMillis {@link #period} of L + S: a peer is FAILED only if its object did not change for at least
     *     so long by this reader's own clock (storage), or its key lived at least so long without a keepalive (etcd: at
     *     least the time to live)
     * @param parameters tunables by their names in {@code etc/default/LifeKeeper}, as core read them, such as
     *     {@code QWK_STORAGE_TYPE}
     */
    record Settings(
            String self,
            Set<String> members,
            long leaseMillis,
            long lossStopMillis,
            long observeMillis,
            Map<String, String> parameters) {
        public Settings {
            members = Set.copyOf(members);
            parameters = Map.copyOf(parameters);
        }

        /** Returns the members but this one. */
        public List<String> peers() {
            return members.stream().filter(name -> !name.equals(self)).sorted().toList();
        }
    }

    /** What the witness says of a peer. */
    enum Word {
        /** Its sign of life changed within the limit. */
        ALIVE,
        /** It has not changed for the whole limit, the witness being readable all the time. */
        FAILED,
        /** Nothing can be said: not watched long enough, or the witness cannot be read. */
        UNKNOWN
    }

    /** Is told what the witness sees. Called on any thread, one call at a time; returns at once and never throws. */
    interface Listener {
        /**
         * A write of this server's sign of life was confirmed.
         *
         * @param startedAt boot clock, milliseconds, read <em>before</em> the write was begun
         */
        void written(long startedAt);

        /**
         * The word of a peer, at each change of word or reason, and where it is FAILED after each reading.
         *
         * @param readAt boot clock, milliseconds, read <em>before</em> the oldest reading was begun that FAILED rests on; counts for
         *     FAILED only
         */
        void word(String peer, Word word, String reason, long readAt);

        /**
         * Whether the witness can be used, at each change of either.
         *
         * @param trouble why not, one sentence; empty if it can
         */
        void reachable(boolean usable, String trouble);

        /**
         * Something for the event log.
         *
         * @param text {@code NUMBER LEVEL TEXT}: a number of the quorum catalog (18100 to 18219), I, W or E, and a sentence
         */
        void message(String text);
    }

    /**
     * Begins to write and read.
     *
     * @throws IllegalArgumentException if parameters are missing, wrong, or do not fit L and S: the sentence says
     *     what is allowed
     * @throws IOException if the witness cannot be set up here
     */
    void start(Settings settings, Listener listener) throws IOException;

    /** Stops writing and reading. The sign of life stays as it is; it ages. */
    @Override
    void close();
}
