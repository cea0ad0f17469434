package org.mainstay.core.decision.rule;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.state.PeerView;

/**
 * Makes sure that a server is down before its resources are taken, where fencing is configured for it: last in the order of
 * design.md section 10, and only by a server that would take something over. What fails is tried again, less and less often.
 */
final class Fencing {
    static final String TIMER = "fence";
    /** Begin of the flag of a server that was not heard since this machine was booted. */
    static final String UNHEARD = "!unheard!";

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

    /** This machine was booted: nothing was heard of the others since. */
    static void booted(Step step) {
        for (String peer : step.peers().keySet()) {
            step.put(LcdSection.FLAGS, UNHEARD + peer, new Flag(UNHEARD + peer));
        }
    }

    /**
     * Returns whether a server without quorum must leave another one alone although it could fence it: it was booted and has not heard
     * it since, so the other one may have fenced this one and serve all; they would fence each other in turns.
     */
    static boolean unheard(Step step, String peer) {
        return !step.settings.safety().leased()
                && step.own().row(LcdSection.FLAGS, UNHEARD + peer).isPresent();
    }

    private void heard() {
        for (String flag : List.copyOf(step.own().rows(LcdSection.FLAGS).keySet())) {
            if (flag.startsWith(UNHEARD)) {
                PeerView view = step.peers().get(flag.substring(UNHEARD.length()));
                if (view == null || view.heard()) {
                    step.drop(LcdSection.FLAGS, flag);
                }
            }
        }
    }

    /** A server is heard again: there is no reason any more. */
    static void giveUp(Step step, String peer) {
        PeerView view = step.peers().get(peer);
        if (view != null && view.fate().fencing()) {
            step.note(
                    Notices.FENCING,
                    Level.INFORMATION,
                    "",
                    peer + " is heard again: it is not fenced any more, unless that has begun already");
            step.effect(new Effect.GiveUpFencing(peer, view.fate().fence()));
        }
    }

    void settle() {
        heard();
        if (step.phase() != Phase.AVAILABLE || !step.start.passed()) {
            return;
        }
        for (String peer : step.settings.safety().fenced()) {
            if (!step.peers().containsKey(peer)
                    || !knowledge.down(peer)
                    || verdicts.fate(peer).fencing()
                    || step.timers.contains(TIMER + ":" + peer)
                    || !verdicts.certain(peer).isEmpty()
                    || unheard(step, peer)
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
        String request = step.newId("fence");
        step.peer(peer, view -> view.withFate(view.fate().withFence(request)));
        step.effect(new Effect.Fence(peer, request, reason));
    }

    /** The next server in turn, or the next try. */
    void again(String peer) {
        step.deferred.merge(TIMER + ":" + peer, 1, Integer::sum);
    }

    /** Who fenced is away: what was under way is a failed try. */
    void away() {
        for (String peer : List.copyOf(step.peers().keySet())) {
            String request = verdicts.fate(peer).fence();
            if (!request.isEmpty()) {
                finished(new Event.FenceFinished(
                        peer, request, false, "quorum.bundle, which fences, went away meanwhile"));
            }
        }
    }

    void finished(Event.FenceFinished event) {
        String peer = event.peer();
        Fate fate = verdicts.fate(peer);
        if (!event.request().isEmpty() && !event.request().equals(fate.fence())) {
            // Of an earlier silence: the server was heard since, or what fences was replaced.
            return;
        }
        if (event.confirmed() && !knowledge.alive(peer)) {
            step.note(Notices.FENCED, Level.WARNING, "", peer + " is certainly down: " + event.evidence());
            step.peer(
                    peer, view -> view.withFate(view.fate().withFence("").withCertain("fenced: " + event.evidence())));
        } else if (!event.confirmed() && fate.fencing()) {
            step.note(Notices.FENCE_FAILED, Level.ERROR, "", peer + " could not be fenced: " + event.evidence());
            step.peer(peer, view -> view.withFate(view.fate().withFailedFencing(event.evidence())));
            long pause = knowledge.detection(peer) << Math.min(fate.attempts(), MOST_DOUBLINGS);
            step.startTimer(TIMER + ":" + peer, Math.min(pause, LONGEST_PAUSE));
        } else {
            step.peer(peer, view -> view.withFate(view.fate().withFence("")));
        }
    }
}
