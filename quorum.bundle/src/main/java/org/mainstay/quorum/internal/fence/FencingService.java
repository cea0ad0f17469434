package org.mainstay.quorum.internal.fence;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Fencing;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.SafetyControl.SafetyNews.FenceFinished;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fencing of all servers: configuration, use, tests, acknowledgements. Thread-safe; the methods of the interface never block. */
public final class FencingService implements Fencing, AutoCloseable {
    public static final int BEGUN = 20210;
    public static final int CONFIRMED = 20211;
    public static final int FAILED = 20212;
    public static final int ACKNOWLEDGED = 20213;
    public static final int REFUSED = 20214;

    private static final Logger LOG = LoggerFactory.getLogger(FencingService.class);

    private final Outside outside;
    private final FencingPlan plan;
    private final Fencer fencer;
    private final Agents agents = new Agents();
    private final Acknowledgements acknowledgements;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final ExecutorService threads;
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();
    private final Set<String> givenUp = ConcurrentHashMap.newKeySet();
    private final Map<String, Object> turns = new ConcurrentHashMap<>();
    private final Map<String, String> faults = new ConcurrentHashMap<>();

    /** What the service works with. */
    public interface Outside {
        ClusterSnapshot snapshot();

        void event(int number, Level level, String text);

        /** Takes the answer of a fencing; on any thread. */
        void finished(FenceFinished answer);

        /** See {@link Surety}. */
        java.util.Optional<String> reset(String server);

        /** Returns whether a server said last that its watchdog is fed. */
        boolean fed(String server);

        /** Wall clock, for display. */
        long wallMillis();
    }

