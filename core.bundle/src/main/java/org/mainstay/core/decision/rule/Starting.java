package org.mainstay.core.decision.rule;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.BegunAction;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.InitOption;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.cluster.lcd.Wanted;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.state.CoreState.Start;
import org.mainstay.core.decision.state.PeerView;
import org.mainstay.core.decision.state.RightToRun;
import org.mainstay.core.decision.state.ServiceOperation.Asker;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Then;

/** Start of the manager: hear the others, find out what runs, then initialise (LCM_AVAIL, CMD-014, HIER-040, HIER-041). */
final class Starting {
    static final String WAIT = "start-wait";

    private final Step step;
    private final Knowledge knowledge;

    Starting(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
    }

    void started(Event.Started event) {
        step.settings = event.settings();
        new RightRules(step).configured();
        step.kits.clear();
        step.kits.addAll(event.kits());
        step.touch();
        boot(event.bootId());
        long wait = step.settings.startWait();
        if (wait == 0) {
            wait = step.settings.defaultDetection();
            for (String peer : sharers()) {
                wait = Math.max(wait, knowledge.detection(peer));
            }
            wait += 10_000;
        }
        step.startTimer(WAIT, wait);
    }

    /** Brings the recorded states in line with this boot of the machine (I4). */
    void boot(String bootId) {
        long loaded = step.own().version();
        boolean same = step.own().bootId().equals(bootId);
        TreeSet<String> assume = new TreeSet<>();
        TreeSet<String> undecided = new TreeSet<>();
        TreeSet<String> adopting = new TreeSet<>();
        for (Instance instance : List.copyOf(step.own().instances().values())) {
            String tag = instance.tag();
            InitOption option = instance.settings().init();
            var parked = step.own().rows(LcdSection.PARKED).get(tag);
            if (!same) {
                rebooted(instance);
                if (option == InitOption.INIT_ISP) {
                    assume.add(tag);
                }
            }
            if (option == InitOption.INIT_OSU && (!same || parked != null && !parked.running())) {
                undecided.add(tag);
            }
            if (same
                    && instance.state().inService()
                    && step.own().row(LcdSection.ACTIONS, tag).isEmpty()) {
                adopting.add(tag);
            }
        }
        if (same) {
            Restoring.interrupted(step);
        } else {
            List.copyOf(step.own().rows(LcdSection.ACTIONS).keySet())
                    .forEach(tag -> step.drop(LcdSection.ACTIONS, tag));
            step.own(step.own().withBootId(bootId));
            Fencing.booted(step);
            new Takings(step).forget("it was started anew");
        }
        String run = bootId + "/" + step.own().incarnation() + "." + step.own().version();
        step.start = new Start(
                bootId,
                run,
                step.start.bootId().isEmpty() ? loaded : step.start.loaded(),
                step.start.waited(),
                false,
                adopting,
                new TreeMap<>(),
                assume,
                undecided);
        adopting.forEach(this::probe);
        // Nobody waits any more for what was only asked for; what the other side has begun for it goes on.
        List.copyOf(step.own().rows(LcdSection.HANDOVERS).values()).stream()
                .filter(handover -> handover.step() == Handover.Step.PREPARED)
                .forEach(handover -> step.drop(LcdSection.HANDOVERS, handover.id()));
    }

    private void rebooted(Instance instance) {
        String tag = instance.tag();
        if (instance.state() != InstanceState.OSU) {
            step.state(tag, InstanceState.OSU, "the server was started");
        }
        step.change(tag, one -> one.withFailed(false));
        step.ownership(tag, ownership -> ownership.withReleased(true));
    }

    private void probe(String tag) {
        if (step.kits.contains(step.instance(tag).typeKey())) {
            step.effect(new Effect.Probe(tag));
        }
    }

    void kitAppeared(String type) {
        for (String tag : step.start.adopting()) {
            Instance instance = step.instance(tag);
            if (instance != null
                    && instance.typeKey().equals(type)
                    && !step.start.probed().containsKey(tag)) {
                step.effect(new Effect.Probe(tag));
            }
        }
    }

    void probed(String tag, Presence presence) {
        if (step.start.adopting().contains(tag)) {
            TreeMap<String, Presence> probed = new TreeMap<>(step.start.probed());
            probed.put(tag, presence);
            start(step.start.withProbed(probed));
        }
    }

    void waited() {
        start(step.start.withWaited());
    }

    /** An instance of option INIT_ISP is set in service, or will not be. */
    static void assumed(Step step, String tag) {
        if (step.start.assume().contains(tag)) {
            TreeSet<String> rest = new TreeSet<>(step.start.assume());
            rest.remove(tag);
            new Starting(step).start(step.start.withAssume(rest));
        }
    }

    private void start(Start value) {
        step.start = value;
        step.touch();
    }

    private SortedSet<String> sharers() {
        return step.topology().sharers(step.topology().tags(), step.self());
    }

