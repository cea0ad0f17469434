package org.mainstay.guard.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.guard.lease.LeaseSettings.Mode;
import org.mainstay.guard.util.Result;

class LeaseKeeperTest extends LeaseKeeperBench {

    @Test
    void aLeaseThatSettingsMakeShorterIsToldAndOutlivesNoRestart() throws IOException {
        LeaseSettings longer = new LeaseSettings(Mode.STORAGE, "A", 10 * L, S, Set.of("A", "B"), "", Map.of());
        assertThat(keeper.settings(longer).join().done()).isTrue();
        witness.listener.written(now);
        assertThat(lastLease()).contains(" held " + (now + 10 * L));
        long shortEnd = now + L;
        assertThat(keeper.settings(settings(Mode.STORAGE, "A", "B")).join().done())
                .isTrue();
        assertThat(lastLease()).contains(" held " + shortEnd);
        restart("boot-1");
        pass(L + 200);
        assertThat(lastLease()).contains(" lost ");
    }

    @Test
    void withoutSettingsNothingIsAskedForAndNobodyGetsAnything() {
        assertThat(lastLease()).startsWith("* lease none 0 ");
        assertThat(keeper.grant("B", now, L, S)).isFalse();
    }

    @Test
    void heldIsToldAtOnceAndThenEveryQuarterOfL() {
        configured(Mode.MAJORITY);
        assertThat(lastLease())
                .as("first settings of a new installation: nothing is known of before")
                .startsWith("* lease lost ");
        granted("B");
        assertThat(lastLease()).startsWith("* lease held " + (now + L) + " " + now + " granted%20by%20B");
        long count =
                news.stream().filter(line -> line.startsWith("* lease held")).count();
        for (int i = 0; i < 100; i++) {
            pass(100);
            granted("B");
        }
        long told =
                news.stream().filter(line -> line.startsWith("* lease held")).count() - count;
        assertThat(told).as("10 s, at most every 1.25 s").isBetween(6L, 8L);
    }

    @Test
    void theEndIsToldWhenItComesAndHandlesAreExecutedHalfOfSLater() {
        holding();
        long sent = now;
        pass(L - 100);
        assertThat(lastLease()).startsWith("* lease held");
        pass(100);
        assertThat(lastLease()).startsWith("* lease lost " + (sent + L));
        pass(S / 2 - 100);
        assertThat(ends).isEmpty();
        pass(100);
        assertThat(ends).containsExactly((long) S / 2);
        pass(3000);
        assertThat(ends).as("again once per second").hasSize(4);
    }

    @Test
    void whatCannotBeEndedIsNamed() {
        holding();
        leftByName = "db";
        left = true;
        pass(L + S / 2);
        assertThat(lastLease()).startsWith("* lease lost").endsWith("still%20in%20service%20here:%20db");
        leftByName = "db: processes do not die, they wait in the kernel: 77 (postgres)";
        pass(1_100);
        assertThat(lastLease()).as("told again").contains("db:%20processes%20do%20not%20die");
        assertThat(keeper.view().reason()).contains("still in service here: db: processes do not die");
        leftByName = "";
        pass(1_100);
        assertThat(lastLease()).doesNotContain("still");
    }

    @Test
    void aRenewalBeforeHalfOfSKeepsTheGuardFromKilling() {
        holding();
        pass(L + S / 2 - 200);
        int before = heldAgain;
        granted("C");
        assertThat(lastLease()).startsWith("* lease held " + (now + L) + " " + now);
        assertThat(heldAgain).isEqualTo(before + 1);
        pass(4000);
        assertThat(ends).isEmpty();
    }

    @Test
    void afterALongPauseTheEndComesBeforeAnyGrant() {
        holding();
        pass(1000);
        now += 60_000;
        news.clear();
        assertThat(keeper.turn()).isLessThanOrEqualTo(500);
        assertThat(news.get(0)).startsWith("* lease lost");
        assertThat(ends).as("long over").hasSize(1);
        assertThat(ends.get(0)).isNegative();
        keeper.granted("B", now - 59_000, L, S);
        assertThat(lastLease()).as("an old grant is void").startsWith("* lease lost");
        granted("B");
        assertThat(lastLease()).startsWith("* lease held " + (now + L) + " " + now);
    }

    @Test
    void aSuspendIsAlsoSaid() {
        holding();
        now += 60_000;
        suspended = 60_000;
        keeper.turn();
        assertThat(notices).containsExactly("this machine was suspended for 60000 ms");
        assertThat(lastLease()).startsWith("* lease lost");
    }

    @Test
    void evenIfNobodyTurnedTheGapIsNoticedByTheNextGrant() {
        holding();
        now += 20_000;
        news.clear();
        granted("B");
        assertThat(lastLease()).as("since now").startsWith("* lease held " + (now + L) + " " + now);
    }

