package org.mainstay.core.decision.state;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterSnapshot.Activity;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage.Standing;

/**
 * Everything a decision depends on.
 *
 * @param own the own database; the runtime stores its changes and raises its version, see {@link #withOwn}
 * @param peers by name; the runtime stores changes of their copies ({@link PeerView#lcd})
 * @param paths by id of the path
 * @param phase life cycle
 * @param start what the start still waits for
 * @param settings tunables
 * @param kits keys of the types usable here
 * @param operations what is being done here, in the order it was begun
 * @param memory what the rules remember between events
 * @param stop what a stop still waits for
 * @param storage whether commits work
 * @param right whether this server may run resources at all
 * @param loss how this server stands when it has lost that right, or its network
 * @param standing what the peers were told last of how this server stands
 */
public record CoreState(
        Lcd own,
        SortedMap<String, PeerView> peers,
        SortedMap<String, PathView> paths,
        Phase phase,
        Start start,
        Settings settings,
        SortedSet<String> kits,
        List<ServiceOperation> operations,
        Memory memory,
        Stop stop,
        Storage storage,
        RightToRun right,
        Loss loss,
        Standing standing) {

    /**
     * Start-up (design.md section 10).
     *
     * @param bootId this boot of the machine; empty before {@code Started}
     * @param run distinguishes the starts of this manager
     * @param loaded version of the own database when the manager started
     * @param waited whether the start-up wait is over: who was not heard counts as down
     * @param passed whether resources may be started
     * @param adopting instances that are recorded in service and not yet confirmed by a probe
     * @param probed probe answers of those
     * @param assume instances of option INIT_ISP that are to be set in service without an action (CMD-014)
     * @param undecided instances whose option is INIT_OSU and not yet applied
     */
    public record Start(
            String bootId,
            String run,
            long loaded,
            boolean waited,
            boolean passed,
            SortedSet<String> adopting,
            SortedMap<String, Event.Presence> probed,
            SortedSet<String> assume,
            SortedSet<String> undecided) {
        public static final Start NONE = new Start(
                "",
                "",
                0,
                false,
                false,
                Collections.emptySortedSet(),
                Collections.emptySortedMap(),
                Collections.emptySortedSet(),
                Collections.emptySortedSet());

        public Start {
            adopting = Collections.unmodifiableSortedSet(new TreeSet<>(adopting));
            probed = Collections.unmodifiableSortedMap(new TreeMap<>(probed));
            assume = Collections.unmodifiableSortedSet(new TreeSet<>(assume));
            undecided = Collections.unmodifiableSortedSet(new TreeSet<>(undecided));
        }

        public Start withWaited() {
            return new Start(bootId, run, loaded, true, passed, adopting, probed, assume, undecided);
        }

        public Start withPassed() {
            return new Start(bootId, run, loaded, waited, true, adopting, probed, assume, undecided);
        }

        public Start withAdopting(SortedSet<String> value) {
            return new Start(bootId, run, loaded, waited, passed, value, probed, assume, undecided);
        }

        public Start withProbed(SortedMap<String, Event.Presence> value) {
            return new Start(bootId, run, loaded, waited, passed, adopting, value, assume, undecided);
        }

        public Start withAssume(SortedSet<String> value) {
            return new Start(bootId, run, loaded, waited, passed, adopting, probed, value, undecided);
        }

        public Start withUndecided(SortedSet<String> value) {
            return new Start(bootId, run, loaded, waited, passed, adopting, probed, assume, value);
        }
    }

    /**
     * What the rules remember.
     *
     * @param counter source of ids; rises
     * @param timers timers that run
     * @param deferred by hierarchy, for how many better servers was already waited
     * @param obstacles by instance, why something that is wanted in service is not
     * @param doubts operations in doubt, as sentences
     * @param monitored instances whose checks run
     * @param refused handovers this server has refused in the present session with their other server
     * @param requests requests forwarded to other servers, by id: the server
     * @param vain instances another server has won that were tried to be stopped here, and may still run
     */
    public record Memory(
            long counter,
            SortedSet<String> timers,
            SortedMap<String, Integer> deferred,
            SortedMap<String, String> obstacles,
            SortedMap<String, String> doubts,
            SortedSet<String> monitored,
            SortedMap<String, String> refused,
            SortedMap<String, Forwarded> requests,
            SortedSet<String> vain) {
        public static final Memory NONE = new Memory(
                0,
                Collections.emptySortedSet(),
                Collections.emptySortedMap(),
                Collections.emptySortedMap(),
                Collections.emptySortedMap(),
                Collections.emptySortedSet(),
                Collections.emptySortedMap(),
                Collections.emptySortedMap(),
                Collections.emptySortedSet());

        public Memory {
            timers = Collections.unmodifiableSortedSet(new TreeSet<>(timers));
            deferred = Collections.unmodifiableSortedMap(new TreeMap<>(deferred));
            obstacles = Collections.unmodifiableSortedMap(new TreeMap<>(obstacles));
            doubts = Collections.unmodifiableSortedMap(new TreeMap<>(doubts));
            monitored = Collections.unmodifiableSortedSet(new TreeSet<>(monitored));
            refused = Collections.unmodifiableSortedMap(new TreeMap<>(refused));
            requests = Collections.unmodifiableSortedMap(new TreeMap<>(requests));
            vain = Collections.unmodifiableSortedSet(new TreeSet<>(vain));
        }
    }

    /**
     * A request another server or all servers together work on.
     *
     * @param peer server that works on it; empty for an operation over several servers
     * @param operationId id of that operation; empty if there is none
     */
    public record Forwarded(String peer, String operationId) {}

    /**
     * A stop that was asked for.
     *
     * @param asked whether one was
     * @param requestId whom to answer
     * @param leaveRunning {@code lkstop -f}
     * @param machine whether the machine goes down, so that it ends whatever could not be stopped
     * @param version version of the own database the peers must have before it ends; 0 = not yet known
     */
    public record Stop(boolean asked, String requestId, boolean leaveRunning, boolean machine, long version) {
        public static final Stop NONE = new Stop(false, "", false, false, 0);

        public Stop withVersion(long value) {
            return new Stop(asked, requestId, leaveRunning, machine, value);
        }
    }

    /**
     * Whether commits work.
     *
     * @param problem what failed; empty if they work
     * @param waiting events whose consequences could not be stored, in order
     */
    public record Storage(String problem, List<Event> waiting) {
        public static final Storage WORKS = new Storage("", List.of());

        public Storage {
            waiting = List.copyOf(waiting);
        }

        public boolean works() {
            return problem.isEmpty();
        }
    }

    public CoreState {
        peers = Collections.unmodifiableSortedMap(new TreeMap<>(peers));
        paths = Collections.unmodifiableSortedMap(new TreeMap<>(paths));
        kits = Collections.unmodifiableSortedSet(new TreeSet<>(kits));
        operations = List.copyOf(operations);
    }

    /**
     * Returns the state before {@code Started}.
     *
     * @param own the own database as read from disk
     * @param copies the copies of the other servers' databases as read from disk, by server
     */
    public static CoreState initial(Lcd own, Map<String, Lcd> copies) {
        TreeMap<String, PeerView> peers = new TreeMap<>();
        copies.forEach((name, lcd) -> peers.put(name, PeerView.unheard(lcd)));
        return new CoreState(
                own,
                peers,
                Collections.emptySortedMap(),
                Phase.STARTING,
                Start.NONE,
                Settings.DEFAULT,
                Collections.emptySortedSet(),
                List.of(),
                Memory.NONE,
                Stop.NONE,
                Storage.WORKS,
                RightToRun.ALWAYS,
                Loss.NONE,
                new Standing(
                        Phase.STARTING,
                        Collections.emptySet(),
                        true,
                        Collections.emptySet(),
                        Collections.emptySet(),
                        Collections.emptySet()));
    }

    /** Returns the name of this server. */
    public String self() {
        return own.server();
    }

    /**
     * Returns this with another own database. The runtime calls it after it has stored a decision whose {@link #own} differs
     * from the one before, with {@code own().committed()}; the decision has announced exactly that version to the peers.
     */
    public CoreState withOwn(Lcd value) {
        return new CoreState(
                value,
                peers,
                paths,
                phase,
                start,
                settings,
                kits,
                operations,
                memory,
                stop,
                storage,
                right,
                loss,
                standing);
    }

    /** Returns this with another right to run. */
    public CoreState withRight(RightToRun value) {
        return new CoreState(
                own,
                peers,
                paths,
                phase,
                start,
                settings,
                kits,
                operations,
                memory,
                stop,
                storage,
                value,
                loss,
                standing);
    }

    /** Returns whether a peer can be reached (CMD-302); see {@code Knowledge} for what decisions make of it. */
    public PeerState reachability(String peer) {
        return reachability(peer, own, paths, peers.get(peer));
    }

    /** Only paths that the database has count: of one that was deleted the guard may have said something meanwhile. */
    public static PeerState reachability(String peer, Lcd own, Map<String, PathView> paths, PeerView view) {
        Map<String, CommPath> rows = own.rows(LcdSection.PATHS);
        boolean any = false;
        for (Map.Entry<String, PathView> path : paths.entrySet()) {
            if (path.getValue().peer().equals(peer) && rows.containsKey(path.getKey())) {
                any = true;
                if (path.getValue().alive()) {
                    return PeerState.ALIVE;
                }
            }
        }
        if (view == null || !view.heard()) {
            return PeerState.UNKNOWN;
        }
        if (!any) {
            return view.session() ? PeerState.ALIVE : PeerState.UNKNOWN;
        }
        return PeerState.DEAD;
    }

    /** Returns what is being done to instances here, by tag (CMD-140 field 10). */
    public Map<String, Activity> activities() {
        TreeMap<String, Activity> result = new TreeMap<>();
        for (ServiceOperation operation : operations) {
            if (operation.holds() && operation.stage() != ServiceOperation.Stage.CONFIRMING) {
                String text = operation.kind() == ServiceOperation.Kind.ACTION
                        ? operation.work().arguments().get(0)
                        : operation.kind().name();
                operation.tags().forEach(tag -> result.put(tag, new Activity(text, operation.id(), "")));
            }
        }
        return result;
    }

    /** Returns, by instance, why something that is wanted in service is not brought into service, one sentence each. */
    public Map<String, String> obstacles() {
        return memory.obstacles();
    }

    /** Returns what is not decided or decided differently on different servers, one sentence each. */
    public List<String> doubts() {
        return List.copyOf(memory.doubts().values());
    }

    /** Returns what an administrator should know, one sentence each; empty if all is well. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (!storage.works()) {
            problems.add("changes cannot be stored on " + self() + ": " + storage.problem());
        }
        memory.obstacles().forEach((tag, text) -> problems.add(tag + " is not brought into service: " + text));
        problems.addAll(memory.doubts().values());
        return problems;
    }

    /** Returns the instances whose checks are to run. */
    public Set<String> monitored() {
        return memory.monitored();
    }
}