    /**
     * Makes the service; nothing is read before {@link #refresh}.
     *
     * @param file {@code etc/fencing}
     * @param folder {@code data/quorum}
     * @param millis monotonic clock
     */
    public FencingService(Path file, Path folder, Outside outside, LongSupplier millis) {
        this.outside = outside;
        this.plan = new FencingPlan(file, folder);
        this.acknowledgements = new Acknowledgements(folder.resolve("acknowledgements"));
        this.fencer = new Fencer(new Devices(agents, millis, closing), surety(outside), millis, closing);
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "mainstay-fencing");
            thread.setDaemon(true);
            return thread;
        });
    }

    private static Surety surety(Outside outside) {
        return new Surety() {
            @Override
            public java.util.Optional<String> reset(String server) {
                return outside.reset(server);
            }

            @Override
            public boolean fed(String server) {
                return outside.fed(server);
            }
        };
    }

    /** Reads the configuration again if it changed; called by one thread. @return whether it is different now */
    public boolean refresh() {
        boolean changed;
        synchronized (plan) {
            changed = plan.refresh();
            if (changed && !plan.refused().isEmpty()) {
                outside.event(REFUSED, Level.ERROR, "fencing: the configuration is not taken over: " + plan.refused());
            }
        }
        if (changed) {
            run(this::checkAgents);
        }
        return changed;
    }

    /** The agents themselves say which parameters they take; that may take a while. */
    private void checkAgents() {
        faults.clear();
        for (Device device : devices()) {
            if (device.kind() == Device.Kind.AGENT) {
                try {
                    agents.check(device);
                } catch (FencingProblem e) {
                    faults.put(device.name(), e.getMessage());
                    outside.event(REFUSED, Level.ERROR, "fencing: " + e.getMessage());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }

    private void run(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("fencing is closed", e);
        }
    }

    private List<Device> devices() {
        synchronized (plan) {
            return plan.devices();
        }
    }

    /** Returns the servers that are fenced without a person, this one left out. */
    public Set<String> covered() {
        synchronized (plan) {
            return plan.covered(outside.snapshot().self());
        }
    }

    /** Returns what an administrator should correct. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        synchronized (plan) {
            if (!plan.refused().isEmpty()) {
                problems.add(plan.refused() + "; the fencing configured before stays in effect");
            }
        }
        Set<String> servers = Set.copyOf(outside.snapshot().servers());
        for (Device device : devices()) {
            if (!servers.contains(device.server())) {
                problems.add("etc/fencing [" + device.name() + "] fences '" + device.server()
                        + "', which is no server of this cluster");
            }
        }
        faults.values().stream().sorted().forEach(problems::add);
        return problems;
    }

    /**
     * Fences a server; answered by {@link Outside#finished}, always, unless the service is closed.
     *
     * @param request names it; one that is under way is not begun again
     */
    public void fence(String server, String request, String reason) {
        if (!underWay.add(request)) {
            return;
        }
        outside.event(BEGUN, Level.WARNING, "fencing " + server + ": " + reason);
        run(() -> {
            // A server is not switched on by an earlier fencing while a later one switches it off.
            synchronized (turns.computeIfAbsent(server, key -> new Object())) {
                switchOn(server, fenced(server, request).by());
            }
        });
    }

    /** The reason of a fencing is gone: no agent is called for it any more. */
    public void giveUp(String request) {
        if (underWay.contains(request)) {
            givenUp.add(request);
        }
    }

    private Fencer.Fenced fenced(String server, String request) {
        Fencer.Fenced fenced;
        try {
            fenced = fencer.fence(server, levels(server), () -> !givenUp.contains(request));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fenced = new Fencer.Fenced(new Devices.Answer(false, "interrupted"), List.of());
        } catch (RuntimeException e) {
            LOG.error("INTERNAL ERROR: fencing {} failed", server, e);
            fenced = new Fencer.Fenced(new Devices.Answer(false, "internal error: " + e), List.of());
        } finally {
            underWay.remove(request);
            givenUp.remove(request);
        }
        Devices.Answer answer = fenced.answer();
        outside.event(
                answer.confirmed() ? CONFIRMED : FAILED,
                answer.confirmed() ? Level.WARNING : Level.ERROR,
                (answer.confirmed() ? server + " is fenced: " : server + " could not be fenced: ") + answer.message());
        outside.finished(new FenceFinished(server, request, answer.confirmed(), answer.message()));
        return fenced;
    }

    private void switchOn(String server, List<Device> devices) {
        try {
            fencer.switchOn(devices);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("INTERNAL ERROR: {} could not be switched on again", server, e);
        }
    }

    private SortedMap<Integer, List<Device>> levels(String server) {
        synchronized (plan) {
            return plan.levels(server);
        }
    }

    @Override
    public List<Fencing.LevelDevice> levels() {
        return devices().stream().map(this::level).toList();
    }

    private Fencing.LevelDevice level(Device device) {
        String fault = faults.get(device.name());
        Devices.Answer last = fencer.last(device.name()).orElse(null);
        String remark = last == null ? "not tested since the start" : last.message();
        String what = switch (device.kind()) {
            case AGENT -> device.agent();
            case WATCHDOG -> "the server's own watchdog";
            case MANUAL -> "an operator's acknowledgement";
        };
        if (device.kind() == Device.Kind.WATCHDOG && !outside.fed(device.server())) {
            fault = Fencer.unfed(device.server());
        }
        return new Fencing.LevelDevice(
                device.server(),
                device.level(),
                device.name(),
                device.kind().name().toLowerCase(java.util.Locale.ROOT),
                what,
                fault == null && (last == null || last.confirmed()),
                fault == null ? remark : fault);
    }

    @Override
    public CompletionStage<List<Test>> test(String server, Consumer<String> progress) {
        CompletableFuture<List<Test>> done = new CompletableFuture<>();
        List<Device> chosen = devices().stream()
                .filter(device -> server.isEmpty() || device.server().equals(server))
                .toList();
        run(() -> {
            List<Test> tests = new ArrayList<>();
            try {
                for (Device device : chosen) {
                    progress.accept("testing " + device.name() + " (" + device.server() + ", level " + device.level()
                            + ") ...");
                    Devices.Answer answer = fencer.test(device);
                    tests.add(new Test(
                            device.server(), device.level(), device.name(), answer.confirmed(), answer.message()));
                }
                done.complete(tests);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                done.completeExceptionally(e);
            } catch (RuntimeException e) {
                LOG.error("INTERNAL ERROR: a fencing test failed", e);
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    @Override
    public CompletionStage<Reply> acknowledge(String server, Caller caller, String remark) {
        Reply refusal = refusal(server, caller);
        if (refusal != null) {
            return CompletableFuture.completedFuture(refusal);
        }
        CompletableFuture<Reply> done = new CompletableFuture<>();
        run(() -> done.complete(record(server, caller, remark)));
        return done;
    }

    private Reply refusal(String server, Caller caller) {
        ClusterSnapshot snapshot = outside.snapshot();
        if (!caller.role().may(Caller.Role.ADMINISTRATOR)) {
            return Reply.failed(
                    ExitCode.SYSTEM_ERROR, "permission denied: only an administrator may acknowledge a fencing");
        }
        if (server.equals(snapshot.self())) {
            return Reply.failed(
                    ExitCode.INVALID_ARGUMENT,
                    server + " is this server: it runs, so it cannot be acknowledged as off");
        }
        ClusterSnapshot.Peer peer = snapshot.peers().get(server);
        if (peer == null) {
            return Reply.failed(
                    ExitCode.NOT_FOUND,
                    "there is no server '" + server + "'; the cluster has " + String.join(", ", snapshot.servers()));
        }
        if (peer.state() == PeerState.ALIVE) {
            return Reply.failed(
                    ExitCode.IN_USE,
                    "a comm path to " + server
                            + " is alive, so it is not off; stop it with 'lkstop' there or switch it off");
        }
        return null;
    }

    private Reply record(String server, Caller caller, String remark) {
        Acknowledgement word = new Acknowledgement(server, caller.user(), caller.from(), outside.wallMillis(), remark);
        try {
            acknowledgements.add(word);
        } catch (IOException e) {
            return Reply.failed(
                    ExitCode.SYSTEM_ERROR,
                    "the acknowledgement cannot be recorded and does not count: " + e.getMessage());
        }
        String evidence = "acknowledged by " + caller.user() + " from " + caller.from()
                + (remark.isBlank() ? "" : ": " + remark.strip());
        outside.event(ACKNOWLEDGED, Level.WARNING, server + " is off: " + evidence);
        outside.finished(new FenceFinished(server, "", true, evidence));
        return Reply.success(server + " counts as fenced; what it had in service may be taken over");
    }

    @Override
    public List<Acknowledgement> acknowledgements() {
        try {
            return acknowledgements.newest();
        } catch (IOException e) {
            LOG.warn("the acknowledgements cannot be read: {}", e.toString());
            return List.of();
        }
    }

    /** Ends what is under way; agents that run are killed. */
    @Override
    public void close() {
        closing.countDown();
        threads.shutdownNow();
    }
}