    @Test
    void withholdIsInForceAtOnceAndConfirmedWhenRecorded() throws IOException {
        holding();
        assertThat(keeper.allow(Set.of("B", "C")).join().done()).isTrue();
        assertThat(keeper.grant("B", now, L, S)).isTrue();
        diskAtOnce = false;
        news.clear();
        var withheld = keeper.withhold(Set.of("B"));
        assertThat(keeper.grant("B", now, L, S)).isFalse();
        assertThat(withheld).isNotDone();
        pass(PERIOD + 200);
        assertThat(news).doesNotContain("* withheld B yes").contains("* lapsed B yes");
        disk.forEach(Runnable::run);
        assertThat(withheld.join().done()).isTrue();
        assertThat(news).contains("* withheld B yes");
        assertThat(Files.readString(home.resolve("data/guard/lease"))).contains("allowed C\n");
    }

    @Test
    void whatCannotBeRecordedIsNotConfirmed() throws IOException {
        holding();
        keeper.allow(Set.of("B")).join();
        news.clear();
        Files.move(home.resolve("data/guard"), home.resolve("data/away"));
        Result result = keeper.withhold(Set.of("B")).join();
        assertThat(result.done()).isFalse();
        assertThat(keeper.grant("B", now, L, S)).as("in force all the same").isFalse();
        assertThat(news).doesNotContain("* withheld B yes");
        assertThat(notices).hasSize(1);
        Files.move(home.resolve("data/away"), home.resolve("data/guard"));
        pass(2_000);
        assertThat(news).as("recorded without being asked again").contains("* withheld B yes");
    }

    /** Whoever asked was told no, and may have decided otherwise since. */
    @Test
    void anAllowThatCouldNotBeRecordedIsNotCarriedOutLater() throws IOException {
        holding();
        Files.move(home.resolve("data/guard"), home.resolve("data/away"));
        assertThat(keeper.allow(Set.of("B")).join().done()).isFalse();
        Files.move(home.resolve("data/away"), home.resolve("data/guard"));
        assertThat(keeper.allow(Set.of("C")).join().done()).isTrue();
        pass(2_000);
        assertThat(keeper.grant("B", now, L, S)).isFalse();
    }

    @Test
    void allowIsInForceOnlyOnceItIsRecorded() {
        holding();
        diskAtOnce = false;
        var allowed = keeper.allow(Set.of("B"));
        assertThat(keeper.grant("B", now, L, S)).isFalse();
        keeper.withhold(Set.of("B"));
        disk.forEach(Runnable::run);
        assertThat(allowed.join().done()).isTrue();
        assertThat(keeper.grant("B", now, L, S)).as("withheld since").isFalse();
        assertThat(keeper.allow(Set.of("X")).join().message()).contains("not among the other members");
    }

    @Test
    void aGrantMakesLapsedUntrueAtOnce() {
        holding();
        keeper.allow(Set.of("B")).join();
        pass(PERIOD + 200);
        assertThat(news).contains("* lapsed B yes");
        news.clear();
        assertThat(keeper.grant("B", now, L, S)).isTrue();
        assertThat(news).contains("* lapsed B no");
        pass(PERIOD - 100);
        assertThat(news).doesNotContain("* lapsed B yes");
        pass(200);
        assertThat(news).contains("* lapsed B yes");
    }

    @Test
    void aRestartInTheSameBootGoesOnWithLeaseAndGrants() {
        holding();
        keeper.allow(Set.of("B")).join();
        long since = now;
        pass(1000);
        news.clear();
        restart("boot-1");
        assertThat(lastLease()).startsWith("* lease held " + (since + L) + " " + since);
        assertThat(keeper.settings()).isEqualTo(settings(Mode.MAJORITY, "A", "B", "C"));
        assertThat(keeper.grant("B", now, L, S)).as("allowed before").isTrue();
        assertThat(keeper.grant("C", now, L, S)).isFalse();
        assertThat(news).contains("* withheld B no", "* withheld C yes");
        pass(L);
        assertThat(lastLease()).startsWith("* lease lost " + (since + L));
        pass(S);
        assertThat(ends).isNotEmpty();
    }

    @Test
    void aRestartInAnotherBootHoldsNothingAndGrantsNothing() {
        holding();
        keeper.allow(Set.of("B", "C")).join();
        news.clear();
        now = 20_000;
        restart("boot-2");
        assertThat(lastLease()).startsWith("* lease lost 20000 ");
        assertThat(keeper.grant("B", now, L, S)).isFalse();
        pass(PERIOD - 100);
        assertThat(news).doesNotContain("* lapsed B yes");
        pass(200);
        assertThat(news).contains("* lapsed B yes", "* lapsed C yes");
    }

