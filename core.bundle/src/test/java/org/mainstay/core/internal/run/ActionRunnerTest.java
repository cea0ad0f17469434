package org.mainstay.core.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mainstay.kit.Action;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;

/** What the fault of a kit is, and what the fault of what it protects (I8). */
@Timeout(60)
class ActionRunnerTest {
    private static final KitDescriptor DESCRIPTOR =
            KitDescriptor.builder("test", "fake", "2", "Fake").build();

    private final Workers workers = new Workers(10, 2);
    private final KitRegistry kits = new KitRegistry(Path.of("/nowhere"), KitDescriptor.Platform.LINUX);
    private final ActionRunner runner =
            new ActionRunner(workers, kits, new FakeHosts(), new Tunables(Path.of("/nowhere")), new Handles(e -> {}));
    private final List<String> news = new CopyOnWriteArrayList<>();

    /** A kit that cannot read what version 1 wrote. */
    private static final class Forgetful extends FakeKit {
        Forgetful() {
            super(DESCRIPTOR);
        }

        @Override
        public Map<String, String> migrate(String fromVersion, Map<String, String> properties) {
            throw new IllegalStateException("unknown version");
        }
    }

    /** What a process without file handles finds out says nothing of the resource: it is told before the failure counts. */
    @Test
    void beforeAFailureCountsTheFileHandlesAreLookedAt() throws Exception {
        List<String> ends = new CopyOnWriteArrayList<>();
        boolean[] left = {true};
        Handles handles = new Handles(
                () -> {
                    if (!left[0]) {
                        throw new IOException("Too many open files");
                    }
                    return () -> {};
                },
                () -> {},
                e -> ends.add(e.getMessage()));
        ActionRunner asking =
                new ActionRunner(workers, kits, new FakeHosts(), new Tunables(Path.of("/nowhere")), handles);
        kits.add(new FakeKit(DESCRIPTOR)
                .on(Action.QUICK_CHECK, context -> Outcome.failed("cannot start the check: Too many open files"))
                .on(Action.DEEP_CHECK, context -> {
                    throw new IllegalStateException("a defect");
                }));
        asking.check(order(Action.QUICK_CHECK, "2")).toCompletableFuture().get(20, TimeUnit.SECONDS);
        assertThat(ends).as("there are some").isEmpty();
        left[0] = false;
        asking.check(order(Action.QUICK_CHECK, "2")).toCompletableFuture().get(20, TimeUnit.SECONDS);
        asking.check(order(Action.DEEP_CHECK, "2")).toCompletableFuture().get(20, TimeUnit.SECONDS);
        assertThat(ends).containsExactly("Too many open files", "Too many open files");
        asking.run(order(Action.RECOVER, "2"), message -> {})
                .result()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        assertThat(ends).as("what succeeds is not doubted").hasSize(2);
        asking.run(order(Action.REMOVE, "2"), message -> {})
                .result()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        assertThat(ends).as("but that nothing is left is").hasSize(3);
    }

    @BeforeEach
    void listen() {
        kits.listen(told -> news.add(told.text()));
    }

    @AfterEach
    void close() {
        workers.close();
    }

    private static ActionOrder order(Action action, String kitVersion) {
        ResourceInfo resource = new ResourceInfo("A", "vip", "vip", "test", "fake", Map.of(), true);
        return new ActionOrder(
                action, "", List.of(), resource, kitVersion, List.of(), List.of(), List.of(), "test", false, false);
    }

