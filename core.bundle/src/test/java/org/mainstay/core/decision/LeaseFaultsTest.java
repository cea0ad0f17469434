package org.mainstay.core.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.decision.world.Invariants;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.World;

/** Random partitions, one-way loss, crashes and storage loss: never twice (I1), and back in service when all is well again (I9). */
class LeaseFaultsTest {
    private static final int RUNS = Integer.getInteger("lease.runs", 12);
    private static final int FIRST = Integer.getInteger("lease.first", 1);
    private static final int FAULTS = 40;

    @ParameterizedTest
    @CsvSource({
        "3, 3, MAJORITY, REMOTE_VERIFY",
        "3, 2, MAJORITY, REMOTE_VERIFY",
        "4, 4, MAJORITY, NONE",
        "5, 3, MAJORITY, REMOTE_VERIFY",
        "2, 2, STORAGE, STORAGE",
        "3, 3, STORAGE, STORAGE"
    })
    void neverTwiceAndBackAgain(int servers, int sharers, Safety.Quorum quorum, Safety.Witness witness) {
        for (int seed = FIRST; seed < FIRST + RUNS; seed++) {
            List<String> script = new ArrayList<>();
            try {
                new Run(seed, servers, sharers, quorum, witness, script).play();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n" + String.join("\n", script), e);
            }
        }
    }

    /** One run. */
    private static final class Run {
        private final Random random;
        private final World world;
        private final Invariants invariants;
        private final List<String> names;
        private final List<String> script;

        Run(int seed, int servers, int sharers, Safety.Quorum quorum, Safety.Witness witness, List<String> script) {
            this.script = script;
            random = new Random(seed);
            Safety safety = Safety.NONE.withQuorum(quorum, witness).withTimes(5_000, 10_000, 60_000);
            world = new World(seed, true, Settings.DEFAULT.withSafety(safety));
            invariants = new Invariants(world);
            world.watch(invariants);
            names = IntStream.range(0, servers)
                    .mapToObj(i -> String.valueOf((char) ('A' + i)))
                    .toList();
            Membership members = new Membership(
                    1,
                    names.stream()
                            .map(name -> new Member(name, "10.0.0.1", 1500, ""))
                            .toList());
            for (int i = 0; i < servers; i++) {
                Server server = world.add(names.get(i));
                server.types().add("gen/app");
                boolean shares = i < sharers;
                server.prepare(lcd -> {
                    var result = lcd.with(LcdSection.MEMBERSHIP, Membership.KEY, members);
                    return shares ? group(result.with(Instance.create("ip", "id", "gen", "app")), sharers) : result;
                });
            }
        }

        private org.mainstay.cluster.lcd.Lcd group(org.mainstay.cluster.lcd.Lcd lcd, int sharers) {
            var result = lcd;
            for (int i = 0; i < sharers; i++) {
                for (int j = i + 1; j < sharers; j++) {
                    Equivalency row = new Equivalency(names.get(i), "ip", names.get(j), "ip", 1 + 10 * i, 1 + 10 * j);
                    if (row.server().equals(lcd.server()) || row.otherServer().equals(lcd.server())) {
                        result = result.with(LcdSection.EQUIVALENCIES, row.key(), row);
                    }
                }
            }
            return result;
        }

        private void pass(long millis) {
            long end = world.now() + millis;
            while (world.step(end)) {
                invariants.check();
            }
        }

        void play() {
            world.servers().values().forEach(Server::powerOn);
            pass(60_000);
            world.server("A").request("operator", new ServiceRequest.BringInService("ip", false, true, false));
            pass(20_000);
            for (int i = 0; i < FAULTS; i++) {
                fault();
                pass(random.nextInt(random.nextInt(4) == 0 ? 60_000 : 12_000));
            }
            script.add(world.now() + " all is well again");
            heal();
            pass(600_000);
            String where = world.servers().values().stream()
                    .filter(server -> server.kits().real("ip") == Presence.RUNNING)
                    .map(Server::name)
                    .collect(Collectors.joining());
            String why = world.servers().values().stream()
                    .map(server -> server + ": " + server.state().obstacles() + " held "
                            + server.guard().held() + " "
                            + server.disk().instances().get("ip") + " "
                            + server.disk().rows(LcdSection.PROMISES).values() + " "
                            + server.state().operations())
                    .collect(Collectors.joining("\n"));
            assertThat(where).as(why).hasSize(1);
        }

        private void fault() {
            String one = names.get(random.nextInt(names.size()));
            String other = names.get((names.indexOf(one) + 1 + random.nextInt(names.size() - 1)) % names.size());
            boolean on = random.nextInt(5) < 2;
            Server server = world.server(one);
            int kind = random.nextInt(10);
            script.add(world.now() + " fault " + kind + " " + one + " " + other + " " + on);
            switch (kind) {
                case 0, 1 -> world.cut(one, other, on);
                case 2 -> world.deafen(one, other, on);
                case 3 -> names.stream().filter(name -> !name.equals(one)).forEach(name -> world.cut(one, name, on));
                case 4 -> server.powerOff();
                case 5 -> server.powerOn();
                case 6 -> server.killManager();
                case 7 -> server.startManager();
                case 8 -> world.storage(one, !on);
                default -> move(server);
            }
        }

        private void move(Server server) {
            if (server.managerUp() && server.disk().instance("ip").isPresent()) {
                server.request("operator", new ServiceRequest.BringInService("ip", false, true, false));
            }
        }

        private void heal() {
            for (String one : names) {
                world.storage(one, true);
                for (String other : names) {
                    if (!one.equals(other)) {
                        world.cut(one, other, false);
                        world.deafen(one, other, false);
                    }
                }
                world.server(one).powerOn();
                world.server(one).startManager();
            }
            pass(120_000);
            world.servers().values().forEach(Server::startManager);
        }
    }
}