    @Test
    void aLeaseShorterThanTheDetectionIsRefused() {
        slowest = 6000;
        Result result = keeper.settings(settings(Mode.MAJORITY, "A", "B", "C")).join();
        assertThat(result.done()).isFalse();
        assertThat(result.message()).contains("QUORUM_LEASE_SECS").contains("6000 ms");
        assertThat(keeper.settings().mode()).isEqualTo(Mode.NONE);
        assertThat(keeper.settings(settings(Mode.NONE, "A", "B")).join().done()).isTrue();
    }

    @Test
    void switchingQuorumOnEndsNothing() {
        configured(Mode.NONE);
        news.clear();
        configured(Mode.MAJORITY);
        pass(60_000);
        assertThat(news).noneMatch(line -> line.startsWith("* lease lost"));
        granted("B");
        assertThat(lastLease()).startsWith("* lease held");
        pass(L);
        assertThat(lastLease()).startsWith("* lease lost");
    }

    @Test
    void aRemovedMemberIsNoMoreGrantedToNorToldOf() {
        holding();
        keeper.allow(Set.of("B", "C")).join();
        keeper.settings(settings(Mode.MAJORITY, "A", "B")).join();
        assertThat(keeper.grant("C", now, L, S)).isFalse();
        news.clear();
        keeper.repeatNews();
        assertThat(news).noneMatch(line -> line.contains(" C "));
        keeper.settings(settings(Mode.MAJORITY, "A", "B", "C")).join();
        assertThat(keeper.grant("C", now, L, S)).as("comes back as a stranger").isFalse();
    }

    @Test
    void aLongerLeaseOfAPeerIsGrantedOnlyOnceItIsRecorded() throws IOException {
        holding();
        keeper.allow(Set.of("B")).join();
        diskAtOnce = false;
        assertThat(keeper.grant("B", now, 2 * L, S)).isFalse();
        assertThat(keeper.grant("B", now, 2 * L, S)).isFalse();
        assertThat(disk).as("recorded once").hasSize(1);
        disk.forEach(Runnable::run);
        assertThat(Files.readString(home.resolve("data/guard/lease"))).contains("announced B 20000");
        assertThat(keeper.grant("B", now, 2 * L, S)).isTrue();
        assertThat(keeper.lapses(Set.of("B")).get("B").at()).isEqualTo(now + Witness.period(2 * L + S));
        assertThat(keeper.grant("B", now, -1, S)).as("nonsense").isFalse();
        assertThat(keeper.grant("B", now, Integer.MAX_VALUE, Integer.MAX_VALUE)).isFalse();
    }

    @Test
    void aNewLinkIsToldEverything() {
        holding();
        keeper.allow(Set.of("B")).join();
        news.clear();
        keeper.repeatNews();
        assertThat(news).hasSize(5).contains("* withheld B no", "* withheld C yes", "* lapsed B no", "* lapsed C no");
        assertThat(lastLease()).startsWith("* lease held");
    }

    @Test
    void theWitnessRenewsAndItsWordWaitsForTheOwnLapse() {
        configured(Mode.STORAGE);
        assertThat(witness.settings.observeMillis()).isEqualTo(PERIOD);
        witness.listener.written(now);
        assertThat(lastLease()).startsWith("* lease held " + (now + L)).contains("confirmed%20by%20the%20witness");
        keeper.allow(Set.of("B")).join();
        pass(100_000);
        assertThat(keeper.grant("B", now, L, S)).isTrue();
        witnessed(1_000, "unchanged for 24 s");
        assertThat(news).noneMatch(line -> line.startsWith("* witness B failed"));
        assertThat(news).anyMatch(line -> line.startsWith("* witness B unknown"));
        witnessed(PERIOD + 100, "unchanged for 24 s");
        assertThat(news).contains("* witness B failed unchanged%20for%2024%20s");
        witness.listener.reachable(false, "the share is away");
        pass(L);
        assertThat(lastLease()).startsWith("* lease lost").doesNotContain("confirmed%20by");
    }

    /** The witness confirms a write each second, and reads then that B has failed. @param reason of that; empty: it reads nothing */
    private void witnessed(long millis, String reason) {
        for (long end = now + millis; now < end; ) {
            witness.listener.written(now);
            pass(100);
            if (!reason.isEmpty()) {
                witness.listener.word("B", Witness.Word.FAILED, reason, now);
            }
            pass(Math.min(900, end - now));
        }
    }

    private List<String> ofLeaseAndWitness() {
        return news.stream()
                .filter(line -> line.startsWith("* lease") || line.startsWith("* witness B"))
                .map(line -> line.split(" ")[1] + " " + line.split(" ")[line.startsWith("* witness") ? 3 : 2])
                .toList();
    }

