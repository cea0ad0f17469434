package org.mainstay.core.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Maintenance;
import org.mainstay.kit.Action;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;

/** Quick and deep checks at their intervals (CORE-050 to CORE-054). */
@Timeout(60)
class MonitorsTest {
    private final Workers workers = new Workers(200, 2);
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(2, Threads.named("test-timer"));
    private final KitRegistry kits = new KitRegistry(Path.of("/nowhere"), KitDescriptor.Platform.LINUX);
    private final FakeKit kit =
            new FakeKit(KitDescriptor.builder("test", "fake", "1", "Fake").build());
    private final List<String> results = new CopyOnWriteArrayList<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private Monitors monitors;

    @BeforeEach
    void start() {
        kits.add(kit);
        ActionRunner runner = new ActionRunner(
                workers, kits, new FakeHosts(), new Tunables(Path.of("/nowhere")), new Handles(e -> {}));
        monitors = new Monitors(
                runner,
                timer,
                () -> 0.01,
                (instance, deep, outcome) ->
                        results.add(instance.tag() + (deep ? " deep " : " quick ") + outcome.succeeded()));
    }

    @AfterEach
    void stop() {
        release.countDown();
        monitors.close();
        workers.close();
        timer.shutdownNow();
    }

    private static Lcd lcd(Instance... instances) {
        Lcd lcd = Lcd.empty("A", 1);
        for (Instance instance : instances) {
            lcd = lcd.with(instance);
        }
        return lcd;
    }

    private static Instance instance(String tag, int quick, int deep) {
        return Instance.create(tag, tag, "test", "fake")
                .withState(InstanceState.ISP, "", 1)
                .withSettings(
                        InstanceSettings.DEFAULT.withQuickCheckSeconds(quick).withDeepCheckSeconds(deep));
    }

    private void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("results so far " + results).isNegative();
            Thread.onSpinWait();
        }
    }

    @Test
    void aCheckIsRepeatedAtItsInterval() {
        monitors.update(lcd(instance("vip", 1, 0)), Set.of("vip"));
        await(() -> results.size() >= 2);
        assertThat(results).containsOnly("vip quick true");
    }

    @Test
    void theQuickCheckIsLeftOutWhenTheDeepOneIsDue() {
        monitors.update(lcd(instance("vip", 1, 1)), Set.of("vip"));
        await(() -> results.size() >= 2);
        assertThat(results).doesNotContain("vip quick false").contains("vip deep true");
        assertThat(results.stream().filter("vip deep true"::equals).count())
                .isGreaterThanOrEqualTo(results.size() - 1L);
    }

    // covers ADM-156
    @Test
    void checksOfOneInstanceNeverOverlap() {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        kit.on(Action.QUICK_CHECK, context -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            context.pause(java.time.Duration.ofMillis(1500));
            running.decrementAndGet();
            return Outcome.success("slow");
        });
        monitors.update(lcd(instance("vip", 1, 0)), Set.of("vip"));
        await(() -> results.size() >= 2);
        assertThat(most).hasValue(1);
    }

    @Test
    void aResultDoesNotCountWhenTheInstanceChangedMeanwhile() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        kit.on(Action.QUICK_CHECK, context -> {
            begun.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                return Outcome.failed("interrupted");
            }
            return Outcome.failed("too late");
        });
        Instance before = instance("vip", 1, 0);
        monitors.update(lcd(before), Set.of("vip"));
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
        kit.normal(Action.QUICK_CHECK);
        monitors.update(lcd(before.withState(InstanceState.ISP, "again", 2)), Set.of("vip"));
        release.countDown();
        await(() -> !results.isEmpty());
        assertThat(results).doesNotContain("vip quick false");
    }

    @Test
    void whatIsNotWatchedIsNotChecked() {
        monitors.update(lcd(instance("vip", 1, 0), instance("web", 1, 0)), Set.of("web"));
        await(() -> results.size() >= 2);
        monitors.update(lcd(instance("vip", 1, 0), instance("web", 1, 0)), Set.of("vip"));
        await(() -> results.contains("vip quick true"));
        assertThat(results.get(0)).isEqualTo("web quick true");
    }

    // covers OPS-096
    @Test
    void maintenancePausesChecks() {
        Lcd lcd = lcd(instance("vip", 1, 0), instance("web", 1, 0))
                .with(LcdSection.MAINTENANCE, "tag:vip", new Maintenance("tag:vip", 0, "root"));
        monitors.update(lcd, Set.of("vip", "web"));
        await(() -> results.size() >= 2);
        assertThat(results).containsOnly("web quick true");
    }

    @Test
    void aMissingKitSaysNothingAboutTheResource() {
        kits.remove(kit);
        monitors.update(lcd(instance("vip", 1, 0)), Set.of("vip"));
        kits.add(new FakeKit(KitDescriptor.builder("test", "fake", "2", "Fake").build()));
        await(() -> !results.isEmpty());
        assertThat(results).containsOnly("vip quick true");
    }

    @Test
    void aThousandInstancesAreServedByOneTimer() {
        Instance[] many = new Instance[1000];
        Set<String> tags = new java.util.HashSet<>();
        for (int i = 0; i < many.length; i++) {
            many[i] = instance("r" + i, 1, 0);
            tags.add("r" + i);
        }
        monitors.update(lcd(many), tags);
        await(() -> new java.util.HashSet<>(results).size() == many.length);
    }
}
