package org.mainstay.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.event.ServiceRequest;

/** One run: a cluster comes up, a script happens to it, then there is peace, and everything must be in order again. */
final class Run {
    private static final long START = 25_000;
    private static final long SERVE = 8_000;
    /** Deferring, back-off, reservations that wait: within this everything serves after peace, or somebody says why. */
    private static final long RECOVERY = 150_000;

    private static final long REPAIR = 240_000;

    /** What came of it. */
    record Result(long virtualMillis, long decisions, int faults, long steps) {}

    private final Script script;
    private final Cluster cluster;
    private final Happenings happenings;

    Run(Script script, Mutant mutant) {
        this.script = script;
        cluster = new Cluster(script.plan(), mutant);
        happenings = new Happenings(cluster);
    }

    /** Returns how many faults changed something so far. */
    int faults() {
        return cluster.faults();
    }

    Run trace(Trace trace) {
        cluster.trace(trace);
        return this;
    }

    /** Returns how it went. @throws Violation if something did not hold */
    Result play() {
        cluster.machines().forEach(Machine::powerOn);
        cluster.pass(START);
        for (int i = 0; i < script.plan().hierarchies(); i++) {
            String best = script.plan().order(i).get(0);
            String top = script.plan().resources().get(i).get(0);
            cluster.machine(best).manager().request(new ServiceRequest.BringInService(top, false, true, false));
        }
        cluster.pass(SERVE);
        cluster.checks().serves("at the start");
        for (Step step : script.steps()) {
            cluster.pass(Math.max(0, step.at() + START + SERVE - cluster.now()));
            if (cluster.told()) {
                cluster.say("*** " + step);
            }
            happenings.happen(step);
        }
        cluster.pass(Math.max(0, happenings.last() - cluster.now()));
        peace();
        cluster.pass(RECOVERY + (script.plan().hierarchies() > 1 ? RECOVERY : 0));
        cluster.checks().servesOrSaysWhy();
        repair();
        cluster.pass(REPAIR);
        cluster.checks().serves("in the end");
        cluster.checks().nothingLeft();
        return new Result(
                cluster.now(),
                cluster.decisions(),
                cluster.faults(),
                cluster.clock().steps());
    }

    /** Everything works again. */
    private void peace() {
        cluster.say("*** peace");
        for (Machine machine : cluster.machines()) {
            machine.apps().heal();
            machine.manager().disk().heal();
            machine.manager().liveOn();
            machine.leaseDisk().fails(false);
            machine.guardSide().disk().slow(false);
            machine.powerOn();
            machine.guardSide().start();
            machine.manager().start();
        }
        cluster.disturbed();
    }

    /** What an operator does about the reasons that are given: stops what could not be stopped, tries again what failed. */
    private void repair() {
        for (Machine machine : cluster.machines()) {
            machine.guardSide().start();
            machine.manager().start();
            for (Instance instance : List.copyOf(machine.lcd().instances().values())) {
                if (!instance.state().inService() && !instance.ownership().released()) {
                    machine.apps().set(instance.tag(), Presence.STOPPED);
                    ask(machine, new ServiceRequest.ConfirmStopped(instance.tag(), machine.name()));
                }
            }
        }
        cluster.pass(20_000);
        Set<String> missing = cluster.checks().missing();
        for (String tag : new ArrayList<>(missing)) {
            ask(holder(tag), new ServiceRequest.BringInService(tag, false, true, false));
        }
    }

    private void ask(Machine machine, ServiceRequest request) {
        if (machine.manager().up()) {
            machine.manager().request(request);
        }
    }

    private Machine holder(String tag) {
        for (String one : script.plan().hierarchy(tag)) {
            for (Machine machine : cluster.machines()) {
                Instance instance = machine.lcd().instances().get(one);
                if (instance != null && instance.state().inService()) {
                    return machine;
                }
            }
        }
        int index = script.plan().resources().indexOf(script.plan().hierarchy(tag));
        return cluster.machine(script.plan().order(index).get(0));
    }
}
