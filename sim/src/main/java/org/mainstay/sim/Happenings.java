package org.mainstay.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.event.ServiceRequest;

/** Lets the steps of a script happen to a cluster. What is not possible at that time does not happen. */
final class Happenings {
    /** How long a guard must have run between two standstills to have run "in between". */
    private static final long BREATH = 1_500;

    private final Cluster cluster;
    private final Network network;
    private final Map<String, Long> guardOut = new TreeMap<>();
    private long last;
    private int generation;

    Happenings(Cluster cluster) {
        this.cluster = cluster;
        this.network = cluster.network();
    }

    /** Returns when the last of all faults is over. */
    long last() {
        return last;
    }

    /** Lets a step happen, and counts it if it is a fault and changed something; what strikes later is counted then. */
    void happen(Step step) {
        List<Object> before = step.kind().fault() ? state() : List.of();
        begin(step);
        if (step.kind().fault() && !before.equals(state())) {
            cluster.fault();
        }
    }

    /** Returns all that a fault can change at once. */
    private List<Object> state() {
        List<Object> state = new ArrayList<>();
        for (Machine machine : cluster.machines()) {
            state.addAll(List.of(
                    machine.boot(),
                    machine.runs(),
                    machine.guardRuns(),
                    machine.managerRuns(),
                    machine.guardSide().life(),
                    machine.guardSide().disk().slow(),
                    machine.leaseDisk().fails(),
                    machine.manager().run(),
                    machine.manager().disk().toString(),
                    machine.apps().kit().gone(),
                    cluster.safety().away(machine),
                    machine.apps().state()));
        }
        state.addAll(List.of(
                network.cut(),
                network.noisy(),
                cluster.streams(),
                cluster.witnesses().state(),
                cluster.safety().fences().state()));
        return state;
    }

    private void begin(Step step) {
        boolean quiet = cluster.now()
                > last + cluster.plan().settling() + 2 * cluster.plan().detection();
        last = Math.max(last, cluster.now() + step.millis());
        generation++;
        cluster.disturbed();
        Machine one = step.one().isEmpty() ? null : machine(step.one());
        switch (step.kind()) {
            case POWER -> power(one, step.millis());
            case LOSS -> loss(one, step.millis(), quiet);
            case MANAGER_DIES -> managerDies(one, step.millis());
            case GUARD_DIES -> guardDies(one, step.millis());
            case BOTH_DIE -> {
                guardDies(one, step.millis());
                managerDies(one, step.millis() + 500);
            }
            case PAUSE, PAUSE_MANAGER, PAUSE_GUARD -> pause(one, step);
            case FREEZE -> freeze(one, step.millis());
            case DISK_FAILS, DISK_SLOW, DISK_HANGS, GUARD_DISK_FAILS, GUARD_DISK_SLOW, DIE_AT_COMMIT, POWER_AT_COMMIT ->
                disks(one, step);
            case CRASH -> {
                if (one.powered() && one.apps().real(step.tag()) == Presence.RUNNING) {
                    one.apps().set(step.tag(), cluster.chance(0.5) ? Presence.STOPPED : Presence.PARTIAL);
                }
            }
            case KIT_FAILS -> one.apps().fail(step.other(), step.tag(), step.number());
            case KIT_HANGS ->
                during(
                        step,
                        () -> one.apps().hang(step.other(), step.tag(), true),
                        () -> one.apps().hang(step.other(), step.tag(), false));
            case KIT_STOPS -> one.apps().kit().stop(step.millis());
            case STORAGE_LOST -> one.apps().loseStorage(step.tag());
            case SAFETY_AWAY -> cluster.safety().leave(one, step.millis());
            case STORAGE -> cluster.witnesses().lose(one.name(), step.millis());
            case STORAGE_SLOW -> cluster.witnesses().slow(step.millis());
            case FENCE_FAILS -> cluster.safety().fences().fail(one.name(), step.millis());
            case FENCE_LATE -> cluster.safety().fences().answerLate(one.name(), step.millis());
            case STALL, SLOW -> stream(one, machine(step.other()), step);
            case NOISE -> network.noise(step.millis());
            case CUT, CUT_PATH, DEAF, ISOLATE, NO_CARRIER, SPLIT -> networks(one, step);
            default -> operator(one, step);
        }
    }

