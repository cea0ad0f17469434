package org.mainstay.guard.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.guard.heartbeat.LeaseExchange;
import org.mainstay.guard.lease.LeaseSettings.Mode;

/** What a guard makes of what it cannot read of the time before its own end (decision 0337). */
class LeaseDamageTest extends LeaseKeeperBench {
    /** The largest L and S that are allowed. */
    private static final long LONGEST_PERIOD = Witness.period(2 * LeaseSettings.LARGEST);

    private Path kept(String copy) {
        return home.resolve("data/guard/lease" + copy);
    }

    private void damageBoth() throws IOException {
        Files.writeString(kept(""), "boot boot-1\nlease MAJORITY A five\n");
        Files.write(kept(".2"), new byte[0]);
    }

    private void damageRunning() throws IOException {
        Files.writeString(home.resolve("data/run/lease"), "boot-1 50");
    }

    @Test
    void ofTwoCopiesOneIsEnoughAndTheOtherIsWrittenAnew() throws IOException {
        holding();
        keeper.allow(Set.of("B")).join();
        for (String copy : new String[] {"", ".2"}) {
            Files.writeString(kept(copy), "boot boot-1\n");
            notices.clear();
            restart("boot-1");
            assertThat(lastLease()).as("goes on").startsWith("* lease held");
            assertThat(keeper.grant("B", now, L, S)).isTrue();
            assertThat(Files.readString(kept(copy))).contains("allowed B");
            keeper.repeatNews();
            keeper.repeatNews();
            assertThat(notices).as("told once").hasSize(1);
            assertThat(notices.get(0)).contains(kept(copy).toString()).contains("The other copy is whole");
        }
    }

    @Test
    void withoutSettingsALeaseGoesOnToItsRecordedEndAndNotFurther() throws IOException {
        holding();
        long end = now + L;
        long since = now;
        damageBoth();
        restart("boot-1");
        assertThat(lastLease()).startsWith("* lease held " + end + " " + since);
        assertThat(lastLease()).contains("lkstart");
        assertThat(keeper.withoutLease()).isFalse();
        left = true;
        pass(L);
        assertThat(lastLease()).startsWith("* lease lost " + end);
        pass(S / 2 - 100);
        assertThat(ends).as("S as it was recorded").isEmpty();
        pass(100);
        assertThat(ends).hasSize(1);
        assertThat(keeper.safeUntil(true, 30_000)).isEqualTo(end + S);
    }

    @Test
    void settingsThatAreSaidAgainInterruptNothing() throws IOException {
        holding();
        long since = now;
        damageBoth();
        news.clear();
        restart("boot-1");
        configured(Mode.MAJORITY);
        granted("B");
        pass(L - 100);
        assertThat(news).noneMatch(line -> line.startsWith("* lease lost"));
        assertThat(lastLease()).contains(" " + since + " ");
    }

    @Test
    void whereNothingIsKnownNothingMayRun() throws IOException {
        holding();
        left = true;
        damageBoth();
        damageRunning();
        restart("boot-1");
        assertThat(lastLease()).startsWith("* lease lost");
        assertThat(ends).as("at once").hasSize(1);
        assertThat(keeper.safeUntil(true, 30_000)).as("the watchdog is not fed").isLessThan(now);
        keeper.repeatNews();
        assertThat(notices.get(notices.size() - 1))
                .contains(kept("").toString(), kept(".2").toString(), "data/run/lease", "lkstart");
        configured(Mode.MAJORITY);
        granted("B");
        assertThat(lastLease()).as("others may have it: it ends first").startsWith("* lease lost");
        left = false;
        pass(1_100);
        assertThat(lastLease()).startsWith("* lease held");
    }

    @Test
    void aLeaseWhoseEndIsNotKnownIsOver() throws IOException {
        assertThat(keeper.settings(settings(Mode.STORAGE, "A", "B")).join().done())
                .isTrue();
        witness.listener.written(now);
        left = true;
        damageRunning();
        restart("boot-1");
        assertThat(lastLease()).startsWith("* lease lost");
        witness.listener.written(now);
        assertThat(lastLease()).as("others may have it: it ends first").startsWith("* lease lost");
        assertThat(ends).isNotEmpty();
    }

    @Test
    void whatNeededNoLeaseNeedsNone() throws IOException {
        configured(Mode.NONE);
        restart("boot-2");
        damageBoth();
        restart("boot-2");
        pass(60_000);
        assertThat(lastLease()).startsWith("* lease none");
        assertThat(ends).isEmpty();
        assertThat(keeper.safeUntil(true, 30_000)).isEqualTo(now + 30_000);
    }

    @Test
    void withoutQuorumALostEndIsNoAlarm() throws IOException {
        configured(Mode.NONE);
        damageRunning();
        restart("boot-1");
        assertThat(lastLease()).startsWith("* lease none");
        keeper.repeatNews();
        assertThat(notices.get(notices.size() - 1))
                .contains("data/run/lease", "nothing depends on it")
                .doesNotContain("without a right to run");
    }

    @Test
    void afterARebootOnlyPromisesAreMissed() throws IOException {
        holding();
        damageBoth();
        restart("boot-2");
        assertThat(lastLease()).startsWith("* lease lost");
        configured(Mode.MAJORITY);
        granted("B");
        assertThat(lastLease()).startsWith("* lease held");
    }

