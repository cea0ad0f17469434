package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.mainstay.cluster.GuardControl;
import org.mainstay.kit.Host;
import org.slf4j.LoggerFactory;

/** An installation of its own in a temporary folder, with the native programs of this source tree. */
final class HostFixture implements AutoCloseable {
    static final Path MOUNT_INFO = Path.of("/proc/self/mountinfo");

    private final Path home;
    private final List<String> asked = new ArrayList<>();
    private final HostSettings settings;
    private final LinuxHostFactory factory;

    HostFixture(Path home) {
        this(home, NativePrograms.folder(), MOUNT_INFO);
    }

    HostFixture(Path home, Path programs, Path mountInfo) {
        this.home = home;
        this.settings = new HostSettings(home, "mnip-test", programs);
        this.factory = new LinuxHostFactory(
                settings,
                (GuardControl) Proxy.newProxyInstance(
                        GuardControl.class.getClassLoader(), new Class<?>[] {GuardControl.class}, this::guard),
                mountInfo);
    }

    static void needsRoot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    }

    LinuxHostFactory factory() {
        return factory;
    }

    Host host(String tag) {
        return host(tag, Duration.ofSeconds(60));
    }

    Host host(String tag, Duration limit) {
        return host(tag, ActionTime.of(limit));
    }

    Host host(String tag, ActionTime time) {
        return factory.forAction(tag, time, LoggerFactory.getLogger(HostFixture.class));
    }

    /** What the guard was asked, in order. */
    List<String> asked() {
        return asked;
    }

    /** Waits until the condition holds, at most forty seconds. */
    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time: " + what).isLessThan(end);
            new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS);
        }
    }

    /** Ends whatever a test left in its control groups and removes them. */
    @Override
    public void close() throws IOException, InterruptedException {
        factory.close();
        try {
            Path base =
                    Cgroups.find(MOUNT_INFO, settings.server(), home).of("x").getParent();
            Cgroups.kill(base, Duration.ofSeconds(10));
            Cgroups.removeEmpty(base);
        } catch (IOException e) {
            assertThat(e)
                    .as("a machine without control groups has none to clean up")
                    .hasMessageContaining("control group");
        }
    }

    static long number(Path file) {
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean hasText(Path file) {
        try {
            return Files.exists(file) && !Files.readString(file).isBlank();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the process runs; a zombie does not. */
    static boolean runs(long pid) {
        String stat = ProcFiles.text(Path.of("/proc", String.valueOf(pid), "stat"));
        return !stat.isEmpty() && !stat.substring(stat.lastIndexOf(')')).startsWith(") Z");
    }

    /** Stands for the guard: reservations are recorded and answered, anything else a host has no business with. */
    private Object guard(Object proxy, Method method, Object[] arguments) {
        if (!method.getName().equals("reservation")) {
            throw new UnsupportedOperationException("a host does not ask the guard for " + method.getName());
        }
        asked.add(arguments[0] + " " + arguments[1] + " " + arguments[2]);
        boolean force = (boolean) arguments[2];
        switch ((String) arguments[0]) {
            case "release":
                return CompletableFuture.failedFuture(new IllegalStateException("no link to the guard"));
            case "check":
                return new CompletableFuture<>();
            default:
                return CompletableFuture.completedFuture(new GuardControl.HandleResult(!force, "answer"));
        }
    }
}
