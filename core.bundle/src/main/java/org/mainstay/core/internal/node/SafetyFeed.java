package org.mainstay.core.internal.node;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.SafetyControl;
import org.mainstay.cluster.SafetyControl.SafetyNews;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.state.RightToRun.Right;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.internal.guard.BootTime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The safety rules' way out and in: configuration, safety check and fencing by {@link SafetyControl}, lease and grants by the
 * guard. While the guard does not answer, the right to run ends at the time it told last; so it does, a little later, where the guard
 * answers but says nothing of it any more (its heartbeat thread hangs). Thread-safe.
 */
final class SafetyFeed {
    private static final Logger LOG = LoggerFactory.getLogger(SafetyFeed.class);
    /** How long after the end of a right the guard's word that it is renewed or lost may take to come. */
    private static final long WORD_MILLIS = 2_000;
    /** A timer that is later than that did not run; nor did what reads the guard's words. */
    private static final long LATE_MILLIS = 500;

    private final GuardControl guard;
    private final ScheduledExecutorService timer;
    private final Consumer<Event> loop;
    private final Consumer<Safety> configured;

    private SafetyControl control;
    /** Keeps settings for the guard in order. Taken before the feed's own lock and by nothing that the guard calls. */
    private final Object telling = new Object();

    private Registration registration = () -> {};
    private QuorumSettings settings;
    private Lcd own;
    private GuardControl.LeaseSettings told;
    private GuardControl.GuardNews.Lease lease;
    private ScheduledFuture<?> end;
    /** Which end is waited for: one that a thread had taken already when it was cancelled is none. */
    private long endNumber;

    /** @param configured is told the settings whenever they change */
    SafetyFeed(GuardControl guard, ScheduledExecutorService timer, Consumer<Event> loop, Consumer<Safety> configured) {
        this.guard = guard;
        this.timer = timer;
        this.loop = loop;
        this.configured = configured;
    }

    // ---- what quorum.bundle finds out

    /** Uses a safety control from now on. */
    void attach(SafetyControl newest) {
        synchronized (this) {
            if (control != null) {
                loop.accept(new Event.SafetyAway());
            }
            control = newest;
        }
        Registration listening = newest.listen(this::news);
        Registration old;
        synchronized (this) {
            old = registration;
            registration = listening;
        }
        old.close();
    }

    /** The safety control goes: its settings stay, what it saw is not known any more. */
    synchronized void detach(SafetyControl gone) {
        if (control == gone) {
            control = null;
            registration.close();
            registration = () -> {};
            loop.accept(new Event.SafetyAway());
        }
    }

    private void news(SafetyNews news) {
        if (news instanceof SafetyNews.Configured now) {
            configure(now);
        } else if (news instanceof SafetyNews.PeerSighted sighted) {
            Fate.Sight sight = Fate.Sight.valueOf(sighted.sight().name());
            loop.accept(new Event.PeerSighted(sighted.peer(), sight, sighted.sinceMillis(), sighted.evidence()));
        } else if (news instanceof SafetyNews.CutOff cutOff) {
            loop.accept(new Event.CutOff(cutOff.cutOff(), cutOff.reason()));
        } else if (news instanceof SafetyNews.FenceFinished finished) {
            loop.accept(new Event.FenceFinished(
                    finished.peer(), finished.request(), finished.confirmed(), finished.evidence()));
        }
    }

    private void configure(SafetyNews.Configured now) {
        QuorumSettings q = now.settings();
        configured.accept(new Safety(
                Safety.Quorum.valueOf(q.quorum().name()),
                Safety.Witness.valueOf(q.witness().name()),
                q.leaseMillis(),
                q.lossStopMillis(),
                q.quarantineMillis(),
                new TreeSet<>(now.fenced()),
                q.safety().limitMillis(),
                q.safety().alertMillis()));
        synchronized (this) {
            settings = q;
        }
        tellGuard();
    }

    // ---- the guard

    /** Called on the loop's thread with each new state: the members belong to the lease. */
    void entered(Lcd newest) {
        boolean changed;
        synchronized (this) {
            changed = own == null || own.membership() != newest.membership();
            own = newest;
        }
        if (changed) {
            tellGuard();
        }
    }

    private void tellGuard() {
        synchronized (telling) {
            changedSettings()
                    .ifPresent(now -> guard.lease(now).thenAccept(result -> {
                        if (!result.done()) {
                            LOG.error(
                                    "settings of the right to run are refused by the guard or not recorded: {}",
                                    result.message());
                        }
                    }));
        }
    }

