package org.mainstay.guard.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.guard.heartbeat.LeaseExchange;
import org.mainstay.guard.lease.LeaseSettings.Mode;

/** A lease that was lost and is there again, and servers without one. */
class LeaseGapTest extends LeaseKeeperBench {

    private void confirmed() {
        configured(Mode.STORAGE);
        witness.listener.written(now);
        assertThat(lastLease()).startsWith("* lease held " + (now + L) + " ");
        news.clear();
    }

    private List<String> leases() {
        return news.stream()
                .filter(line -> line.startsWith("* lease"))
                .map(line -> line.split(" ")[2])
                .toList();
    }

    /** A machine that was suspended goes on with whatever thread comes first: also with the one that writes. */
    @Test
    void aLossThatNobodySawIsToldBeforeWhatWasWritten() {
        confirmed();
        now += 8_000;
        witness.listener.written(now);
        assertThat(leases()).containsExactly("lost", "held");
        assertThat(lastLease()).startsWith("* lease held " + (now + L) + " " + now);
    }

    /** Storage and etcd confirm what this server writes, whoever took its resources meanwhile. */
    @Test
    void whatOthersMayHaveTakenEndsBeforeTheLeaseIsHeldAgain() {
        confirmed();
        left = true;
        int before = heldAgain;
        now += L + S;
        witness.listener.written(now);
        assertThat(leases()).containsExactly("lost");
        assertThat(lastLease()).contains("others%20may%20have%20taken");
        assertThat(ends).as("at once").hasSize(1).allMatch(left -> left <= 0);
        assertThat(keeper.safeUntil(true, 60_000)).as("the watchdog is not fed").isLessThanOrEqualTo(now);
        pass(2_000);
        witness.listener.written(now);
        assertThat(heldAgain).as("what ends is not interrupted").isEqualTo(before);
        assertThat(ends).hasSizeGreaterThan(1);
        left = false;
        keeper.turn();
        pass(1_000);
        witness.listener.written(now);
        assertThat(leases()).containsExactly("lost", "held");
        assertThat(heldAgain).isEqualTo(before + 1);
    }

    @Test
    void whatNobodyElseMayHaveBegunGoesOn() {
        confirmed();
        left = true;
        now += L + S - 1;
        witness.listener.written(now);
        assertThat(leases()).containsExactly("lost", "held");
        assertThat(ends).isEmpty();
    }

    @Test
    void aGuardThatWasAwayForLongEndsWhatIsLeftToo() {
        confirmed();
        left = true;
        now += L + S;
        restart("boot-1");
        witness.listener.written(now);
        assertThat(leases()).doesNotContain("held");
        assertThat(ends).isNotEmpty();
    }

    /** QUORUM_MODE is a file of each server: what runs without a lease does not stop because its grants are over. */
    @Test
    void whatRunsWithoutALeaseNeverLapses() throws IOException {
        holding();
        keeper.allow(Set.of("B", "C")).join();
        keeper.terms("B", LeaseExchange.Terms.WITHOUT_LEASE);
        keeper.terms("C", LeaseExchange.Terms.UNSAID);
        news.clear();
        pass(2 * PERIOD);
        assertThat(news).contains("* lapsed C yes").doesNotContain("* lapsed B yes");
        assertThat(notices).as("it may be changing").isEmpty();
        keeper.terms("B", LeaseExchange.Terms.WITHOUT_LEASE);
        assertThat(notices).hasSize(1).allMatch(text -> text.contains("B runs what it has without a lease"));
        restart("boot-1");
        news.clear();
        pass(2 * PERIOD);
        assertThat(news).as("known after a restart").doesNotContain("* lapsed B yes");
        keeper.terms("B", LeaseExchange.Terms.WITH_LEASE);
        assertThat(news).contains("* lapsed B yes");
    }

    @Test
    void whatWasNeverHeldIsNoLease() {
        assertThat(keeper.withoutLease()).as("before any settings").isTrue();
        keeper.settings(settings(Mode.NONE, "A", "B", "C")).join();
        configured(Mode.MAJORITY);
        assertThat(keeper.withoutLease()).as("switched on, not held yet").isTrue();
        granted("B");
        assertThat(keeper.withoutLease()).isFalse();
        pass(L + 1_000);
        assertThat(keeper.withoutLease()).as("lost: it stops").isFalse();
    }

    /** The lease of the time before is no gap in a time without. */
    @Test
    void whatRunsWithoutALeaseIsNotOverdue() {
        confirmed();
        left = true;
        keeper.settings(settings(Mode.NONE, "A", "B", "C")).join();
        now += L + S + 1;
        restart("boot-1");
        assertThat(keeper.safeUntil(true, 60_000)).isEqualTo(now + 60_000);
        news.clear();
        keeper.settings(settings(Mode.MAJORITY, "A", "B", "C")).join();
        granted("B");
        assertThat(leases()).endsWith("held").doesNotContain("lost");
        assertThat(ends).isEmpty();
    }

    /** What others granted made the gap short, but the witness had nothing of this server for L + S. */
    @Test
    void whoMayHaveBeenJudgedByTheWitnessEndsWhatItRuns() {
        confirmed();
        left = true;
        now += 8_000;
        granted("B");
        granted("C");
        now += L + 1_000;
        keeper.turn();
        now += 1_000;
        news.clear();
        witness.listener.written(now);
        assertThat(leases()).doesNotContain("held");
        left = false;
        keeper.turn();
        pass(1_000);
        assertThat(lastLease()).startsWith("* lease held ");
    }
}
