package org.mainstay.core.internal.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.mainstay.core.internal.guard.GuardWatch.Verdict;

class GuardWatchTest {
    private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(8);
    private long heard = now;
    private final GuardWatch watch = new GuardWatch(now);

    private List<Verdict> looks(int seconds) {
        List<Verdict> said = new ArrayList<>();
        for (int i = 0; i < seconds; i++) {
            now += TimeUnit.SECONDS.toNanos(1);
            said.add(watch.look(now, heard));
        }
        return said;
    }

    @Test
    void aGuardThatSaysNothingIsAskedAndHangsOnlyIfItDoesNotAnswer() {
        assertThat(looks(10)).containsOnly(Verdict.FINE);
        assertThat(looks(1)).containsExactly(Verdict.ASK);
        assertThat(looks(2)).containsExactly(Verdict.FINE, Verdict.HANGS);
    }

    @Test
    void anAnswerIsEnough() {
        assertThat(looks(11)).endsWith(Verdict.ASK);
        heard = now + 1;
        assertThat(looks(10)).containsOnly(Verdict.FINE);
        assertThat(looks(2)).contains(Verdict.ASK).doesNotContain(Verdict.HANGS);
    }

    @Test
    void afterAPauseOfTheMachineTheGuardHasTimeToSpeak() {
        looks(5);
        now += TimeUnit.MINUTES.toNanos(5);
        assertThat(looks(10)).containsOnly(Verdict.FINE);
        heard = now;
        looks(11);
        // asked, and paused before it could answer
        now += TimeUnit.MINUTES.toNanos(5);
        assertThat(looks(11)).containsOnly(Verdict.FINE);
        assertThat(looks(3)).containsExactly(Verdict.ASK, Verdict.FINE, Verdict.HANGS);
    }

    @Test
    void aNewConnectionBeginsAnew() {
        looks(11);
        watch.none(now);
        heard = now;
        assertThat(looks(10)).containsOnly(Verdict.FINE);
        assertThat(looks(1)).containsExactly(Verdict.ASK);
    }
}
