package org.mainstay.core.decision.rule;

import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.cluster.lcd.Wanted;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.state.PeerView;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Claim;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Stage;

/**
 * The right to own groups (design.md section 4, ownership epoch). A server asks every server it can reach; each records the
 * promise durably before it grants; then the asker records epoch and owner durably and restores. An epoch in a server's own
 * database with itself as owner is therefore always one it won.
 */
final class Claims {
    /** Timer: how long is waited for whoever has nothing to say about a claim; the rest is the operation's id. */
    static final String TIMER = "claim";

    private final Step step;
    private final Knowledge knowledge;
    private final Promises promises;

    Claims(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
        promises = new Promises(step);
    }

    /** Asks for what the operation needs and does not own yet; goes on at once if nobody is to be asked. */
    void begin(ServiceOperation operation) {
        TreeMap<String, Long> epochs = new TreeMap<>();
        for (String tag : operation.work().todo()) {
            if (!step.inService(tag) && !owned(tag)) {
                epochs.put(tag, Epochs.claimed(step, knowledge.newestEpoch(tag), blind(tag)));
            }
        }
        TreeSet<String> waiting = new TreeSet<>();
        if (!epochs.isEmpty()) {
            step.peers().keySet().stream().filter(knowledge::usable).forEach(waiting::add);
        }
        Claim claim = new Claim(
                operation.id(),
                epochs,
                waiting,
                new TreeSet<>(),
                operation.claim().takeover(),
                operation.claim().revisions());
        ServiceOperation claiming = operation.at(Stage.CLAIMING).withClaim(claim);
        step.operation(claiming);
        waiting.forEach(peer -> ask(peer, claim));
        if (!waiting.isEmpty()) {
            step.startTimer(TIMER + ":" + operation.id(), step.settings.defaultDetection());
        }
        new Restoring(step).askHandles(operation.id());
        advance(step.operation(operation.id()));
    }

    private boolean leased() {
        return step.settings.safety().leased();
    }

    private void ask(String peer, Claim claim) {
        TreeMap<String, CoreMessage.Places> places = new TreeMap<>();
        if (leased()) {
            claim.epochs().keySet().forEach(tag -> places.put(tag, new CoreMessage.Places(promises.places(tag))));
        }
        step.send(peer, new CoreMessage.ClaimRequest(claim.id(), claim.epochs(), places));
    }

    /** Returns whether the right to a resource never ended: it was not released since this server won it. */
    private boolean owned(String tag) {
        Ownership ownership = step.instance(tag).ownership();
        return step.occupies(tag)
                && ownership.owner().equals(step.self())
                && ownership.epoch() > 0
                && !knowledge.contested(tag, ownership.epoch())
                && !(leased() && promises.newer(step.self(), promises.places(tag), ownership.epoch()));
    }

    /** Returns whether a server of the group may have raised the epoch without this one knowing. */
    private boolean blind(String tag) {
        return step.topology().others(tag, step.self()).keySet().stream()
                .anyMatch(server -> !knowledge.complete(server));
    }

    /** Goes on when every server that can still answer has granted. */
    void advance(ServiceOperation operation) {
        TreeSet<String> waiting = new TreeSet<>(operation.claim().waiting());
        waiting.removeIf(peer -> {
            PeerView view = step.peer(peer);
            return knowledge.down(peer) || !view.session() && !view.managerPresent();
        });
        Claim claim = operation.claim();
        ServiceOperation updated = operation.withClaim(claim.withWaiting(waiting));
        step.operation(updated);
        if (!waiting.isEmpty()) {
            return;
        }
        String missing = missing(updated);
        if (missing.isEmpty()) {
            won(updated);
        } else {
            lost(updated, missing);
        }
    }

