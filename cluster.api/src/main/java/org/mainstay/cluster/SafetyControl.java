package org.mainstay.cluster;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What quorum.bundle finds out and does for the decision core: the checked configuration, the safety check, whether this server
 * is cut off, fencing. Provided by quorum.bundle; core takes it when it comes and lets it go. While it is away nothing is fenced and every sight
 * is UNKNOWN. Thread-safe; never blocks.
 */
@ProviderType
public interface SafetyControl {

    /** Returns the present state. */
    State state();

    /**
     * Calls the listener with each news, in order, on one thread that must not be held up; at once with {@link
     * SafetyNews.Configured} and the present sights and cut-off, on the caller's thread.
     */
    Registration listen(Consumer<SafetyNews> listener);

    /**
     * Fences a server with its levels in order, until one is confirmed. Always answered with {@link SafetyNews.FenceFinished},
     * also when nothing is configured. A second call for a server that is being fenced waits for the first.
     *
     * @param request names it in the answer
     * @param reason why, for the log and the devices' audit
     */
    void fence(String server, String request, String reason);

    /** Leaves whatever of a fencing has not begun yet: no agent is called for it any more. It is answered all the same. */
    void giveUpFencing(String server, String request);

    /** What a server looks like to the safety check. */
    enum Sight {
        /** A probe was answered: the machine is there. */
        SEEN,
        /** Probes that had worked while a path was alive stay unanswered. */
        UNSEEN,
        /** No probe can tell: none has worked while a path was alive, or this server is cut off. */
        UNKNOWN
    }

    /** News. */
    sealed interface SafetyNews {
        /**
         * The configuration in effect changed.
         *
         * @param settings the last usable ones
         * @param fenced servers for which fencing is configured, watchdog and manual levels included
         */
        record Configured(QuorumSettings settings, Set<String> fenced) implements SafetyNews {
            public Configured {
                fenced = Set.copyOf(fenced);
            }
        }

        /**
         * What a peer looks like changed; told from the first missed heartbeat on, and UNKNOWN again when a path is alive.
         * SEEN is told again about every second while it lasts.
         *
         * @param sinceMillis how long it has looked so, at this moment, monotonic
         * @param evidence for people, such as {@code 10.0.1.2 answers ICMP}
         */
        record PeerSighted(String peer, Sight sight, long sinceMillis, String evidence) implements SafetyNews {}

        /** This server cannot reach anybody on its comm networks, or can again. */
        record CutOff(boolean cutOff, String reason) implements SafetyNews {}

        /**
         * Answer to {@link SafetyControl#fence}, or an operator's acknowledgement that nobody asked for.
         *
         * @param request what it answers; empty for an acknowledgement
         * @param confirmed whether the server is certainly down since then
         * @param evidence device and what it said, or who acknowledged; or why not
         */
        record FenceFinished(String peer, String request, boolean confirmed, String evidence) implements SafetyNews {}
    }

    /**
     * State of this server's means.
     *
     * @param settings in effect
     * @param refused why the present file is not in effect, one sentence per error; empty: it is
     * @param warnings what is usable but weak, one sentence each
     * @param fenced as {@link SafetyNews.Configured#fenced}
     * @param sights by peer: what the safety check says, for peers whose paths are all dead
     * @param cutOff why this server counts itself as cut off; empty: it does not
     * @param problems what an administrator should see in status, one sentence each; includes {@code refused} and warnings
     */
    record State(
            QuorumSettings settings,
            List<String> refused,
            List<String> warnings,
            Set<String> fenced,
            Map<String, SafetyNews.PeerSighted> sights,
            String cutOff,
            List<String> problems) {
        public State {
            refused = List.copyOf(refused);
            warnings = List.copyOf(warnings);
            fenced = Set.copyOf(fenced);
            sights = Map.copyOf(sights);
            problems = List.copyOf(problems);
        }
    }
}
