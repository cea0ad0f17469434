package org.mainstay.core.decision.world;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.DecisionCore;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.CoreState;

/** A machine with guard and manager. Its databases survive everything; what it runs survives the manager but not the power. */
public final class Server {
    private final World world;
    private final String name;
    private final Kits kits;
    private final Guard guard;
    private final DecisionCore core = new DecisionCore();
    private final Map<String, Link> links = new HashMap<>();
    private final Map<String, Event.PeerInfo> heard = new TreeMap<>();
    private final Timers timers;
    private final Set<String> givenUp = new HashSet<>();
    private final Set<String> types = new TreeSet<>();
    private final List<Event> inbox = new ArrayList<>();

    private Lcd disk;
    private final Map<String, Lcd> copies = new TreeMap<>();
    private boolean powered;
    private boolean managerUp;
    private boolean feeding;
    private boolean diskFull;
    private boolean hung;
    /** How often it began to hang, and whether its guard says so by now. */
    private int hangs;

    private boolean seenHanging;
    private int boot;
    private int run;
    private int request;
    private CoreState state;
    private java.util.function.Predicate<Decision> crashWhen = decision -> false;
    private boolean crashTakesPower;
    private int effectsBeforeCrash;

    Server(World world, String name) {
        this.world = world;
        this.name = name;
        timers = new Timers(world, this);
        kits = new Kits(world, this);
        guard = new Guard(world, this);
        disk = Lcd.empty(name, 1);
    }

    public String name() {
        return name;
    }

    public boolean powered() {
        return powered;
    }

    /** Returns whether its guard talks to others. */
    boolean online() {
        return powered && guard.running();
    }

    public Guard guard() {
        return guard;
    }

    public boolean managerUp() {
        return managerUp;
    }

    int run() {
        return run;
    }

    /** Returns virtual time in milliseconds, for display. */
    public long time() {
        return world.now();
    }

    public Kits kits() {
        return kits;
    }

    public Set<String> types() {
        return types;
    }

    /** Returns the database as it is on disk. */
    public Lcd disk() {
        return disk;
    }

    /** Changes the database on disk while the manager is not running. */
    public void prepare(java.util.function.UnaryOperator<Lcd> change) {
        disk = change.apply(disk).committed();
    }

    void path(CommPath path) {
        disk = disk.with(LcdSection.PATHS, path.id(), path);
    }

    /** Replaces what is on disk by something older, as a restored backup would. */
    public void restoreBackup(Lcd old) {
        disk = old;
    }

    /** Returns the state of the core; only while the manager runs. */
    public CoreState state() {
        return state;
    }

    long detection() {
        return world.settings().defaultDetection();
    }

    Link link(Server to) {
        return links.computeIfAbsent(to.name, key -> new Link(world, this, to));
    }

    public void diskFull(boolean full) {
        diskFull = full;
    }

    /**
     * The manager takes nothing up any more, or again: its sessions stay, and everything waits for it. Its guard says so when its
     * loop is older than the detection time.
     */
    public void hang(boolean begins) {
        hung = begins && managerUp;
        int now = ++hangs;
        if (hung) {
            world.after(detection(), () -> {
                if (hung && now == hangs) {
                    seenHanging = true;
                    announce();
                }
            });
        } else {
            seenHanging = false;
            announce();
            work();
        }
    }

    /** Returns whether the manager takes nothing up at present. */
    public boolean hangs() {
        return hung;
    }

    // ---- life

    public void powerOn() {
        if (powered) {
            return;
        }
        powered = true;
        boot++;
        heard.clear();
        guard.start();
        world.connect();
        startManager();
    }

    public void powerOff() {
        if (!powered) {
            return;
        }
        world.watchers().forEach(watcher -> watcher.dies(this, true));
        powered = false;
        guard.stop();
        managerDown();
        kits.powerOff();
        world.connect();
    }

    public void startManager() {
        if (!online() || managerUp) {
            return;
        }
        managerUp = true;
        run++;
        timers.clear();
        inbox.clear();
        state = CoreState.initial(disk, copies);
        world.watchers().forEach(watcher -> watcher.starts(this));
        feed(new Event.Started(name + "-boot-" + boot, world.settings(), types));
        for (Server other : world.servers().values()) {
            if (managerUp && other != this) {
                pathStates(other, link(other).alive(), false);
                pathStates(other, link(other).diskAlive(), true);
                if (heard.containsKey(other.name)) {
                    feed(heard.get(other.name));
                }
            }
        }
        guard.greet();
        world.connect();
        announce();
    }

