package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.lease.Witness.Word;

/** Time is a number here: checks every 6 s, four of them, L + S = 20.2 s. */
class PeerJudgeTest {
    private static final long SPAN = Witness.period(20_000);
    private long now = 1_000_000;
    private final PeerJudge judge = new PeerJudge("b", 1, 4, SPAN);

    private static SignOfLife object(long incarnation, long generation, long sequence) {
        return object(incarnation, generation, sequence, SignOfLife.State.RUNNING, 10_000, 10_000);
    }

    private static SignOfLife object(
            long incarnation, long generation, long sequence, SignOfLife.State state, int lease, int stop) {
        UUID id = new UUID(1, 2);
        return new SignOfLife(id, id, "b", state, incarnation, generation, sequence, 0, lease, stop, 0);
    }

    private void check(int location, SignOfLife object) {
        judge.read(location, now, now + 100, object, true);
    }

    private void after(long millis) {
        now += millis;
    }

    /** Checks in the interval of the product, each with the word expected after it. */
    private void checks(int count, SignOfLife object, Word word) {
        for (int i = 0; i < count; i++) {
            after(6000);
            check(0, object);
            assertThat(judge.word(now)).isEqualTo(word);
        }
    }

    /** Checks in the interval of the product. */
    private void checks(int count, SignOfLife object) {
        for (int i = 0; i < count; i++) {
            after(6000);
            check(0, object);
        }
    }

    /** A check of two places; null where one cannot be read. */
    private void both(PeerJudge two, SignOfLife first, SignOfLife second) {
        SignOfLife[] found = {first, second};
        for (int place = 0; place < found.length; place++) {
            if (found[place] == null) {
                two.unreadable(place, "region away");
            } else {
                two.read(place, now, now, found[place], true);
            }
        }
    }

    @Test
    void oneLookSaysNothing() {
        check(0, object(1, 1, 5));
        assertThat(judge.word(now)).isEqualTo(Word.UNKNOWN);
    }

    @Test
    void aChangeIsALife() {
        check(0, object(1, 1, 5));
        checks(1, object(1, 1, 6), Word.ALIVE);
    }

    // covers QUO-016 QUO-037 QUO-088
    @Test
    void failedAfterFourChecksAndTheWholeSpanFromTheEndOfTheLastChange() {
        check(0, object(1, 1, 5));
        checks(1, object(1, 1, 6));
        checks(3, object(1, 1, 6), Word.ALIVE);
        checks(1, object(1, 1, 6), Word.FAILED);
        assertThat(judge.reason(now)).contains("did not change for 4 checks and 20 s");
    }

    @Test
    void enoughChecksInTooShortATimeAreNotEnough() {
        check(0, object(1, 1, 5));
        for (int i = 0; i < 50; i++) {
            after(400);
            check(0, object(1, 1, 5));
        }
        assertThat(now - 1_000_000).isLessThan(SPAN);
        assertThat(judge.word(now)).isNotEqualTo(Word.FAILED);
        after(349);
        check(0, object(1, 1, 5));
        assertThat(judge.word(now)).isNotEqualTo(Word.FAILED);
        after(1);
        check(0, object(1, 1, 5));
        assertThat(judge.word(now)).isEqualTo(Word.FAILED);
    }

    @Test
    void aLongTimeWithTooFewChecksIsNotEnough() {
        check(0, object(1, 1, 5));
        for (int i = 0; i < 3; i++) {
            after(3_600_000);
            check(0, object(1, 1, 5));
            assertThat(judge.word(now)).isEqualTo(Word.UNKNOWN);
        }
    }

    @Test
    void additionalLooksDoNotCountAsChecks() {
        check(0, object(1, 1, 5));
        for (int i = 0; i < 100; i++) {
            after(1000);
            judge.read(0, now, now + 1, object(1, 1, 5), false);
        }
        assertThat(judge.word(now)).isEqualTo(Word.UNKNOWN);
    }

