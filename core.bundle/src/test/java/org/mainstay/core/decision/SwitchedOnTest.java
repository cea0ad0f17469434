package org.mainstay.core.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.RightToRun.Right;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.Watcher;
import org.mainstay.core.decision.world.World;

/** Quorum that is switched on, and off again, while something runs. */
class SwitchedOnTest {
    private final World world = new World(1, false, Settings.DEFAULT);
    private final Server server = world.add("A");
    private final List<Effect> quarantines = new ArrayList<>();

    private void serve() {
        server.types().add("gen/app");
        server.prepare(lcd -> lcd.with(Instance.create("ip", "id", "gen", "app")));
        world.watch(new Watcher() {
            @Override
            public void decided(Server where, Event event, Decision decision) {
                decision.effects().stream()
                        .filter(Effect.Quarantine.class::isInstance)
                        .forEach(quarantines::add);
            }
        });
        server.powerOn();
        world.run(30_000);
        server.request("operator", new ServiceRequest.BringInService("ip", false, true, false));
        world.run(10_000);
        assertThat(server.kits().real("ip")).isEqualTo(Presence.RUNNING);
        Safety majority = Safety.NONE.withQuorum(Safety.Quorum.MAJORITY, Safety.Witness.REMOTE_VERIFY);
        server.feed(new Event.SettingsChanged(Settings.DEFAULT.withSafety(majority)));
    }

    @Test
    void nothingEndsBeforeTheRightWasHeldForTheFirstTime() {
        serve();
        server.feed(new Event.RightChanged(Right.LOST, 0, 0, "nobody grants yet"));
        world.run(30_000);
        assertThat(server.kits().real("ip")).isEqualTo(Presence.RUNNING);
        assertThat(server.state().right().granted()).isFalse();
        assertThat(server.state().right().reason()).contains("nobody grants yet");
    }

    @Test
    void whatWasHeldAndIsLostEnds() {
        serve();
        server.feed(new Event.RightChanged(Right.HELD, world.now() + 5_000, world.now(), ""));
        server.feed(new Event.RightChanged(Right.LOST, 0, 0, "no majority"));
        world.run(10_000);
        assertThat(server.kits().real("ip")).isEqualTo(Presence.STOPPED);
        assertThat(quarantines).containsExactly(new Effect.Quarantine(300_000));
    }

    @Test
    void aGapThatNobodyToldOfIsALossAllTheSame() {
        serve();
        long since = world.now();
        server.feed(new Event.RightChanged(Right.HELD, since + 5_000, since, ""));
        world.run(2_000);
        server.feed(new Event.RightChanged(Right.HELD, since + 7_000, since, ""));
        world.run(2_000);
        assertThat(server.kits().real("ip")).as("renewed only").isEqualTo(Presence.RUNNING);
        server.feed(new Event.RightChanged(Right.HELD, world.now() + 5_000, world.now(), ""));
        world.run(10_000);
        assertThat(server.kits().real("ip")).isEqualTo(Presence.STOPPED);
        assertThat(quarantines).containsExactly(new Effect.Quarantine(300_000));
    }

    @Test
    void switchedOffTheRightNeverEnds() {
        serve();
        server.feed(new Event.RightChanged(Right.HELD, world.now() + 5_000, world.now(), ""));
        server.feed(new Event.SettingsChanged(Settings.DEFAULT));
        server.feed(new Event.RightChanged(Right.LOST, 0, 0, "old news"));
        world.run(10_000);
        assertThat(server.kits().real("ip")).isEqualTo(Presence.RUNNING);
        assertThat(server.state().right().granted()).isTrue();
        assertThat(quarantines).isEmpty();
    }
}
