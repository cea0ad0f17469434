package org.mainstay.core.decision.rule;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage.Standing;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.state.PeerView;
import org.mainstay.core.decision.state.Safety;

/**
 * Whether a server that cannot be reached is certainly not running anything any more (design.md section 10): a condition,
 * looked at after every event. Without quorum the safety check decides (COMM-050 to COMM-054), with it the lease, and the
 * witness where one is asked.
 */
final class Verdicts {
    static final String UNSEEN = "unseen";
    static final String ALERT = "seen";

    private final Step step;
    private final Knowledge knowledge;

    Verdicts(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
    }

    // ---- the verdict

    /** Returns whether what a server had in service may be taken. */
    boolean gone(String peer) {
        if (!knowledge.down(peer)) {
            return false;
        }
        return !Members.of(step).contains(peer) || obstacle(peer).isEmpty();
    }

    /** Returns why what a server had in service must not be taken, as one sentence; empty if it may. */
    String obstacle(String peer) {
        Safety safety = step.settings.safety();
        Fate fate = fate(peer);
        boolean certain = !certain(peer).isEmpty();
        if (certain && safety.quorum() != Safety.Quorum.MAJORITY) {
            return "";
        }
        if (!certain && !step.loss.cutOff().isEmpty()) {
            return step.self() + " is cut off itself (" + step.loss.cutOff() + "), so " + peer
                    + " may be running what it had in service";
        }
        String text = switch (safety.quorum()) {
            case NONE -> unseen(peer, fate);
            case MAJORITY -> byMajority(peer, certain);
            case STORAGE, ETCD -> byWitness(peer, fate);
        };
        if (fate.fencing() && !text.isEmpty()) {
            return peer + " cannot be reached and is being fenced";
        }
        return fate.attempts() > 0 && !text.isEmpty()
                ? text + "; it could not be fenced: " + fate.problem() + "; it is tried again"
                : text;
    }

    private String unseen(String peer, Fate fate) {
        if (fate.sight() == Fate.Sight.SEEN && !fenceable(peer)) {
            return "no comm path to " + peer + " is alive, but its machine is still seen; if it is certainly down, say"
                    + " 'mainstay node confirm-down " + peer + "'";
        }
        if (fenceable(peer) && Fencing.unheard(step, peer)) {
            return peer + " was not heard since " + step.self()
                    + " was booted, so it is not fenced: it may have fenced "
                    + step.self() + " and serve; repair the paths, or if it is certainly down, say 'mainstay node"
                    + " confirm-down " + peer + "'";
        }
        if (fenceable(peer)) {
            return peer + " cannot be reached and is not fenced yet";
        }
        return fate.unseen() ? "" : peer + " cannot be reached; the safety check waits for a sign of it";
    }

    private String byMajority(String peer, boolean certain) {
        if (!step.right.granted()) {
            return step.right.reason();
        }
        String alive = String.join(", ", vouching(peer));
        boolean asked = step.settings.safety().witness() == Safety.Witness.REMOTE_VERIFY;
        if (!certain && !alive.isEmpty() && asked) {
            return step.self() + " cannot reach " + peer + ", but " + alive + " can: it is alive";
        }
        if (!withheld(peer)) {
            return peer + " cannot be reached; its right to run may not have ended yet";
        }
        int withholding = 1;
        for (String server : Members.of(step)) {
            if (!server.equals(peer)
                    && knowledge.usable(server)
                    && step.peer(server).standing().withheld().contains(peer)) {
                withholding++;
            }
        }
        int needed = Members.majority(step);
        return withholding >= needed
                ? ""
                : peer + " cannot be reached, and only " + withholding + " of " + needed
                        + " servers say that its right to run has ended";
    }

    private String byWitness(String peer, Fate fate) {
        if (!step.right.granted()) {
            return step.right.reason();
        }
        return switch (fate.witness()) {
            case FAILED -> {
                String doubting = doubting(peer);
                yield !withheld(peer)
                        ? peer + " has failed; the guard here makes sure that it gets no grant"
                        : doubting.isEmpty()
                                ? ""
                                : peer + " has failed; " + doubting
                                        + " is not certain yet that its right to run has ended";
            }
            case ALIVE -> step.self() + " cannot reach " + peer + ", but the witness says that it is alive";
            case UNKNOWN -> peer + " cannot be reached, and the witness does not say yet whether it has failed";
        };
    }

    /** Returns a server that does not hear a peer either and could not promise yet what it had; empty if there is none. */
    private String doubting(String peer) {
        for (String server : Members.of(step)) {
            if (!server.equals(peer)
                    && knowledge.usable(server)
                    && !step.peer(server).standing().alive().contains(peer)
                    && !step.peer(server).standing().withheld().contains(peer)) {
                return server;
            }
        }
        return "";
    }

