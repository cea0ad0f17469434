package org.mainstay.sim.operators;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Some random runs of operators and crashes with every build. */
class OperatorsTest {
    private static final int RUNS = 60;
    private static final int FAULTS = 60;

    @Test
    void randomFaultsAndOperatorsBreakNothing() {
        int decisions = 0;
        int faults = 0;
        for (long seed = 1; seed <= RUNS; seed++) {
            try {
                Simulation.Result result = new Simulation(seed, FAULTS).run();
                decisions += result.decisions();
                faults += result.faults();
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertThat(decisions).as("decisions").isGreaterThan(5_000);
        assertThat(faults).as("faults").isGreaterThan(500);
    }

    @Test
    void aSeedReproducesARunExactly() {
        assertThat(trace(17)).isEqualTo(trace(17)).isNotEqualTo(trace(18)).contains("restore");
    }

    private static String trace(long seed) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Simulation simulation = new Simulation(seed, 20);
        simulation.watch(new Trace(new PrintStream(bytes, true, StandardCharsets.UTF_8)));
        simulation.run();
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theAuditFindsAServiceThatRunsTwice() {
        Broken broken = new Broken();
        assertThat(broken.run()).contains("I1 violated");
    }
}
