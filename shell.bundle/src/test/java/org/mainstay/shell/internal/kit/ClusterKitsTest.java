package org.mainstay.shell.internal.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.karaf.features.Feature;
import org.apache.karaf.features.FeaturesService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.kit.KitManager.Change;
import org.mainstay.shell.internal.kit.KitManager.Order;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.testing.FakeNetwork;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** Servers ask each other about kits; each changes its own, and refusals keep their exit codes on the way. */
class ClusterKitsTest {
    private final FakeNetwork network = new FakeNetwork();
    private final List<String> calls = new ArrayList<>();
    private ClusterKits a;
    private ClusterKits b;

    @BeforeEach
    void open() {
        a = server("A");
        b = server("B");
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
        network.close();
    }

    private ClusterKits server(String name) {
        ClusterSnapshot seen = Fixtures.named("two servers");
        ClusterSnapshot own = new ClusterSnapshot(
                1, name, seen.phase(), seen.own(), Map.of(), Map.of(), Map.of(), Map.of(), List.of());
        return new ClusterKits(
                proxy(BundleContext.class, name),
                proxy(FeaturesService.class, name),
                new FakePlatform(own),
                network.of(name));
    }

    /** A Karaf without kits and features that remembers what it was asked. */
    private <T> T proxy(Class<T> type, String server) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    synchronized (calls) {
                        calls.add(server + " " + method.getName());
                    }
                    return switch (method.getName()) {
                        case "getBundles" -> new Bundle[0];
                        case "listInstalledFeatures", "listFeatures" -> new Feature[0];
                        case "getFeature" -> null;
                        default -> throw new UnsupportedOperationException(method.getName());
                    };
                }));
    }

    private static Order named(Change change, String name) {
        return new Order(change, name, new byte[0], false);
    }

    private static CommandException refusal(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(CommandException.class, call);
    }

    @Test
    void eachServerIsAskedForItsOwn() throws Exception {
        assertThat(a.list("B")).isEmpty();
        assertThat(calls).isNotEmpty().allMatch(call -> call.startsWith("B "));
        assertThat(a.list("A")).isEmpty();
        assertThat(calls).anyMatch(call -> call.startsWith("A "));
    }

    @Test
    void aRefusalComesBackWithItsCodeAndTheServersName() {
        CommandException refused = refusal(() -> a.apply("B", named(Change.INSTALL, "nosuch")));
        assertThat(refused.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(refused).hasMessageStartingWith("B: there is no kit 'nosuch' in the distribution");
        assertThat(refusal(() -> a.apply("A", named(Change.INSTALL, "nosuch"))).exitCode())
                .isEqualTo(ExitCode.NOT_FOUND);
        byte[] text = "no jar".getBytes(StandardCharsets.UTF_8);
        CommandException noJar = refusal(() -> a.apply("B", new Order(Change.INSTALL, "", text, false)));
        assertThat(noJar.exitCode()).isEqualTo(ExitCode.INVALID_ARGUMENT);
    }

    @Test
    void whatIsNotThereNeedsNoRemoval() throws Exception {
        assertThat(a.apply("B", named(Change.REMOVE, "mainstay-kit-ip"))).isEqualTo("kit ip is not installed");
    }

    @Test
    void aDefectBehindTheServiceIsAnInternalErrorHereAndNoAnswerThere() {
        CommandException mine = refusal(() -> a.apply("A", named(null, "ip")));
        assertThat(mine.exitCode()).isEqualTo(ExitCode.INTERNAL_ERROR);
    }

    @Test
    void withoutAConnectionTheCodeSaysSo() {
        network.cut();
        CommandException refused = refusal(() -> a.list("B"));
        assertThat(refused.exitCode()).isEqualTo(ExitCode.NO_COMMUNICATION);
        assertThat(refused).hasMessage("no communication with B about its kits: no session");
    }

    @Test
    void nonsenseIsRefused() {
        for (byte[] payload : List.of(new byte[0], new byte[] {127, 0, 0, 0}, new byte[] {0, 0, 0, 2, '{', 'x'})) {
            var answer = network.of("A")
                    .request("B", "kits", payload, Duration.ofSeconds(10))
                    .toCompletableFuture();
            Throwable refused = catchThrowableOfType(ExecutionException.class, answer::get);
            assertThat(refused).hasCauseInstanceOf(org.mainstay.cluster.Messenger.RemoteException.class);
        }
    }
}
