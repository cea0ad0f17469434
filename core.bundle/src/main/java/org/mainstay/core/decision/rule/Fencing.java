package org.mainstay.core.decision.rule;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.Fate;

/**
 * Makes sure that a server is down before its resources are taken, where fencing is configured for it: last in the order of
 * design.md section 10, and only by a server that would take something over. What fails is tried again, less and less often.
 */
final class Fencing {
    static final String TIMER = "fence";
    private static final long LONGEST_PAUSE = 60_000;
    private static final int MOST_DOUBLINGS = 6;

    private final Step step;
    private final Knowledge knowledge;
    private final Verdicts verdicts;

    Fencing(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
        verdicts = new Verdicts(step);
    }

    void settle() {
        if (step.phase() != Phase.AVAILABLE || !step.start.passed()) {
            return;
        }
        for (String peer : step.settings.safety().fenced()) {
            if (!step.peers().containsKey(peer)
                    || !knowledge.down(peer)
                    || verdicts.fate(peer).fencing()
                    || step.timers.contains(TIMER + ":" + peer)
                    || !verdicts.certain(peer).isEmpty()
                    || !agreed(peer)) {
                continue;
            }
            SortedSet<String> wanted = wanted(peer);
            if (!wanted.isEmpty()) {
                fence(peer, wanted);
            }
        }
    }

    /** Returns whether everything that is asked before fencing agrees. */
    private boolean agreed(String peer) {
        if (!step.loss.cutOff().isEmpty() || !step.mayStart()) {
            return false;
        }
        Fate fate = verdicts.fate(peer);
        return switch (step.settings.safety().quorum()) {
            case NONE -> fate.sight() == Fate.Sight.SEEN || fate.unseen();
            case MAJORITY -> verdicts.vouching(peer).isEmpty() && majorityHeard(peer);
            case STORAGE, ETCD -> fate.witness() == Fate.Word.FAILED;
        };
    }

    /**
     * Returns whether a majority without the peer is heard now: the right to run outlasts the paths a little, and a server that
     * has just been cut off must not shoot those that go on.
     */
    private boolean majorityHeard(String peer) {
        long heard = Members.of(step).stream()
                .filter(server -> !server.equals(peer))
                .filter(server -> server.equals(step.self()) || knowledge.usable(server))
                .count();
        return heard >= Members.majority(step);
    }

    /** Returns what this server would bring into service if the other one were certainly down. */
    private SortedSet<String> wanted(String peer) {
        TreeSet<String> result = new TreeSet<>();
        for (SortedSet<String> hierarchy : step.topology().hierarchies().values()) {
            TreeSet<String> tags = new TreeSet<>();
            for (String tag : hierarchy) {
                if (!step.inService(tag) && knowledge.wantedIn(tag) && knowledge.hides(tag, peer)) {
                    tags.add(tag);
                }
            }
            if (!tags.isEmpty()
                    && !knowledge.maintained(hierarchy)
                    && new Eligibility(step)
                            .obstacle(step.self(), tags, List.of())
                            .isEmpty()) {
                result.addAll(tags);
            }
        }
        return result;
    }

    private void fence(String peer, SortedSet<String> wanted) {
        String timer = TIMER + ":" + peer;
        int turn = new Eligibility(step).better(wanted).size();
        boolean both = step.topology().tags().stream().anyMatch(step::inService);
        if (!step.settings.safety().leased() && both && step.self().compareTo(peer) > 0) {
            // Two servers that both serve must not shoot each other at the same moment.
            turn++;
        }
        if (turn > step.deferred.getOrDefault(timer, 0)) {
            step.startTimer(timer, knowledge.detection(peer));
            return;
        }
        String reason = "it cannot be reached and may have " + String.join(", ", wanted) + " in service";
        step.note(Notices.FENCING, Level.WARNING, "", step.self() + " fences " + peer + ": " + reason);
        step.peer(peer, view -> view.withFate(view.fate().withFencing(true)));
        step.effect(new Effect.Fence(peer, reason));
    }

    /** The next server in turn, or the next try. */
    void again(String peer) {
        step.deferred.merge(TIMER + ":" + peer, 1, Integer::sum);
    }

    /** Who fenced is away: what was under way is a failed try. */
    void away() {
        for (String peer : List.copyOf(step.peers().keySet())) {
            if (verdicts.fate(peer).fencing()) {
                finished(new Event.FenceFinished(peer, false, "quorum.bundle, which fences, went away meanwhile"));
            }
        }
    }

    void finished(Event.FenceFinished event) {
        String peer = event.peer();
        Fate fate = verdicts.fate(peer);
        if (event.confirmed() && !knowledge.alive(peer)) {
            step.note(Notices.FENCED, Level.WARNING, "", peer + " is certainly down: " + event.evidence());
            step.peer(
                    peer,
                    view -> view.withFate(view.fate().withFencing(false).withCertain("fenced: " + event.evidence())));
        } else if (!event.confirmed() && fate.fencing()) {
            step.note(Notices.FENCE_FAILED, Level.ERROR, "", peer + " could not be fenced: " + event.evidence());
            step.peer(peer, view -> view.withFate(view.fate().withFailedFencing(event.evidence())));
            long pause = knowledge.detection(peer) << Math.min(fate.attempts(), MOST_DOUBLINGS);
            step.startTimer(TIMER + ":" + peer, Math.min(pause, LONGEST_PAUSE));
        } else {
            step.peer(peer, view -> view.withFate(view.fate().withFencing(false)));
        }
    }
}
