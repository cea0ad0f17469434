package org.mainstay.core.decision.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.RightToRun.Right;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.Watcher;
import org.mainstay.core.decision.world.World;

/** The short cut for a lease that is merely renewed: in whatever state a server is, all rules together conclude the same. */
class RenewedTest implements Watcher {
    private static final List<String> NAMES = List.of("A", "B", "C");
    private static final int FAULTS = 30;

    private int renewals;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void aRenewalIsDecidedTheSameWithAndWithoutTheShortCut(int seed) {
        Random random = new Random(seed);
        World world = world(seed);
        world.watch(this);
        world.servers().values().forEach(Server::powerOn);
        world.run(60_000);
        world.server("A").request("operator", new ServiceRequest.BringInService("ip", false, true, false));
        world.run(20_000);
        for (int i = 0; i < FAULTS; i++) {
            fault(world, random);
            world.run(random.nextInt(12_000));
        }
        assertThat(renewals).as("states in which a renewal was compared").isGreaterThan(100);
    }

    /** After each decision, as stored: what if the lease were renewed just now? */
    @Override
    public void decided(Server server, Event event, Decision decision) {
        CoreState state = server.state();
        Event.RightChanged renewal = new Event.RightChanged(
                Right.HELD, state.right().until() + 1_000, state.right().since(), "");
        if (!RightRules.renewed(state, renewal)) {
            return;
        }
        renewals++;
        Input input = new Input(decision.origin().at(), renewal);
        Decision quick = new Rules.Decider().decide(state, input);
        Decision whole = new Rules.Decider().whole(state, input);
        assertThat(whole.state()).as("state after %s", event).isEqualTo(quick.state());
        assertThat(whole.effects()).as("effects after %s", event).isEqualTo(quick.effects());
    }

    private static World world(int seed) {
        Safety safety = Safety.NONE
                .withQuorum(Safety.Quorum.MAJORITY, Safety.Witness.REMOTE_VERIFY)
                .withTimes(5_000, 10_000, 60_000);
        World world = new World(seed, true, Settings.DEFAULT.withSafety(safety));
        Membership members = new Membership(
                1,
                NAMES.stream()
                        .map(name -> new Member(name, "10.0.0.1", 1500, ""))
                        .toList());
        for (String name : NAMES) {
            Server server = world.add(name);
            server.types().add("gen/app");
            server.prepare(lcd -> {
                var result = lcd.with(LcdSection.MEMBERSHIP, Membership.KEY, members)
                        .with(Instance.create("ip", "id", "gen", "app"));
                for (String[] pair : new String[][] {{"A", "B"}, {"A", "C"}, {"B", "C"}}) {
                    Equivalency row = new Equivalency(
                            pair[0], "ip", pair[1], "ip", 1 + NAMES.indexOf(pair[0]), 1 + NAMES.indexOf(pair[1]));
                    if (name.equals(pair[0]) || name.equals(pair[1])) {
                        result = result.with(LcdSection.EQUIVALENCIES, row.key(), row);
                    }
                }
                return result;
            });
        }
        return world;
    }

    private static void fault(World world, Random random) {
        int which = random.nextInt(NAMES.size());
        String one = NAMES.get(which);
        String other = NAMES.get((which + 1) % NAMES.size());
        boolean on = random.nextInt(5) < 2;
        Server server = world.server(one);
        switch (random.nextInt(7)) {
            case 0 -> world.cut(one, other, on);
            case 1 -> world.deafen(one, other, on);
            case 2 -> server.powerOff();
            case 3 -> server.powerOn();
            case 4 -> server.killManager();
            case 5 -> server.startManager();
            default -> {
                if (server.managerUp()) {
                    server.request("operator", new ServiceRequest.BringInService("ip", false, true, false));
                }
            }
        }
    }
}