    @Test
    void theHoldersOwnLongerTimesCount() {
        check(0, object(1, 1, 5, SignOfLife.State.RUNNING, 60_000, 30_000));
        for (int i = 0; i < 15; i++) {
            after(6000);
            check(0, object(1, 1, 5, SignOfLife.State.RUNNING, 60_000, 30_000));
            assertThat(judge.word(now)).isNotEqualTo(Word.FAILED);
        }
        checks(1, object(1, 1, 5, SignOfLife.State.RUNNING, 60_000, 30_000), Word.FAILED);
    }

    @Test
    void missingTornAndForeignObjectsCountAsNotUpdated() {
        check(0, object(1, 1, 5));
        for (int i = 0; i < 4; i++) {
            after(6000);
            judge.unusable(0, now, now + 10, "torn", true);
        }
        assertThat(judge.word(now)).isEqualTo(Word.FAILED);
        assertThat(judge.reason(now)).contains("torn");
        after(1);
        check(0, object(1, 1, 6));
        assertThat(judge.word(now)).isEqualTo(Word.ALIVE);
    }

    @Test
    void oneUnreadableCheckNeitherCountsNorBeginsAgainAndTwoDo() {
        check(0, object(1, 1, 5));
        checks(3, object(1, 1, 5));
        after(6000);
        judge.unreadable(0, "no answer");
        assertThat(judge.word(now)).isEqualTo(Word.UNKNOWN);
        checks(1, object(1, 1, 5), Word.FAILED);

        judge.unreadable(0, "no answer");
        assertThat(judge.word(now)).isEqualTo(Word.UNKNOWN);
        judge.unreadable(0, "no answer");
        checks(3, object(1, 1, 5), Word.UNKNOWN);
        checks(1, object(1, 1, 5), Word.FAILED);
    }

    @Test
    void staleReadsAreNoChange() {
        check(0, object(1, 1, 4));
        checks(1, object(1, 1, 5));
        for (int i = 0; i < 4; i++) {
            after(6000);
            check(0, object(1, 1, i % 2 == 0 ? 4 : 5));
        }
        assertThat(judge.word(now)).isEqualTo(Word.FAILED);
    }

    @Test
    void aRestartedGuardIsAChangeWhateverItsNumbersAndItsPredecessorIsNot() {
        check(0, object(1, 9, 500));
        checks(1, object(2, 3, 1), Word.ALIVE);
        assertThat(judge.newest().incarnation()).isEqualTo(2);
        checks(4, object(1, 9, 500));
        assertThat(judge.word(now)).isEqualTo(Word.FAILED);
        assertThat(judge.newest().incarnation()).isEqualTo(2);
    }

    @Test
    void withTwoPlacesTheNewerRecordCountsAndOneThatIsReadableIsEnoughForLife() {
        PeerJudge two = new PeerJudge("b", 2, 4, SPAN);
        both(two, object(1, 1, 5), object(7, 0, 900));
        assertThat(two.newest().incarnation()).isEqualTo(1);
        for (int i = 0; i < 20; i++) {
            after(6000);
            both(two, object(1, 1, 6 + i), null);
            assertThat(two.word(now)).isEqualTo(Word.ALIVE);
        }
    }

    @Test
    void withTwoPlacesFailedNeedsBothBecauseThePeerMayWriteTheOther() {
        PeerJudge two = new PeerJudge("b", 2, 4, SPAN);
        both(two, object(1, 1, 5), object(1, 1, 4));
        for (int i = 0; i < 10; i++) {
            after(6000);
            both(two, object(1, 1, 5), null);
            assertThat(two.word(now)).isNotEqualTo(Word.FAILED);
        }
        for (int i = 0; i < 4; i++) {
            after(6000);
            both(two, object(1, 1, 5), object(1, 1, 4));
        }
        assertThat(two.word(now)).isEqualTo(Word.FAILED);
    }

