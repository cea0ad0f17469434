package org.mainstay.mirror.internal.node;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.SafetyControl;
import org.mainstay.cluster.TunablesFile;
import org.mainstay.kit.Outcome;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.EngineVolume;
import org.mainstay.mirror.internal.volume.MirrorPort;
import org.mainstay.mirror.internal.volume.Mirrored;

/** The control of this server's mirror engine, put together. */
final class MirrorNode implements Mirrors, MirrorPort, AutoCloseable {
    /** Tunable: for how long a target counts as current after it was heard in step; left out: from the detection time. */
    static final String WINDOW = "MIRROR_CURRENCY_MS";

    private static final long EVERY_MILLIS = 1_000;
    private static final long EVENTS_AGAIN_MILLIS = 300;
    /** What a takeover needs beside the waiting times. */
    private static final long TAKEOVER_MILLIS = 10_000;

    private final Path home;
    private final Cluster cluster;
    private final EventLog log;
    private final EngineLink engine = new EngineLink(Desk.FOLDER.resolve("control.sock"));
    private final ExecutorService workers = Executors.newCachedThreadPool(body -> thread(body, "mirror-worker"));
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(body -> thread(body, "mirror-control"));
    private final ScheduledExecutorService events =
            Executors.newSingleThreadScheduledExecutor(body -> thread(body, "mirror-events"));
    private final Dialogue dialogue;
    private final Promotion promotion;
    private final Desk desk;
    /** Null until they are known: then the more careful answer is given. */
    private volatile QuorumSettings settings;

    private volatile boolean closed;
    private Registration answering;
    private Registration listening;

