package org.mainstay.quorum.internal.sight;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.SafetyControl.Sight;

/** Tells people of the safety check, in the words of COMM-051 to COMM-053, once per turn of events. Pure; used by one thread. */
final class Narrator {
    static final int PAUSING = 20200;
    static final int ABORTED = 20201;
    static final int TIMED_OUT = 20202;
    static final int STILL_SEEN = 20203;

    private final Teller teller;
    private final Map<String, Story> stories = new HashMap<>();

    /** Where events go. */
    interface Teller {
        void tell(int number, Level level, String text);
    }

    private static final class Story {
        private boolean paused;
        private boolean alerted;
        private boolean timedOut;
    }

    Narrator(Teller teller) {
        this.teller = teller;
    }

    /** A path to the peer is alive. */
    void alive(String peer) {
        Story story = stories.remove(peer);
        if (story != null && story.paused) {
            teller.tell(ABORTED, Level.INFORMATION, "SAFETY CHECK ABORTED:ABORTING COMM_DOWN");
            teller.tell(ABORTED, Level.INFORMATION, "The remote node (" + peer + ") is up.");
        }
    }

    /** All paths to the peer are dead, and this is what it looks like. */
    void down(String peer, Optional<Sighting> sighting, long at, long limit, long alert) {
        Story story = stories.computeIfAbsent(peer, each -> new Story());
        Sight sight = sighting.map(Sighting::sight).orElse(null);
        long lasted = sighting.map(each -> at - each.since()).orElse(0L);
        if (sight == Sight.SEEN) {
            seen(peer, story, sighting.get().evidence(), lasted >= alert);
        } else if (sight == Sight.UNSEEN && lasted >= limit && !story.timedOut) {
            story.timedOut = true;
            story.paused = false;
            story.alerted = false;
            teller.tell(
                    TIMED_OUT,
                    Level.WARNING,
                    "SAFETY CHECK for \"" + peer + "\" timed out: assuming \"" + peer + "\" is down");
        }
    }

    private void seen(String peer, Story story, String evidence, boolean forLong) {
        if (!story.paused) {
            story.paused = true;
            story.timedOut = false;
            teller.tell(PAUSING, Level.WARNING, "SAFETY CHECK DETECTED MACHINE \"" + peer + "\":PAUSING COMM_DOWN");
            teller.tell(
                    PAUSING,
                    Level.WARNING,
                    "The remote node (" + peer + ") appears to be reachable. Waiting for confirmation.");
        }
        if (forLong && !story.alerted) {
            story.alerted = true;
            teller.tell(
                    STILL_SEEN,
                    Level.ERROR,
                    peer + " has no comm path alive but is still seen (" + evidence
                            + "), so nothing of it is taken over: "
                            + "repair the comm paths, or switch the machine off and run 'mainstay node confirm-down "
                            + peer
                            + "'");
        }
    }

    /** The peer belongs to the cluster no more. */
    void forget(String peer) {
        stories.remove(peer);
    }
}
