package org.mainstay.core.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.lcd.BegunAction;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.Settings;

/** Managers end while a hierarchy is restored: only what a kit was really restoring is blamed (decision 0363). */
class InterruptedRestoreTest {
    private static final int MOST = 3;

    private final DecisionCore core = new DecisionCore();
    private final List<Effect> effects = new ArrayList<>();
    private CoreState state;

    @BeforeEach
    void appAboveThreeLeaves() {
        Lcd own = Lcd.empty("A", 1);
        for (String tag : List.of("app", "ip", "vol", "zone")) {
            own = own.with(Instance.create(tag, tag + "-id", "gen", "app"));
        }
        for (String leaf : List.of("ip", "vol", "zone")) {
            own = own.with(LcdSection.DEPENDENCIES, "app\t" + leaf, new Dependency("app", leaf));
        }
        state = CoreState.initial(own.committed(), Map.of());
        start();
        feed(new Event.Requested(
                "r", new Origin("root", "A", 0, ""), new ServiceRequest.BringInService("app", false, false, false)));
    }

    private void feed(Event event) {
        Decision decision = core.decide(state, new Input(0, event));
        CoreState after = decision.state();
        state = after.own().equals(state.own())
                ? after
                : after.withOwn(after.own().committed());
        effects.addAll(decision.effects());
    }

    private void start() {
        effects.clear();
        feed(new Event.Started("boot", Settings.DEFAULT, Set.of("gen/app")));
        feed(new Event.TimerFired("start-wait"));
    }

    /** The manager dies and another one begins, with what is stored and nothing else. */
    private void next() {
        state = CoreState.initial(state.own(), Map.of());
        start();
    }

    private void kitTakes(String tag) {
        feed(new Event.HandlesKnown(tag, List.of()));
        assertThat(given()).contains(tag);
    }

    private List<String> given() {
        return effects.stream()
                .filter(Effect.RunAction.class::isInstance)
                .map(Effect.RunAction.class::cast)
                .filter(action -> action.action().equals("restore"))
                .map(Effect.RunAction::tag)
                .toList();
    }

    private int interrupted(String tag) {
        return state.own()
                .row(LcdSection.ACTIONS, tag)
                .map(BegunAction::interrupted)
                .orElse(0);
    }

    @Test
    void onlyWhatAKitWasRestoringCounts() {
        for (int ended = 1; ended < MOST; ended++) {
            kitTakes("vol");
            next();
            assertThat(interrupted("vol")).isEqualTo(ended);
            assertThat(interrupted("ip")).as("no kit was asked to restore it").isZero();
        }
        kitTakes("vol");
        next();
        assertThat(failures("vol")).isEqualTo(1);
        assertThat(failures("ip")).as("it was never tried").isZero();
    }

    private int failures(String tag) {
        return state.own().instance(tag).orElseThrow().ownership().failures();
    }

    @Test
    void aManagerThatEndsBeforeItBeganAnythingDoesNotCount() {
        for (int ended = 0; ended <= MOST; ended++) {
            next();
        }
        assertThat(failures("ip") + failures("vol") + failures("zone")).isZero();
        kitTakes("ip");
        next();
        next();
        assertThat(interrupted("ip"))
                .as("only the first of the two had begun it")
                .isEqualTo(1);
    }

    @Test
    void nothingElseIsBegunAfterTheFailure() {
        for (int ended = 0; ended < MOST; ended++) {
            kitTakes("vol");
            next();
        }
        assertThat(state.operations()).hasSize(1);
        ServiceOperation operation = state.operations().get(0);
        assertThat(operation.kind()).isEqualTo(ServiceOperation.Kind.REMOVE);
        assertThat(operation.work().begun()).as("in the order of their names").containsExactly("ip", "vol");
        assertThat(given()).isEmpty();
        assertThat(state.own().instance("vol").orElseThrow().state()).isEqualTo(InstanceState.OSF);
    }
}
