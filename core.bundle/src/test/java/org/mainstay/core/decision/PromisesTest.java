package org.mainstay.core.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.Promise;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.World;

/** What is promised when databases of others are heard before the claim itself (I1, I9). A, B and C share a group, D and E do not. */
class PromisesTest {
    private static final Map<String, String> PLACES = Map.of("A", "ip", "B", "ip", "C", "ip");
    private static final long EPOCH = 5L << 20;

    private final DecisionCore core = new DecisionCore();
    private World world;

    @BeforeEach
    void fiveServersThatHearEachOther() {
        Safety safety = Safety.NONE
                .withQuorum(Safety.Quorum.MAJORITY, Safety.Witness.REMOTE_VERIFY)
                .withTimes(5_000, 10_000, 60_000);
        world = new World(1, true, Settings.DEFAULT.withSafety(safety));
        List<String> names = List.of("A", "B", "C", "D", "E");
        Membership members = new Membership(
                1,
                names.stream()
                        .map(name -> new Member(name, "10.0.0.1", 1500, ""))
                        .toList());
        for (String name : names) {
            Server server = world.add(name);
            server.types().add("gen/app");
            server.prepare(lcd -> {
                Lcd result = lcd.with(LcdSection.MEMBERSHIP, Membership.KEY, members);
                return PLACES.containsKey(name) ? shared(result) : result;
            });
        }
        world.servers().values().forEach(Server::powerOn);
        long end = world.now() + 60_000;
        boolean more = true;
        while (more) {
            more = world.step(end);
        }
    }

    private static Lcd shared(Lcd lcd) {
        Lcd result = lcd.with(Instance.create("ip", "id", "gen", "app"));
        for (Equivalency row : List.of(
                new Equivalency("A", "ip", "B", "ip", 1, 10),
                new Equivalency("A", "ip", "C", "ip", 1, 20),
                new Equivalency("B", "ip", "C", "ip", 10, 20))) {
            if (row.server().equals(lcd.server()) || row.otherServer().equals(lcd.server())) {
                result = result.with(LcdSection.EQUIVALENCIES, row.key(), row);
            }
        }
        return result;
    }

    private CoreState apply(CoreState state, String peer, CoreMessage message) {
        return core.decide(state, new Input(0, new Event.MessageReceived(peer, message)))
                .state();
    }

    /** Returns the state of a server that has heard of a commit of another one. */
    private CoreState heard(String server, String peer, LcdChange<?> change) {
        CoreState state = world.server(server).state();
        Lcd known = state.peers().get(peer).lcd();
        return apply(
                state,
                peer,
                new CoreMessage.LcdDelta(
                        known.incarnation(), known.version(), known.version() + 1, known.bootId(), List.of(change)));
    }

    private CoreMessage.ClaimAnswer answer(CoreState state, String asker) {
        CoreMessage claim = new CoreMessage.ClaimRequest(
                "claim", Map.of("ip", EPOCH), Map.of("ip", new CoreMessage.Places(PLACES)));
        return core.decide(state, new Input(0, new Event.MessageReceived(asker, claim))).effects().stream()
                .filter(Effect.Send.class::isInstance)
                .map(effect -> ((Effect.Send) effect).message())
                .filter(CoreMessage.ClaimAnswer.class::isInstance)
                .map(CoreMessage.ClaimAnswer.class::cast)
                .findFirst()
                .orElseThrow();
    }

    private static LcdChange<?> promiseTo(String owner) {
        return LcdChange.put(LcdSection.PROMISES, Promise.key(PLACES), new Promise(PLACES, EPOCH, owner));
    }

    private LcdChange<?> instancePromisedTo(String peer, String owner) {
        Instance instance = world.server(peer).state().own().instances().get("ip");
        return LcdChange.put(
                LcdSection.INSTANCES,
                "ip",
                instance.withOwnership(instance.ownership().withEpoch(EPOCH, owner)));
    }

    @Test
    void whatAnotherWitnessPromisedToTheSameClaimIsNoNewerClaim() {
        CoreMessage.ClaimAnswer answer = answer(heard("E", "D", promiseTo("A")), "A");
        assertThat(answer.granted()).as(answer.reason()).isTrue();
    }

    @Test
    void whatAnotherWitnessPromisedToAnotherServerIs() {
        CoreMessage.ClaimAnswer answer = answer(heard("E", "D", promiseTo("B")), "A");
        assertThat(answer.granted()).isFalse();
        assertThat(answer.reason()).isEqualTo("a newer claim of ip is known on E");
    }

    @Test
    void whatAnotherSharerPromisedToTheSameClaimIsNoNewerClaim() {
        CoreMessage.ClaimAnswer answer = answer(heard("C", "B", instancePromisedTo("B", "A")), "A");
        assertThat(answer.granted()).as(answer.reason()).isTrue();
    }

    @Test
    void whatAnotherSharerPromisedToAThirdOneIs() {
        CoreMessage.ClaimAnswer answer = answer(heard("C", "A", instancePromisedTo("A", "B")), "A");
        assertThat(answer.granted()).isFalse();
    }
}