    private void disks(Machine one, Step step) {
        switch (step.kind()) {
            case DISK_FAILS ->
                during(
                        step,
                        () -> one.manager().disk().fails(true),
                        () -> one.manager().disk().fails(false));
            case DISK_SLOW ->
                during(
                        step,
                        () -> one.manager().disk().slow(true),
                        () -> one.manager().disk().slow(false));
            case DISK_HANGS -> one.manager().disk().hang(step.millis());
            case GUARD_DISK_FAILS ->
                during(
                        step,
                        () -> one.leaseDisk().fails(true),
                        () -> one.leaseDisk().fails(false));
            case GUARD_DISK_SLOW ->
                during(
                        step,
                        () -> one.guardSide().disk().slow(true),
                        () -> one.guardSide().disk().slow(false));
            case DIE_AT_COMMIT -> one.manager().dieAtCommit(false, step.number());
            case POWER_AT_COMMIT -> one.manager().dieAtCommit(true, step.number());
            default -> throw new AssertionError(step + " is not of a disk");
        }
    }

    private Machine machine(String name) {
        if (!name.equals(Step.OWNER)) {
            return cluster.machine(name);
        }
        String tag = cluster.plan().tags().get(0);
        return cluster.checks().where(tag).stream()
                .findFirst()
                .map(cluster::machine)
                .orElse(cluster.machines().iterator().next());
    }

    private void during(Step step, Runnable begins, Runnable ends) {
        begins.run();
        cluster.clock().after(step.millis(), ends);
    }

    // ---- machines

    private void power(Machine machine, long millis) {
        if (machine.powered()) {
            machine.powerOff();
            cluster.clock().after(millis, machine::powerOn);
        }
    }

    /** A loss of power in a cluster that is in order: the one fault whose recovery time is promised to the second. */
    private void loss(Machine machine, long millis, boolean quiet) {
        boolean sound = quiet
                && cluster.lists().usual()
                && cluster.machines().stream().allMatch(one -> one.tunables() == Tunables.USUAL)
                && cluster.checks().missing().isEmpty()
                && cluster.plan().tags().stream()
                        .noneMatch(tag -> cluster.checks().where(tag).isEmpty())
                && cluster.machines().stream()
                        .allMatch(one -> one.manager().up() && one.guardSide().alive() && !spent(one));
        cluster.machines().forEach(one -> {
            one.apps().heal();
            one.manager().liveOn();
        });
        power(machine, millis);
        if (!sound) {
            return;
        }
        int mine = generation;
        cluster.clock().after(cluster.plan().promised(), () -> {
            if (generation == mine) {
                cluster.checks().serves("after " + cluster.plan().promised() + " ms");
            }
        });
    }

    /** Returns whether something failed too often on a machine to be started there again: the status says so. */
    private boolean spent(Machine machine) {
        int limit = machine.settings().failureLimit();
        return machine.lcd().instances().values().stream()
                .anyMatch(one -> one.ownership().failures() >= limit);
    }

    private void managerDies(Machine machine, long millis) {
        if (machine.manager().up()) {
            machine.manager().die(false);
            cluster.clock().after(millis, machine.manager()::start);
        }
    }

    /** Returns whether a guard may be kept from running: once, for no longer than the tolerance, then it runs for a while. */
    private boolean mayStandStill(Machine machine, long millis) {
        boolean may = machine.guardRuns()
                && machine.guardSide().alive()
                && cluster.now() > guardOut.getOrDefault(machine.name(), 0L) + BREATH
                && (!cluster.plan().leased() || millis <= cluster.plan().pauseTolerance());
        if (may) {
            guardOut.put(machine.name(), cluster.now() + millis);
        }
        return may;
    }

    private void guardDies(Machine machine, long millis) {
        if (mayStandStill(machine, millis)) {
            machine.guardSide().die();
            cluster.clock().after(millis, machine.guardSide()::start);
        }
    }