    /**
     * Returns whether a server can have no right to run from here any more, for certain and until it is allowed again: it gets
     * no new grant, and the last one is over or the machine is down.
     */
    boolean withheld(String peer) {
        Fate fate = fate(peer);
        return fate.grants() == Fate.Grants.WITHHELD
                && (fate.lapsed() || !certain(peer).isEmpty());
    }

    /** Returns the servers that reach a peer this one does not (QUO-036); who cannot be asked has no opinion. */
    SortedSet<String> vouching(String peer) {
        TreeSet<String> result = new TreeSet<>();
        for (String server : step.peers().keySet()) {
            if (knowledge.usable(server) && step.peer(server).standing().alive().contains(peer)) {
                result.add(server);
            }
        }
        return result;
    }

    /** Returns why a server is down for certain: fenced or confirmed here, or where this server can ask; empty if it is not. */
    String certain(String peer) {
        String here = fate(peer).certain();
        if (!here.isEmpty() || knowledge.alive(peer)) {
            return here;
        }
        for (String server : step.peers().keySet()) {
            if (!server.equals(peer)
                    && knowledge.usable(server)
                    && step.peer(server).standing().certain().contains(peer)) {
                return server + " says that it is down for certain";
            }
        }
        return "";
    }

    boolean fenceable(String peer) {
        return step.settings.safety().fenced().contains(peer);
    }

    Fate fate(String peer) {
        PeerView view = step.peers().get(peer);
        return view == null ? Fate.OPEN : view.fate();
    }

    private void fate(String peer, java.util.function.UnaryOperator<Fate> change) {
        step.peer(peer, view -> {
            Fate changed = change.apply(view.fate());
            return changed.equals(view.fate()) ? view : view.withFate(changed);
        });
    }

    // ---- alive, but mute

    /**
     * Returns whether a server is heard, but only over a shared disk: it is alive, may run whatever it has, and cannot be talked to
     * (COMM-022, COMM-014).
     */
    boolean onDiskOnly(String peer) {
        List<CommPath> alive = step.paths.entrySet().stream()
                .filter(path ->
                        path.getValue().peer().equals(peer) && path.getValue().alive())
                .map(path -> step.own().rows(LcdSection.PATHS).get(path.getKey()))
                .filter(Objects::nonNull)
                .toList();
        return !alive.isEmpty() && alive.stream().allMatch(CommPath::disk);
    }

    // ---- safety check

    /** What probes say; told from the first missed heartbeat on, while the paths may still be alive. */
    void sighted(Event.PeerSighted event) {
        String peer = event.peer();
        Fate.Sight before = fate(peer).sight();
        if (before == Fate.Sight.SEEN && event.sight() == Fate.Sight.UNKNOWN && !knowledge.alive(peer)) {
            // That it cannot be looked at any more is no sign that it is gone.
            return;
        }
        fate(peer, fate -> fate.withSight(event.sight()));
        boolean idle = event.sight() == Fate.Sight.UNKNOWN && knowledge.alive(peer);
        if (event.sight() == Fate.Sight.SEEN || idle) {
            // Seen, or nobody looks any more because a path is alive: what was missed before does not count.
            fate(peer, fate -> fate.withUnseen(false));
            step.cancelTimer(UNSEEN + ":" + peer);
        } else if (before == Fate.Sight.SEEN
                || event.sight() == Fate.Sight.UNSEEN && !fate(peer).unseen()) {
            wait(peer, limit(peer) - event.forMillis());
        }
    }

    /**
     * Nobody looks any more. What was seen of a server that is still heard counts no more; of one that cannot be reached it stays,
     * because whoever looks next knows no probe that worked: a machine last seen running is not taken for gone. That holds in the
     * start-up wait too, when nobody counts as down yet.
     */
    void away() {
        for (String peer : List.copyOf(step.peers().keySet())) {
            if (knowledge.alive(peer)) {
                fate(peer, fate -> fate.withSight(Fate.Sight.UNKNOWN).withUnseen(false));
                step.cancelTimer(UNSEEN + ":" + peer);
            }
        }
    }

    private void wait(String peer, long millis) {
        if (millis > 0) {
            step.startTimer(UNSEEN + ":" + peer, millis);
        } else {
            step.cancelTimer(UNSEEN + ":" + peer);
            fate(peer, fate -> fate.withUnseen(true));
        }
    }

    private long limit(String peer) {
        long limit = step.settings.safety().limit();
        return limit > 0 ? limit : Math.max(Safety.LEAST_LIMIT, knowledge.detection(peer));
    }

    /** The machine was not seen for the whole limit. */
    void unseen(String peer) {
        if (fate(peer).sight() != Fate.Sight.SEEN) {
            fate(peer, fate -> fate.withUnseen(true));
        }
    }