    void settle() {
        if (step.start.bootId().isEmpty() || step.stop.asked() && !step.start.passed()) {
            return;
        }
        if (!step.start.passed()) {
            if (!sharers().stream().allMatch(this::settled) || catchingUp()) {
                return;
            }
            pass();
        }
        adopt();
        resume();
        boolean awaitsRight = step.right().right() == RightToRun.Right.AWAITED
                && !step.start.adopting().isEmpty();
        if (step.phase() == Phase.STARTING && !awaitsRight && !awaitsProbe()) {
            available();
        }
    }

    /**
     * Returns whether what another server has in service is known, or need not be waited for. One whose manager is away is
     * waited for too: it may be starting at this very moment.
     */
    private boolean settled(String peer) {
        PeerView view = step.peer(peer);
        return view.session() && view.current() || view.heard() && knowledge.down(peer) || step.start.waited();
    }

    private boolean catchingUp() {
        return step.requests.keySet().stream().anyMatch(key -> key.startsWith(Replication.CATCH_UP));
    }

    private void pass() {
        start(step.start.withPassed());
        for (String tag : step.start.undecided()) {
            initOut(tag);
        }
        TreeSet<String> assume = new TreeSet<>(step.start.assume());
        assume.removeIf(tag -> !assumable(tag));
        start(step.start.withAssume(assume).withUndecided(new TreeSet<>()));
    }

    private void initOut(String tag) {
        Instance instance = step.instance(tag);
        if (instance != null && knowledge.occupant(tag) == null && !step.occupies(tag)) {
            Ownership newest = knowledge.wanted(tag);
            if (newest.wanted() == Wanted.IN) {
                step.ownership(tag, one -> one.withWanted(Wanted.OUT, newest.wantedRevision() + 1));
            }
            step.state(tag, InstanceState.OSU, "waits for an administrator (INIT_OSU)");
        }
    }

    private boolean assumable(String tag) {
        Instance instance = step.instance(tag);
        if (instance == null || knowledge.occupant(tag) != null) {
            return false;
        }
        Ownership newest = knowledge.wanted(tag);
        if (newest.wanted() == Wanted.OUT) {
            step.ownership(tag, one -> one.withWanted(Wanted.IN, newest.wantedRevision() + 1));
        }
        return true;
    }

    /** Decides on what is recorded in service: running is adopted, everything else is restored again. */
    private void adopt() {
        if (!step.start.adopting().isEmpty() && !step.right().granted()) {
            // While it is not known, nothing is decided; when it is lost, everything is stopped (RightRules).
            return;
        }
        if (!step.start.adopting().isEmpty() && !new RightRules(step).unbroken()) {
            stopFirst();
        }
        for (String tag : new TreeSet<>(step.start.adopting())) {
            Presence presence = step.start.probed().get(tag);
            boolean gone = !step.inService(tag);
            if (!gone && (presence == null || step.claimedByOperation(tag))) {
                continue;
            }
            TreeSet<String> rest = new TreeSet<>(step.start.adopting());
            rest.remove(tag);
            start(step.start.withAdopting(rest));
            if (gone) {
                continue;
            }
            if (presence == Presence.RUNNING) {
                step.note(
                        Notices.ADOPTED,
                        Level.INFORMATION,
                        tag,
                        tag + " runs and is kept in service on " + step.self());
                if (step.instance(tag).ownership().failures() > 0) {
                    step.startTimer("failures:" + tag, step.settings.failureReset());
                }
            } else {
                step.state(tag, InstanceState.OSU, "was not found running when Mainstay started (" + presence + ")");
                step.ownership(tag, ownership -> ownership.withReleased(false));
                step.restoreBegun(tag, "start");
            }
        }
    }

    /** What runs has lost the right to run while nobody looked: others may have taken it over (I4). */
    private void stopFirst() {
        TreeSet<String> tags = new TreeSet<>(step.start.adopting());
        tags.removeIf(tag -> !step.occupies(tag));
        start(step.start.withAdopting(new TreeSet<>()));
        if (tags.isEmpty()) {
            return;
        }
        step.note(
                Notices.LAPSED_MEANWHILE,
                Level.WARNING,
                tags.first(),
                step.self()
                        + " had no right to run resources for a while when Mainstay was away: stopped before anything"
                        + " else: " + String.join(", ", tags));
        for (SortedSet<String> hierarchy : step.topology().hierarchies().values()) {
            if (hierarchy.stream().anyMatch(tags::contains)
                    && hierarchy.stream().noneMatch(step::claimedByOperation)) {
                RightRules.remove(step, hierarchy, "the right to run had ended");
            }
        }
    }