    /** The manager dies; the machine and what runs on it do not. */
    public void killManager() {
        if (managerUp) {
            world.watchers().forEach(watcher -> watcher.dies(this, false));
            managerDown();
            kits.interrupt();
            world.connect();
            announce();
        }
    }

    /** The manager has stopped in order. */
    private void managerDown() {
        managerUp = false;
        hung = false;
        seenHanging = false;
        hangs++;
        run++;
        crashWhen = decision -> false;
        timers.clear();
        inbox.clear();
        state = null;
    }

    /**
     * Lets the server die at the next decision that fulfils a condition, after it was stored.
     *
     * @param effects how many effects of that decision are still executed
     */
    public void dieWhen(java.util.function.Predicate<Decision> condition, boolean machine, int effects) {
        crashWhen = condition;
        crashTakesPower = machine;
        effectsBeforeCrash = effects;
    }

    // ---- guard

    /** The guard says nothing of a path that was deleted. */
    private void pathStates(Server other, boolean alive, boolean onDisk) {
        for (CommPath path : disk.rows(LcdSection.PATHS).values()) {
            if (managerUp && path.peer().equals(other.name) && path.disk() == onDisk) {
                feed(new Event.PathState(path.id(), other.name, alive));
            }
        }
    }

    /** Beats on the shared disk began or ended. */
    void guardSeesDisk(Server other, boolean alive) {
        pathStates(other, alive, true);
        learns(other, alive || link(other).alive());
    }

    void guardSees(Server other, boolean alive) {
        if (managerUp) {
            pathStates(other, alive, false);
        }
        learns(other, alive || link(other).diskAlive());
    }

    private void learns(Server other, boolean any) {
        if (any) {
            link(other).heartbeat();
        } else {
            heard.remove(other.name);
        }
    }

    void guardHears(Event.PeerInfo info) {
        heard.put(info.peer(), info);
        if (managerUp) {
            feed(info);
        }
    }

    Event.PeerInfo heartbeat() {
        String bootId = name + "-boot-" + boot;
        // A loop that hangs may be storing something: its guard does not know what it will have stored.
        return seenHanging
                ? new Event.PeerInfo(name, bootId, false, 0, 0)
                : new Event.PeerInfo(name, bootId, managerUp, disk.incarnation(), disk.version());
    }

    private void announce() {
        for (Server other : world.servers().values()) {
            if (other != this) {
                other.link(this).heartbeat();
            }
        }
    }

    // ---- the loop

    /** Asks as an operator would. Returns the id of the request. */
    public String request(String who, ServiceRequest request) {
        String id = name + "#" + run + "." + ++this.request;
        feed(new Event.Requested(id, new Origin(who, name, world.wallClock(), ""), request));
        return id;
    }

    /** Feeds an event; events that arise while one is worked on wait for its end. */
    public void feed(Event event) {
        if (!managerUp) {
            return;
        }
        inbox.add(event);
        work();
    }

    private void work() {
        if (feeding) {
            return;
        }
        feeding = true;
        try {
            while (managerUp && !hung && !inbox.isEmpty()) {
                one(inbox.remove(0));
            }
        } finally {
            feeding = false;
        }
    }

    private void one(Event event) {
        CoreState before = state;
        Decision decision = core.decide(before, new Input(world.wallClock(), event));
        if (world.chance(0.01) && !decision.equals(core.decide(before, new Input(world.wallClock(), event)))) {
            throw new AssertionError("equal input gave different decisions for " + event);
        }
        CoreState after = decision.state();
        boolean changed = !after.own().equals(before.own());
        boolean copied = after.peers().entrySet().stream()
                .anyMatch(entry -> !entry.getValue().lcd().equals(copies.get(entry.getKey())));
        if ((changed || copied) && diskFull) {
            Event failed = new Event.PersistFailed(event, "no space left on device");
            decision = core.decide(before, new Input(world.wallClock(), failed));
            if (!decision.state().own().equals(before.own())) {
                throw new AssertionError("a failed commit changed the database of " + name);
            }
            state = decision.state();
        } else {
            after.peers().forEach((peer, view) -> copies.put(peer, view.lcd()));
            copies.keySet().retainAll(after.peers().keySet());
            state = changed ? after.withOwn(after.own().committed()) : after;
            disk = state.own();
        }
        Decision stored = decision;
        world.watchers().forEach(watcher -> watcher.decided(this, event, stored));
        boolean dies = crashWhen.test(stored);
        int left = dies ? effectsBeforeCrash : Integer.MAX_VALUE;
        for (Effect effect : stored.effects()) {
            if (left-- <= 0) {
                break;
            }
            execute(effect);
        }
        if (dies) {
            boolean machine = crashTakesPower;
            if (machine) {
                powerOff();
            } else {
                killManager();
            }
            return;
        }
        if (changed) {
            announce();
        }
    }