    /** It was seen all the time: somebody should look. */
    void alert(String peer) {
        if (knowledge.down(peer)
                && fate(peer).sight() == Fate.Sight.SEEN
                && certain(peer).isEmpty()) {
            step.note(
                    Notices.SAFETY_WAITS,
                    Level.ERROR,
                    "",
                    "the machine of " + peer
                            + " is still seen though no comm path to it is alive: what it had in service is"
                            + " not started on " + step.self() + "; repair the paths, or if it is certainly down, say"
                            + " 'mainstay node confirm-down " + peer + "'");
        }
    }

    /** A peer is reachable again: everything its silence meant is over. */
    void heard(String peer) {
        if (fate(peer).paused()) {
            step.note(
                    Notices.SAFETY_ABORTED,
                    Level.WARNING,
                    "",
                    "SAFETY CHECK ABORTED:ABORTING COMM_DOWN. The remote node (" + peer + ") is up.");
        }
        Fencing.giveUp(step, peer);
        fate(peer, Fate::heard);
        step.cancelTimer(UNSEEN + ":" + peer);
        step.cancelTimer(ALERT + ":" + peer);
        step.cancelTimer(Fencing.TIMER + ":" + peer);
        step.deferred.remove(Fencing.TIMER + ":" + peer);
        for (String other : List.copyOf(step.peers().keySet())) {
            if (step.peer(other).standing().certain().contains(peer)) {
                step.peer(other, view -> view.withStanding(view.standing().withoutCertain(Set.of(peer))));
            }
        }
    }

    /**
     * What another server says of the others. That one is down for certain was so when it was fenced, or an operator said so: it may
     * have been started since. So the word of a server that does not hear it counts no more where this one does, and this
     * one's own no more where the other one does (decision 0382).
     */
    Standing standing(Standing said) {
        for (String peer : said.alive()) {
            if (step.peers().containsKey(peer) && !knowledge.alive(peer)) {
                fate(peer, fate -> fate.withCertain(""));
            }
        }
        TreeSet<String> heard = new TreeSet<>(said.certain());
        heard.removeIf(peer -> !knowledge.alive(peer));
        return heard.isEmpty() ? said : said.withoutCertain(heard);
    }

    void settle() {
        if (step.settings.safety().leased()) {
            return;
        }
        for (String peer : List.copyOf(step.peers().keySet())) {
            if (knowledge.down(peer) && certain(peer).isEmpty()) {
                check(peer);
            }
        }
    }

    private void check(String peer) {
        Fate fate = fate(peer);
        if (fate.sight() == Fate.Sight.SEEN) {
            if (!fate.paused()) {
                fate(peer, one -> one.withPaused(true));
                step.startTimer(ALERT + ":" + peer, step.settings.safety().alert());
                step.note(
                        Notices.SAFETY_SEEN,
                        Level.WARNING,
                        "",
                        "SAFETY CHECK DETECTED MACHINE \"" + peer + "\":PAUSING COMM_DOWN. The remote node (" + peer
                                + ") appears to be reachable. Waiting for confirmation.");
            }
        } else if (!fate.unseen() && !step.timers.contains(UNSEEN + ":" + peer)) {
            // No probe has told anything yet, or none can. Who was heard and fell silent just now may still be seen,
            // and those who
            // look need time for it; who was never heard here had the start-up wait for that.
            boolean fellSilent = step.peer(peer).heard();
            wait(peer, fellSilent ? limit(peer) : limit(peer) - knowledge.detection(peer));
        } else if (fate.unseen() && fate.paused()) {
            fate(peer, one -> one.withPaused(false));
            step.cancelTimer(ALERT + ":" + peer);
            step.note(
                    Notices.SAFETY_TIMED_OUT,
                    Level.WARNING,
                    "",
                    "SAFETY CHECK for \"" + peer + "\" timed out: assuming \"" + peer + "\" is down");
        }
    }

    // ---- certainty

    /** The operator's word (design.md section 10). */
    void confirmDown(String requestId, String peer, String who) {
        Reply reply;
        if (peer.equals(step.self()) || !step.peers().containsKey(peer)) {
            reply = Reply.failed(ExitCode.NOT_FOUND, "there is no other server '" + peer + "' in this cluster");
        } else if (knowledge.alive(peer)) {
            reply = Reply.failed(ExitCode.IN_USE, peer + " can be reached: it is not down");
        } else {
            fate(peer, fate -> fate.withCertain("confirmed down by " + who));
            String text = peer + " is confirmed down by " + who;
            step.note(Notices.CONFIRMED_DOWN, Level.WARNING, "", text);
            reply = Reply.success(text);
        }
        step.answer(requestId, reply);
    }
}
