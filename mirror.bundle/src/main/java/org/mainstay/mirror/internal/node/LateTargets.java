package org.mainstay.mirror.internal.node;

import java.util.List;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.EventLog;
import org.mainstay.mirror.internal.volume.Mirrored;

/**
 * Targets that a source's stop left behind: in step, so current by their own right for the rest of the window, and without the last
 * of what was answered (an asynchronous mirror with {@code DontFlushAsyncQueue}). They are told that they are not, before the cluster
 * asks any of them to take over (MIR-119, MIR-135).
 */
final class LateTargets {
    /** Line of the engine's answer to {@code stop}. */
    private static final String BEHIND = "behind ";

    private final Telling telling;
    private final String self;
    private final EventLog log;

    /** The way to another server's manager. */
    @FunctionalInterface
    interface Telling {
        /** @return whether it has taken note for certain */
        boolean forget(String target, String volume, long epoch, String source) throws InterruptedException;
    }

    LateTargets(Telling telling, String self, EventLog log) {
        this.telling = telling;
        this.self = self;
        this.log = log;
    }

    /** @param epoch of the ownership that ends @param answer of the engine to {@code stop} */
    void tell(Mirrored volume, long epoch, List<String> answer) throws InterruptedException {
        for (String line : answer) {
            if (!line.startsWith(BEHIND)) {
                continue;
            }
            String target = line.substring(BEHIND.length());
            boolean told = telling.forget(target, volume.volume(), epoch, self);
            log.add(
                    EventReader.TROUBLE,
                    ClusterEvent.Level.WARNING,
                    volume.tag(),
                    "mirrored volume " + volume.tag() + " was stopped before " + target
                            + " had all that was written: it is not started there from that data"
                            + (told
                                    ? ""
                                    : ", as soon as the time is over in which it counts as current (" + target
                                            + " could not be told)")
                            + ". Bring it in service on " + self + " to send the rest, or give it up with"
                            + " 'mainstay mirror force " + volume.tag() + " --on " + target + "'");
        }
    }
}
