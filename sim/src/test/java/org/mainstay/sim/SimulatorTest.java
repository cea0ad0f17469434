package org.mainstay.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole clusters under random faults: never twice (I1), children first (I2), nothing lost (I3), back in time (I9). */
class SimulatorTest {
    private static final int RUNS = Integer.getInteger("sim.runs", 10_000);
    private static final int FAULTS = 10;
    private static final int MUTANT_SEEDS = 3000;

    private static Campaign campaign() {
        return new Campaign(FAULTS, Runtime.getRuntime().availableProcessors());
    }

    @Test
    void randomFaultsBreakNothing() {
        Campaign.Report report = campaign().play(1, Campaign.Limit.runs(RUNS));
        System.out.printf(
                "simulator: %d runs, %d faults, %.0f virtual hours, %d decisions in %.0f s%n",
                report.runs(), report.faults(), report.virtualHours(), report.decisions(), report.seconds());
        assertThat(report.failures())
                .as("repeat one with: sim/run --faults " + FAULTS + " --runs 1 --seed SEED")
                .isEmpty();
        assertThat(report.faults()).isGreaterThan(RUNS * 5L);
    }

    /** Runs that were not played have found nothing. */
    @Test
    void aCampaignThatBreaksOffSaysSo() {
        Campaign campaign = new Campaign(FAULTS, 2).tell(0, report -> {
            throw new StackOverflowError("as an error in the simulated code");
        });
        assertThatThrownBy(() -> campaign.play(1, Campaign.Limit.runs(4)))
                .hasMessageContaining("could not be played to its end")
                .hasRootCauseInstanceOf(StackOverflowError.class);
    }

    /** The test of the test. */
    @ParameterizedTest
    @EnumSource(value = Mutant.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aMutantIsCaught(Mutant mutant) {
        assertThat(campaign().hunt(mutant, 1, MUTANT_SEEDS))
                .as(mutant + ": " + mutant.meaning())
                .isPositive();
    }

    static List<Path> scenarios() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/scenarios"))) {
            return files.sorted().toList();
        }
    }

    /** What was found once is never found again. */
    @ParameterizedTest
    @MethodSource("scenarios")
    void aScenarioHolds(Path file) throws IOException {
        Script script = Script.parse(Files.readAllLines(file));
        assertThat(script.title().get(0)).matches("# .+ \\[[A-Z0-9, .-]+\\]");
        new Run(script, Mutant.NONE).play();
    }

    @Test
    void aSeedReproducesARunExactly() {
        Script script = new Chaos(17, 10).script(17);
        assertThat(trace(script)).isEqualTo(trace(script)).contains("begins to restore");
        assertThat(trace(new Chaos(18, 10).script(18))).isNotEqualTo(trace(script));
    }

    private static String trace(Script script) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new Run(script, Mutant.NONE)
                .trace(Trace.to(new PrintStream(bytes, true, StandardCharsets.UTF_8), true))
                .play();
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void whatChangesNothingIsNoFault() {
        String cluster = "cluster: seed=1 quorum=majority servers=3 sharers=3";
        assertThat(faults(cluster, "at 1 s: C is isolated for 9 s", "at 30 s: C loses power for 5 s"))
                .isEqualTo(2);
        assertThat(faults(
                        cluster,
                        "at 1 s: C is isolated for 9 s",
                        "at 2 s: the paths between A and C are cut for 3 s",
                        "at 3 s: path 0 between A and C is cut for 3 s",
                        "at 4 s: the network loses, delays and doubles packets for 3 s",
                        "at 5 s: C loses the witness for 3 s",
                        "at 6 s: remove of ip hangs on C for 3 s",
                        "at 7 s: ip crashes on C",
                        "at 30 s: C loses power for 5 s",
                        "at 31 s: C loses power for 5 s",
                        "at 32 s: the manager of C dies for 1 s",
                        "at 33 s: operator on A: flag 1"))
                .isEqualTo(3);
    }

    private static int faults(String... lines) {
        return new Run(Script.parse(List.of(lines)), Mutant.NONE).play().faults();
    }

    @Test
    void aScriptSurvivesBeingWrittenAndRead() {
        for (long seed = 1; seed <= 200; seed++) {
            Script script = new Chaos(seed, 12).script(seed);
            Script read = Script.parse(List.of(script.encode().split("\n")));
            assertThat(read.encode()).isEqualTo(script.encode());
            assertThat(read.steps()).hasSameSizeAs(script.steps());
        }
    }

    @Test
    void aFailingScriptIsMadeShort() {
        Campaign campaign = campaign();
        long seed = campaign.hunt(Mutant.MAJORITY_OFF_BY_ONE, 1, MUTANT_SEEDS);
        Script script = new Chaos(seed, FAULTS).script(seed, Mutant.MAJORITY_OFF_BY_ONE);
        String found = Shrinker.outcome(script, Mutant.MAJORITY_OFF_BY_ONE);
        Script shorter = Shrinker.shrink(script, Mutant.MAJORITY_OFF_BY_ONE);
        assertThat(shorter.steps())
                .hasSizeLessThanOrEqualTo(script.steps().size())
                .hasSizeLessThan(4);
        assertThat(Shrinker.outcome(shorter, Mutant.MAJORITY_OFF_BY_ONE)).isEqualTo(found);
    }
}