    private void pause(Machine machine, Step step) {
        if (step.kind() == Step.Kind.PAUSE_MANAGER) {
            if (machine.powered()) {
                machine.pauseManager(step.millis());
            }
        } else if (mayStandStill(machine, step.millis())) {
            if (step.kind() == Step.Kind.PAUSE) {
                machine.pause(step.millis());
            } else {
                machine.pauseGuard(step.millis());
            }
        }
    }

    /** Longer than the tolerance: what others have taken meanwhile may run here until the machine has found out. */
    private void freeze(Machine machine, long millis) {
        if (cluster.plan().leased() && machine.guardRuns()) {
            guardOut.put(machine.name(), cluster.now() + millis);
            cluster.checks().excuse(machine, millis);
            machine.pause(millis);
        }
    }

    // ---- networks

    private void networks(Machine one, Step step) {
        long millis = step.millis();
        switch (step.kind()) {
            case CUT -> cut(one.name(), step.other(), millis);
            case CUT_PATH -> {
                int number = step.number() % network.networks();
                network.cut(one.name(), step.other(), number, millis);
                network.cut(step.other(), one.name(), number, millis);
            }
            case DEAF -> deafen(one.name(), step.other(), millis);
            case NO_CARRIER -> {
                others(one).forEach(other -> cut(one.name(), other, millis));
                cluster.safety().dark(one, millis);
            }
            case ISOLATE -> others(one).forEach(other -> cut(one.name(), other, millis));
            default -> {
                others(one).stream()
                        .filter(other -> !other.equals(step.other()))
                        .forEach(other -> cut(one.name(), other, millis));
                others(cluster.machine(step.other())).stream()
                        .filter(other -> !other.equals(one.name()))
                        .forEach(other -> cut(step.other(), other, millis));
            }
        }
    }

    /** Heartbeats come, messages do not, or late: as on a connection that has lost packets, or whose window is full. */
    private void stream(Machine from, Machine to, Step step) {
        Session session = cluster.session(from, to);
        if (session != null && step.kind() == Step.Kind.STALL) {
            session.stall(to, step.millis());
        } else if (session != null) {
            session.slow(to, step.millis());
        }
    }

    private List<String> others(Machine machine) {
        return cluster.names().stream()
                .filter(name -> !name.equals(machine.name()))
                .toList();
    }

    private void cut(String one, String other, long millis) {
        if (!one.equals(other)) {
            deafen(one, other, millis);
            deafen(other, one, millis);
        }
    }

    private void deafen(String from, String to, long millis) {
        for (int number = 0; number < network.networks(); number++) {
            network.cut(from, to, number, millis);
        }
    }

    // ---- operators

    private void operator(Machine one, Step step) {
        if (one == null || !one.manager().up()) {
            return;
        }
        switch (step.kind()) {
            case BRING -> {
                if (cluster.plan().shares(one)) {
                    one.manager().request(new ServiceRequest.BringInService(step.tag(), false, true, false));
                }
            }
            case TAKE_OUT -> {
                if (cluster.plan().shares(one)) {
                    one.manager().request(new ServiceRequest.TakeOutOfService(step.tag(), false, false, false));
                }
            }
            case FLAG -> {
                String flag = "flag" + step.number();
                one.manager()
                        .request(new ServiceRequest.ChangeOwn(
                                "set " + flag, List.of(LcdChange.put(LcdSection.FLAGS, flag, new Flag(flag)))));
            }
            case CONFIRM_DOWN -> {
                // An operator who lies is no fault anything could stand.
                if (!cluster.machine(step.other()).powered()) {
                    one.manager().request(new ServiceRequest.ConfirmDown(step.other()));
                }
            }
            case SETTINGS -> one.tunables(Tunables.values()[step.number() % Tunables.values().length]);
            case LIST_GROWS, LIST_SHRINKS -> cluster.lists().change(one, step.kind() == Step.Kind.LIST_GROWS);
            case STOP, STOP_LEAVING -> {
                cluster.fault();
                one.manager().stoppedFor(step.millis());
                one.manager().request(new ServiceRequest.Stop(step.kind() == Step.Kind.STOP_LEAVING, false));
            }
            default -> {
                // nothing happens
            }
        }
    }
}