    private Ended<Outcome> check(String kitVersion) throws Exception {
        return runner.check(order(Action.QUICK_CHECK, kitVersion))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    @Test
    void aKitThatCannotReadOldPropertiesSaysNothingAboutTheResource() throws Exception {
        kits.add(new Forgetful());
        Ended<Outcome> ended = check("1");
        assertThat(ended.how()).isEqualTo(Ended.How.NOT_RUN);
        assertThat(ended.message()).contains("cannot read the properties that its version 1 wrote", "unknown version");
        assertThat(check("2").how()).as("its own properties").isEqualTo(Ended.How.ANSWERED);
        Ended<Outcome> restore = runner.run(order(Action.RESTORE, "1"), message -> {})
                .result()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        assertThat(restore.how()).isEqualTo(Ended.How.NOT_RUN);
    }

    @Test
    void nothingIsOutOfServiceWhileACommandOfItHangsInTheKernel() throws Exception {
        FakeHosts hosts = new FakeHosts();
        ActionRunner asking =
                new ActionRunner(workers, kits, hosts, new Tunables(Path.of("/nowhere")), new Handles(e -> {}));
        FakeKit kit = new FakeKit(DESCRIPTOR);
        kits.add(kit);
        hosts.survivors = Optional.of("12 (mount)");
        Ended<Outcome> removed = asking.run(order(Action.REMOVE, "2"), message -> {})
                .result()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        assertThat(removed.value().succeeded()).isFalse();
        assertThat(removed.value().message()).contains("12 (mount)", "hangs in the kernel");
        Ended<Probe> probed =
                asking.probe(order(Action.PROBE, "2")).toCompletableFuture().get(20, TimeUnit.SECONDS);
        assertThat(probed.value().state()).isEqualTo(Probe.State.UNKNOWN);
        assertThat(probed.value().message()).contains("12 (mount)", "it does not run");
        hosts.survivors = Optional.empty();
        assertThat(asking.probe(order(Action.PROBE, "2"))
                        .toCompletableFuture()
                        .get(20, TimeUnit.SECONDS)
                        .value()
                        .state())
                .isEqualTo(Probe.State.STOPPED);
    }

    @Test
    void whatACheckOrProbeLeavesHangingIsNotCounted() throws Exception {
        FakeHosts hosts = new FakeHosts();
        ActionRunner asking =
                new ActionRunner(workers, kits, hosts, new Tunables(Path.of("/nowhere")), new Handles(e -> {}));
        kits.add(new FakeKit(DESCRIPTOR));
        for (Action action : List.of(Action.RESTORE, Action.REMOVE, Action.RECOVER)) {
            asking.run(order(action, "2"), message -> {})
                    .result()
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS);
            assertThat(hosts.looks).as(action.name()).hasValue(0);
        }
        asking.check(order(Action.QUICK_CHECK, "2")).toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(hosts.looks).as("check").hasValue(1);
        asking.probe(order(Action.PROBE, "2")).toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(hosts.looks).as("probe").hasValue(2);
    }

    @Test
    void aKitThatIsGoneIsNotAskedAnyMore() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        FakeKit kit = new FakeKit(DESCRIPTOR).on(Action.REMOVE, context -> {
            begun.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return Outcome.success("removed");
        });
        kits.add(kit);
        var first = runner.run(order(Action.REMOVE, ""), message -> {}).result();
        var second = runner.run(order(Action.RESTORE, ""), message -> {}).result();
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        kits.remove(kit);
        release.countDown();
        assertThat(first.toCompletableFuture().get(20, TimeUnit.SECONDS).answered())
                .isTrue();
        Ended<Outcome> ended = second.toCompletableFuture().get(20, TimeUnit.SECONDS);
        assertThat(ended.how()).as("so that it is repeated").isEqualTo(Ended.How.CANCELLED);
        assertThat(ended.message()).contains("uninstalled or is being upgraded");
        assertThat(kit.calls()).containsExactly("remove vip");
    }

    @Test
    void aDefectIsToldOnceForEachVersion() throws Exception {
        kits.add(new Forgetful());
        check("1");
        check("1");
        assertThat(news.stream().filter(text -> text.contains("did not take place")))
                .hasSize(1);
    }

    @Test
    void codeThatDoesNotLinkHasNotLooked() throws Exception {
        kits.add(new FakeKit(DESCRIPTOR).on(Action.QUICK_CHECK, context -> {
            throw new NoClassDefFoundError("gone/Gone");
        }));
        Ended<Outcome> ended = check("2");
        assertThat(ended.how()).isEqualTo(Ended.How.NOT_RUN);
        assertThat(ended.message()).contains("does not fit together", "gone/Gone");
    }

    @Test
    void anExceptionOfACheckIsAFailedCheck() throws Exception {
        kits.add(new FakeKit(DESCRIPTOR).on(Action.QUICK_CHECK, context -> {
            throw new IllegalStateException("no answer");
        }));
        assertThat(check("2").how()).isEqualTo(Ended.How.THREW);
    }
}