    /** @param home installation folder */
    MirrorNode(Path home, Cluster cluster, Administration administration, EventLog log) {
        this.home = home;
        this.cluster = cluster;
        this.log = log;
        this.desk = new Desk(home, engine, this::window);
        this.dialogue = new Dialogue(desk, cluster::snapshot, workers, this::discard);
        this.promotion = new Promotion(desk, dialogue, cluster::snapshot, this::leased);
        Reconciler reconciler = new Reconciler(desk, cluster::snapshot, administration);
        timer.scheduleWithFixedDelay(reconciler, EVERY_MILLIS, EVERY_MILLIS, TimeUnit.MILLISECONDS);
        EventReader reader = new EventReader(desk, dialogue, cluster::snapshot, log, administration);
        events.scheduleWithFixedDelay(() -> reader.read(() -> closed), 0, EVENTS_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static Thread thread(Runnable body, String name) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        return thread;
    }

    private boolean leased() {
        QuorumSettings now = settings;
        return now == null || now.quorum() != QuorumSettings.Quorum.NONE;
    }

    /** Long enough that a takeover finds its target current, as short as that allows: changes wait so long for a dead target. */
    private long window() {
        try {
            String given =
                    TunablesFile.read(home.resolve("etc/default/LifeKeeper")).getOrDefault(WINDOW, "");
            if (given.matches("[0-9]{1,7}")) {
                return Long.parseLong(given);
            }
        } catch (IOException e) {
            // An unreadable file sets nothing.
        }
        long detection = Volumes.detection(cluster.snapshot());
        QuorumSettings now = settings == null ? QuorumSettings.DEFAULT : settings;
        long lease = now.leaseMillis() + now.lossStopMillis();
        long wait = settings == null ? Math.max(detection, lease) : leased() ? lease : detection;
        return 2 * detection + wait + TAKEOVER_MILLIS;
    }

    synchronized void attach(Messenger messenger) {
        dialogue.messenger(messenger);
        answering = messenger.handle(Dialogue.TOPIC, dialogue::handle);
    }

    synchronized void detach() {
        dialogue.messenger(null);
        if (answering != null) {
            answering.close();
            answering = null;
        }
    }

    synchronized void attach(SafetyControl safety) {
        listening = safety.listen(news -> {
            if (news instanceof SafetyControl.SafetyNews.Configured configured) {
                settings = configured.settings();
            }
        });
    }

    synchronized void detachSafety() {
        if (listening != null) {
            listening.close();
            listening = null;
        }
    }

    /** The engine goes on; what it was told stays in effect. */
    @Override
    public void close() {
        closed = true;
        detach();
        detachSafety();
        timer.shutdownNow();
        events.shutdownNow();
        workers.shutdown();
    }

    // ---- for the volume kit ----

    @Override
    public Source source(Mirrored volume, Consumer<String> progress) throws InterruptedException {
        progress.accept("becoming source of the mirror");
        try {
            return promotion.source(volume);
        } catch (IOException e) {
            return new Source(Outcome.failed(String.valueOf(e.getMessage())), "");
        }
    }

    @Override
    public Outcome release(Mirrored volume) throws InterruptedException {
        try {
            if (!desk.wanted()) {
                return Outcome.success("no mirror engine here");
            }
            desk.awaitEngine();
            Optional<EngineVolume> side = engine.volume(volume.volume());
            if (side.isEmpty() || !side.get().isSource() && !side.get().leaving()) {
                return Outcome.success("not a source");
            }
            EngineLink.Answer answer = engine.send("stop", volume.volume(), 30_000);
            if (!answer.done()) {
                return Outcome.failed("the mirror of " + volume.tag() + " cannot be stopped: " + answer.text());
            }
            new LateTargets(dialogue::forget, cluster.snapshot().self(), log)
                    .tell(volume, side.get().epoch(), answer.lines());
            return Outcome.success("its mirror stopped");
        } catch (IOException e) {
            return Outcome.failed("the mirror of " + volume.tag() + " cannot be stopped: " + e.getMessage());
        }
    }

    @Override
    public Outcome forget(Mirrored volume) throws InterruptedException {
        if (!desk.wanted()) {
            return Outcome.success("no mirror engine here");
        }
        try {
            desk.awaitEngine();
            desk.forget(volume.volume());
            return Outcome.success("the mirror engine forgot " + volume.tag());
        } catch (IOException e) {
            return Outcome.failed(e.getMessage());
        }
    }

    @Override
    public Outcome force(Mirrored volume) {
        promotion.force(volume.tag());
        return Outcome.success(
                "the next start of " + volume.tag() + " here, within 10 minutes, takes its data as it is");
    }

    @Override
    public Outcome check(Mirrored volume) throws InterruptedException {
        try {
            desk.awaitEngine();
            EngineVolume side = engine.volume(volume.volume())
                    .orElseThrow(() -> new IOException("the mirror engine does not have it any more"));
            if (!side.isSource()) {
                return Outcome.failed("the mirror engine does not serve " + volume.tag() + " any more");
            }
            String links = side.links().stream()
                    .map(link -> "mirror to " + link.target() + " " + link.state())
                    .collect(Collectors.joining(", "));
            return Outcome.success(links.isEmpty() ? "no mirror" : links);
        } catch (IOException e) {
            return Outcome.failed("the mirror of " + volume.tag() + ": " + e.getMessage());
        }
    }

    @Override
    public boolean held(Mirrored volume) {
        try {
            return engine.volume(volume.volume())
                    .filter(side -> side.side("", "").held())
                    .isPresent();
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public String exports() {
        return Desk.FOLDER.resolve("nbd.sock").toString();
    }

    private EngineLink.Answer discard(String tag, boolean force) throws IOException {
        ClusterSnapshot snapshot = cluster.snapshot();
        Optional<Mirrored> volume = snapshot.own().instance(tag).flatMap(Volumes::of);
        if (volume.isEmpty()) {
            return new EngineLink.Answer(ExitCode.NOT_FOUND, List.of(tag + " is not a mirrored volume here"));
        }
        if (force) {
            return new EngineLink.Answer(0, List.of(force(volume.get()).message()));
        }
        Optional<Volumes.Owner> owner = Volumes.owner(snapshot, volume.get().volume());
        if (owner.isEmpty()) {
            return new EngineLink.Answer(
                    8, List.of(tag + " is in service on no other server: nothing could replace the data"));
        }
        String name = volume.get().volume();
        engine.send("stop", name, 2_000);
        EngineLink.Answer answer =
                engine.send("target", name, owner.get().epoch(), owner.get().server(), "discard");
        return answer.done() ? continued(owner.get().server(), tag, name, snapshot.self()) : answer;
    }

    /** A source that saw the split does not try again by itself. */
    private EngineLink.Answer continued(String source, String tag, String volume, String target) {
        try {
            EngineLink.Answer answer = dialogue.command(source, tag, List.of("continue", volume, target));
            return answer.done()
                    ? answer
                    : new EngineLink.Answer(
                            answer.exit(),
                            List.of("the data here may be overwritten now, but " + source + " does not begin: "
                                    + answer.text() + "; there: mainstay mirror continue " + tag));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new EngineLink.Answer(ExitCode.SYSTEM_ERROR, List.of("interrupted"));
        }
    }

    // ---- for commands ----

    @Override
    public CompletionStage<List<Side>> sides() {
        return dialogue.sides();
    }

    @Override
    public CompletionStage<Reply> ask(String tag, Verb verb, String target, Map<String, Long> values, Caller caller) {
        Caller.Role needed =
                verb == Verb.PAUSE || verb == Verb.CONTINUE ? Caller.Role.OPERATOR : Caller.Role.ADMINISTRATOR;
        if (!caller.role().may(needed)) {
            return CompletableFuture.completedFuture(denied(caller, needed));
        }
        if (verb == Verb.RESIZE) {
            long bytes = values.getOrDefault(SIZE, 0L);
            return dialogue.known()
                    .thenApplyAsync(
                            known -> new ResizeDesk(known, cluster.snapshot(), this::command).grow(tag, bytes),
                            workers);
        }
        if (verb == Verb.CLEAN) {
            return sides().thenApplyAsync(
                            sides -> new Leftovers(home, desk).clean(tag, cluster.snapshot(), sides), workers);
        }
        return sides().thenApplyAsync(sides -> asked(sides, tag, verb, target, values), workers);
    }

    private Reply asked(List<Side> sides, String tag, Verb verb, String target, Map<String, Long> values) {
        List<Side> its = sides.stream().filter(side -> side.tag().equals(tag)).toList();
        if (its.isEmpty()) {
            return Reply.failed(ExitCode.NOT_FOUND, "there is no mirrored volume '" + tag + "'");
        }
        try {
            if (verb == Verb.FORCE || verb == Verb.DISCARD) {
                return target.isEmpty()
                        ? Reply.failed(ExitCode.INVALID_ARGUMENT, "say which server is meant, with --on")
                        : reply(command(target, tag, List.of(verb.name().toLowerCase(java.util.Locale.ROOT))));
            }
            Optional<Side> source =
                    its.stream().filter(side -> side.role().equals("SOURCE")).findFirst();
            if (source.isEmpty()) {
                return Reply.failed(ExitCode.IN_USE, tag + " is in service nowhere: there is no source to ask");
            }
            List<String> targets =
                    source.get().links().stream().map(Link::target).toList();
            String one = target.isEmpty() && targets.size() == 1 ? targets.get(0) : target;
            if (!targets.contains(one)) {
                return Reply.failed(
                        ExitCode.NOT_FOUND,
                        "the targets of " + tag + " are: " + String.join(", ", targets)
                                + "; say which one is meant, with --to");
            }
            if (verb == Verb.SET) {
                return new TuningDesk(this::command)
                        .set(tag, source.get().volume(), source.get().server(), one, values);
            }
            List<String> words = new ArrayList<>(List.of(
                    verb.name().toLowerCase(java.util.Locale.ROOT), source.get().volume(), one));
            values.forEach((name, value) -> words.add(name + "=" + value));
            return reply(command(source.get().server(), tag, words));
        } catch (IOException e) {
            return Reply.failed(ExitCode.SYSTEM_ERROR, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Reply.failed(ExitCode.SYSTEM_ERROR, "interrupted");
        }
    }

    private EngineLink.Answer command(String server, String tag, List<String> words)
            throws IOException, InterruptedException {
        if (!server.equals(cluster.snapshot().self())) {
            return dialogue.command(server, tag, words);
        }
        if (words.size() == 1) {
            return discard(tag, words.get(0).equals("force"));
        }
        if (words.get(0).equals("resize")) {
            return new Growth(engine).grow(cluster.snapshot().own(), words);
        }
        String refusal = words.get(0).equals("location")
                ? SnapshotDesk.refusal(cluster.snapshot().own(), words)
                : "";
        return refusal.isEmpty() ? engine.send(words.toArray()) : new EngineLink.Answer(2, List.of(refusal));
    }

    // ---- snapshots ----

    @Override
    public CompletionStage<List<Snapshot>> snapshots() {
        return dialogue.known().thenApply(SnapshotDesk::all);
    }

    @Override
    public CompletionStage<Reply> takeSnapshots(List<String> tags, String server, Caller caller) {
        return asAdministrator(caller, desk -> desk.take(tags, server));
    }

    @Override
    public CompletionStage<Reply> dropSnapshots(List<String> tags, String server, Caller caller) {
        return asAdministrator(caller, desk -> desk.drop(tags, server));
    }

    @Override
    public CompletionStage<Reply> snapshotLocation(
            String tag, String server, String folder, long blockSize, Caller caller) {
        return asAdministrator(caller, desk -> desk.locate(tag, server, folder, blockSize));
    }

    private CompletionStage<Reply> asAdministrator(Caller caller, SnapshotDesk.Order order) {
        return caller.role().may(Caller.Role.ADMINISTRATOR)
                ? dialogue.known()
                        .thenApplyAsync(known -> new SnapshotDesk(known, this::command).carryOut(order), workers)
                : CompletableFuture.completedFuture(denied(caller, Caller.Role.ADMINISTRATOR));
    }

    private static Reply denied(Caller caller, Caller.Role needed) {
        return Reply.failed(
                ExitCode.SYSTEM_ERROR, caller.user() + " is not allowed to do this; the role needed: " + needed);
    }

    static Reply reply(EngineLink.Answer answer) {
        return answer.done() ? Reply.success(answer.text()) : Reply.failed(exit(answer), answer.text());
    }

    /** Returns the exit code for what an engine answers. */
    static int exit(EngineLink.Answer answer) {
        return switch (answer.exit()) {
            case 2 -> ExitCode.INVALID_ARGUMENT;
            case 8 -> ExitCode.IN_USE;
            default -> answer.exit();
        };
    }
}
