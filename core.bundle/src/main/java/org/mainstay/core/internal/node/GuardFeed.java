package org.mainstay.core.internal.node;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.internal.event.Events;
import org.mainstay.kit.KillHandle;

/** The guard as a part of the loop: its news become events, and it is told how the loop stands and what is in service. */
final class GuardFeed {
    /** The guard or the link to it has something to say. */
    static final int NOTICE = 20160;
    /** The hold on a reservation area is lost. */
    static final int RESERVATION_LOST = 20161;

    private final GuardControl guard;
    private final Consumer<Event> loop;
    private final Events events;
    private final Runnable changed;
    private final SafetyFeed safety;
    /** Paths of before the start and those that were alive since: a new path that is not alive yet has not died. */
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    private Registration registration = () -> {};
    private Map<String, List<String>> inService;
    private Lcd digested;
    private long membershipDigest;
    private long epochsDigest;
    private volatile boolean linked;
    private volatile Lcd own;

    GuardFeed(GuardControl guard, SafetyFeed safety, Consumer<Event> loop, Events events, Runnable changed) {
        this.guard = guard;
        this.safety = safety;
        this.loop = loop;
        this.events = events;
        this.changed = changed;
    }

    void start(Lcd initial) {
        own = initial;
        known.addAll(initial.rows(LcdSection.PATHS).keySet());
        registration = guard.listen(this::news);
    }

    void stop() {
        registration.close();
    }

    /** Returns whether the guard answers; while it does not, only watchdog or fencing would protect (design.md section 2). */
    boolean linked() {
        return linked;
    }

    private void news(GuardControl.GuardNews news) {
        if (news instanceof GuardControl.GuardNews.PathState path) {
            if (!path.alive() && !known.contains(path.pathId())) {
                return;
            }
            known.add(path.pathId());
            loop.accept(new Event.PathState(path.pathId(), path.peer(), path.alive()));
        } else if (news instanceof GuardControl.GuardNews.PeerInfo peer) {
            loop.accept(new Event.PeerInfo(
                    peer.peer(), peer.bootId(), peer.managerPresent(), peer.lcdIncarnation(), peer.lcdVersion()));
        } else if (news instanceof GuardControl.GuardNews.Link link) {
            linked = link.up();
            if (!link.up()) {
                safety.guardAway();
            }
            changed.run();
        } else if (news instanceof GuardControl.GuardNews.ReservationLost lost) {
            reservationLost(lost);
        } else if (news instanceof GuardControl.GuardNews.Notice notice) {
            events.add(notice.number() == 0 ? NOTICE : notice.number(), notice.level(), "", notice.text());
        } else {
            safetyNews(news);
        }
    }

    private void safetyNews(GuardControl.GuardNews news) {
        if (news instanceof GuardControl.GuardNews.Lease lease) {
            safety.lease(lease);
        } else if (news instanceof GuardControl.GuardNews.Lapsed lapsed) {
            loop.accept(new Event.Lapsed(lapsed.peer(), lapsed.lapsed()));
        } else if (news instanceof GuardControl.GuardNews.Withheld withheld) {
            loop.accept(new Event.Withheld(withheld.peer(), withheld.withheld()));
        } else if (news instanceof GuardControl.GuardNews.Witness witness) {
            Fate.Word word = Fate.Word.valueOf(witness.word().name());
            loop.accept(new Event.WitnessSaid(witness.peer(), word, witness.reason()));
        }
    }

    /**
     * What uses the storage has failed, whatever its own checks say, and must not be repaired in place. Where another server holds it now, the guard has cut it off
     * and killed its users before it says so: the clean-up that follows finds nothing left to flush.
     */
    private void reservationLost(GuardControl.GuardNews.ReservationLost lost) {
        events.add(
                RESERVATION_LOST,
                ClusterEvent.Level.ERROR,
                "",
                "the reservation " + lost.area() + " is lost: " + lost.message());
        // Also of what is just being restored: whether it counts is the core's to say.
        for (Instance instance : own.instances().values()) {
            if (instance.ownership().killHandles().stream().anyMatch(handle -> uses(handle, lost.area()))) {
                loop.accept(new Event.StorageLost(
                        instance.tag(), "its reservation " + lost.area() + " is lost: " + lost.message()));
            }
        }
    }

