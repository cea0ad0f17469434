package org.mainstay.shell.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Enrolment;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.Withdrawal;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Platform;

/** A cluster that answers as told and remembers what it was asked. */
public final class FakePlatform
        implements Platform, Cluster, Administration, EventLog, Enrolment, Platform.RemoteServers {
    private volatile ClusterSnapshot snapshot;
    private volatile Reply reply = Reply.success("");
    private final java.util.Queue<Reply> next = new java.util.concurrent.ConcurrentLinkedQueue<>();
    private volatile List<String> progress = List.of();
    private volatile boolean answers = true;
    private volatile boolean complete = true;
    private volatile boolean begins = true;
    private volatile Withdrawal last;
    private volatile boolean forms = true;
    private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<CommandCall> remoteCalls = Collections.synchronizedList(new ArrayList<>());
    private final List<String> notes = Collections.synchronizedList(new ArrayList<>());
    private final List<Consumer<ClusterEvent>> followers = new CopyOnWriteArrayList<>();
    private volatile CommandException remoteFailure;
    private volatile String mirrors = FakeMirrors.TWO_TARGETS;
    private volatile Reply mirrorReply;
    private volatile String remoteError = "";
    private volatile Runnable afterRemote = () -> {};
    private final FakeKits kits = new FakeKits();
    private volatile Path home = Path.of("target/no-such-home");
    private volatile Optional<Lcd> database = Optional.empty();

    private record StoredDatabase(Lcd database) implements OfflineSetup {
        @Override
        public String init(String name, String address, int port) {
            throw new UnsupportedOperationException("no test makes a node here");
        }

        @Override
        public String join(String name, String address, int port, String peer, String code) {
            throw new UnsupportedOperationException("no test makes a node here");
        }
    }

    public FakePlatform(ClusterSnapshot snapshot) {
        this.snapshot = snapshot;
    }

    public void show(ClusterSnapshot value) {
        snapshot = value;
    }

    public void reply(Reply value) {
        reply = value;
    }

    /** Lets the next requests be answered one by one, then as before. */
    public void replies(Reply... values) {
        next.addAll(List.of(values));
    }

    public void progress(List<String> lines) {
        progress = lines;
    }

    /** Lets requests wait for ever. */
    public void neverAnswer() {
        answers = false;
    }

    /** Lets requests wait for the administrative lock until they are withdrawn. */
    public void neverBegin() {
        begins = false;
    }

    /** Returns whether the last of them was withdrawn. */
    public boolean withdrawn() {
        return last.withdrawn();
    }

    /** From now on no kit says its form. */
    public void noForms() {
        forms = false;
    }

    public void remoteFailure(CommandException failure) {
        remoteFailure = failure;
    }

    /** Lets mirrors be as {@link FakeMirrors} names them. */
    public void mirrors(String name) {
        mirrors = name;
    }

    /** Lets mirrors answer so to what they are asked for. */
    public void mirrorReply(Reply value) {
        mirrorReply = value;
    }

    /** Lets commands on other servers end with 1 and this on standard error. */
    public void remoteError(String text) {
        remoteError = text;
    }

    /** Lets something happen by a command on another server. */
    public void afterRemote(Runnable value) {
        afterRemote = value;
    }

    public void home(Path value) {
        home = value;
    }

    public List<Request> requests() {
        return List.copyOf(requests);
    }

    public int followers() {
        return followers.size();
    }

    /** Lets an event happen. */
    public void happen(ClusterEvent event) {
        followers.forEach(follower -> follower.accept(event));
    }

    @Override
    public Cluster cluster() {
        return this;
    }

    @Override
    public Administration administration() {
        return this;
    }

    @Override
    public EventLog events() {
        return this;
    }

    @Override
    public Enrolment enrolment() {
        return this;
    }

    @Override
    public Platform.RemoteServers remote() {
        return this;
    }

    @Override
    public SafetyServices safety() {
        FakeSafety safety = new FakeSafety();
        return new SafetyServices(safety, safety, safety, safety);
    }

    @Override
    public Mirrors mirrors() {
        return new FakeMirrors(mirrors, mirrorReply, notes::add);
    }

    /** Returns the kits of both servers, which remember what was ordered. */
    @Override
    public FakeKits kitManager() {
        return kits;
    }

    /** Lets the kits come later. */
    public void incomplete() {
        complete = false;
    }

    @Override
    public boolean complete() {
        return complete;
    }

    /** Stops Mainstay here: only the stored database is there. */
    public void offline(Lcd stored) {
        database = Optional.of(stored);
    }

    @Override
    public boolean running() {
        return database.isEmpty();
    }

    @Override
    public OfflineSetup setup() throws CommandException {
        if (database.isPresent()) {
            return new StoredDatabase(database.get());
        }
        throw new CommandException(ExitCode.IN_USE, "Mainstay runs on this server");
    }

    @Override
    public Path home() {
        return home;
    }

    @Override
    public ClusterSnapshot snapshot() {
        return snapshot;
    }

    @Override
    public Registration listen(Consumer<ClusterSnapshot> listener) {
        throw new UnsupportedOperationException("commands read, they do not listen");
    }

    @Override
    public CompletionStage<Reply> submit(Request request, Caller caller, Consumer<String> lines) {
        requests.add(request);
        progress.forEach(lines);
        Reply own = next.poll();
        return answers ? CompletableFuture.completedFuture(own == null ? reply : own) : new CompletableFuture<>();
    }

    @Override
    public CompletionStage<Reply> submit(
            Request request, Caller caller, Consumer<String> lines, Withdrawal withdrawal) {
        if (begins) {
            return Administration.super.submit(request, caller, lines, withdrawal);
        }
        last = withdrawal;
        requests.add(request);
        CompletableFuture<Reply> given = new CompletableFuture<>();
        withdrawal.give(() -> given.complete(Reply.success("given and taken back")));
        return given;
    }

    @Override
    public List<Kit> kits() {
        return List.of(
                new Kit("comm", "ip", "1.0", "IP address"),
                new Kit("database", "postgres", "1.0", "PostgreSQL"),
                new Kit("filesys", "volume", "1.0", "Volume"));
    }

    @Override
    public Optional<List<FormField>> form(String type, boolean extend, Map<String, String> answers) {
        if (!forms) {
            return Optional.empty();
        }
        return switch (type) {
            case "ip", "comm/ip" ->
                Optional.of(List.of(
                        new FormField("address", "Address", "With prefix length", "TEXT", true, "", List.of()),
                        new FormField("interface", "Interface", "", "TEXT", false, "", List.of())));
            case "postgres", "database/postgres" ->
                Optional.of(List.of(
                        new FormField("datadir", "Data directory", "", "PATH", true, "", List.of()),
                        new FormField("port", "Port", "", "INTEGER", true, "5432", List.of()),
                        new FormField("password", "Password", "", "SECRET", false, "", List.of())));
            case "gen/app" ->
                Optional.of(List.of(
                        new FormField("restore", "Restore script", "", "PATH", true, "", List.of()),
                        new FormField("quickCheck", "Quick check script", "", "PATH", false, "", List.of())));
            default -> Optional.empty();
        };
    }

    @Override
    public List<ClusterEvent> recent(int most) {
        List<ClusterEvent> all = Fixtures.events();
        return all.subList(Math.max(0, all.size() - most), all.size());
    }

    /** Shows among the requests, as something that was asked of the cluster. */
    @Override
    public void add(int number, ClusterEvent.Level level, String tag, String text) {
        notes.add("event " + number + " " + level + " " + text);
    }

    @Override
    public void addOfScript(int number, ClusterEvent.Level level, String script, String text) {
        notes.add("event of " + script + " " + number + " " + level + " " + text);
    }

    /** Returns the events that commands added. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    @Override
    public Registration follow(Consumer<ClusterEvent> listener) {
        followers.add(listener);
        return () -> followers.remove(listener);
    }

    @Override
    public CompletionStage<String> invite() {
        return CompletableFuture.completedFuture("12345678");
    }

    @Override
    public List<String> localAddresses() {
        return List.of("127.0.0.1", "10.77.1.1", "10.77.2.1", "fd00::1");
    }

    /** Returns what other servers were asked to run. */
    public List<CommandCall> remoteCalls() {
        return List.copyOf(remoteCalls);
    }

    @Override
    public int run(String server, CommandCall call, CommandContext context) throws CommandException {
        remoteCalls.add(call);
        if (remoteFailure != null) {
            throw remoteFailure;
        }
        if (call.arguments().equals(List.of("--version"))) {
            context.out().println("Mainstay 9.8.7");
            return ExitCode.SUCCESS;
        }
        if (!remoteError.isEmpty()) {
            context.err().println(remoteError);
            return ExitCode.SYSTEM_ERROR;
        }
        notes.add(server + ": " + call.name() + " " + String.join(" ", call.arguments()));
        context.out().println("(on " + server + ": " + call.name() + " " + String.join(" ", call.arguments()) + ")");
        afterRemote.run();
        return ExitCode.SUCCESS;
    }

    @Override
    public void copy(String server, List<Path> files, String target, CommandContext context) throws CommandException {
        if (remoteFailure != null) {
            throw remoteFailure;
        }
        List<String> names =
                files.stream().map(file -> file.getFileName().toString()).toList();
        context.out().println("(copied to " + server + ":" + target + ": " + String.join(", ", names) + ")");
    }
}