    /** Repeats actions that were begun when the manager went away, or undoes them where they are not wanted any more. */
    private void resume() {
        for (SortedSet<String> hierarchy : step.topology().hierarchies().values()) {
            if (hierarchy.stream().anyMatch(step::claimedByOperation)
                    || hierarchy.stream().anyMatch(step.start.adopting()::contains)) {
                continue;
            }
            SortedSet<String> remove = interrupted(hierarchy, Knowledge.REMOVE);
            SortedSet<String> restore = interrupted(hierarchy, Knowledge.RESTORE);
            if (!remove.isEmpty()) {
                resumeRemove(remove);
            } else if (!restore.isEmpty() && handoverOf(restore).isEmpty()) {
                resumeRestore(hierarchy, restore);
            }
        }
    }

    private SortedSet<String> interrupted(SortedSet<String> hierarchy, String action) {
        TreeSet<String> result = new TreeSet<>();
        for (String tag : hierarchy) {
            BegunAction row = step.own().rows(LcdSection.ACTIONS).get(tag);
            if (row != null && row.action().equals(action)) {
                result.add(tag);
            }
        }
        return result;
    }

    private String handoverOf(SortedSet<String> tags) {
        for (Handover handover : step.own().rows(LcdSection.HANDOVERS).values()) {
            if (new Handovers(step).ownTags(handover).stream().anyMatch(tags::contains)) {
                return handover.id();
            }
        }
        return "";
    }

    private void resumeRemove(SortedSet<String> tags) {
        if (!handoverOf(tags).isEmpty()) {
            return;
        }
        var operation = new InstanceReservations(step)
                .begin(
                        Kind.REMOVE,
                        step.topology().withAbove(tags),
                        tags,
                        Asker.NOBODY,
                        "repeated: it was interrupted",
                        Then.NOTHING);
        boolean escalate = tags.stream()
                .anyMatch(tag -> step.own().rows(LcdSection.ACTIONS).get(tag).escalate());
        step.operation(operation.withWork(work -> work.withEscalate(escalate)));
    }

    /** What was not begun yet is left to the common rule; what may run here goes on, or is undone. */
    private void resumeRestore(SortedSet<String> hierarchy, SortedSet<String> begun) {
        SortedSet<String> tags = new TreeSet<>(begun);
        tags.removeIf(tag -> !step.occupies(tag));
        begun.stream().filter(tag -> !tags.contains(tag)).forEach(tag -> step.drop(LcdSection.ACTIONS, tag));
        if (tags.isEmpty() || step.timers.contains("backoff:" + hierarchy.first())) {
            return;
        }
        boolean mine = tags.stream()
                .allMatch(tag ->
                        knowledge.wantedIn(tag) && knowledge.newestOwner(tag).equals(step.self()));
        SortedSet<String> scope = step.topology().withBelow(tags);
        boolean usable = mine && scope.stream().allMatch(tag -> tags.contains(tag) || step.inService(tag));
        if (usable) {
            String obstacle = new Eligibility(step).obstacle(step.self(), tags, List.of());
            if (obstacle.isEmpty()) {
                obstacle = tags.stream()
                        .map(knowledge::occupant)
                        .filter(Starting::blocks)
                        .map(Knowledge.Occupant::text)
                        .findFirst()
                        .orElse("");
            }
            if (!obstacle.isEmpty()) {
                String text = obstacle;
                tags.forEach(tag -> step.obstacles.put(tag, text));
                return;
            }
            new InstanceReservations(step)
                    .begin(Kind.RESTORE, scope, tags, Asker.NOBODY, "repeated: it was interrupted", Then.NOTHING);
            return;
        }
        tags.forEach(tag -> step.drop(LcdSection.ACTIONS, tag));
        new InstanceReservations(step)
                .begin(
                        Kind.REMOVE,
                        step.topology().withAbove(tags),
                        tags,
                        Asker.NOBODY,
                        "a restore was interrupted and is not wanted here any more",
                        new Then(Then.Step.FAILOVER, "", List.of(), 0));
    }

    /** What somebody else may have in service is not repeated, even if it is not certain; parked is what stopped. */
    private static boolean blocks(Knowledge.Occupant occupant) {
        return occupant != null
                && occupant.how() != Knowledge.Occupant.How.PARKED_STOPPED
                && occupant.how() != Knowledge.Occupant.How.PARKED_RUNNING;
    }

    private boolean awaitsProbe() {
        return step.start.adopting().stream()
                .anyMatch(tag -> step.instance(tag) != null
                        && step.kits.contains(step.instance(tag).typeKey())
                        && !step.start.probed().containsKey(tag));
    }

    private void available() {
        List.copyOf(step.own().rows(LcdSection.PARKED).keySet()).forEach(tag -> step.drop(LcdSection.PARKED, tag));
        if (!step.settings.safety().leased()) {
            // Who shares nothing is waited for too: the others may need this server's word on it.
            step.cancelTimer(WAIT);
        }
        step.phase(Phase.AVAILABLE);
        step.note(Notices.AVAILABLE, Level.INFORMATION, "", "Mainstay is ready on " + step.self());
    }
}