    /** Returns whether a recorded handle is the mount of a volume that is reserved in an area. */
    private static boolean uses(String handle, String area) {
        String[] words = handle.split("\t", -1);
        return words[0].equals(KillHandle.Kind.MOUNT.name()) && words.length > 3 && words[3].equals(area);
    }

    /** Executes kill handles; the stage tells whether all were done and what is left. */
    CompletionStage<GuardControl.HandleResult> kill(List<String> handles) {
        if (handles.isEmpty()) {
            return CompletableFuture.completedFuture(
                    new GuardControl.HandleResult(false, "no kill handles are recorded for it"));
        }
        return guard.kill(handles).handle((results, error) -> {
            if (error != null) {
                return new GuardControl.HandleResult(false, "the guard could not be asked: " + error.getMessage());
            }
            List<String> left = new ArrayList<>();
            results.stream().filter(result -> !result.done()).forEach(result -> left.add(result.message()));
            return left.isEmpty()
                    ? new GuardControl.HandleResult(true, "ended by its kill handles")
                    : new GuardControl.HandleResult(false, String.join("; ", left));
        });
    }

    /** Called on the loop's thread with each new state. */
    void entered(CoreState state) {
        if (inService != null
                && own.version() == state.own().version()
                && own.incarnation() == state.own().incarnation()) {
            return;
        }
        own = state.own();
        Map<String, List<String>> now = new TreeMap<>();
        Map<String, String> hierarchies = hierarchies(own);
        state.own().instances().forEach((tag, instance) -> {
            boolean here = instance.state().inService() || !instance.ownership().released();
            if (here) {
                // Also without handles: the guard must know that something is here which it cannot end.
                List<String> handles = new ArrayList<>(instance.ownership().killHandles());
                handles.add("HIERARCHY\t" + hierarchies.get(tag));
                now.put(tag, handles);
            }
        });
        if (!now.equals(inService)) {
            inService = now;
            guard.inService(new HashMap<>(now));
        }
    }

    /**
     * Returns for each instance the first tag of its hierarchy: the same for all that depend on one another, directly or not. All
     * at once, because this is done at every commit.
     */
    private static Map<String, String> hierarchies(Lcd own) {
        Map<String, Set<String>> neighbours = new HashMap<>();
        for (Dependency dependency : own.rows(LcdSection.DEPENDENCIES).values()) {
            neighbours
                    .computeIfAbsent(dependency.parent(), key -> new TreeSet<>())
                    .add(dependency.child());
            neighbours
                    .computeIfAbsent(dependency.child(), key -> new TreeSet<>())
                    .add(dependency.parent());
        }
        Map<String, String> names = new HashMap<>();
        for (String first : new TreeSet<>(own.instances().keySet())) {
            Deque<String> open = new ArrayDeque<>(List.of(first));
            while (!open.isEmpty()) {
                String tag = open.remove();
                if (names.putIfAbsent(tag, first) == null) {
                    open.addAll(neighbours.getOrDefault(tag, Set.of()));
                }
            }
        }
        return names;
    }

    /** Called on the loop's thread, at least twice per second. */
    void alive(CoreState state) {
        if (digested == null
                || digested.version() != state.own().version()
                || digested.incarnation() != state.own().incarnation()) {
            digested = state.own();
            membershipDigest = digest(
                    digested.membership().epoch(),
                    digested.membership().members().toString());
            epochsDigest = 17;
            digested.instances()
                    .forEach((tag, instance) -> epochsDigest = 31 * epochsDigest
                            + digest(
                                    instance.ownership().epoch(),
                                    tag + instance.ownership().owner()));
        }
        guard.report(new GuardControl.ManagerReport(
                state.self(), state.own().incarnation(), state.own().version(), 0, membershipDigest, epochsDigest));
    }

    /** Called on any thread. */
    void committing(long ageMillis) {
        guard.committing(ageMillis);
    }

    private static long digest(long number, String text) {
        return 1_000_003L * number + text.hashCode();
    }
}