    /**
     * Who has not answered within a detection time is not waited for any more: with a lease the others may be enough, without one
     * a server that hangs and has no instance of what is claimed has nothing to say (I9).
     */
    void overdue(String operationId) {
        ServiceOperation operation = step.operation(operationId);
        if (operation == null || operation.stage() != Stage.CLAIMING) {
            return;
        }
        Claim claim = operation.claim();
        TreeSet<String> waiting = new TreeSet<>();
        if (!leased()) {
            SortedSet<String> sharers = step.topology().sharers(claim.epochs().keySet(), step.self());
            waiting.addAll(claim.waiting());
            waiting.removeIf(peer -> !knowledge.decides(peer) && !sharers.contains(peer));
        }
        step.operation(operation.withClaim(claim.withWaiting(waiting)));
        if (!waiting.isEmpty()) {
            step.startTimer(TIMER + ":" + operationId, step.settings.defaultDetection());
        }
    }

    /** Returns which promises are missing where the right to run is a lease; empty if there are enough. */
    private String missing(ServiceOperation operation) {
        Claim claim = operation.claim();
        if (!leased() || claim.epochs().isEmpty()) {
            return "";
        }
        TreeSet<String> silent = new TreeSet<>(Members.of(step));
        silent.remove(step.self());
        silent.removeAll(claim.granted());
        if (step.settings.safety().quorum() == Safety.Quorum.MAJORITY) {
            int promised = Members.of(step).size() - silent.size();
            int needed = Members.majority(step);
            return promised >= needed
                    ? ""
                    : "only " + promised + " of " + needed + " servers agree; nothing was heard of "
                            + String.join(", ", silent);
        }
        // The witness decides who is out of it; whoever lives must have agreed.
        Verdicts verdicts = new Verdicts(step);
        silent.removeIf(server -> verdicts.fate(server).witness() == Fate.Word.FAILED
                || !verdicts.certain(server).isEmpty());
        return silent.isEmpty()
                ? ""
                : String.join(", ", silent) + " cannot be asked, and the witness does not say that it has failed";
    }

    private void won(ServiceOperation operation) {
        if (!step.mayStart()) {
            lost(operation, step.whyNot());
            return;
        }
        for (Map.Entry<String, Long> entry : operation.claim().epochs().entrySet()) {
            String tag = entry.getKey();
            boolean taken = step.instance(tag) != null && knowledge.blocker(tag) != null;
            if (step.instance(tag) == null || taken || knowledge.contested(tag, entry.getValue())) {
                lost(operation, tag + " was claimed by another server meanwhile");
                return;
            }
        }
        if (!operation.work().todo().stream().allMatch(tag -> wanted(operation, tag))) {
            lost(operation, "it was taken out of service meanwhile");
            return;
        }
        // Only now: a wish that is told before the claim would let a better server jump in.
        Requests requests = new Requests(step);
        operation.claim().revisions().keySet().forEach(tag -> requests.want(tag, Wanted.IN));
        operation
                .claim()
                .epochs()
                .forEach((tag, epoch) -> step.ownership(tag, ownership -> ownership.withEpoch(epoch, step.self())));
        new Restoring(step).granted(operation);
    }

    /** Returns whether it is still wanted: by the group, or by the asker and nobody has spoken since. */
    private boolean wanted(ServiceOperation operation, String tag) {
        Long since = operation.claim().revisions().get(tag);
        return knowledge.wantedIn(tag) || since != null && knowledge.wanted(tag).wantedRevision() <= since;
    }

    private void lost(ServiceOperation operation, String reason) {
        operation.tags().forEach(tag -> step.obstacles.put(tag, reason));
        SortedSet<String> hierarchy = step.topology().hierarchy(operation.tags().first());
        if (!hierarchy.isEmpty()) {
            // Two that cannot talk to each other must not go on taking promises from each other in step.
            int turn = leased() ? new Eligibility(step).rank(hierarchy) : 0;
            step.startTimer("backoff:" + hierarchy.first(), step.settings.defaultDetection() * (1 + turn));
        }
        new InstanceReservations(step)
                .finish(operation, Reply.failed(ExitCode.IN_USE, reason + "; see 'mainstay status' and try again"));
    }

    /** A session began anew: what the peer has not answered is asked again. */
    void askAgain(String peer) {
        for (ServiceOperation operation : step.operations()) {
            if (operation.stage() == Stage.CLAIMING
                    && operation.claim().waiting().contains(peer)) {
                ask(peer, operation.claim());
            }
        }
    }

