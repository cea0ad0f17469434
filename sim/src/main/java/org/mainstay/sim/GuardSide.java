package org.mainstay.sim;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.state.RightToRun.Right;
import org.mainstay.guard.heartbeat.HeartbeatListener;
import org.mainstay.guard.heartbeat.OwnStatus;
import org.mainstay.guard.heartbeat.VirtualHeartbeats;
import org.mainstay.guard.lease.LeaseKeeper;
import org.mainstay.guard.lease.LeaseSurroundings;
import org.mainstay.guard.lease.MemoryLeaseFiles;
import org.mainstay.guard.lease.SuspendWatch;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Words;

/** The guard of a machine: the real detector, lease keeper and grants; model of its threads, its disk and its kill handles. */
final class GuardSide implements HeartbeatListener, LeaseSurroundings {
    /** Says nothing: its thread has ended before anything was written. */
    private static final Log LOG = silentLog();

    private static final long SECOND = 1_000;
    private static final long KILL = 60;
    private static final long CAREFREE = 60_000;
    private static final long FORGOTTEN = 100_000;

    private final Cluster cluster;
    private final Machine machine;
    private final Watchdog watchdog;
    private final GuardDisk disk;
    private final Set<String> ended = new TreeSet<>();
    /** What the manager recorded in service; on disk. */
    private Set<String> inService = Set.of();

    private boolean alive;
    private int life;
    /** The lease was held again so often: what was being ended then is not ended any further. */
    private int endings;

    private int wake;
    private boolean linked;
    private String quarantineBoot = "";
    private long quarantineUntil;
    private OwnStatus own;
    private LeaseKeeper keeper;
    private VirtualHeartbeats beats;

    GuardSide(Cluster cluster, Machine machine) {
        this.cluster = cluster;
        this.machine = machine;
        this.watchdog = new Watchdog(cluster, machine);
        this.disk = new GuardDisk(cluster, machine);
    }

