package org.mainstay.core.internal.node;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.Registration;
import org.mainstay.kit.KillHandle;

/** A guard whose heartbeats a test decides; it outlives the manager and ends resources by their handles. */
final class FakeGuard implements GuardControl {
    private final Map<String, Boolean> machine;
    private final List<Consumer<GuardNews>> listeners = new CopyOnWriteArrayList<>();
    private final Map<String, GuardNews> present = new TreeMap<>();
    private final List<LeaseSettings> leases = new CopyOnWriteArrayList<>();
    private final List<String> orders = new CopyOnWriteArrayList<>();
    private final List<String> killed = new CopyOnWriteArrayList<>();
    private final List<Boolean> openings = new CopyOnWriteArrayList<>();
    private volatile Map<String, List<String>> inService = Map.of();
    private volatile ManagerReport report;
    private volatile boolean killsNothing;
    private volatile Consumer<LeaseSettings> beforeLease = settings -> {};

    /** @param machine what runs on the machine, by tag */
    FakeGuard(Map<String, Boolean> machine) {
        this.machine = machine;
        present.put("link", new GuardNews.Link(true));
    }

    /** Tells news once: what is the same as before is not repeated. */
    synchronized void tell(String key, GuardNews news) {
        if (!news.equals(present.put(key, news))) {
            listeners.forEach(listener -> listener.accept(news));
        }
    }

    /** Forgets paths that are no longer served, so that one made anew is news again. */
    synchronized void servesOnly(Set<String> pathIds) {
        present.keySet().removeIf(key -> key.startsWith("path ") && !pathIds.contains(key.substring("path ".length())));
    }

    ManagerReport report() {
        return report;
    }

    Map<String, List<String>> inService() {
        return inService;
    }

    /** From now on kill handles do not help. */
    void killsNothing() {
        killsNothing = true;
    }

    List<String> killed() {
        return killed;
    }

    @Override
    public void paths(List<HeartbeatPath> paths) {
        // the harness decides which paths there are
    }

    @Override
    public synchronized Registration listen(Consumer<GuardNews> listener) {
        listeners.add(listener);
        present.values().forEach(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public CompletionStage<List<HandleResult>> kill(List<String> handles) {
        List<HandleResult> results = new ArrayList<>();
        for (String text : handles) {
            killed.add(text);
            if (killsNothing) {
                results.add(new HandleResult(false, "does not end"));
                continue;
            }
            KillHandle handle = KillHandle.parse(text);
            if (handle.kind() == KillHandle.Kind.CGROUP) {
                String path = handle.arguments().get(0);
                machine.remove(path.substring(path.lastIndexOf('/') + 1));
            }
            results.add(new HandleResult(true, "ended"));
        }
        return CompletableFuture.completedFuture(results);
    }

    @Override
    public void inService(Map<String, List<String>> handlesByTag) {
        inService = new HashMap<>(handlesByTag);
    }

    @Override
    public CompletionStage<HandleResult> reservation(String verb, String area, boolean force) {
        return CompletableFuture.completedFuture(new HandleResult(false, "no reservations in this test"));
    }

    @Override
    public void report(ManagerReport newest) {
        report = newest;
    }

    @Override
    public void opening(boolean underWay) {
        openings.add(underWay);
    }

    /** Returns what was said of the database, in order. */
    List<Boolean> openings() {
        return openings;
    }

    @Override
    public CompletionStage<HandleResult> stopping(boolean guardToo) {
        return CompletableFuture.completedFuture(new HandleResult(true, "recorded"));
    }

    /** Runs in the call, before it takes effect. */
    void beforeLease(Consumer<LeaseSettings> what) {
        beforeLease = what;
    }

    List<LeaseSettings> leases() {
        return leases;
    }

    /** Returns what was asked about grants, in order. */
    List<String> orders() {
        return orders;
    }

    @Override
    public CompletionStage<HandleResult> lease(LeaseSettings settings) {
        beforeLease.accept(settings);
        leases.add(settings);
        return done();
    }

    @Override
    public CompletionStage<HandleResult> withhold(Set<String> peers) {
        orders.add("withhold " + peers);
        return done();
    }

    @Override
    public CompletionStage<HandleResult> allow(Set<String> peers) {
        orders.add("allow " + peers);
        return done();
    }

    @Override
    public CompletionStage<HandleResult> quarantine(long millis) {
        orders.add("quarantine " + millis);
        return done();
    }

    private static CompletionStage<HandleResult> done() {
        return CompletableFuture.completedFuture(new HandleResult(true, "recorded"));
    }
}
