package org.mainstay.core.bench;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.GuardControl.HandleResult;
import org.mainstay.core.internal.host.ActionTime;
import org.mainstay.core.internal.host.HostFactory;
import org.mainstay.core.internal.host.HostSettings;
import org.mainstay.kit.Host;
import org.slf4j.Logger;

/** The machine this runs on, as kits get it, for tests without a cluster and without a guard. Thread-safe. */
public final class BenchHosts implements AutoCloseable {
    private static final String NO_GUARD = "there is no guard on the workbench";

    private final HostFactory hosts;

    private BenchHosts(HostFactory hosts) {
        this.hosts = hosts;
    }

    /**
     * Opens the machine.
     *
     * @param home folder to work in
     * @param server name of the server that the machine plays
     * @param nativeDirectory folder of the built native helpers
     * @throws UnsupportedOperationException on a platform that has no {@code Host}
     */
    public static BenchHosts open(Path home, String server, Path nativeDirectory) {
        return new BenchHosts(HostFactory.create(new HostSettings(home, server, nativeDirectory), noGuard()));
    }

    /** Reservations are answered with a failure, and everything else is a mistake of the test. */
    private static GuardControl noGuard() {
        return (GuardControl) Proxy.newProxyInstance(
                BenchHosts.class.getClassLoader(), new Class<?>[] {GuardControl.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("reservation")) {
                        return CompletableFuture.completedFuture(new HandleResult(false, NO_GUARD));
                    }
                    throw new IllegalStateException(method.getName() + ": " + NO_GUARD);
                });
    }

    /**
     * Returns the machine for one action.
     *
     * @param tag tag of the resource
     * @param remaining how much time the action has left, never negative; asked all the time
     */
    public Host forAction(String tag, Supplier<Duration> remaining, Logger log) {
        return hosts.forAction(
                tag,
                new ActionTime() {
                    @Override
                    public Duration remaining() {
                        return remaining.get();
                    }

                    @Override
                    public boolean cancelled() {
                        return remaining.get().isZero();
                    }
                },
                log);
    }

    @Override
    public void close() {
        hosts.close();
    }
}