    @Test
    void aServerThatLeftStorageModeIsNotJudged() {
        check(0, object(1, 1, 5));
        for (int i = 0; i < 10; i++) {
            after(6000);
            check(0, object(1, 1, 6, SignOfLife.State.EXITED, 10_000, 10_000));
        }
        assertThat(judge.word(now)).isEqualTo(Word.UNKNOWN);
        assertThat(judge.reason(now)).contains("qwk_storage_exit");
    }

    /**
     * A holder that writes at random, with writes that take time, take effect late or stop for long, and a reader with another clock
     * rate: FAILED is never said before the holder's lease and S are over. With a span that is too short it is said too early, and
     * this test notices.
     */
    @Test
    void neverFailedWhileTheHolderMayStillHoldAnything() {
        assertThat(tooEarly(Witness.period(HolderAndReader.L + HolderAndReader.S)))
                .isZero();
        assertThat(tooEarly(HolderAndReader.L + HolderAndReader.S / 2)).isPositive();
    }

    private static int tooEarly(long span) {
        int tooEarly = 0;
        for (long seed = 0; seed < 3000; seed++) {
            HolderAndReader pair = new HolderAndReader(new Random(seed), span);
            for (int step = 0; step < 400; step++) {
                pair.step();
            }
            tooEarly += pair.tooEarly;
        }
        return tooEarly;
    }

    /**
     * Continuous time in ms. A confirmed write begun at w gives a lease to w + L. A lease that ended is followed by a removal that ends
     * within S; what is written later is a new lease, and needs a new claim before anything is started.
     */
    private static final class HolderAndReader {
        private static final long L = 10_000;
        private static final long S = 10_000;
        private final Random random;
        private final PeerJudge judge;
        private final double rate;
        private double nextWrite;
        private double nextRead;
        private double effectAt = Double.MAX_VALUE;
        private double readEnds = Double.MAX_VALUE;
        private double writeBegan;
        private double readBegan;
        private double leaseBegan;
        private double leaseEnds;
        private double formerIsOut;
        private long stored;
        private long seen;
        private int tooEarly;

        HolderAndReader(Random random, long span) {
            this.random = random;
            this.rate = 1 + (random.nextDouble() - 0.5) * 0.018;
            this.judge = new PeerJudge("b", 1, 3, span);
        }

        /** Its own times do not say more than the reader's here. */
        private static SignOfLife own(long sequence) {
            return object(1, 1, sequence, SignOfLife.State.RUNNING, 1, 1);
        }

        void step() {
            double time = Math.min(Math.min(nextWrite, nextRead), Math.min(effectAt, readEnds));
            if (time == effectAt) {
                stored++;
                if (time >= leaseEnds) {
                    formerIsOut = leaseEnds + S;
                    leaseBegan = time;
                }
                if (time - writeBegan < L) {
                    leaseEnds = writeBegan + L;
                }
                effectAt = Double.MAX_VALUE;
                nextWrite = time + 1000 + (random.nextInt(4) == 0 ? random.nextInt(40_000) : 5000);
            } else if (time == nextWrite) {
                writeBegan = time;
                effectAt = time + random.nextInt(random.nextInt(5) == 0 ? 15_000 : 300);
                nextWrite = Double.MAX_VALUE;
            } else if (time == nextRead) {
                readBegan = time;
                readEnds = time + random.nextInt(2000);
                seen = stored;
                nextRead = Double.MAX_VALUE;
            } else {
                judge.read(0, (long) (readBegan * rate), (long) Math.ceil(readEnds * rate), own(seen), true);
                readEnds = Double.MAX_VALUE;
                nextRead = time + 2000 + random.nextInt(6000);
                boolean newSince = leaseBegan >= readBegan;
                double out = newSince ? formerIsOut : leaseEnds + S;
                if (judge.word((long) (time * rate)) == Word.FAILED && readBegan < out) {
                    tooEarly++;
                }
            }
        }
    }
}