    @Test
    void whatMayHaveBeenPromisedCountsAsPromised() throws IOException {
        holding();
        keeper.allow(Set.of("B", "C")).join();
        damageBoth();
        restart("boot-1");
        long from = now;
        configured(Mode.MAJORITY);
        assertThat(keeper.grant("B", now, L, S))
                .as("nobody is granted anything")
                .isFalse();
        keeper.terms("B", LeaseExchange.Terms.WITH_LEASE);
        restart("boot-1");
        news.clear();
        pass(PERIOD + 200);
        assertThat(news).as("known after one more restart").doesNotContain("* lapsed B yes", "* lapsed C yes");
        now = from + LONGEST_PERIOD - 1_000;
        keeper.turn();
        assertThat(news).doesNotContain("* lapsed B yes");
        pass(2_000);
        assertThat(news).contains("* lapsed B yes");
        assertThat(news).as("nobody knows that a lease ends what C runs").doesNotContain("* lapsed C yes");
        keeper.terms("C", LeaseExchange.Terms.WITH_LEASE);
        assertThat(news).contains("* lapsed C yes");
        restart("boot-1");
        news.clear();
        pass(PERIOD + 200);
        assertThat(news).as("over, and recorded as over").contains("* lapsed B yes");
    }

    @Test
    void aLeaseThatWasNeverHeldIsStillNotNeededAfterARestart() throws IOException {
        configured(Mode.NONE);
        configured(Mode.MAJORITY);
        restart("boot-1");
        pass(60_000);
        assertThat(lastLease()).startsWith("* lease none");
        assertThat(keeper.withoutLease()).isTrue();
        granted("B");
        assertThat(lastLease()).startsWith("* lease held");
        restart("boot-1");
        pass(L + 200);
        assertThat(lastLease()).as("held once, so it counts").startsWith("* lease lost");
    }

    @Test
    void othersAreToldOfALeaseOnlyWhenARestartWouldKnowIt() throws IOException {
        configured(Mode.NONE);
        configured(Mode.MAJORITY);
        diskAtOnce = false;
        granted("B");
        assertThat(lastLease()).startsWith("* lease held");
        assertThat(keeper.withoutLease()).isTrue();
        disk.forEach(Runnable::run);
        assertThat(keeper.withoutLease()).isFalse();
    }

    @Test
    void aLeaseThatWasNeverHeldEndsNothingOnlyInItsBoot() {
        configured(Mode.NONE);
        configured(Mode.MAJORITY);
        restart("boot-2");
        assertThat(lastLease()).startsWith("* lease lost");
        assertThat(keeper.withoutLease()).isFalse();
    }

    @Test
    void nothingIsRecordedWhileNothingIsKnown() throws IOException {
        holding();
        left = true;
        damageBoth();
        restart("boot-1");
        keeper.terms("B", LeaseExchange.Terms.WITHOUT_LEASE);
        assertThat(keeper.withhold(Set.of("B")).join().message()).contains("nothing is recorded", "lkstart");
        restart("boot-1");
        assertThat(keeper.withoutLease()).isFalse();
        pass(L + 200);
        assertThat(lastLease()).as("never without a lease").startsWith("* lease lost");
        keeper.terms("C", LeaseExchange.Terms.WITHOUT_LEASE);
        configured(Mode.MAJORITY);
        restart("boot-1");
        news.clear();
        now += LONGEST_PERIOD + 1_000;
        keeper.turn();
        assertThat(news).as("what was heard meanwhile").doesNotContain("* lapsed C yes");
    }

    /** As a full disk. */
    private Path inTheWay(String copy) throws IOException {
        Path folder = Files.createDirectory(kept(copy + ".new"));
        return Files.createFile(folder.resolve("in the way"));
    }

    private static void outOfTheWay(Path file) throws IOException {
        Files.delete(file);
        Files.delete(file.getParent());
    }

    @Test
    void settingsThatCouldNotBeRecordedAreRecordedLater() throws IOException {
        configured(Mode.NONE);
        Path full = inTheWay(".2");
        assertThat(keeper.settings(settings(Mode.MAJORITY, "A", "B", "C"))
                        .join()
                        .message())
                .contains("in force", "cannot record");
        granted("B");
        assertThat(lastLease()).startsWith("* lease held");
        pass(1_200);
        granted("B");
        pass(3_000);
        assertThat(keeper.withoutLease()).as("a restart would find none").isTrue();
        assertThat(notices).as("said once").hasSize(1).allMatch(text -> text.contains("cannot record"));
        outOfTheWay(full);
        pass(1_200);
        assertThat(keeper.withoutLease()).isFalse();
        full = inTheWay(".2");
        keeper.settings(settings(Mode.MAJORITY, "A", "B", "C", "D", "E")).join();
        assertThat(notices).as("trouble after a time without").hasSize(2);
        outOfTheWay(full);
        pass(1_200);
        restart("boot-1");
        assertThat(keeper.settings().members()).hasSize(5);
    }

    @Test
    void whatWasAnsweredAsFailedIsNotFoundByARestart() throws IOException {
        holding();
        Path full = inTheWay("");
        assertThat(keeper.allow(Set.of("B")).join().done()).isFalse();
        outOfTheWay(full);
        pass(1_200);
        restart("boot-1");
        assertThat(keeper.grant("B", now, L, S)).isFalse();
    }
}
