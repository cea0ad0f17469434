package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.cluster.GuardControl.LeaseSettings;
import org.mainstay.cluster.SafetyControl;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.state.RightToRun.Right;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.internal.guard.BootTime;

class SafetyFeedTest {
    private final List<Runnable> scheduled = new CopyOnWriteArrayList<>();
    private volatile long delayMillis;
    private final ScheduledExecutorService timer = new ScheduledThreadPoolExecutor(1) {
        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            scheduled.add(command);
            delayMillis = unit.toMillis(delay);
            return super.schedule(command, delay, unit);
        }
    };
    private final FakeGuard guard = new FakeGuard(Map.of());
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final List<Safety> configured = new ArrayList<>();
    private final FakeSafety control = new FakeSafety();
    private final SafetyFeed feed = new SafetyFeed(guard, timer, events::add, configured::add);

    @AfterEach
    void close() {
        timer.shutdownNow();
    }

    private static Lcd members(String... names) {
        List<Member> members = new ArrayList<>();
        for (String name : names) {
            members.add(new Member(name, "10.0.0.1", 1500, ""));
        }
        return Lcd.empty("A", 1).with(LcdSection.MEMBERSHIP, Membership.KEY, new Membership(1, members));
    }

    @Test
    void theConfigurationGoesToTheCoreAndWithTheMembersToTheGuard() {
        feed.attach(control);
        control.tell(new SafetyControl.SafetyNews.Configured(FakeSafety.majority(), Set.of("B")));
        assertThat(configured).hasSize(1);
        assertThat(configured.get(0).quorum()).isEqualTo(Safety.Quorum.MAJORITY);
        assertThat(configured.get(0).witness()).isEqualTo(Safety.Witness.REMOTE_VERIFY);
        assertThat(configured.get(0).fenced()).containsExactly("B");
        assertThat(guard.leases()).as("the members are not known yet").isEmpty();

        feed.entered(members("A", "B"));
        feed.entered(members("A", "B"));
        feed.entered(members("A", "B", "C"));
        assertThat(guard.leases()).hasSize(2);
        LeaseSettings newest = guard.leases().get(1);
        assertThat(newest.mode()).isEqualTo(LeaseSettings.Mode.MAJORITY);
        assertThat(newest.members()).containsExactlyInAnyOrder("A", "B", "C");
        assertThat(newest.leaseMillis()).isEqualTo(6_000);
        assertThat(newest.lossStopMillis()).isEqualTo(11_000);
        assertThat(newest.watchdog()).isEqualTo("/dev/watchdog");
    }

    @Test
    @Timeout(60)
    void theGuardIsLeftWithTheNewestSettings() throws InterruptedException {
        feed.attach(control);
        control.tell(new SafetyControl.SafetyNews.Configured(FakeSafety.majority(), Set.of()));
        Thread later = new Thread(() -> feed.entered(members("A", "B", "C")), "test-later");
        guard.beforeLease(settings -> {
            if (!settings.members().contains("C")) {
                later.start();
                // Nothing announces that a thread waits for a lock.
                while (later.getState() != Thread.State.BLOCKED && later.isAlive()) {
                    Thread.onSpinWait();
                }
            }
        });
        feed.entered(members("A", "B"));
        later.join();
        assertThat(guard.leases()).hasSize(2);
        assertThat(guard.leases().get(1).members()).containsExactlyInAnyOrder("A", "B", "C");
    }

    private static GuardNews.Lease held(long until) {
        return new GuardNews.Lease(GuardNews.Right.HELD, until, 1, "granted by B");
    }

    /** The guard tells a new end only when it has moved on by a quarter of L. */
    @Test
    void theEndWaitsForTheGuardsNextWord() {
        feed.attach(control);
        control.tell(new SafetyControl.SafetyNews.Configured(FakeSafety.majority(), Set.of("B")));
        feed.entered(members("A", "B"));
        feed.lease(held(BootTime.millis() + 100_000));
        long lease = guard.leases().get(0).leaseMillis();
        assertThat(delayMillis).isBetween(100_000 + lease / 4 + 1_000, 100_000 + lease / 4 + 2_000);
    }

    /** A thread has taken the end already when the guard is back with a renewed lease. */
    @Test
    void anEndThatWasCancelledTooLateIsNone() {
        feed.lease(held(BootTime.millis() + 100_000));
        feed.guardAway();
        Runnable late = scheduled.get(scheduled.size() - 1);
        feed.lease(held(BootTime.millis() + 200_000));
        events.clear();
        late.run();
        assertThat(events).isEmpty();
        scheduled.get(scheduled.size() - 1).run();
        assertThat(events).as("the one that counts").isNotEmpty();
    }

    @Test
    void whatIsSeenAndFencedBecomesEvents() {
        feed.attach(control);
        control.tell(new SafetyControl.SafetyNews.PeerSighted("B", SafetyControl.Sight.SEEN, 700, "it answers ICMP"));
        control.tell(new SafetyControl.SafetyNews.CutOff(true, "no carrier"));
        control.tell(new SafetyControl.SafetyNews.FenceFinished("B", "fence-1", true, "off"));
        assertThat(events)
                .containsExactly(
                        new Event.PeerSighted("B", Fate.Sight.SEEN, 700, "it answers ICMP"),
                        new Event.CutOff(true, "no carrier"),
                        new Event.FenceFinished("B", "fence-1", true, "off"));
        feed.fence(new Effect.Fence("B", "fence-1", "why"));
        feed.giveUp(new Effect.GiveUpFencing("B", "fence-1"));
        assertThat(control.fenced()).containsExactly("B fence-1 why", "B fence-1 given up");
        assertThat(feed.problems()).containsExactly("a weak spot");
    }

    @Test
    void withoutSafetyControlFencingFailsInsteadOfHanging() {
        feed.attach(control);
        feed.detach(control);
        feed.fence(new Effect.Fence("B", "fence-1", "why"));
        assertThat(events.poll()).isEqualTo(new Event.SafetyAway());
        assertThat(events).singleElement().isInstanceOfSatisfying(Event.FenceFinished.class, event -> {
            assertThat(event.peer()).isEqualTo("B");
            assertThat(event.request()).isEqualTo("fence-1");
            assertThat(event.confirmed()).isFalse();
        });
        assertThat(control.fenced()).isEmpty();
        assertThat(feed.problems()).isEmpty();
    }

    @Test
    void whoeverTakesThePlaceOfASafetyControlStartsAnew() {
        feed.attach(control);
        FakeSafety next = new FakeSafety();
        feed.attach(next);
        assertThat(events).containsExactly(new Event.SafetyAway());
        feed.detach(control);
        assertThat(events).as("it was replaced before").hasSize(1);
        feed.detach(next);
        assertThat(events).hasSize(2);
    }

    @Test
    void theRightEndsAtItsTimeWhenTheGuardDoesNotAnswer() throws InterruptedException {
        long until = BootTime.millis() + 200;
        feed.lease(new GuardNews.Lease(GuardNews.Right.HELD, until, 5, ""));
        assertThat(events.take()).isEqualTo(new Event.RightChanged(Right.HELD, until, 5, ""));
        feed.guardAway();
        assertThat(events.take()).isEqualTo(new Event.GuardAway());
        Event lost = events.poll(20, TimeUnit.SECONDS);
        assertThat(lost)
                .isInstanceOfSatisfying(
                        Event.RightChanged.class,
                        change -> assertThat(change.right()).isEqualTo(Right.LOST));
        assertThat(BootTime.millis()).isGreaterThanOrEqualTo(until);
    }

    /** Its control socket is answered by another thread than the one that renews. */
    @Test
    void theRightEndsWhenTheGuardAnswersButSaysNothingOfItAnyMore() throws InterruptedException {
        long until = BootTime.millis() + 100;
        feed.lease(new GuardNews.Lease(GuardNews.Right.HELD, until, 5, ""));
        assertThat(events.take()).isEqualTo(new Event.RightChanged(Right.HELD, until, 5, ""));
        Event lost = events.poll(30, TimeUnit.SECONDS);
        assertThat(lost)
                .isInstanceOfSatisfying(
                        Event.RightChanged.class,
                        change -> assertThat(change.right()).isEqualTo(Right.LOST));
        assertThat(BootTime.millis()).as("its word may take a while to come").isGreaterThanOrEqualTo(until + 2_000);
    }

    @Test
    void aRightThatIsLostOrUnlimitedIsNotEndedOnceMore() throws InterruptedException {
        feed.lease(new GuardNews.Lease(GuardNews.Right.HELD, BootTime.millis() + 60_000, 5, ""));
        feed.lease(new GuardNews.Lease(GuardNews.Right.LOST, 0, 0, "no majority"));
        assertThat(timer.shutdownNow()).allMatch(task -> cancelled(task));
    }

    @Test
    void aGuardThatIsBackInTimeKeepsTheRight() throws InterruptedException {
        long until = BootTime.millis() + 60_000;
        feed.lease(new GuardNews.Lease(GuardNews.Right.HELD, until, 5, ""));
        feed.guardAway();
        feed.lease(new GuardNews.Lease(GuardNews.Right.HELD, until + 1_000, 5, ""));
        assertThat(events)
                .containsExactly(
                        new Event.RightChanged(Right.HELD, until, 5, ""),
                        new Event.GuardAway(),
                        new Event.RightChanged(Right.HELD, until + 1_000, 5, ""));
        assertThat(timer.shutdownNow())
                .as("only the end of the new one is left")
                .filteredOn(task -> !cancelled(task))
                .hasSize(1);
    }

    private static boolean cancelled(Runnable task) {
        return task instanceof java.util.concurrent.Future<?> future && future.isCancelled();
    }

    @Test
    void grantsAndQuarantineGoToTheGuard() {
        feed.withhold("B");
        feed.allow("C");
        feed.quarantine(new Effect.Quarantine(300_000));
        assertThat(guard.orders()).containsExactly("withhold [B]", "allow [C]", "quarantine 300000");
    }
}
