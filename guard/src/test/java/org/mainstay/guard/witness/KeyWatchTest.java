package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.lease.Witness.Word;

/** Time is a number here: L + S and one percent are 15150 ms. */
class KeyWatchTest {
    private static final long SPAN = Witness.period(15_000);
    private final KeyWatch watch = new KeyWatch("b", SPAN);
    private long now = 50_000;

    private Word read(long after, long revision) {
        now += after;
        watch.read(now, now + 10, revision, 15_000);
        return watch.word(now + 10);
    }

    @Test
    void lifeIsAWriteThatWasSeen() {
        assertThat(read(0, 7)).isEqualTo(Word.UNKNOWN);
        assertThat(read(1000, 7)).isEqualTo(Word.UNKNOWN);
        assertThat(read(1000, 9)).isEqualTo(Word.ALIVE);
        assertThat(read(SPAN - 21, 9)).isEqualTo(Word.ALIVE);
        assertThat(read(1000, 9)).as("not renewed, not gone").isEqualTo(Word.UNKNOWN);
        assertThat(watch.reason(now)).contains("does not renew");
    }

    @Test
    void aKeyThatIsGoneIsNotEnoughBeforeTheSpanIsOver() {
        read(0, 7);
        read(1000, 8);
        assertThat(read(1000, 0)).as("deleted by hand").isEqualTo(Word.ALIVE);
        assertThat(read(SPAN - 1000 + 9, 0)).isNotEqualTo(Word.FAILED);
        assertThat(read(1, 0)).isEqualTo(Word.FAILED);
        assertThat(read(1, 20)).isEqualTo(Word.ALIVE);
    }

    @Test
    void whoKeepsItsLeaseAliveHasNotFailedWhoeverDeletesItsKey() {
        read(0, 7);
        assertThat(watch.doubted()).isFalse();
        read(10 * SPAN, 0);
        assertThat(watch.doubted()).isTrue();
        watch.leased(true);
        assertThat(watch.word(now)).isEqualTo(Word.UNKNOWN);
        watch.leased(false);
        assertThat(watch.word(now)).isEqualTo(Word.FAILED);
    }

    @Test
    void theSpanAloneIsNotEnoughWhileTheKeyIsThere() {
        read(0, 7);
        assertThat(read(1_000_000, 7)).isEqualTo(Word.UNKNOWN);
        assertThat(read(1000, 0)).isEqualTo(Word.FAILED);
    }

    @Test
    void aReaderThatBeginsWaitsTheWholeSpan() {
        assertThat(read(0, 0)).isEqualTo(Word.UNKNOWN);
        assertThat(read(SPAN, 0)).as("from the end of the first read").isEqualTo(Word.UNKNOWN);
        assertThat(read(10, 0)).isEqualTo(Word.FAILED);
    }

    @Test
    void whatIsForgottenIsWatchedAnew() {
        read(0, 7);
        read(1000, 8);
        watch.forget();
        assertThat(watch.word(now)).isEqualTo(Word.UNKNOWN);
        assertThat(read(100_000, 0)).isEqualTo(Word.UNKNOWN);
        assertThat(read(SPAN + 10, 0)).isEqualTo(Word.FAILED);
    }

    @Test
    void thePeersOwnLongerTimesCount() {
        watch.read(now, now, 7, 60_000);
        assertThat(read(60_000, 0)).isEqualTo(Word.UNKNOWN);
        assertThat(read(650, 0)).isEqualTo(Word.FAILED);
    }
}