    private void execute(Effect effect) {
        if (effect instanceof Effect.RunAction action) {
            kits.run(action);
        } else if (effect instanceof Effect.CancelAction cancel) {
            kits.cancel(cancel.actionId());
        } else if (effect instanceof Effect.FindHandles find) {
            kits.findHandles(find.tag());
        } else if (effect instanceof Effect.Probe probe) {
            kits.probe(probe.tag());
        } else if (effect instanceof Effect.RunKillHandles kill) {
            kits.kill(kill.tag());
        } else if (effect instanceof Effect.Send send) {
            if (world.servers().containsKey(send.peer())) {
                link(world.server(send.peer())).send(send.session(), send.message());
            }
        } else if (effect instanceof Effect.StartTimer start) {
            timers.start(start);
        } else if (effect instanceof Effect.CancelTimer cancel) {
            timers.cancel(cancel.id());
        } else if (effect instanceof Effect.Monitor monitor) {
            kits.monitor(monitor.tags());
        } else if (effect instanceof Effect.Answer answer) {
            world.watchers().forEach(watcher -> watcher.answers(this, answer.requestId(), answer.reply()));
        } else if (effect instanceof Effect.Notify note) {
            world.watchers().forEach(watcher -> watcher.notes(this, note));
        } else if (effect instanceof Effect.Withhold withhold) {
            guard.withhold(withhold.peer(), true);
        } else if (effect instanceof Effect.Allow allow) {
            guard.withhold(allow.peer(), false);
        } else if (effect instanceof Effect.Quarantine quarantine) {
            quarantine(quarantine.millis());
        } else if (effect instanceof Effect.Fence fence) {
            fence(fence);
        } else if (effect instanceof Effect.GiveUpFencing giveUp) {
            givenUp.add(giveUp.request());
        } else if (effect instanceof Effect.PhaseChanged phase) {
            world.watchers().forEach(watcher -> watcher.phase(this, phase));
            if (phase.phase() == org.mainstay.cluster.ClusterSnapshot.Phase.STOPPED) {
                stopped();
            }
        }
    }

    private void stopped() {
        int stopping = run;
        world.after(1, () -> {
            if (managerUp && run == stopping) {
                managerDown();
                kits.interrupt();
                world.connect();
                announce();
            }
        });
    }

    /** Mainstay leaves for a while: no manager, no heartbeats. */
    private void quarantine(long millis) {
        int leaving = run;
        world.after(1, () -> {
            if (!managerUp || run != leaving) {
                return;
            }
            int during = boot;
            managerDown();
            kits.interrupt();
            guard.stop();
            world.connect();
            world.after(millis, () -> {
                if (powered && boot == during && !guard.running()) {
                    guard.resume();
                    world.connect();
                    startManager();
                }
            });
        });
    }

    /** The agent is called at the end of the time, as the last of several tries. */
    private void fence(Effect.Fence fence) {
        String peer = fence.peer();
        World.Fencer fencer = world.fencer(peer);
        int owner = run;
        world.after(fencer.millis(), () -> {
            if (givenUp.contains(fence.request())) {
                return;
            }
            if (fencer.works()) {
                world.server(peer).powerOff();
            }
            if (managerUp && run == owner) {
                feed(new Event.FenceFinished(
                        peer,
                        fence.request(),
                        fencer.works(),
                        fencer.works() ? "the device says off" : "the device does not answer"));
            }
        });
    }

    /** Feeds an event after a while, unless the manager is another one by then. */
    void later(long millis, Event event) {
        int owner = run;
        world.after(millis, () -> {
            if (managerUp && run == owner) {
                feed(event);
            }
        });
    }

    @Override
    public String toString() {
        return name;
    }
}
