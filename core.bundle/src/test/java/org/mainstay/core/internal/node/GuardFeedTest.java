package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.internal.event.Events;

/** What the guard is told of what is in service, and what it says of lost storage (design.md section 2, section 6). */
class GuardFeedTest {
    @TempDir
    Path directory;

    private final FakeGuard guard = new FakeGuard(new ConcurrentHashMap<>());
    private final List<Event> fed = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private Lcd lcd = Lcd.empty("A", 1);
    private Events events;
    private GuardFeed feed;

    @BeforeEach
    void start() {
        events = new Events("A", directory.resolve("events.jsonl"), java.time.Clock.systemUTC(), payload -> {});
        SafetyFeed safety = new SafetyFeed(guard, timer, fed::add, safetyNow -> {});
        feed = new GuardFeed(guard, safety, fed::add, events, () -> {});
        feed.start(lcd);
    }

    @AfterEach
    void stop() {
        feed.stop();
        timer.shutdownNow();
        events.close();
    }

    private void enter(UnaryOperator<Lcd> change) {
        lcd = change.apply(lcd).committed();
        feed.entered(CoreState.initial(lcd, Map.of()));
    }

    private static Instance instance(String tag, InstanceState state, boolean released, String... handles) {
        Instance instance = Instance.create(tag, "id-" + tag, "gen", "app").withState(state, "", 0);
        return instance.withOwnership(
                instance.ownership().withReleased(released).withKillHandles(List.of(handles)));
    }

    private void dependency(String parent, String child) {
        Dependency row = new Dependency(parent, child);
        enter(old -> old.with(LcdSection.DEPENDENCIES, row.key(), row));
    }

    @Test
    void theGuardLearnsHandlesAndHierarchyOfWhatMayRunHereAndOfNothingElse() {
        enter(old -> old.with(instance("vol", InstanceState.ISP, false, "MOUNT\t/data\t/dev/x"))
                .with(instance("pg", InstanceState.OSF, false, "CGROUP\t/c/pg"))
                .with(instance("idle", InstanceState.OSU, true, "CGROUP\t/c/idle")));
        dependency("pg", "vol");
        assertThat(guard.inService())
                .isEqualTo(Map.of(
                        "vol", List.of("MOUNT\t/data\t/dev/x", "HIERARCHY\tpg"),
                        "pg", List.of("CGROUP\t/c/pg", "HIERARCHY\tpg")));
    }

    @Test
    void whatHasNoHandlesIsToldTooBecauseTheGuardCannotEndIt() {
        enter(old -> old.with(instance("api", InstanceState.ISP, false)));
        assertThat(guard.inService()).isEqualTo(Map.of("api", List.of("HIERARCHY\tapi")));
    }

    @Test
    void whatWasTakenOutIsForgottenAndAHierarchyThatGrowsIsToldAnew() {
        enter(old -> old.with(instance("vol", InstanceState.ISP, false, "CGROUP\t/c/vol"))
                .with(instance("ip", InstanceState.ISP, false, "CGROUP\t/c/ip")));
        assertThat(guard.inService().get("vol")).contains("HIERARCHY\tvol");
        dependency("vol", "ip");
        assertThat(guard.inService().get("vol")).contains("HIERARCHY\tip");
        enter(old -> old.with(instance("ip", InstanceState.OSU, true, "CGROUP\t/c/ip")));
        assertThat(guard.inService()).containsOnlyKeys("vol");
    }

    @Test
    void aLongChainAndItsNeighbourAreTwoHierarchies() {
        enter(old -> {
            Lcd made = old.with(instance("other", InstanceState.ISP, false));
            for (int i = 0; i < 200; i++) {
                made = made.with(instance(link(i), InstanceState.ISP, false));
                if (i > 0) {
                    Dependency row = new Dependency(link(i), link(i - 1));
                    made = made.with(LcdSection.DEPENDENCIES, row.key(), row);
                }
            }
            return made;
        });
        assertThat(guard.inService()).hasSize(201);
        assertThat(guard.inService().get("other")).containsExactly("HIERARCHY\tother");
        assertThat(guard.inService().get(link(199))).containsExactly("HIERARCHY\t" + link(0));
        assertThat(guard.inService().get(link(100))).containsExactly("HIERARCHY\t" + link(0));
    }

    private static String link(int i) {
        return String.format("link%03d", i);
    }

    @Test
    void lostStorageIsLostOwnershipOfWhatUsesItAndNotAFailedCheck() {
        enter(old -> old.with(instance("vol", InstanceState.ISP, false, "MOUNT\t/data\t/dev/x\t/dev/area"))
                .with(instance("other", InstanceState.ISP, false, "MOUNT\t/other\t/dev/y\t/dev/another"))
                .with(instance("none", InstanceState.ISP, false, "CGROUP\t/c/none", "MOUNT\t/none\t/images/none"))
                .with(instance("app", InstanceState.ISP, false, "CGROUP\t/c/app")
                        .withProperties(Map.of("directory", "/dev/area"), "1")));
        guard.tell("lost", new GuardNews.ReservationLost("/dev/area", "B holds it"));
        assertThat(fed).containsExactly(new Event.StorageLost("vol", "its reservation /dev/area is lost: B holds it"));
    }
}
