package org.mainstay.sim.operators;

import java.util.List;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.decision.world.Invariants;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.World;

/** A cluster that is cut in two without quorum: the one fault the core cannot stand yet, so the audit must see it. */
final class Broken {

    /** Returns what the audit says. */
    String run() {
        World world = new World(1, false, Settings.DEFAULT);
        Invariants invariants = new Invariants(world);
        Equivalency pair = new Equivalency("A", "ip", "B", "ip", 1, 10);
        for (String name : List.of("A", "B")) {
            Server server = world.add(name);
            server.types().add("gen/app");
            server.prepare(lcd -> lcd.with(Instance.create("ip", "id-ip", "gen", "app"))
                    .with(LcdSection.EQUIVALENCIES, pair.key(), pair));
        }
        world.watch(invariants);
        world.servers().values().forEach(Server::powerOn);
        world.run(30_000);
        world.server("A").request("operator", new ServiceRequest.BringInService("ip", false, true, false));
        world.run(10_000);
        world.cut("A", "B", true);
        try {
            world.run(30_000);
            invariants.check();
        } catch (AssertionError e) {
            return e.getMessage();
        }
        return "nothing was found";
    }
}
