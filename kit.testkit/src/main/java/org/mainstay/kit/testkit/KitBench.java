package org.mainstay.kit.testkit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.mainstay.core.bench.BenchHosts;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Host;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.kit.ResourceInfo;
import org.slf4j.LoggerFactory;

/** A workbench for one kit: contexts over the real host for the resources a test puts on it. Close it to end its threads. */
public final class KitBench implements AutoCloseable {
    private static final String SERVER = "bench";

    private final RecoveryKit kit;
    private final BenchHosts hosts;
    private final Map<String, ResourceInfo> others = new LinkedHashMap<>();
    private final Map<String, String> tunables = new LinkedHashMap<>();
    private final List<String> progress = new CopyOnWriteArrayList<>();
    private Duration limit = Duration.ofSeconds(60);

    /**
     * @param home folder to work in
     * @param nativeDirectory folder of the built native helpers
     */
    public KitBench(RecoveryKit kit, Path home, Path nativeDirectory) {
        this.kit = kit;
        this.hosts = BenchHosts.open(home, SERVER, nativeDirectory);
    }

    /** Adds a resource of another kit that exists on the server. */
    public KitBench with(String tag, String type, Map<String, String> properties) {
        others.put(tag, new ResourceInfo(SERVER, tag, tag, "other", type, properties, true));
        return this;
    }

    /** Sets a tunable of etc/default/LifeKeeper. */
    public KitBench tunable(String name, String value) {
        tunables.put(name, value);
        return this;
    }

    /** Sets how long each further action may take. */
    public KitBench limit(Duration value) {
        limit = value;
        return this;
    }

    /** Returns what actions told the operator so far. */
    public List<String> progress() {
        return List.copyOf(progress);
    }

    /** Creates the resource and returns it, or fails with the kit's refusal. */
    public ResourceInfo create(String tag, Map<String, String> properties) {
        Creation creation = tryCreate(tag, properties);
        creation.refusal().ifPresent(refusal -> {
            throw new AssertionError("the kit refuses: " + refusal);
        });
        return resource(tag, creation.id(), creation.properties());
    }

    /** Asks the kit to create the resource. */
    public Creation tryCreate(String tag, Map<String, String> properties) {
        return kit.create(context(resource(tag, "", properties)));
    }

    private ResourceInfo resource(String tag, String id, Map<String, String> properties) {
        return new ResourceInfo(
                SERVER,
                tag,
                id,
                kit.descriptor().application(),
                kit.descriptor().type(),
                properties,
                false);
    }

    /** Returns the context of one action of the resource, with all others as its children. */
    public CreateContext context(ResourceInfo resource) {
        long end = System.nanoTime() + limit.toNanos();
        AtomicBoolean cancelled = new AtomicBoolean();
        Supplier<Duration> remaining = () -> Duration.ofNanos(Math.max(0, end - System.nanoTime()));
        Supplier<Duration> hostRemaining = () -> cancelled.get() ? Duration.ZERO : remaining.get();
        return new BenchContext(
                resource,
                remaining,
                cancelled,
                hosts.forAction(resource.tag(), hostRemaining, LoggerFactory.getLogger(kit.getClass())));
    }

    @Override
    public void close() {
        hosts.close();
    }

    private final class BenchContext implements CreateContext, Cancellable {
        private final ResourceInfo resource;
        private final Supplier<Duration> remaining;
        private final AtomicBoolean cancelled;
        private final Host host;

        BenchContext(ResourceInfo resource, Supplier<Duration> remaining, AtomicBoolean cancelled, Host host) {
            this.resource = resource;
            this.remaining = remaining;
            this.cancelled = cancelled;
            this.host = host;
        }

        @Override
        public List<ResourceInfo> resources() {
            return List.copyOf(others.values());
        }

        @Override
        public List<String> extendedTo() {
            return List.of();
        }

        @Override
        public ResourceInfo resource() {
            return resource;
        }

        @Override
        public List<ResourceInfo> children() {
            return List.copyOf(others.values());
        }

        @Override
        public Host host() {
            return host;
        }

        @Override
        public Duration remaining() {
            return remaining.get();
        }

        @Override
        public boolean cancelled() {
            return cancelled.get() || remaining.get().isZero();
        }

        @Override
        public void cancel() {
            cancelled.set(true);
        }

        @Override
        public boolean pause(Duration length) {
            long end = System.nanoTime() + length.toNanos();
            while (!cancelled() && System.nanoTime() < end) {
                LockSupport.parkNanos(Math.min(TimeUnit.MILLISECONDS.toNanos(10), end - System.nanoTime()));
            }
            return !cancelled();
        }

        @Override
        public void progress(String message) {
            progress.add(message);
        }

        @Override
        public String reason() {
            return "operator";
        }

        @Override
        public boolean takeover() {
            return false;
        }

        @Override
        public String tunable(String name, String fallback) {
            return Optional.ofNullable(tunables.get(name)).orElse(fallback);
        }
    }
}
