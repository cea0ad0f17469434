package org.mainstay.core.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.message.CoreMessage.Standing;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.state.RightToRun;
import org.mainstay.core.decision.state.Settings;

/** A disk that stays full for days: what waits for it is bounded, and nothing that matters is lost. */
class StorageFullTest {
    private static final int MANY = 10_000;

    private final DecisionCore core = new DecisionCore();
    private static final CommPath PATH = new CommPath("p", "B", "10.0.0.1", "10.0.0.2", 1, 500, 6);
    private CoreState state = CoreState.initial(Lcd.empty("A", 1).with(LcdSection.PATHS, PATH.id(), PATH), Map.of());
    private List<Effect> effects = List.of();

    private void feed(Event event) {
        Decision decision = core.decide(state, new Input(0, event));
        CoreState after = decision.state();
        state = after.own().equals(state.own())
                ? after
                : after.withOwn(after.own().committed());
        effects = decision.effects();
    }

    private void fromB(CoreMessage message) {
        feed(new Event.MessageReceived("B", message));
    }

    private static CoreMessage.LcdDelta delta(long from) {
        List<LcdChange<?>> changes = List.of(LcdChange.put(LcdSection.FLAGS, "f" + from, new Flag("f" + from)));
        return new CoreMessage.LcdDelta(1, from, from + 1, "boot", changes);
    }

    @BeforeEach
    void inTouchWithFullDisk() {
        feed(new Event.Started("boot", Settings.DEFAULT, Set.of()));
        feed(new Event.PathState("p", "B", true));
        feed(new Event.SessionOpened("B", 1));
        fromB(new CoreMessage.Hello(Lcd.empty("B", 1).committed(), "run", 0, standing(Set.of()), 0, 0));
        assertThat(state.peers().get("B").current()).isTrue();
        feed(new Event.PersistFailed(new Event.CheckFailed("vip", "quickCheck", "first"), "no space"));
        assertThat(state.storage().works()).isFalse();
    }

    private static Standing standing(Set<String> kits) {
        return new Standing(Phase.AVAILABLE, kits, false, Set.of(), Set.of(), Set.of());
    }

    @Test
    void whatComesAgainAndAgainDoesNotPileUp() {
        for (int i = 0; i < MANY; i++) {
            feed(new Event.CheckFailed("vip", "quickCheck", "again " + i));
            feed(new Event.PathState("p", "B", i % 2 == 1));
            feed(new Event.PeerInfo("B", "boot", i % 2 == 1, 1, i));
            feed(new Event.KitGone("gen/app"));
            feed(new Event.KitAppeared("gen/app"));
            feed(new Event.TimerFired("start-wait"));
            fromB(delta(i + 1));
            fromB(new CoreMessage.LcdReceived(1, i));
            fromB(standing(Set.of("gen/app")));
            feed(new Event.RightChanged(RightToRun.Right.HELD, i, 5, ""));
            feed(new Event.Lapsed("B", i % 2 == 1));
            feed(new Event.Withheld("B", i % 2 == 1));
            feed(new Event.WitnessSaid("B", Fate.Word.ALIVE, "again " + i));
            feed(new Event.PeerSighted("B", i % 2 == 1 ? Fate.Sight.SEEN : Fate.Sight.UNSEEN, i, "again"));
            feed(new Event.CutOff(i % 2 == 1, "no carrier"));
            feed(new Event.GuardAway());
            feed(new Event.SafetyAway());
        }
        assertThat(state.storage().waiting()).hasSizeLessThan(50);
        assertThat(state.storage().waiting())
                .contains(new Event.CheckFailed("vip", "quickCheck", "first"))
                .contains(new Event.PathState("p", "B", true))
                .contains(new Event.KitAppeared("gen/app"));
        feed(new Event.PersistRecovered());
        assertThat(state.storage().works()).isTrue();
        assertThat(state.kits()).contains("gen/app");
        // Too many of the peer's commits were passed over: its database is fetched, and not believed until then.
        assertThat(effects).contains(new Effect.Send("B", 1, new CoreMessage.AskSnapshot()));
        assertThat(state.peers().get("B").current()).isFalse();
    }

    @Test
    void aFewCommitsOfAPeerAreKept() {
        for (int i = 1; i <= 20; i++) {
            fromB(delta(i));
        }
        feed(new Event.PersistRecovered());
        assertThat(state.peers().get("B").current()).isTrue();
        assertThat(state.peers().get("B").lcd().rows(LcdSection.FLAGS)).hasSize(20);
    }

    @Test
    void sessionsThatComeAndGoDoNotPileUp() {
        for (int i = 0; i < MANY; i++) {
            feed(new Event.SessionClosed("B"));
            feed(new Event.SessionOpened("B", i + 2));
            fromB(delta(i));
            fromB(new CoreMessage.HandoverRefused("h" + i, 1, "no"));
        }
        assertThat(state.storage().waiting()).hasSizeLessThan(10);
    }

    @Test
    void newRequestsAreRefusedWithTheReason() {
        feed(new Event.Requested(
                "r", new Origin("root", "A", 0, ""), new ServiceRequest.TakeOutOfService("vip", false, false, false)));
        assertThat(effects)
                .singleElement()
                .satisfies(effect ->
                        assertThat(((Effect.Answer) effect).reply().message()).contains("no space"));
        assertThat(state.storage().waiting()).hasSize(1);
    }
}
