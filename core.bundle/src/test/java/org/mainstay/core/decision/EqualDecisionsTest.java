package org.mainstay.core.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.Watcher;
import org.mainstay.core.decision.world.World;

/** Equal input gives equal output, in whatever order maps were filled. */
class EqualDecisionsTest {
    private static final int INSTANCES = 20;

    /** Keeps all that was decided. */
    private static final class Recorder implements Watcher {
        private final List<Event> events = new ArrayList<>();
        private final List<Decision> decisions = new ArrayList<>();

        @Override
        public void decided(Server server, Event event, Decision decision) {
            if (server.name().equals("A")) {
                events.add(event);
                decisions.add(decision);
            }
        }
    }

    @Test
    void aRecordedRunIsDecidedTheSameAgain() {
        Recorder recorder = new Recorder();
        Lcd begin = play(recorder);
        DecisionCore core = new DecisionCore();
        CoreState state = CoreState.initial(begin, Map.of());
        for (int i = 0; i < recorder.events.size(); i++) {
            Decision again = core.decide(shuffled(state, i), new Input(recorded(recorder, i), recorder.events.get(i)));
            assertThat(again.state()).isEqualTo(recorder.decisions.get(i).state());
            assertThat(again.effects()).isEqualTo(recorder.decisions.get(i).effects());
            boolean changed = !again.state().own().equals(state.own());
            state = changed ? again.state().withOwn(again.state().own().committed()) : again.state();
        }
        assertThat(recorder.decisions).hasSizeGreaterThan(60);
    }

    private static long recorded(Recorder recorder, int i) {
        return recorder.decisions.get(i).origin().at();
    }

    /** Rebuilds the maps of a state in another order. */
    private static CoreState shuffled(CoreState state, int seed) {
        Map<LcdSection<?>, Map<String, ?>> rows = new LinkedHashMap<>();
        List<LcdSection<?>> sections = new ArrayList<>(LcdSection.all());
        Collections.shuffle(sections, new Random(seed));
        sections.forEach(section -> rows.put(section, reordered(state.own().rows(section), seed)));
        Lcd own = state.own();
        return state.withOwn(Lcd.of(own.server(), own.incarnation(), own.version(), own.bootId(), rows));
    }

    private static <T> Map<String, T> reordered(Map<String, T> map, int seed) {
        List<String> keys = new ArrayList<>(map.keySet());
        Collections.shuffle(keys, new Random(seed));
        Map<String, T> result = new LinkedHashMap<>();
        keys.forEach(key -> result.put(key, map.get(key)));
        return result;
    }

    /** Returns the database A began with. */
    private static Lcd play(Recorder recorder) {
        World world = new World(7, false, Settings.DEFAULT);
        for (String name : List.of("A", "B")) {
            Server server = world.add(name);
            server.types().add("gen/app");
            for (int i = 0; i < INSTANCES; i++) {
                String tag = "r" + i;
                Equivalency pair = new Equivalency("A", tag, "B", tag, 1 + i % 2, 2 - i % 2);
                server.prepare(lcd -> lcd.with(Instance.create(tag, "id-" + tag, "gen", "app"))
                        .with(LcdSection.EQUIVALENCIES, pair.key(), pair));
            }
        }
        Lcd begin = world.server("A").disk();
        world.watch(recorder);
        world.servers().values().forEach(Server::powerOn);
        world.run(30_000);
        for (int i = 0; i < INSTANCES; i++) {
            String tag = "r" + i;
            world.server("B").request("operator", new ServiceRequest.BringInService(tag, false, true, false));
        }
        world.run(30_000);
        world.server("A").request("operator", new ServiceRequest.BringInService("r3", false, true, false));
        world.server("B").powerOff();
        world.run(30_000);
        world.server("B").powerOn();
        world.run(30_000);
        return begin;
    }
}
