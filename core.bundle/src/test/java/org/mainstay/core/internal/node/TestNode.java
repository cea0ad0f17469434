package org.mainstay.core.internal.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.DecisionCore;
import org.mainstay.core.internal.admin.AdminService;
import org.mainstay.core.internal.lcd.Audit;
import org.mainstay.core.internal.lcd.DocumentChange;
import org.mainstay.core.internal.lcd.LcdCodec;
import org.mainstay.core.internal.lcd.LcdStore;
import org.mainstay.core.internal.run.FakeHosts;
import org.mainstay.core.internal.run.FakeKit;
import org.mainstay.core.internal.run.KitRegistry;
import org.mainstay.core.internal.run.Tunables;
import org.mainstay.kit.Action;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Field;
import org.mainstay.kit.KitDescriptor;

/** A server of the harness: a machine that lasts, and a manager on it that can be killed and started again. */
public final class TestNode {
    public static final Caller ROOT = new Caller("root", Caller.Role.ADMINISTRATOR, "test");

    private final String name;
    private final String address;
    private final Path home;
    private final Map<String, Boolean> machine = new ConcurrentHashMap<>();
    private final FakeGuard guard = new FakeGuard(machine);
    private final List<String> progress = new CopyOnWriteArrayList<>();
    private final List<String> ran = new CopyOnWriteArrayList<>();
    private final List<String> defects = new CopyOnWriteArrayList<>();
    private final FakeKit kit;
    private final Runnable changed;
    private volatile boolean diskFull;
    private Duration kitWait = Duration.ofSeconds(2);
    private int boot = 1;
    private LcdStore store;
    private NodeRuntime runtime;
    private AdminService administration;
    private FakeMessenger messenger;

    /** @param actionLimit of the kit's restore and remove, which comes behind a restore that hangs */
    TestNode(
            String name,
            String address,
            Path home,
            Membership membership,
            Duration actionLimit,
            Runnable changed,
            CommPath... paths)
            throws IOException {
        this.name = name;
        this.address = address;
        this.home = home;
        this.changed = changed;
        this.kit = new FakeKit(descriptor("fake", actionLimit), machine);
        Files.createDirectories(home.resolve("data"));
        Files.createDirectories(home.resolve("etc/default"));
        tunables("START_WAIT_SECS=1");
        Lcd own = Lcd.empty(name, 1).with(LcdSection.MEMBERSHIP, Membership.KEY, membership);
        for (CommPath path : paths) {
            own = own.with(LcdSection.PATHS, path.id(), path);
        }
        LcdStore.create(home.resolve("data"), own.committed(), new Origin("root", "test", 0, ""));
    }

    private static KitDescriptor descriptor(String type, Duration actionLimit) {
        return KitDescriptor.builder("test", type, "1.0", "Fake Thing")
                .fields(List.of(
                        Field.named("id", "Identifier").build(),
                        Field.named("needs", "Resource it needs").build(),
                        Field.named("size", "Size").integer(1, 10).build(),
                        Field.named("mode", "Mode")
                                .choices(List.of("fast", "slow"))
                                .build(),
                        Field.named("local", "Local").scope(Field.Scope.SERVER).build()))
                .timeLimit(Action.RESTORE, actionLimit)
                .timeLimit(Action.REMOVE, actionLimit)
                .checks(0, 0)
                .localRecovery(false)
                .extraActions("polish")
                .build();
    }

    void tunables(String text) throws IOException {
        Files.writeString(home.resolve("etc/default/LifeKeeper"), text + "\n");
    }

    /** For the starts from now on. */
    void kitWait(Duration wait) {
        kitWait = wait;
    }

    /** Returns who changed what in this server's database. */
    public List<EventLog.Change> audit() {
        return Audit.newest(store.history(), Integer.MAX_VALUE);
    }

