package org.mainstay.guard.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The claim everything rests on, under random faults: see {@link LeaseWorld}. */
class LeaseSafetyTest {
    private static final int RUNS = 100;

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5})
    void neverHasAMajorityLapsedWhileTheHolderMayStillRunSomething(int servers) {
        long held = 0;
        long lapsed = 0;
        for (int seed = 0; seed < RUNS; seed++) {
            LeaseWorld world = new LeaseWorld(servers, new SplittableRandom(servers * 1_000_003L + seed));
            String violation = world.run(120_000);
            assertThat(violation).as("seed %d of %d servers", seed, servers).isEmpty();
            held += world.heldSteps;
            lapsed += world.lapsedMajorities;
        }
        // The runs are worth something: leases were held, and majorities waited for others.
        assertThat(held).isGreaterThan(RUNS * 500L);
        assertThat(lapsed).isGreaterThan(RUNS * 20L);
    }

    /** The test of the test: each of these ways to be wrong is found. */
    @ParameterizedTest
    @ValueSource(strings = {"counted from receipt", "lapses at L", "restart forgets"})
    void aWrongBookIsFound(String mutant) {
        for (int seed = 0; seed < 10 * RUNS; seed++) {
            LeaseWorld world = new LeaseWorld(3, new SplittableRandom(77_000_003L + seed));
            world.mutant = mutant;
            if (!world.run(120_000).isEmpty()) {
                return;
            }
        }
        throw new AssertionError("not found: " + mutant);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5})
    void withoutFaultsEverybodyHoldsAllTheTime(int servers) {
        LeaseWorld world = new LeaseWorld(servers, new SplittableRandom(servers));
        world.faults = false;
        assertThat(world.run(60_000)).isEmpty();
        assertThat(world.heldSteps).isGreaterThan(servers * (60_000 - 3000) / LeaseWorld.STEP);
        assertThat(world.lapsedMajorities).isZero();
        assertThat(world.lost).isZero();
    }
}
