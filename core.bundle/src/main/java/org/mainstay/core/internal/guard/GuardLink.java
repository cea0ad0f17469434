package org.mainstay.core.internal.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.Registration;
import org.mainstay.core.internal.run.Threads;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Link to the guard: connects, connects again, starts a guard that died, and repeats to every new guard what it has to know.
 * The guard keeps all of that on disk itself; the repetition only covers changes made while it was away.
 */
@Component(service = GuardControl.class, immediate = true)
public final class GuardLink implements GuardControl {
    private static final Logger LOG = LoggerFactory.getLogger(GuardLink.class);
    private static final int SHORT_LIMIT_SECONDS = 8;
    private static final int RESERVATION_LIMIT_SECONDS = 60;
    private static final int KILL_LIMIT_SECONDS = 180;
    private static final long RETRY_MILLIS = 50;

    private final Path home;
    private final GuardStarter starter;
    private final GuardRequests requests = new GuardRequests();
    private final ScheduledExecutorService news;
    private final ScheduledExecutorService timer;
    private final NewsBoard board;
    private final Thread connector;

    // guarded by this
    private GuardConnection connection;
    private List<HeartbeatPath> paths;
    private Map<String, List<String>> inService;
    private LeaseSettings lease;
    private ManagerReport report;
    private long reportedAt;
    private long commitAge;
    private OptionalLong openingSince = OptionalLong.empty();
    private final GuardWatch watch = new GuardWatch(System.nanoTime());
    private long heardAt = System.nanoTime();
    private long startedAt = System.nanoTime() - TimeUnit.SECONDS.toNanos(60);
    private boolean guardMayEnd;
    private boolean closed;

    /** Links to the guard of the installation in the working directory. */
    @Activate
    public GuardLink() {
        this(Path.of(""));
    }

    /** @param home the installation folder, relative or absolute */
    GuardLink(Path home) {
        this.home = home;
        this.starter = new GuardStarter(home);
        this.news = Executors.newSingleThreadScheduledExecutor(work -> daemon(work, "mainstay-guard-news"));
        this.timer = Executors.newSingleThreadScheduledExecutor(work -> daemon(work, "mainstay-guard-timer"));
        this.board = new NewsBoard(news);
        this.connector = daemon(this::stayConnected, "mainstay-guard-link");
        connector.start();
        timer.scheduleWithFixedDelay(Threads.kept("the watch of the guard", this::everySecond), 1, 1, TimeUnit.SECONDS);
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    @Deactivate
    void close() {
        synchronized (this) {
            closed = true;
            if (connection != null) {
                connection.close();
            }
            notifyAll();
        }
        timer.shutdownNow();
        requests.close();
        news.shutdown();
    }

    @Override
    public synchronized void paths(List<HeartbeatPath> wanted) {
        paths = List.copyOf(wanted);
        board.keepPaths(paths.stream().map(HeartbeatPath::id).collect(Collectors.toSet()));
        sendPaths();
    }

    @Override
    public Registration listen(Consumer<GuardNews> listener) {
        return board.listen(listener);
    }

    @Override
    public CompletionStage<List<HandleResult>> kill(List<String> handles) {
        List<String> wanted = List.copyOf(handles);
        List<Object> words = new ArrayList<>(List.of("kill"));
        words.addAll(wanted);
        return ask(Words.line(words.toArray()), List.of(), KILL_LIMIT_SECONDS).thenApply(answer -> {
            List<HandleResult> results = new ArrayList<>(answer.items());
            while (results.size() < wanted.size()) {
                results.add(new HandleResult(false, answer.result().message()));
            }
            return results;
        });
    }

    @Override
    public synchronized void inService(Map<String, List<String>> handlesByTag) {
        inService = new TreeMap<>(handlesByTag);
        sendInService();
    }

    @Override
    public CompletionStage<HandleResult> reservation(String verb, String area, boolean force) {
        int limit = verb.equals("claim") || verb.equals("initialise") ? RESERVATION_LIMIT_SECONDS : SHORT_LIMIT_SECONDS;
        return ask(Words.line("reservation", verb, area, force ? "force" : ""), List.of(), limit)
                .thenApply(GuardRequests.Answer::result);
    }

    @Override
    public CompletionStage<HandleResult> disk(String verb, String device, String path) {
        return result(Words.line("disk", verb, device, path), RESERVATION_LIMIT_SECONDS, null);
    }

    @Override
    public void report(ManagerReport newest) {
        synchronized (this) {
            boolean changed = !newest.equals(report);
            report = newest;
            reportedAt = System.nanoTime();
            if (changed) {
                sendReport();
            }
        }
    }

    @Override
    public synchronized void committing(long ageMillis) {
        boolean over = ageMillis == 0 && commitAge > 0;
        commitAge = ageMillis;
        if (over) {
            sendReport();
        }
    }

    @Override
    public synchronized void opening(boolean underWay) {
        openingSince = underWay ? OptionalLong.of(System.nanoTime()) : OptionalLong.empty();
    }

    private String ping() {
        return report != null || openingSince.isEmpty()
                ? "0 ping"
                : "0 ping opening " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - openingSince.getAsLong());
    }

