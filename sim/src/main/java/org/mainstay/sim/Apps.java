package org.mainstay.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Event.Presence;

/** What really runs on a machine, and how its kits behave. */
final class Apps {
    private static final long ACTION = 200;
    private static final long CHECK = 5_000;
    private static final long TIME_LIMIT = 15_000;
    private static final long AGAIN = 100;

    private record Running(Effect.RunAction action, int run) {}

    private final Cluster cluster;
    private final Machine machine;
    private final KitBundle kit;
    private final Map<String, Presence> real = new TreeMap<>();
    private final Map<String, Integer> failing = new HashMap<>();
    private final Set<String> hanging = new TreeSet<>();
    /** What is to fail or hang and has not been asked for yet. */
    private final Set<String> unstruck = new TreeSet<>();

    private final List<Running> running = new ArrayList<>();
    private final List<Runnable> waiting = new ArrayList<>();
    /** Actions that wait for the guard to be back. */
    private final Set<String> unguarded = new TreeSet<>();

    private Set<String> monitored = Set.of();

    Apps(Cluster cluster, Machine machine) {
        this.cluster = cluster;
        this.machine = machine;
        kit = new KitBundle(cluster, machine);
    }

    KitBundle kit() {
        return kit;
    }

    /** Returns what really is on the machine. */
    Presence real(String tag) {
        return real.getOrDefault(tag, Presence.STOPPED);
    }

    Set<String> running() {
        return real.keySet();
    }

    void set(String tag, Presence presence) {
        if (presence == Presence.STOPPED) {
            real.remove(tag);
        } else {
            real.put(tag, presence);
        }
        cluster.checks().presence(machine, tag, presence);
    }

    /** Lets an action ({@code restore}, {@code remove}, {@code recover}, {@code kill}, {@code probe}) fail some times. */
    void fail(String action, String tag, int times) {
        failing.put(action + " " + tag, times);
        unstruck.add(action + " " + tag);
    }

    void hang(String action, String tag, boolean hangs) {
        if (hangs) {
            hanging.add(action + " " + tag);
            unstruck.add(action + " " + tag);
        } else {
            hanging.remove(action + " " + tag);
        }
    }

    /** Returns what runs here. */
    Map<String, Presence> state() {
        return Map.copyOf(real);
    }

    void heal() {
        failing.clear();
        hanging.clear();
    }

    /** What was to fail or hang does: that is a fault, however often it does. */
    private void strikes(String what) {
        if (unstruck.remove(what)) {
            cluster.fault();
        }
    }

    private boolean fails(String action, String tag) {
        int left = failing.getOrDefault(action + " " + tag, 0);
        if (left > 0) {
            failing.put(action + " " + tag, left - 1);
            strikes(action + " " + tag);
        }
        return left > 0;
    }

    // ---- the machine

    void powerOff() {
        for (String tag : List.copyOf(real.keySet())) {
            set(tag, Presence.STOPPED);
        }
        running.clear();
        kit.interrupt();
        waiting.clear();
        monitored = Set.of();
    }

    /** Does something when the machine runs: now, or when it goes on. */
    private void whenRunning(Runnable work) {
        if (machine.runs()) {
            work.run();
        } else if (machine.powered()) {
            waiting.add(work);
        }
    }

    void resume() {
        List<Runnable> late = List.copyOf(waiting);
        waiting.clear();
        late.forEach(this::whenRunning);
    }

    private void later(long millis, Runnable work) {
        int boot = machine.boot();
        cluster.clock().after(millis, () -> {
            if (machine.boot() == boot) {
                whenRunning(work);
            }
        });
    }

    /**
     * The manager is gone: what it was doing stays half done, or was done but not reported. What does not run, never ran or was
     * ended by its kill handles meanwhile, with all that was to start it.
     */
    void interrupt() {
        for (Running one : running) {
            String tag = one.action().tag();
            String action = one.action().action();
            boolean changes = action.equals("restore") || action.equals("remove");
            if (changes && real(tag) != Presence.STOPPED) {
                set(tag, cluster.chance(0.3) ? result(action) : Presence.PARTIAL);
            }
        }
        running.clear();
        kit.interrupt();
        monitored = Set.of();
    }

    private static Presence result(String action) {
        return action.equals("remove") ? Presence.STOPPED : Presence.RUNNING;
    }

    /** Ends a resource without its kit. @return whether that worked */
    boolean kill(String tag) {
        boolean works = !fails("kill", tag);
        cluster.say(machine + " ends " + tag + " by its kill handles" + (works ? "" : ", in vain"));
        if (works) {
            set(tag, Presence.STOPPED);
        }
        return works;
    }

    // ---- actions

    void run(Effect.RunAction action) {
        kit.begin(action, () -> begin(action));
    }

    private void begin(Effect.RunAction action) {
        if (!allowed(action)) {
            String text = "this server's right to run resources ended before the action could start";
            machine.manager()
                    .later(1, new Event.ActionFinished(action.actionId(), action.tag(), action.action(), false, text));
            return;
        }
        if (waitsForGuard(action)) {
            return;
        }
        Running now = new Running(action, machine.manager().run());
        running.add(now);
        cluster.checks().acts(machine, action);
        if (action.action().equals("restore") && real(action.tag()) != Presence.RUNNING) {
            set(action.tag(), Presence.PARTIAL);
        }
        boolean hangs = hanging.contains(action.action() + " " + action.tag());
        if (hangs) {
            strikes(action.action() + " " + action.tag());
        }
        later(hangs ? TIME_LIMIT : cluster.about(ACTION), () -> finish(now, hangs));
    }