    void start() {
        try {
            LcdCodec codec = new LcdCodec();
            Path data = home.resolve("data");
            store = LcdStore.open(data, codec, name);
            NodeConfig config = new NodeConfig(
                    data,
                    name + "-boot-" + boot,
                    new Tunables(home.resolve("etc/default/LifeKeeper")),
                    new JumpingClock(),
                    () -> 0.5,
                    kitWait);
            NodeRuntime.Foundation base = new NodeRuntime.Foundation(
                    store.own(),
                    store.peers(),
                    this::commit,
                    codec,
                    new DecisionCore()::decide,
                    guard,
                    new FakeHosts(this::program, null),
                    StoreRepair.of(store),
                    (why, cause) -> defects.add(why + ": " + cause));
            runtime = new NodeRuntime(
                    config, base, new KitRegistry(home.resolve("subsys"), KitDescriptor.Platform.LINUX));
            administration = new AdminService(runtime.access(), codec, () -> List.of("127.0.0.1", address));
            runtime.cluster().listen(snapshot -> changed.run());
            runtime.kitAdded(kit);
            messenger = new FakeMessenger(name);
            runtime.attach(messenger);
            runtime.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void commit(List<DocumentChange> changes, Origin origin) throws IOException {
        if (diskFull) {
            throw new IOException("no space left on device");
        }
        store.commit(changes, origin);
    }

    /** Programs succeed and are remembered. */
    private CommandResult program(Command command) {
        List<String> words = new java.util.ArrayList<>(command.arguments());
        words.set(0, Path.of(words.get(0)).getFileName().toString());
        ran.add(String.join(" ", words));
        return new CommandResult(0, "", "");
    }

    /** Returns the programs that ran, without their folders. */
    public List<String> ran() {
        return ran;
    }

    public Path home() {
        return home;
    }

    void diskFull(boolean full) {
        diskFull = full;
    }

    /** Spoils every file of the database, while the manager does not run. */
    void damageDatabase() throws IOException {
        try (var files = Files.list(home.resolve("data/lcd"))) {
            for (Path file : files.filter(path -> !path.getFileName().toString().contains("lock"))
                    .toList()) {
                byte[] bytes = Files.readAllBytes(file);
                for (int i = 0; i < bytes.length; i += 97) {
                    bytes[i] ^= 0x55;
                }
                Files.write(file, bytes);
            }
        }
    }

    /** Installs another kit on this server only. */
    public FakeKit install(String type, String version) {
        FakeKit other = new FakeKit(
                KitDescriptor.builder("test", type, version, "Another Thing")
                        .checks(0, 0)
                        .build(),
                machine);
        runtime.kitAdded(other);
        return other;
    }

    /** Ends the manager at once, as kill -9 does; what runs on the machine runs on. */
    void kill() {
        if (!defects.isEmpty()) {
            throw new AssertionError("the manager of " + name + " ended itself: " + defects);
        }
        if (runtime == null) {
            return;
        }
        runtime.close();
        administration.close();
        messenger.close();
        try {
            store.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        runtime = null;
    }

    /** Everything on the machine is gone; its next start is another boot. */
    void powerCut() {
        kill();
        machine.clear();
        boot++;
    }

    /** Submits a request and waits for its reply. */
    public Reply submit(Request request) throws Exception {
        return submitAs(ROOT, request);
    }

    public Reply submitAs(Caller caller, Request request) throws Exception {
        return administration
                .submit(request, caller, progress::add)
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    /** Submits a request and does not wait. */
    public java.util.concurrent.CompletableFuture<Reply> submitLater(Request request) {
        return administration.submit(request, ROOT, progress::add).toCompletableFuture();
    }

    /** As {@link #submitLater(Request)}, of a caller that may give up. */
    public java.util.concurrent.CompletableFuture<Reply> submitLater(
            Request request, org.mainstay.cluster.Withdrawal withdrawal) {
        return administration.submit(request, ROOT, progress::add, withdrawal).toCompletableFuture();
    }

    public Reply create(String tag, String... values) throws Exception {
        Map<String, String> properties = new java.util.TreeMap<>();
        for (int i = 0; i < values.length; i += 2) {
            properties.put(values[i], values[i + 1]);
        }
        return submit(new Request.CreateResource("fake", tag, properties));
    }

    public AdminService administration() {
        return administration;
    }

    public String name() {
        return name;
    }

    String address() {
        return address;
    }

    public FakeKit kit() {
        return kit;
    }

    FakeGuard guard() {
        return guard;
    }

    /** What this node sends and the filter says no to is lost. */
    public void deliversOnly(java.util.function.BiPredicate<String, byte[]> wanted) {
        messenger.deliverOnly(wanted);
    }

    FakeMessenger messenger() {
        return messenger;
    }

    NodeRuntime runtime() {
        return runtime;
    }

    boolean running() {
        return runtime != null;
    }

    String bootId() {
        return name + "-boot-" + boot;
    }

    public List<String> progress() {
        return progress;
    }

    public ClusterSnapshot snapshot() {
        return runtime.cluster().snapshot();
    }

    public Lcd own() {
        return snapshot().own();
    }

    public InstanceState state(String tag) {
        return own().instance(tag).map(Instance::state).orElse(null);
    }

    /** Returns whether the thing itself runs on this machine, whatever any database says. */
    public boolean runs(String tag) {
        return machine.getOrDefault(tag, false);
    }

    void crashThing(String tag) {
        machine.remove(tag);
    }
}