    @Override
    public CompletionStage<HandleResult> stopping(boolean guardToo) {
        return ask(Words.line("stopping", guardToo ? "everything" : "manager"), List.of(), SHORT_LIMIT_SECONDS)
                .thenApply(answer -> {
                    synchronized (this) {
                        guardMayEnd = guardToo && answer.result().done();
                    }
                    return answer.result();
                });
    }

    @Override
    public CompletionStage<HandleResult> lease(LeaseSettings settings) {
        synchronized (this) {
            lease = settings;
            board.keepPeers(settings.members());
        }
        return result(LeaseRequests.settings(settings), SHORT_LIMIT_SECONDS, null);
    }

    @Override
    public CompletionStage<HandleResult> withhold(Set<String> peers) {
        // Its items say when the grants lapse; the news say the same.
        return result(LeaseRequests.peers("withhold", peers), SHORT_LIMIT_SECONDS, words -> {});
    }

    @Override
    public CompletionStage<HandleResult> allow(Set<String> peers) {
        return result(LeaseRequests.peers("allow", peers), SHORT_LIMIT_SECONDS, null);
    }

    @Override
    public CompletionStage<HandleResult> quarantine(long millis) {
        return result(Words.line("quarantine", millis), SHORT_LIMIT_SECONDS, null);
    }

    @Override
    public CompletionStage<HandleResult> witnessSetup(boolean initialise, Consumer<String> progress) {
        return result(
                Words.line("witness", initialise ? "init" : "exit"),
                GuardRequests.FOR_EVER,
                words -> news.execute(() -> progress.accept(words.get(words.size() - 1))));
    }

    private CompletionStage<HandleResult> result(String line, int limitSeconds, Consumer<List<String>> items) {
        return ask(line, List.of(), limitSeconds, items).thenApply(GuardRequests.Answer::result);
    }

    private java.util.concurrent.CompletableFuture<GuardRequests.Answer> ask(
            String line, List<String> more, int limitSeconds) {
        return ask(line, more, limitSeconds, null);
    }

    private synchronized java.util.concurrent.CompletableFuture<GuardRequests.Answer> ask(
            String line, List<String> more, int limitSeconds, Consumer<List<String>> items) {
        java.util.concurrent.CompletableFuture<GuardRequests.Answer> future =
                requests.add(line, more, limitSeconds, items);
        if (connection != null) {
            connection.send(requests.newest());
        }
        return future;
    }

    private void sendPaths() {
        if (connection == null || paths == null) {
            return;
        }
        List<String> lines = new ArrayList<>();
        for (HeartbeatPath path : paths) {
            if (path.disk()) {
                lines.add(Words.line(
                        "disk",
                        path.id(),
                        path.peer(),
                        path.local(),
                        path.localPort(),
                        path.intervalMillis(),
                        path.misses(),
                        path.key()));
                continue;
            }
            lines.add(Words.line(
                    "path",
                    path.id(),
                    path.peer(),
                    path.local(),
                    path.localPort(),
                    path.remote(),
                    path.remotePort(),
                    path.intervalMillis(),
                    path.misses(),
                    path.key()));
        }
        lines.add(0, "0 " + Words.line("paths", lines.size()));
        connection.send(lines);
    }