    /** A session ended: what its peer promised in it is asked again, since the peer takes it back when it hears no more. */
    void forget(String peer) {
        for (ServiceOperation operation : step.operations()) {
            Claim claim = operation.claim();
            if (leased()
                    && operation.stage() == Stage.CLAIMING
                    && claim.granted().contains(peer)) {
                TreeSet<String> granted = new TreeSet<>(claim.granted());
                granted.remove(peer);
                TreeSet<String> waiting = new TreeSet<>(claim.waiting());
                waiting.add(peer);
                step.operation(operation.withClaim(claim.withGranted(granted).withWaiting(waiting)));
            }
        }
    }

    /** A claim is given up: who promised something for it is free again. */
    void withdraw(ServiceOperation operation) {
        if (!leased()
                || operation.stage() != Stage.CLAIMING
                || operation.claim().epochs().isEmpty()) {
            return;
        }
        step.cancelTimer(TIMER + ":" + operation.id());
        for (String peer : step.peers().keySet()) {
            if (step.peer(peer).session()) {
                step.send(
                        peer,
                        new CoreMessage.ClaimWithdrawn(
                                operation.id(), operation.claim().epochs()));
            }
        }
    }

    void answered(String peer, CoreMessage.ClaimAnswer answer) {
        ServiceOperation operation = step.operation(answer.claimId());
        if (operation == null || operation.stage() != Stage.CLAIMING) {
            return;
        }
        if (!answer.granted() && !(answer.early() && leased())) {
            lost(operation, peer + " refused the claim: " + answer.reason());
            return;
        }
        Claim claim = operation.claim();
        TreeSet<String> waiting = new TreeSet<>(claim.waiting());
        waiting.remove(peer);
        TreeSet<String> granted = new TreeSet<>(claim.granted());
        if (answer.granted()) {
            granted.add(peer);
        }
        // Who cannot promise yet is as good as silent: the others may be enough.
        step.operation(operation.withClaim(claim.withWaiting(waiting).withGranted(granted)));
    }

    /** Answers another server's claim. */
    void asked(String peer, CoreMessage.ClaimRequest request) {
        TreeMap<String, Long> wanted = new TreeMap<>();
        TreeMap<String, Long> known = new TreeMap<>();
        TreeMap<String, Long> foreign = new TreeMap<>();
        Promises.Refusal refusal = Promises.Refusal.NONE;
        for (Map.Entry<String, Long> entry : request.epochs().entrySet()) {
            String tag = step.topology().mine(peer, entry.getKey());
            if (leased()) {
                refusal = first(refusal, promises.objection(peer, places(peer, tag, entry.getKey(), request)));
            }
            if (tag == null || step.instance(tag) == null) {
                if (leased()) {
                    foreign.put(entry.getKey(), entry.getValue());
                    refusal = first(refusal, witness(peer, entry, request));
                }
                continue;
            }
            known.put(entry.getKey(), knowledge.newestEpoch(tag));
            wanted.put(tag, entry.getValue());
            refusal = first(refusal, Promises.Refusal.because(objection(peer, tag, entry.getValue())));
        }
        if (refusal.none()) {
            notMet(peer, request);
            wanted.forEach((tag, epoch) -> {
                giveWay(tag, peer);
                step.ownership(tag, ownership -> ownership.withEpoch(epoch, peer));
                promised(tag, peer);
            });
            foreign.forEach((tag, epoch) -> promises.record(peer, places(peer, null, tag, request), epoch));
        }
        step.send(
                peer,
                new CoreMessage.ClaimAnswer(request.claimId(), refusal.none(), refusal.early(), known, refusal.text()));
    }

    /** What is promised to it now is not among what it was promised before the present session. */
    private void notMet(String peer, CoreMessage.ClaimRequest request) {
        SortedSet<String> before = step.peer(peer).unmet();
        if (before != null) {
            TreeSet<String> claimed = new TreeSet<>(before);
            claimed.addAll(request.epochs().keySet());
            step.peer(peer, one -> one.withUnmet(claimed));
        }
    }

    /** Returns what weighs more: that only time is missing does not count where something else is wrong. */
    private static Promises.Refusal first(Promises.Refusal one, Promises.Refusal other) {
        return one.none() || one.early() && !other.none() ? other : one;
    }