    /** Returns what the guard is to be told now, empty if it was told that before or it is not known yet. */
    private synchronized Optional<GuardControl.LeaseSettings> changedSettings() {
        if (settings == null || own == null) {
            return Optional.empty();
        }
        Set<String> members =
                own.membership().members().stream().map(Member::name).collect(Collectors.toSet());
        members.add(own.server());
        GuardControl.LeaseSettings now = new GuardControl.LeaseSettings(
                GuardControl.LeaseSettings.Mode.valueOf(settings.quorum().name()),
                own.server(),
                settings.leaseMillis(),
                settings.lossStopMillis(),
                members,
                settings.watchdogDevice(),
                settings.witnessParameters());
        if (now.equals(told)) {
            return Optional.empty();
        }
        told = now;
        return Optional.of(now);
    }

    /** The guard's word on the right to run. */
    void lease(GuardControl.GuardNews.Lease news) {
        Right right = Right.valueOf(news.right().name());
        synchronized (this) {
            lease = news;
            cancelEnd();
            if (right == Right.HELD) {
                // The guard tells a new end only when it has moved on by a quarter of L.
                long quarter = told == null ? 0 : told.leaseMillis() / 4;
                endAt(news.untilBootMillis() + quarter + WORD_MILLIS, true);
            }
            // In here, so that an end that comes due at this moment is told before this word or not at all.
            loop.accept(new Event.RightChanged(right, news.untilBootMillis(), news.sinceBootMillis(), news.reason()));
        }
    }

    /** The guard went away: what it renews nobody renews, and what it said of the others counts no more. */
    void guardAway() {
        loop.accept(new Event.GuardAway());
        synchronized (this) {
            if (lease != null && lease.right() == GuardControl.GuardNews.Right.HELD) {
                cancelEnd();
                endAt(lease.untilBootMillis(), false);
            }
        }
    }

    /** Lock held. @param answers whether the guard is there, so that a word of it may be on its way */
    private void endAt(long bootMillis, boolean answers) {
        long left = Math.max(0, bootMillis - BootTime.millis());
        long number = ++endNumber;
        end = timer.schedule(() -> ended(number, bootMillis, answers), left, TimeUnit.MILLISECONDS);
    }

    private void cancelEnd() {
        if (end != null) {
            end.cancel(false);
            end = null;
        }
    }

    private void ended(long number, long due, boolean answers) {
        String reason = answers
                ? "the guard of this server answers, but neither renews the right to run nor says that it is lost"
                : "the guard of this server does not answer, so nobody renews its right to run";
        synchronized (this) {
            if (end == null || number != endNumber) {
                // renewed while this was coming
                return;
            }
            end = null;
            long now = BootTime.millis();
            if (answers && now - due > LATE_MILLIS) {
                // This process stood still, and what the guard said meanwhile was not read yet.
                endAt(now + WORD_MILLIS, true);
                return;
            }
            loop.accept(new Event.RightChanged(Right.LOST, 0, 0, reason));
        }
        LOG.error("the right to run has ended: {}", reason);
    }

    // ---- effects

    void withhold(String peer) {
        guard.withhold(Set.of(peer)).thenAccept(result -> failed("withholding the right to run from " + peer, result));
    }

    void allow(String peer) {
        guard.allow(Set.of(peer)).thenAccept(result -> failed("granting the right to run to " + peer, result));
    }

    void quarantine(Effect.Quarantine quarantine) {
        guard.quarantine(quarantine.millis()).thenAccept(result -> failed("the quarantine", result));
    }

    private static void failed(String what, GuardControl.HandleResult result) {
        if (!result.done()) {
            LOG.warn("{}: the guard did not do it: {}", what, result.message());
        }
    }

    void fence(Effect.Fence fence) {
        SafetyControl present;
        synchronized (this) {
            present = control;
        }
        if (present == null) {
            loop.accept(new Event.FenceFinished(
                    fence.peer(), fence.request(), false, "quorum.bundle, which fences, is not running"));
        } else {
            present.fence(fence.peer(), fence.request(), fence.reason());
        }
    }

    void giveUp(Effect.GiveUpFencing fence) {
        SafetyControl present;
        synchronized (this) {
            present = control;
        }
        if (present != null) {
            present.giveUpFencing(fence.peer(), fence.request());
        }
    }

    /** Returns what an administrator should know of it. */
    List<String> problems() {
        SafetyControl present;
        synchronized (this) {
            present = control;
        }
        return present == null ? List.of() : present.state().problems();
    }
}