    /** B came back in the pause; what was read before it must not be acted on in the lease after it. */
    @Test
    void whatTheWitnessSaidBeforeAPauseIsNotSaidAfterIt() {
        configured(Mode.ETCD);
        keeper.allow(Set.of("B")).join();
        witnessed(PERIOD + 1_000, "its key is gone");
        assertThat(news).contains("* witness B failed its%20key%20is%20gone");
        news.clear();
        now += 60_000;
        witness.listener.written(now);
        assertThat(ofLeaseAndWitness())
                .as("unknown before the lease is held")
                .containsExactly("lease lost", "witness unknown", "lease held");
        witness.listener.word("B", Witness.Word.FAILED, "its key is gone", now - 1);
        assertThat(ofLeaseAndWitness()).as("read before the write").doesNotContain("witness failed");
        pass(100);
        witness.listener.word("B", Witness.Word.FAILED, "its key is gone", now);
        assertThat(ofLeaseAndWitness()).endsWith("witness failed");
    }

    /** The lease goes on, what reads the witness hangs. */
    @Test
    void whatTheWitnessSaidLongAgoIsNotSaidAnyMore() {
        configured(Mode.STORAGE);
        keeper.allow(Set.of("B")).join();
        witnessed(PERIOD + 1_000, "unchanged for 24 s");
        assertThat(ofLeaseAndWitness()).endsWith("witness failed", "lease held");
        news.removeIf(line -> line.startsWith("* lease"));
        witnessed(L + S - 2_000, "");
        assertThat(ofLeaseAndWitness()).endsWith("lease held").doesNotContain("lease lost");
        assertThat(ofLeaseAndWitness().stream().filter(word -> word.startsWith("witness")))
                .last()
                .isEqualTo("witness failed");
        witnessed(3_000, "");
        assertThat(ofLeaseAndWitness().stream().filter(word -> word.startsWith("witness")))
                .last()
                .isEqualTo("witness unknown");
    }

    @Test
    void whatAReplacedWitnessSaysIsNotHeard() {
        configured(Mode.STORAGE);
        Witness.Listener old = witness.listener;
        configured(Mode.MAJORITY);
        assertThat(witness.closed).isEqualTo(1);
        news.clear();
        old.written(now);
        old.word("B", Witness.Word.FAILED, "x", now);
        pass(500);
        assertThat(news).noneMatch(line -> line.contains("held") || line.contains("witness"));
    }

    @Test
    void aWitnessThatCannotBeUsedRefusesTheSettingsAndThoseBeforeStay() {
        holding();
        witness.refusal = "QWK_STORAGE_TYPE is missing";
        Result result = keeper.settings(settings(Mode.STORAGE, "A", "B", "C")).join();
        assertThat(result.done()).isFalse();
        assertThat(result.message()).contains("QWK_STORAGE_TYPE is missing");
        assertThat(keeper.settings().mode()).isEqualTo(Mode.MAJORITY);
        assertThat(keeper.view().state()).isEqualTo("held");
    }

    @Test
    void inQuarantineTheWitnessIsSilent() {
        configured(Mode.STORAGE);
        keeper.witness().silent(true);
        assertThat(witness.closed).isEqualTo(1);
        assertThat(keeper.witness().current()).isNull();
        keeper.witness().silent(false);
        witness.listener.written(now);
        assertThat(lastLease()).startsWith("* lease held");
    }

    @Test
    void aWitnessThatCannotBeginIsNotBegunAgainAsLongAsNothingChanges() {
        configured(Mode.STORAGE);
        keeper.witness().silent(true);
        witness.refusal = "the share is away";
        int before = witness.started;
        for (int second = 0; second < 3; second++) {
            keeper.witness().silent(false);
        }
        assertThat(witness.started).isEqualTo(before + 1);
        assertThat(keeper.witness().trouble()).contains("the share is away");
        assertThat(witness.closed).isEqualTo(2);
        keeper.witness().silent(true);
        witness.refusal = "";
        keeper.witness().silent(false);
        assertThat(keeper.witness().trouble()).isEmpty();
    }

    @Test
    void theWatchdogIsToldTheEndOrThatNothingIsLeft() {
        holding();
        assertThat(keeper.safeUntil(true, 30_000)).isEqualTo(now + L + S);
        long end = now + L;
        pass(L + 100);
        assertThat(keeper.safeUntil(true, 30_000)).isEqualTo(end + S);
        assertThat(keeper.safeUntil(false, 30_000)).isEqualTo(now + 30_000);
        configured(Mode.NONE);
        assertThat(keeper.safeUntil(true, 30_000)).isEqualTo(now + 30_000);
    }
}
