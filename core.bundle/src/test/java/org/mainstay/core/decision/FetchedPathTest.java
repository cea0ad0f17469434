package org.mainstay.core.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.message.CoreMessage.Standing;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.Settings;

/** A database that is fetched from a peer brings a path of which the guard has already spoken (CMD-012, COMM-031). */
class FetchedPathTest {
    private static final CommPath PATH = new CommPath("p", "B", "10.0.0.1", "10.0.0.2", 1, 500, 6);

    private final DecisionCore core = new DecisionCore();
    private static final Membership BOTH = new Membership(
            1, List.of(new Member("A", "10.0.0.1", 1500, "00"), new Member("B", "10.0.0.2", 1500, "01")));
    private static final Equivalency SHARED = new Equivalency("A", "ip", "B", "ip", 1, 10);
    /** The start waits for who shares something. */
    private final Lcd own = Lcd.empty("A", 1)
            .with(LcdSection.MEMBERSHIP, Membership.KEY, BOTH)
            .with(Instance.create("ip", "id-ip", "gen", "app"))
            .with(LcdSection.EQUIVALENCIES, SHARED.key(), SHARED);

    private CoreState state = CoreState.initial(own, Map.of());

    private void feed(Event event) {
        state = core.decide(state, new Input(0, event)).state();
    }

    @Test
    void theWordOfTheGuardCountsOnceThePathIsThere() {
        feed(new Event.Started("boot", Settings.DEFAULT, Set.of()));
        feed(new Event.PathState("p", "B", true));
        feed(new Event.SessionOpened("B", 1));
        Standing standing = new Standing(Phase.AVAILABLE, Set.of(), false, Set.of(), Set.of(), Set.of());
        Lcd newer = own.committed().with(LcdSection.PATHS, PATH.id(), PATH).committed();
        CoreMessage hello = new CoreMessage.Hello(
                Lcd.empty("B", 1).committed(), "run", 0, standing, newer.incarnation(), newer.version());
        feed(new Event.MessageReceived("B", hello));
        feed(new Event.MessageReceived("B", new CoreMessage.YourCopy(newer)));
        assertThat(state.own().rows(LcdSection.PATHS)).containsKey("p");
        assertThat(state.reachability("B")).isEqualTo(PeerState.ALIVE);
    }
}