    private static Log silentLog() {
        Log log = new Log(Path.of("/dev/null"));
        try {
            log.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return log;
    }

    boolean alive() {
        return alive;
    }

    /** Returns the number of this run of the guard. */
    int life() {
        return life;
    }

    /** Does something later, as soon as the guard runs, if it is still the same. */
    void later(long millis, int during, Runnable work) {
        cluster.clock().pulseAfter(millis, () -> whenRunning(during, work));
    }

    GuardDisk disk() {
        return disk;
    }

    LeaseKeeper keeper() {
        return keeper;
    }

    /** Returns whether the manager is linked to a guard that runs. */
    boolean linked() {
        return alive && linked;
    }

    boolean quarantined() {
        return quarantineUntil != 0 && quarantineBoot.equals(machine.bootId());
    }

    // ---- life

    void start() {
        if (alive || !machine.powered()) {
            return;
        }
        alive = true;
        life++;
        linked = false;
        disk.begin();
        ended.clear();
        own = new OwnStatus(() -> (long) machine.bootNanos(), machine.bootId());
        boolean[] forgetful = {cluster.mutant() == Mutant.GUARD_FORGETS_GRANTS};
        SuspendWatch clock = new SuspendWatch() {
            @Override
            public long newlySuspendedMillis() {
                return 0;
            }

            @Override
            public long millis() {
                return machine.bootMillis() - (forgetful[0] ? FORGOTTEN : 0);
            }
        };
        MemoryLeaseFiles files = new MemoryLeaseFiles(machine.leaseDisk(), machine.bootId());
        keeper = new LeaseKeeper(clock, files, disk, LOG, cluster.witnesses().factory(machine), this);
        forgetful[0] = false;
        long instance = cluster.random(1_000_000_000) + 1L + life * 1_000_000_000L;
        beats = new VirtualHeartbeats(
                () -> (long) machine.bootNanos(),
                this,
                own,
                Mutant.exchange(cluster.mutant(), keeper, anotherServer()),
                instance,
                cluster.network().paths(machine),
                (path, bytes) -> cluster.network().send(machine, path, bytes));
        keeper.start();
        if (quarantined()) {
            silence(true);
        }
        cluster.disturbed();
        plan(0);
        second(life);
        if (machine.manager().up()) {
            link();
        }
    }

    private String anotherServer() {
        return cluster.names().stream()
                .filter(name -> !name.equals(machine.name()))
                .findFirst()
                .orElseThrow();
    }

    /** The guard's process ends; what it recorded and what runs stays. */
    void die() {
        if (!alive) {
            return;
        }
        alive = false;
        life++;
        keeper.close();
        cluster.disturbed();
        if (linked) {
            linked = false;
            machine.manager().guardAway();
        }
    }

    private boolean runs() {
        return alive && machine.guardRuns();
    }

    private void plan(long millis) {
        int mine = ++wake;
        cluster.clock().pulseAfter(millis, () -> {
            if (mine == wake && runs()) {
                turn();
            }
        });
    }

    private void turn() {
        double nanos = beats.turn();
        plan(machine.real(nanos / 1e6));
    }

    void arrive(String pathId, byte[] bytes) {
        if (alive) {
            beats.arrive(pathId, bytes);
            if (runs()) {
                turn();
            }
        }
    }

    void resume() {
        if (runs()) {
            turn();
            disk.drain();
        }
    }

    private void second(int during) {
        cluster.clock().pulseAfter(machine.real(SECOND), () -> {
            if (alive && life == during) {
                if (machine.guardRuns()) {
                    lookAround();
                }
                second(during);
            }
        });
    }

    private void lookAround() {
        if (quarantined() && machine.bootMillis() >= quarantineUntil) {
            quarantineUntil = 0;
            silence(false);
            machine.manager().start();
        }
        feedWatchdog();
    }

    // ---- the manager

    /** The manager has connected itself. */
    void link() {
        if (!alive || linked || !machine.manager().up()) {
            return;
        }
        linked = true;
        cluster.disturbed();
        int during = life;
        cluster.clock().pulseAfter(5, () -> {
            if (alive && life == during && linked) {
                own.linked(true);
                beats.statusChanged();
                // As the link to a guard does it: what changed while the guard was away is said again.
                inService(machine.manager().occupied());
                keeper.settings(cluster.lists().lease(machine));
                keeper.repeatNews();
                beats.repeatNews();
                plan(0);
            }
        });
    }

    /** The list of members in the manager's database changed. */
    void members() {
        if (linked()) {
            int during = life;
            cluster.clock()
                    .pulseAfter(
                            cluster.about(20),
                            () -> whenRunning(during, () -> {
                                if (linked) {
                                    keeper.settings(cluster.lists().lease(machine));
                                }
                            }));
        }
    }

    void unlink() {
        if (linked) {
            linked = false;
            own.linked(false);
            beats.statusChanged();
            cluster.disturbed();
            plan(0);
        }
    }

    /** The manager says how it stands. */
    void report() {
        if (linked()) {
            OwnStatus.Report now = new OwnStatus.Report(
                    machine.name(),
                    machine.lcd().incarnation(),
                    machine.lcd().version(),
                    0,
                    0,
                    machine.lcd().membership().epoch(),
                    0);
            if (own.report(now) && machine.guardRuns()) {
                cluster.clock().disturb(SECOND);
                beats.statusChanged();
                plan(0);
            }
        }
    }

    void inService(Set<String> tags) {
        if (linked()) {
            inService = new TreeSet<>(tags);
            ended.retainAll(inService);
        }
    }

    void withhold(String peer, boolean withhold) {
        if (!linked()) {
            return;
        }
        cluster.disturbed();
        int during = life;
        cluster.clock()
                .pulseAfter(
                        2,
                        () -> whenRunning(during, () -> {
                            if (withhold) {
                                keeper.withhold(Set.of(peer));
                            } else {
                                keeper.allow(Set.of(peer));
                            }
                        }));
    }

    /** Does something as soon as the guard runs, if it is still the same. */
    private void whenRunning(int during, Runnable work) {
        if (!alive || life != during) {
            return;
        }
        if (machine.guardRuns()) {
            work.run();
            plan(0);
        } else {
            cluster.clock().pulseAfter(100, () -> whenRunning(during, work));
        }
    }

    void quarantine(long millis) {
        if (!linked()) {
            return;
        }
        int during = life;
        cluster.clock().disturb(millis + 20 * SECOND);
        cluster.clock()
                .pulseAfter(
                        5,
                        () -> whenRunning(during, () -> {
                            quarantineBoot = machine.bootId();
                            quarantineUntil = machine.bootMillis() + millis;
                            silence(true);
                            machine.manager().die(false);
                        }));
    }

    private void silence(boolean silent) {
        beats.silent(silent);
        keeper.witness().silent(silent);
        cluster.disturbed();
    }

    /** Ends a resource by its kill handles for the manager. @param done told whether it was ended */
    void kill(String tag, java.util.function.Consumer<Boolean> done) {
        if (!linked()) {
            done.accept(false);
            return;
        }
        int during = life;
        cluster.clock().after(cluster.about(KILL), () -> {
            boolean works = alive
                    && life == during
                    && machine.guardRuns()
                    && machine.apps().kill(tag);
            done.accept(works);
        });
    }

    // ---- what the lease keeper needs

    @Override
    public void news(String line) {
        cluster.noted(machine, line);
        if (!linked) {
            return;
        }
        List<String> words = Words.parse(line);
        Event event = switch (words.get(1)) {
            case "lease" ->
                new Event.RightChanged(
                        Right.valueOf(upper(words.get(2))),
                        Long.parseLong(words.get(3)),
                        Long.parseLong(words.get(4)),
                        words.get(2).equals("held") ? "" : words.get(5));
            case "lapsed" -> new Event.Lapsed(words.get(2), words.get(3).equals("yes"));
            case "withheld" -> new Event.Withheld(words.get(2), words.get(3).equals("yes"));
            default -> new Event.WitnessSaid(words.get(2), Fate.Word.valueOf(upper(words.get(3))), "");
        };
        machine.manager().news(event);
    }

    private static String upper(String word) {
        return word.toUpperCase(java.util.Locale.ROOT);
    }

    @Override
    public void notice(String text) {
        cluster.noted(machine, text);
    }

    @Override
    public void end(long leftMillis) {
        if (cluster.mutant() == Mutant.NO_KILL_ESCALATION) {
            return;
        }
        int during = life;
        int begun = endings;
        for (String tag : inService) {
            if (!ended.contains(tag)) {
                cluster.clock().after(cluster.about(KILL), () -> {
                    if (alive
                            && life == during
                            && endings == begun
                            && machine.guardRuns()
                            && machine.apps().kill(tag)) {
                        ended.add(tag);
                    }
                });
            }
        }
    }

    @Override
    public boolean anythingLeft() {
        return cluster.mutant() != Mutant.REGAINED_AT_ONCE && !ended.containsAll(inService);
    }

    @Override
    public void held() {
        endings++;
        ended.clear();
    }

    @Override
    public long slowestDetectionMillis() {
        return cluster.plan().detection();
    }

    private void feedWatchdog() {
        if (cluster.plan().watchdogs() && cluster.plan().leased()) {
            boolean left = inService.stream()
                    .anyMatch(tag -> !ended.contains(tag) && machine.apps().real(tag) != Presence.STOPPED);
            watchdog.feed(keeper.safeUntil(left, CAREFREE));
        }
    }

    // ---- what the heartbeats say

    @Override
    public void path(String id, String peer, boolean up) {
        cluster.noted(machine, "path " + id + (up ? " alive" : " dead"));
        if (linked) {
            machine.manager().path(id, peer, up);
        }
    }

    @Override
    public void peer(PeerStatus status) {
        if (linked) {
            machine.manager()
                    .post(new Event.PeerInfo(
                            status.peer(),
                            status.bootId(),
                            status.managerPresent(),
                            status.incarnation(),
                            status.version()));
        }
    }

    /** Returns what {@code status} shows, for a trace. */
    Map<String, Object> view() {
        Map<String, Object> view = new TreeMap<>();
        view.put("alive", alive);
        if (alive) {
            view.put("lease", keeper.view().state() + " " + keeper.view().reason());
        }
        return view;
    }
}
