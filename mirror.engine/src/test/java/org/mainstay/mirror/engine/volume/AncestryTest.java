package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mainstay.mirror.engine.volume.Ancestry.Verdict.FULL;
import static org.mainstay.mirror.engine.volume.Ancestry.Verdict.PARTIAL;
import static org.mainstay.mirror.engine.volume.Ancestry.Verdict.SPLIT_BRAIN;
import static org.mainstay.mirror.engine.volume.Ancestry.Verdict.STALE_SOURCE;
import static org.mainstay.mirror.engine.volume.Ancestry.Verdict.UNRELATED;

import java.util.List;
import org.junit.jupiter.api.Test;

class AncestryTest {
    private static Ancestry.Side side(long base, boolean log, long current, Long... history) {
        return new Ancestry.Side(new Generations(current, List.of(history)), base, log);
    }

    private static Ancestry.Verdict compare(Ancestry.Side source, Ancestry.Side target) {
        return Ancestry.compare(source, target, false);
    }

    @Test
    void aNewTargetGetsEverything() {
        assertThat(compare(side(0, true, 5), side(0, true, 0))).isEqualTo(FULL);
    }

    @Test
    void whoIsInStepOrWasWhenTheLogBeganGetsWhatIsMarked() {
        assertThat(compare(side(5, true, 5), side(0, true, 5))).isEqualTo(PARTIAL);
        assertThat(compare(side(5, true, 6, 5L), side(0, true, 5))).isEqualTo(PARTIAL);
        // After several starts of the source alone the log still begins at the target's generation.
        assertThat(compare(side(5, true, 8, 7L, 6L), side(0, true, 5))).isEqualTo(PARTIAL);
    }

    @Test
    void aLogWithGapsIsNotTrustedWhoseverItIs() {
        assertThat(compare(side(5, false, 6, 5L), side(0, true, 5))).isEqualTo(FULL);
        assertThat(compare(side(5, true, 6, 5L), side(0, false, 5))).isEqualTo(FULL);
    }

    @Test
    void anOlderRelativeGetsEverything() {
        assertThat(compare(side(7, true, 8, 7L, 6L, 5L), side(0, true, 5))).isEqualTo(FULL);
    }

    @Test
    void aSourceOlderThanItsTargetSendsNothingUnlessAnOperatorSaysSo() {
        Ancestry.Side source = side(0, true, 5);
        Ancestry.Side target = side(5, true, 6, 5L);
        assertThat(compare(source, target)).isEqualTo(STALE_SOURCE);
        assertThat(Ancestry.compare(source, target, true)).isEqualTo(PARTIAL);
        assertThat(Ancestry.compare(source, side(4, true, 6, 5L), true)).isEqualTo(FULL);
    }

    @Test
    void twoThatWroteAloneAreASplitBrainUntilAnOperatorChooses() {
        Ancestry.Side one = side(5, true, 6, 5L);
        Ancestry.Side other = side(5, true, 7, 5L);
        assertThat(compare(one, other)).isEqualTo(SPLIT_BRAIN);
        assertThat(compare(other, one)).isEqualTo(SPLIT_BRAIN);
        assertThat(Ancestry.compare(one, other, true)).isEqualTo(PARTIAL);
        assertThat(Ancestry.compare(one, side(4, true, 7, 5L), true)).isEqualTo(FULL);
    }

    @Test
    void strangersAreNeverOverwrittenSilently() {
        assertThat(compare(side(5, true, 6, 5L), side(0, true, 9, 8L))).isEqualTo(UNRELATED);
        assertThat(Ancestry.compare(side(5, true, 6, 5L), side(0, true, 9, 8L), true))
                .isEqualTo(FULL);
    }

    @Test
    void generationsSurviveTheirText() {
        Generations before = new Generations(-3, List.of(1L, Long.MIN_VALUE));
        assertThat(Generations.parse(before.text())).isEqualTo(before);
    }
}
