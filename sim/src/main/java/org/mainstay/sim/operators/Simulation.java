package org.mainstay.sim.operators;

import java.util.List;
import java.util.Set;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.decision.world.Invariants;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.Watcher;
import org.mainstay.core.decision.world.World;

/** One run: a random cluster, random faults, then peace and the final audit. */
public final class Simulation {
    private static final long SETTLE = 1_200_000;

    private final World world;
    private final Scenery scenery;
    private final Audit audit;
    private final Invariants invariants;
    private final int faults;

    /** @param faults how many things happen */
    public Simulation(long seed, int faults) {
        world = new World(seed, true, Settings.DEFAULT.withReservationWait(30_000));
        scenery = new Scenery(world);
        audit = new Audit(world, scenery);
        invariants = new Invariants(world);
        this.faults = faults;
    }

    /** Adds somebody who looks on. */
    public void watch(Watcher watcher) {
        world.watch(watcher);
    }

    /** Result of a run. */
    public record Result(long virtualMillis, int decisions, int faults) {}

    /** Returns how it went. @throws AssertionError if something did not hold */
    public Result run() {
        scenery.build();
        world.watch(invariants);
        world.watch(audit);
        world.servers().values().forEach(Server::powerOn);
        pass(30_000);
        for (List<String> hierarchy : scenery.hierarchies()) {
            for (String tag : hierarchy) {
                ask(scenery.order(tag).get(0), new ServiceRequest.BringInService(tag, false, true, false));
            }
        }
        pass(10_000);
        Chaos chaos = new Chaos(world, scenery, audit);
        for (int i = 0; i < faults; i++) {
            chaos.happen();
            pass(world.random().nextInt(3) == 0 ? world.about(20_000) : world.about(400));
        }
        peace(chaos);
        pass(SETTLE);
        audit.reasonsGiven();
        audit.nothingWaitsForWhoIsAway();
        chaos.away().forEach(Server::powerOn);
        chaos.away().forEach(Server::startManager);
        pass(SETTLE);
        audit.reasonsGiven();
        repair();
        pass(SETTLE);
        audit.allServe();
        audit.nothingPending();
        audit.acknowledgedChangesSurvive();
        return new Result(world.now(), audit.decisions(), audit.faults());
    }

    private void pass(long millis) {
        long end = world.now() + millis;
        while (world.step(end)) {
            invariants.check();
        }
        invariants.check();
    }

    private void ask(String server, ServiceRequest request) {
        Server there = world.server(server);
        audit.asked(there, there.request("operator", request));
    }

    /** Everything works again, but whose manager is away for good. */
    private void peace(Chaos chaos) {
        for (Server server : world.servers().values()) {
            server.dieWhen(decision -> false, false, 0);
            server.diskFull(false);
            server.hang(false);
            server.kits().heal();
            if (server.types().add("gen/app") && server.managerUp()) {
                server.feed(new Event.KitAppeared("gen/app"));
            }
        }
        pass(120_000);
        for (Server server : world.servers().values()) {
            if (!chaos.away().contains(server)) {
                server.powerOn();
                server.startManager();
            }
        }
    }

    /** What an operator does about the reasons that are given: stops what could not be stopped, tries again what failed. */
    private void repair() {
        for (Server server : world.servers().values()) {
            for (Instance instance : server.disk().instances().values()) {
                if (!instance.state().inService() && !instance.ownership().released()) {
                    server.kits().set(instance.tag(), Presence.STOPPED);
                    ask(server.name(), new ServiceRequest.ConfirmStopped(instance.tag(), server.name()));
                }
            }
            for (String operation : server.disk().rows(LcdSection.OPERATIONS).keySet()) {
                throw new AssertionError("operation " + operation + " is not decided although all servers are there");
            }
        }
        pass(60_000);
        Set<String> missing = audit.missing();
        for (String tag : missing) {
            audit.bringsIn(tag);
            ask(holder(tag), new ServiceRequest.BringInService(tag, false, true, false));
        }
    }

    private String holder(String tag) {
        for (String one : scenery.hierarchy(tag)) {
            for (Server server : world.servers().values()) {
                if (server.disk().instances().get(one).state().inService()) {
                    return server.name();
                }
            }
        }
        return scenery.order(tag).get(0);
    }
}