    private Promises.Refusal witness(String peer, Map.Entry<String, Long> claim, CoreMessage.ClaimRequest request) {
        return promises.witnessObjection(peer, places(peer, null, claim.getKey(), request), claim.getValue());
    }

    /** Returns where a group has instances: as both servers know it. */
    private Map<String, String> places(String peer, String mine, String theirs, CoreMessage.ClaimRequest request) {
        CoreMessage.Places told = request.places().get(theirs);
        TreeMap<String, String> places = new TreeMap<>(told == null ? Map.of(peer, theirs) : told.tags());
        if (mine != null) {
            promises.places(mine).forEach(places::putIfAbsent);
        }
        return places;
    }

    /** Nothing can be stored here: what is not won yet is left to the others. */
    void giveUp(String reason) {
        for (ServiceOperation operation : step.operations()) {
            if (operation.stage() == Stage.CLAIMING) {
                String text = "the claim could not be stored on " + step.self() + ": " + reason;
                new InstanceReservations(step).finish(operation, Reply.failed(ExitCode.SYSTEM_ERROR, text));
            }
        }
    }

    /**
     * Answers a claim while nothing can be stored here. A promise that is not durable would be worthless after a restart, but
     * this server cannot win anything either before it stores again and has heard the asker: so it stands aside.
     */
    void abstain(String peer, CoreMessage.ClaimRequest request) {
        boolean involved = request.epochs().keySet().stream()
                .map(tag -> step.topology().mine(peer, tag))
                .filter(tag -> tag != null && step.instance(tag) != null)
                .anyMatch(tag -> Knowledge.occupied(step.own(), step.instance(tag)) || step.claimedByOperation(tag));
        // Where promises are counted, one that is not durable must not be given at all.
        boolean refuses = involved || leased();
        String refusal = refuses ? step.self() + " cannot store anything now" + (involved ? " and holds it" : "") : "";
        step.send(
                peer,
                new CoreMessage.ClaimAnswer(request.claimId(), !refuses, false, new TreeMap<String, Long>(), refusal));
    }

    /** Whoever got a promise has one detection time to use it before this server looks again. */
    private void promised(String tag, String peer) {
        SortedSet<String> hierarchy = step.topology().hierarchy(tag);
        step.startTimer("backoff:" + hierarchy.first(), knowledge.detection(peer));
    }

    private String objection(String peer, String tag, long epoch) {
        if (Knowledge.occupied(step.own(), step.instance(tag))) {
            return tag + " is in service on " + step.self() + ", or not certainly out of service";
        }
        Ownership ownership = step.instance(tag).ownership();
        boolean repeated = ownership.owner().equals(peer) && ownership.epoch() == epoch;
        if (!repeated
                && (promises.newer(peer, promises.places(tag), epoch)
                        || Epochs.reaches(step, knowledge.promisedEpoch(tag), epoch))) {
            return "a newer claim of " + tag + " is known on " + step.self();
        }
        for (Handover handover : step.own().rows(LcdSection.HANDOVERS).values()) {
            String theirs = step.topology().tagOn(tag, handover.to(), step.self());
            if (theirs != null && handover.epochs().containsKey(theirs)) {
                return tag + " is being moved from " + handover.from() + " to " + handover.to();
            }
        }
        for (ServiceOperation operation : step.operations()) {
            if (operation.holds() && operation.tags().contains(tag)) {
                boolean claiming = operation.kind() == Kind.RESTORE && operation.stage() == Stage.CLAIMING;
                boolean gives = claiming
                        && step.topology().priority(tag, peer) < step.topology().priority(tag, step.self());
                if (!gives && operation.stage() != Stage.CONFIRMING) {
                    return step.self() + " itself is working on " + tag;
                }
            }
        }
        return "";
    }

    /** Gives up an own claim that a better server has too. */
    private void giveWay(String tag, String peer) {
        for (ServiceOperation operation : step.operations()) {
            if (operation.stage() == Stage.CLAIMING && operation.tags().contains(tag)) {
                lost(operation, peer + " brings " + tag + " into service: its priority is better");
            }
        }
    }
}
