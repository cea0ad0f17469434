package org.mainstay.guard.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.mainstay.guard.heartbeat.OwnStatus;

class LoopWatchTest {
    private final AtomicLong now = new AtomicLong();
    private final OwnStatus own = new OwnStatus(now::get, "00000000-0000-0000-0000-000000000001");
    private final AtomicLong limit = new AtomicLong(60_000);
    private final LoopWatch watch = new LoopWatch(now::get, LoopWatch.Ages.of(own), limit::get);

    private boolean stuckAfter(int seconds) {
        boolean stuck = false;
        for (int i = 0; i < 10 * seconds; i++) {
            now.addAndGet(TimeUnit.MILLISECONDS.toNanos(100));
            stuck = watch.stuck();
        }
        return stuck;
    }

    private void report(long loopAgeMillis) {
        own.report(new OwnStatus.Report("A", 1, 1, loopAgeMillis, 0, 0, 0));
    }

    @Test
    void aLinkedManagerThatDecidesNothingIsStuck() {
        own.linked(true);
        report(0);
        assertThat(stuckAfter(59)).isFalse();
        // the link goes on reporting, with the loop's age
        report(59_000);
        assertThat(stuckAfter(2)).isTrue();
        report(0);
        assertThat(watch.stuck()).isFalse();
    }

    @Test
    void nobodyLinkedOrNothingReportedYetIsNotStuck() {
        own.linked(true);
        report(0);
        own.linked(false);
        assertThat(stuckAfter(100)).isFalse();
        // its successor starts: what the dead one reported says nothing about it
        own.linked(true);
        assertThat(stuckAfter(100)).isFalse();
        report(0);
        assertThat(stuckAfter(61)).isTrue();
    }

    @Test
    void aLoopThatWaitsForItsDiskIsGivenLonger() {
        limit.set(20_000);
        own.linked(true);
        own.report(new OwnStatus.Report("A", 1, 1, 0, 100, 0, 0));
        assertThat(stuckAfter(59)).isFalse();
        assertThat(stuckAfter(2)).isTrue();
        own.report(new OwnStatus.Report("A", 1, 1, 21_000, 0, 0, 0));
        assertThat(watch.stuck()).as("the disk answered and it hangs on").isTrue();
    }

    /** It never reports: it hangs in its database. Whether it still says so does not matter. */
    @Test
    void aManagerThatHangsWhileItOpensItsDatabaseIsStuckAfterFarLongerThanAnyStart() {
        limit.set(20_000);
        own.linked(true);
        own.opening(1_000);
        assertThat(stuckAfter(590)).isFalse();
        own.opening(591_000);
        assertThat(stuckAfter(11)).isTrue();
    }

    @Test
    void whoStaysIdleOnPurposeOrHasOpenedItIsNot() {
        limit.set(20_000);
        own.linked(true);
        own.opening(500_000);
        own.opening(0);
        assertThat(stuckAfter(700)).as("no cluster yet").isFalse();
        own.opening(599_000);
        report(0);
        assertThat(stuckAfter(19)).as("it decides").isFalse();
        own.linked(false);
        own.linked(true);
        assertThat(stuckAfter(700)).as("the next one has said nothing yet").isFalse();
    }

    @Test
    void aPauseOfTheMachineDoesNotCount() {
        own.linked(true);
        report(0);
        assertThat(stuckAfter(10)).isFalse();
        now.addAndGet(TimeUnit.HOURS.toNanos(1));
        assertThat(watch.stuck()).isFalse();
        assertThat(stuckAfter(59)).isFalse();
        assertThat(stuckAfter(2)).isTrue();
    }
}
