package org.mainstay.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;

/** Everything the decision core can be told is told it, and what goes wrong goes wrong as in production. */
class EveryEventTest {
    private static final int MOST_RUNS = 1_000;
    /** Nobody raises the one, the core tries again by itself; the other is told at once, beside the loop. */
    private static final Set<Class<?>> NOT_SEEN = Set.of(Event.PersistRecovered.class, Event.PersistFailed.class);

    private static final String THREE = "cluster: seed=1 quorum=majority witness=remote_verify servers=3 sharers=3";

    /** Writes down what was told and what was to be done. */
    private static final class Seen implements Trace {
        private final Set<Class<?>> kinds = new HashSet<>();
        private final StringBuilder text = new StringBuilder();

        @Override
        public void decided(Machine machine, Event event, Decision decision) {
            kinds.add(event.getClass());
            decision.effects().forEach(effect -> kinds.add(effect.getClass()));
            boolean told = event instanceof Event.FenceFinished
                    || event instanceof Event.CutOff
                    || event instanceof Event.KitGone
                    || event instanceof Event.KitAppeared;
            if (told) {
                text.append(machine).append(" <- ").append(event).append('\n');
            }
            for (Effect effect : decision.effects()) {
                if (effect instanceof Effect.GiveUpFencing) {
                    text.append(machine).append(" -> ").append(effect).append('\n');
                }
            }
        }

        @Override
        public void say(long at, String line) {
            text.append(line).append('\n');
        }
    }

    private static String played(String... lines) {
        Seen seen = new Seen();
        new Run(Script.parse(List.of(lines)), Mutant.NONE).trace(seen).play();
        return seen.text.toString();
    }

    @Test
    void chaosTellsTheCoreAllThereIs() {
        Set<Class<?>> missing = new HashSet<>(List.of(Event.class.getPermittedSubclasses()));
        missing.addAll(List.of(Effect.class.getPermittedSubclasses()));
        missing.removeAll(NOT_SEEN);
        for (long seed = 1; seed <= MOST_RUNS && !missing.isEmpty(); seed++) {
            Seen seen = new Seen();
            new Run(new Chaos(seed, 10).script(seed), Mutant.NONE).trace(seen).play();
            missing.removeAll(seen.kinds);
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void aFencingThatIsGivenUpIsAnsweredByItsName() {
        String text = played(
                "cluster: seed=3 quorum=none witness=none servers=2 sharers=2 fenced=yes",
                "at 1 s: fencing of A is answered late for 12 s",
                "at 1.1 s: A is isolated for 12 s");
        assertThat(text).contains("A is fenced for B");
        String request = text.replaceAll("(?s).*GiveUpFencing\\[peer=A, request=([^\\]]+)\\].*", "$1");
        assertThat(text.substring(text.indexOf("GiveUpFencing")))
                .contains("B <- FenceFinished[peer=A, request=" + request + ", confirmed=true");
    }

    @Test
    void whoAsksIsRefusedWhileTheDiskHangs() {
        String text = played(
                THREE,
                "at 1 s: the disk of B hangs for 20 s",
                "at 1.5 s: operator on B: flag 1",
                "at 2 s: operator on B: flag 2");
        assertThat(text).contains("the disk has not answered for 2 s");
    }

    @Test
    void whoHasNoCarrierIsCutOffUntilItHearsSomebody() {
        assertThat(played(THREE, "at 1 s: B has no carrier for 12 s"))
                .containsSubsequence("B <- CutOff[cutOff=true", "B <- CutOff[cutOff=false");
    }

    @Test
    void whatNeedsAKitThatIsAwayWaitsForIt() {
        String text = played(
                "cluster: seed=1 quorum=majority witness=remote_verify servers=3 sharers=2",
                "at 1 s: the kit of B is stopped for 40 s",
                "at 2 s: A loses power for 80 s");
        assertThat(text).containsSubsequence("B <- KitGone", "B <- KitAppeared", "B begins to restore ip");
    }

    @Test
    void settingsOfAServerSurviveItsRestart() {
        Cluster cluster = new Cluster(Plan.parse(THREE), Mutant.NONE);
        Machine machine = cluster.machine("A");
        machine.powerOn();
        cluster.pass(5_000);
        machine.tunables(Tunables.STRICT);
        cluster.pass(1_000);
        assertThat(machine.manager().state().settings()).isEqualTo(Tunables.STRICT.of(cluster.plan()));
        machine.powerOff();
        machine.powerOn();
        cluster.pass(5_000);
        assertThat(machine.manager().state().settings().failureLimit()).isEqualTo(2);
    }
}
