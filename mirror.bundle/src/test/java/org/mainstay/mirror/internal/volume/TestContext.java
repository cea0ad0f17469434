package org.mainstay.mirror.internal.volume;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Host;
import org.mainstay.kit.ResourceInfo;

/** The context of an action on one volume. */
final class TestContext implements CreateContext {
    final List<String> progress = new ArrayList<>();
    final List<ResourceInfo> others = new ArrayList<>();
    final Host host;
    final Map<String, String> tunables = new HashMap<>();
    boolean takeover;
    int pausesLeft = 100;
    private final ResourceInfo resource;

    TestContext(Host host, String server, String id, Map<String, String> properties) {
        this.host = host;
        this.resource = new ResourceInfo(server, "data", id, "filesys", "volume", properties, false);
    }

    @Override
    public ResourceInfo resource() {
        return resource;
    }

    @Override
    public List<ResourceInfo> children() {
        return List.of();
    }

    @Override
    public Host host() {
        return host;
    }

    @Override
    public Duration remaining() {
        return Duration.ofSeconds(30);
    }

    @Override
    public boolean cancelled() {
        return pausesLeft <= 0;
    }

    @Override
    public boolean pause(Duration time) {
        return --pausesLeft > 0;
    }

    @Override
    public void progress(String message) {
        progress.add(message);
    }

    @Override
    public String reason() {
        return takeover ? "takeover of A" : "operator";
    }

    @Override
    public boolean takeover() {
        return takeover;
    }

    @Override
    public String tunable(String name, String fallback) {
        return tunables.getOrDefault(name, fallback);
    }

    @Override
    public List<ResourceInfo> resources() {
        return others;
    }

    @Override
    public List<String> extendedTo() {
        return List.of();
    }
}
