package org.mainstay.sim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;

/** A whole cluster on virtual time. */
final class Cluster {
    /** How long heartbeats may still be on their way to a new standstill, beyond L + S. */
    private static final long SETTLING = 4_000;

    private final Plan plan;
    private final Mutant mutant;
    private final Random random;
    private final Clockwork clock = new Clockwork();
    private final Network network;
    private final Checks checks;
    private final Safeguards safety;
    private final Witnesses witnesses;
    private final MemberLists lists;
    private final Map<String, Machine> machines = new LinkedHashMap<>();
    private final List<Session> sessions = new ArrayList<>();
    private final Map<String, Session> sessionOf = new TreeMap<>();
    private Trace trace = Trace.NONE;
    private long decisions;
    private int faults;

    Cluster(Plan plan, Mutant mutant) {
        this.plan = plan;
        this.mutant = mutant;
        random = new Random(plan.seed() * 0x9E3779B97F4A7C15L + 17);
        network = new Network(this, plan.networks());
        checks = new Checks(this);
        safety = new Safeguards(this);
        witnesses = new Witnesses(this);
        lists = new MemberLists(this);
        for (int i = 0; i < plan.servers(); i++) {
            String name = Plan.name(i);
            machines.put(name, new Machine(this, name, i));
        }
        for (Machine one : machines.values()) {
            plan.prepare(one);
            for (Machine other : machines.values()) {
                if (one.number() < other.number()) {
                    Session session = new Session(this, one, other);
                    sessions.add(session);
                    sessionOf.put(one.name() + other.name(), session);
                    sessionOf.put(other.name() + one.name(), session);
                }
            }
        }
    }

    Plan plan() {
        return plan;
    }

    Mutant mutant() {
        return mutant;
    }

    Clockwork clock() {
        return clock;
    }

    long now() {
        return clock.now();
    }

    Network network() {
        return network;
    }

    Checks checks() {
        return checks;
    }

    Safeguards safety() {
        return safety;
    }

    MemberLists lists() {
        return lists;
    }

    Witnesses witnesses() {
        return witnesses;
    }

    Collection<Machine> machines() {
        return machines.values();
    }

    Machine machine(String name) {
        Machine machine = machines.get(name);
        if (machine == null) {
            throw new IllegalArgumentException("there is no server '" + name + "'");
        }
        return machine;
    }

    Set<String> names() {
        return new TreeSet<>(machines.keySet());
    }

    long decisions() {
        return decisions;
    }

    /** A fault changed something. */
    void fault() {
        faults++;
    }

    /** Returns how many faults changed something. */
    int faults() {
        return faults;
    }

    // ---- chance

    int random(int bound) {
        return random.nextInt(bound);
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /** Returns a duration between half and one and a half times the given one. */
    long about(long millis) {
        return millis / 2 + random.nextInt((int) Math.max(1, millis));
    }

    // ---- time

    /** Something happened that leases, detectors and witnesses have to come to terms with. */
    void disturbed() {
        clock.disturb(plan.settling() + SETTLING);
    }

    /** Lets time pass. */
    void pass(long millis) {
        long end = clock.now() + millis;
        while (clock.step(end)) {
            // Checks are made where things change.
        }
    }

    // ---- messages

    void refreshSessions() {
        sessions.forEach(Session::refresh);
    }

    /** Returns the session of two machines; null: they are one. */
    Session session(Machine one, Machine other) {
        return sessionOf.get(one.name() + other.name());
    }

    /** Returns which messages stall or are slow. */
    String streams() {
        StringBuilder text = new StringBuilder();
        for (Machine one : machines.values()) {
            for (Machine other : machines.values()) {
                Session session = session(one, other);
                text.append(session == null ? "" : session.state(other)).append('/');
            }
        }
        return text.toString();
    }

    void send(Machine from, Effect.Send send) {
        Session session = sessionOf.get(from.name() + send.peer());
        if (session != null) {
            session.send(from, send.session(), send.message());
        }
    }

    // ---- who looks on

    void trace(Trace newTrace) {
        trace = newTrace;
    }

    void decided(Machine machine, Event event, Decision decision) {
        decisions++;
        trace.decided(machine, event, decision);
    }

    void noted(Machine machine, String text) {
        trace.noted(machine, text);
    }

    /** Returns whether anybody reads what is said. */
    boolean told() {
        return trace != Trace.NONE;
    }

    void say(String text) {
        trace.say(clock.now(), text);
    }
}