    private void sendInService() {
        if (connection == null || inService == null) {
            return;
        }
        List<String> lines = new ArrayList<>(List.of("0 " + Words.line("inservice", inService.size())));
        inService.forEach((tag, handles) -> {
            List<Object> words = new ArrayList<>(List.of("handles", tag));
            words.addAll(handles);
            lines.add(Words.line(words.toArray()));
        });
        connection.send(lines);
    }

    private void sendReport() {
        if (connection == null || report == null) {
            return;
        }
        long loopAge = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - reportedAt);
        connection.send(List.of("0 "
                + Words.line(
                        "report",
                        report.server(),
                        report.lcdIncarnation(),
                        report.lcdVersion(),
                        loopAge,
                        Math.max(commitAge, report.commitAgeMillis()),
                        Long.toHexString(report.membershipDigest()),
                        Long.toHexString(report.epochsDigest()))));
    }

    private void everySecond() {
        GuardWatch.Verdict verdict = GuardWatch.Verdict.FINE;
        synchronized (this) {
            if (connection == null) {
                watch.none(System.nanoTime());
            } else {
                verdict = watch.look(System.nanoTime(), heardAt);
                if (report == null || verdict == GuardWatch.Verdict.ASK) {
                    connection.send(List.of(ping()));
                }
            }
            sendReport();
        }
        if (verdict == GuardWatch.Verdict.HANGS) {
            LOG.error(
                    "the guard has said nothing for 10 s and does not answer when it is asked: it is ended and started"
                            + " again");
            starter.running().ifPresent(ProcessHandle::destroyForcibly);
            disconnect();
        }
    }

    private synchronized void disconnect() {
        if (connection != null) {
            connection.close();
        }
    }

    private void stayConnected() {
        while (!isClosed()) {
            try (GuardConnection fresh = new GuardConnection(home.resolve("data/run/guard.sock"))) {
                begin(fresh);
                fresh.readAll(this::received);
            } catch (IOException e) {
                LOG.debug("no link to the guard: {}", e.toString());
            } catch (RuntimeException e) {
                LOG.error("the guard sent what cannot be understood: connection closed", e);
            }
            end();
            startIfDead();
            waitBeforeRetry();
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized void begin(GuardConnection fresh) {
        if (closed) {
            fresh.close();
            return;
        }
        connection = fresh;
        heardAt = System.nanoTime();
        fresh.send(List.of(Words.line("manager", 1, ProcessHandle.current().pid())));
        sendReport();
        sendPaths();
        sendInService();
        if (lease != null) {
            fresh.send(List.of("0 " + LeaseRequests.settings(lease)));
        }
        fresh.send(requests.unanswered());
    }

    private synchronized void end() {
        if (connection != null) {
            connection = null;
            if (!closed) {
                board.publish(new GuardNews.Link(false));
            }
        }
    }

    private void startIfDead() {
        synchronized (this) {
            boolean tooSoon = System.nanoTime() - startedAt < TimeUnit.SECONDS.toNanos(2);
            if (closed || guardMayEnd || tooSoon) {
                return;
            }
        }
        if (starter.running().isPresent()) {
            return;
        }
        try {
            if (starter.start()) {
                synchronized (this) {
                    startedAt = System.nanoTime();
                }
            }
        } catch (IOException e) {
            LOG.error("the guard is dead and cannot be started: {}", e.getMessage());
        }
    }

    private synchronized void waitBeforeRetry() {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETRY_MILLIS);
        try {
            for (long left = RETRY_MILLIS;
                    left > 0 && !closed;
                    left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime())) {
                wait(left);
            }
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    private void received(List<String> words) {
        synchronized (this) {
            heardAt = System.nanoTime();
        }
        if (words.isEmpty()) {
            return;
        }
        switch (words.get(0)) {
            case "welcome" -> {
                LOG.info("linked to the guard, process {}", words.get(2));
                board.publish(new GuardNews.Link(true));
            }
            case "*" -> News.parse(words).ifPresent(board::publish);
            default -> requests.answered(words);
        }
    }
}