    /** What a guard that is away does not know of it would not end: the action waits until it is back (decision 0380). */
    private boolean waitsForGuard(Effect.RunAction action) {
        if (action.rightUntil() == Long.MAX_VALUE || machine.guardSide().linked()) {
            return false;
        }
        unguarded.add(action.actionId());
        int run = machine.manager().run();
        later(AGAIN, () -> {
            boolean wanted = unguarded.remove(action.actionId());
            if (!machine.manager().up() || machine.manager().run() != run) {
                return;
            }
            if (wanted) {
                begin(action);
            } else {
                machine.manager()
                        .post(new Event.ActionFinished(
                                action.actionId(), action.tag(), action.action(), false, "given up before it began"));
            }
        });
        return true;
    }

    /** Looked at before an action and before each of its commands. */
    private boolean allowed(Effect.RunAction action) {
        return action.rightUntil() == Long.MAX_VALUE
                || cluster.mutant() == Mutant.RIGHT_NOT_CHECKED
                || machine.manager().state().right().covers(action.rightUntil(), machine.bootMillis());
    }

    /** The kit is gone, and what still runs in it is cut off: it is repeated when the kit is back. */
    void repeat() {
        for (Running one : List.copyOf(running)) {
            running.remove(one);
            kit.begin(one.action(), () -> begin(one.action()));
        }
    }

    void cancel(String actionId) {
        kit.cancel(actionId);
        unguarded.remove(actionId);
        for (Running one : List.copyOf(running)) {
            if (one.action().actionId().equals(actionId)) {
                later(cluster.about(10), () -> finish(one, true));
            }
        }
    }

    private void finish(Running one, boolean cancelled) {
        if (machine.powered() && !machine.managerRuns() && machine.manager().run() == one.run()) {
            // The kit is a part of the manager: it goes on where it was.
            later(cluster.about(ACTION), () -> finish(one, cancelled));
            return;
        }
        if (!running.remove(one) || !machine.manager().up() || machine.manager().run() != one.run()) {
            return;
        }
        Effect.RunAction action = one.action();
        String tag = action.tag();
        boolean succeeds = !cancelled && allowed(action) && !fails(action.action(), tag);
        boolean changes = action.action().equals("restore") || action.action().equals("remove");
        if (succeeds && (changes || action.action().equals("recover"))) {
            set(tag, result(action.action()));
        } else if (changes && real(tag) == Presence.RUNNING && cluster.chance(0.5)) {
            set(tag, Presence.PARTIAL);
        }
        finished(one, succeeds, succeeds ? "done" : cancelled ? "cancelled" : "the kit reports a failure");
    }

    private void finished(Running one, boolean succeeds, String text) {
        Effect.RunAction action = one.action();
        machine.manager()
                .post(new Event.ActionFinished(action.actionId(), action.tag(), action.action(), succeeds, text));
    }

    // ---- looks

    void probe(String tag) {
        int run = machine.manager().run();
        boolean there = !kit.gone();
        later(cluster.about(20), () -> {
            if (machine.manager().run() == run) {
                Presence presence = !there || fails("probe", tag) ? Presence.UNKNOWN : real(tag);
                machine.manager().post(new Event.ProbeFinished(tag, presence, "the probe says " + presence));
            }
        });
    }

    /** Asks for the kill handles: of the kit, or if it stays away what is recorded. */
    void findHandles(String tag) {
        kit.ask(there -> {
            List<String> recorded = machine.manager()
                    .state()
                    .own()
                    .instances()
                    .get(tag)
                    .ownership()
                    .killHandles();
            machine.manager().later(cluster.about(2), new Event.HandlesKnown(tag, there ? handles(tag) : recorded));
        });
    }

    private static List<String> handles(String tag) {
        String group = "CGROUP\t/mainstay/" + tag;
        return tag.startsWith(Plan.VOLUME)
                ? List.of(group, "MOUNT\t/dev/" + tag + "\t/mnt/" + tag + "\t" + area(tag))
                : List.of(group);
    }

    private static String area(String tag) {
        return "pr-" + tag;
    }

    /**
     * The reservation of a volume is lost: the guard has killed its users before it says so, for each resource that has recorded
     * a mount of it.
     */
    void loseStorage(String tag) {
        ManagerSide manager = machine.manager();
        if (!manager.up() || !machine.guardSide().linked() || !machine.guardRuns() || real(tag) == Presence.STOPPED) {
            return;
        }
        for (String user : cluster.plan().hierarchy(tag)) {
            if (real(user) != Presence.STOPPED) {
                set(user, Presence.STOPPED);
            }
        }
        for (Instance instance : machine.lcd().instances().values()) {
            if (instance.ownership().killHandles().stream().anyMatch(handle -> handle.endsWith("\t" + area(tag)))) {
                manager.post(new Event.StorageLost(instance.tag(), "its reservation " + area(tag) + " is lost"));
            }
        }
    }

    void monitor(Set<String> tags) {
        Set<String> before = monitored;
        monitored = new TreeSet<>(tags);
        for (String tag : tags) {
            if (!before.contains(tag)) {
                check(tag, machine.manager().run());
            }
        }
    }

    private void check(String tag, int run) {
        later(cluster.about(CHECK), () -> {
            if (machine.manager().run() == run && monitored.contains(tag)) {
                if (real(tag) != Presence.RUNNING && !kit.gone()) {
                    machine.manager().post(new Event.CheckFailed(tag, "quickCheck", "it does not answer"));
                }
                check(tag, run);
            }
        });
    }
}
