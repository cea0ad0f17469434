package org.mainstay.core.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.decision.world.Invariants;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.Watcher;
import org.mainstay.core.decision.world.World;

/** A handover that was open while one of both had no right to run: a third server may have taken it over since (I1, decision 0375). */
class HandoverAfterGapTest {
    private static final List<String> NAMES = List.of("A", "B", "C");

    private World world;
    private Invariants invariants;

    /** @param sharers how many of A, B and C share {@code ip} and {@code web} */
    private void cluster(int sharers, Safety.Quorum quorum, Safety.Witness witness) {
        Safety safety = Safety.NONE.withQuorum(quorum, witness).withTimes(5_000, 10_000, 60_000);
        world = new World(1, false, Settings.DEFAULT.withSafety(safety));
        invariants = new Invariants(world);
        world.watch(invariants);
        Membership members = new Membership(
                1,
                NAMES.stream()
                        .map(name -> new Member(name, "10.0.0.1", 1500, ""))
                        .toList());
        for (int i = 0; i < NAMES.size(); i++) {
            Server server = world.add(NAMES.get(i));
            server.types().add("gen/app");
            boolean shares = i < sharers;
            server.prepare(lcd -> {
                Lcd member = lcd.with(LcdSection.MEMBERSHIP, Membership.KEY, members);
                return shares ? group(group(member, "ip", sharers), "web", sharers) : member;
            });
        }
        world.servers().values().forEach(Server::powerOn);
        pass(60_000);
    }

    private static Lcd group(Lcd lcd, String tag, int sharers) {
        Lcd result = lcd.with(Instance.create(tag, tag, "gen", "app"));
        for (int i = 0; i < sharers; i++) {
            for (int j = i + 1; j < sharers; j++) {
                Equivalency row = new Equivalency(NAMES.get(i), tag, NAMES.get(j), tag, 1 + 10 * i, 1 + 10 * j);
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

    private void inService(String tag, String server) {
        world.server(server).request("operator", new ServiceRequest.BringInService(tag, false, true, false));
    }

    private boolean runs(String tag, String server) {
        return world.server(server).kits().real(tag) == Presence.RUNNING;
    }

    private void cut(String one, String other, boolean cut) {
        world.cut(one, other, cut);
    }

    private static boolean has(Decision decision, Handover.Step step) {
        return decision.state().own().rows(LcdSection.HANDOVERS).values().stream()
                .anyMatch(handover -> handover.step() == step);
    }

    /** What else B had in service keeps its start waiting, so the gap is recorded later than what was accepted is looked at. */
    @Test
    void whoAcceptedAndDiedClaimsAnewThoughItHasOtherThingsToAdopt() {
        cluster(2, Safety.Quorum.MAJORITY, Safety.Witness.REMOTE_VERIFY);
        inService("ip", "A");
        inService("web", "B");
        pass(20_000);
        assertThat(runs("ip", "A")).isTrue();
        assertThat(runs("web", "B")).isTrue();

        world.server("B").dieWhen(decision -> has(decision, Handover.Step.ACCEPTED), false, 0);
        inService("ip", "B");
        pass(3_000);
        assertThat(world.server("B").managerUp())
                .as("died when it had accepted")
                .isFalse();
        cut("A", "B", true);
        cut("B", "C", true);
        pass(90_000);
        assertThat(runs("ip", "A")).as("A took it back with C's promise").isTrue();

        world.server("B").startManager();
        pass(10_000);
        cut("B", "C", false);
        pass(60_000);
        assertThat(runs("ip", "B")).isFalse();
        assertThat(world.server("B").guard().held())
                .as("B has the right again, with C")
                .isTrue();

        cut("A", "B", false);
        pass(60_000);
        assertThat(runs("ip", "A")).isTrue();
        assertThat(runs("web", "A") ^ runs("web", "B")).isTrue();
    }

    /** What A had released for B before it lost the right is not A's to give any more, and what was only asked for is not asked. */
    @ParameterizedTest
    @CsvSource({"A, RELEASED", "A, REMOVING", "B, PREPARED"})
    void whatWasOpenBeforeTheRightWasLostIsNotTakenAfterIt(String where, Handover.Step when) {
        cluster(3, Safety.Quorum.STORAGE, Safety.Witness.STORAGE);
        inService("ip", "A");
        pass(20_000);
        assertThat(runs("ip", "A")).isTrue();
        boolean[] released = new boolean[1];
        world.watch(new Watcher() {
            @Override
            public void decided(Server server, Event event, Decision decision) {
                if (!released[0] && server.name().equals(where) && has(decision, when)) {
                    released[0] = true;
                    cut("A", "B", true);
                    cut("A", "C", true);
                    cut("B", "C", true);
                    world.storage("A", false);
                    world.storage("B", false);
                }
            }
        });
        inService("ip", "B");
        pass(10_000);
        assertThat(released[0]).isTrue();
        pass(110_000);
        assertThat(runs("ip", "C")).as("C took it over").isTrue();

        world.storage("A", true);
        world.storage("B", true);
        pass(30_000);
        world.server("A").startManager();
        world.server("B").startManager();
        pass(60_000);
        assertThat(world.server("B").guard().held()).isTrue();
        cut("A", "B", false);
        pass(60_000);
        assertThat(runs("ip", "C")).isTrue();
        assertThat(runs("ip", "B")).isFalse();

        cut("A", "C", false);
        cut("B", "C", false);
        pass(60_000);
        assertThat(runs("ip", "C")).isTrue();
    }

    /** A promised and died before it could say so; B gave up, and its database says so only in the answer to a question. */
    @Test
    void whatWasPromisedInALostSessionIsFreeAgainWhenBothMeet() {
        cluster(2, Safety.Quorum.STORAGE, Safety.Witness.STORAGE);
        // Where it failed it is started by an operator only.
        world.server("A").kits().fail("restore", "ip", 1);
        world.server("B").kits().fail("restore", "ip", 1);
        inService("ip", "B");
        pass(30_000);
        assertThat(runs("ip", "A") || runs("ip", "B")).isFalse();
        world.server("A")
                .dieWhen(
                        decision -> decision.state()
                                .own()
                                .instances()
                                .get("ip")
                                .ownership()
                                .owner()
                                .equals("B"),
                        true,
                        0);
        inService("ip", "B");
        pass(10_000);
        assertThat(world.server("A").powered()).isFalse();
        List<String> owners = new ArrayList<>();
        world.watch(new Watcher() {
            @Override
            public void decided(Server server, Event event, Decision decision) {
                boolean answer = event instanceof Event.MessageReceived received
                        && received.message() instanceof CoreMessage.Snapshot
                        && received.peer().equals("B");
                if (server.name().equals("A") && answer) {
                    owners.add(decision.state()
                            .own()
                            .instances()
                            .get("ip")
                            .ownership()
                            .owner());
                }
            }
        });
        world.server("A").powerOn();
        pass(60_000);
        assertThat(owners).as("A asked B for its database").isNotEmpty();
        assertThat(owners.get(0)).as("promised to nobody").isEmpty();
        assertThat(runs("ip", "A")).as("A did not fail in this boot").isTrue();
    }
}
