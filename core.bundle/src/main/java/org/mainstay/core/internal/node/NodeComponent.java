package org.mainstay.core.internal.node;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.SafetyControl;
import org.mainstay.cluster.Withdrawal;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.core.decision.DecisionCore;
import org.mainstay.core.internal.admin.AdminService;
import org.mainstay.core.internal.host.HostFactory;
import org.mainstay.core.internal.host.HostSettings;
import org.mainstay.core.internal.lcd.Audit;
import org.mainstay.core.internal.lcd.LcdCodec;
import org.mainstay.core.internal.lcd.LcdStore;
import org.mainstay.core.internal.lcd.LcdStoreException;
import org.mainstay.core.internal.run.KitRegistry;
import org.mainstay.core.internal.run.Tunables;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.RecoveryKit;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The manager's place in OSGi. Without a configuration database it stays idle, says so, and answers every request with what to
 * do. The messenger and kits may come and go at any time; its own end leaves everything in service as it is (I4).
 */
@Component(
        service = {Cluster.class, Administration.class, EventLog.class, MessengerPort.class, SafetyPort.class},
        immediate = true)
public final class NodeComponent implements Cluster, Administration, EventLog, MessengerPort, SafetyPort {
    private static final Logger LOG = LoggerFactory.getLogger(NodeComponent.class);
    private static final Duration KIT_WAIT = Duration.ofSeconds(10);

    private final String problem;
    private final LcdStore store;
    private final HostFactory hosts;
    private final NodeRuntime runtime;
    private final AdminService administration;

    /** Opens the database and puts the runtime together; nothing is decided before {@link #start}. */
    @Activate
    public NodeComponent(BundleContext context, @Reference GuardControl guard) {
        Path home = Path.of(property(context, "mainstay.home", property(context, "karaf.base", "")));
        Path data = home.resolve("data");
        LcdCodec codec = new LcdCodec();
        // May hang in a disk for ever: the guard is to see that.
        guard.opening(true);
        LcdStore opened = null;
        NodeConfig config = null;
        String why = "";
        try {
            opened = LcdStore.open(data, codec, "");
            if (opened.damage().isPresent()) {
                // It waits for another server's copy, however long that takes.
                guard.opening(false);
            }
            Tunables tunables = new Tunables(home.resolve("etc/default/LifeKeeper"));
            config = new NodeConfig(
                    data,
                    BootId.read(),
                    tunables,
                    Clock.systemUTC(),
                    () -> ThreadLocalRandom.current().nextDouble(),
                    KIT_WAIT);
        } catch (LcdStoreException e) {
            why = e.kind() == LcdStoreException.Kind.MISSING
                    ? "this server is not part of a cluster yet: use 'mainstay node init' or 'mainstay node join'"
                    : e.getMessage();
        } catch (IOException e) {
            why = "this server cannot start: " + e.getMessage();
        }
        problem = why;
        if (config == null) {
            LOG.warn("Mainstay stays idle: {}", problem);
            guard.opening(false);
            closeQuietly(opened);
            store = null;
            hosts = null;
            runtime = null;
            administration = null;
            return;
        }
        store = opened;
        hosts = HostFactory.create(new HostSettings(home.toAbsolutePath(), store.server()), guard);
        KitRegistry kits = new KitRegistry(home.resolve("subsys"), platform());
        runtime = new NodeRuntime(
                config,
                new NodeRuntime.Foundation(
                        store.own(),
                        store.peers(),
                        store::commit,
                        codec,
                        new DecisionCore()::decide,
                        guard,
                        hosts,
                        StoreRepair.of(store),
                        LastResort.endProcess()),
                kits);
        administration = new AdminService(runtime.access(), codec);
    }

    private static String property(BundleContext context, String name, String fallback) {
        String value = context.getProperty(name);
        return value == null ? fallback : value;
    }

    private static KitDescriptor.Platform platform() {
        return System.getProperty("os.name", "").startsWith("Windows")
                ? KitDescriptor.Platform.WINDOWS
                : KitDescriptor.Platform.LINUX;
    }

    private static void closeQuietly(LcdStore store) {
        if (store != null) {
            try {
                store.close();
            } catch (IOException e) {
                LOG.warn("the configuration database could not be closed; nothing is lost", e);
            }
        }
    }

    /** Begins to decide; the kits that were there before are bound already. */
    @Activate
    void start() {
        if (runtime != null) {
            runtime.start();
        }
    }

    @Override
    public void attach(Messenger messenger) {
        if (runtime != null) {
            runtime.attach(messenger);
        }
    }

    @Override
    public void detach(Messenger messenger) {
        if (runtime != null) {
            runtime.detach(messenger);
        }
    }

    @Override
    public void attach(SafetyControl control) {
        if (runtime != null) {
            runtime.attach(control);
        }
    }

    @Override
    public void detach(SafetyControl control) {
        if (runtime != null) {
            runtime.detach(control);
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindKit(RecoveryKit kit) {
        if (runtime != null) {
            runtime.kitAdded(kit);
        }
    }

    void unbindKit(RecoveryKit kit) {
        if (runtime != null) {
            runtime.kitRemoved(kit);
        }
    }

    /** Drains, then ends; nothing is taken out of service (I4). */
    @Deactivate
    void stop() {
        if (runtime == null) {
            return;
        }
        runtime.drain();
        runtime.close();
        administration.close();
        hosts.close();
        closeQuietly(store);
    }

    @Override
    public ClusterSnapshot snapshot() {
        if (runtime != null) {
            return runtime.cluster().snapshot();
        }
        return new ClusterSnapshot(
                0,
                "",
                ClusterSnapshot.Phase.STOPPED,
                Lcd.empty("", 0),
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of(),
                List.of(problem));
    }

    @Override
    public Registration listen(Consumer<ClusterSnapshot> listener) {
        return runtime == null ? () -> {} : runtime.cluster().listen(listener);
    }

    @Override
    public CompletionStage<Reply> submit(Request request, Caller caller, Consumer<String> progress) {
        return administration == null
                ? CompletableFuture.completedFuture(Reply.failed(ExitCode.NOT_FOUND, problem))
                : administration.submit(request, caller, progress);
    }

    @Override
    public CompletionStage<Reply> submit(
            Request request, Caller caller, Consumer<String> progress, Withdrawal withdrawal) {
        return administration == null
                ? submit(request, caller, progress)
                : administration.submit(request, caller, progress, withdrawal);
    }

    @Override
    public List<Kit> kits() {
        return administration == null ? List.of() : administration.kits();
    }

    @Override
    public Optional<List<FormField>> form(String type, boolean extend, Map<String, String> answers) {
        return administration == null ? Optional.empty() : administration.form(type, extend, answers);
    }

    @Override
    public List<ClusterEvent> recent(int most) {
        return runtime == null ? new ArrayList<>() : runtime.eventLog().recent(most);
    }

    @Override
    public void add(int number, ClusterEvent.Level level, String tag, String text) {
        if (runtime != null) {
            runtime.eventLog().add(number, level, tag, text);
        }
    }

    @Override
    public void addOfScript(int number, ClusterEvent.Level level, String script, String text) {
        if (runtime != null) {
            runtime.eventLog().addOfScript(number, level, script, text);
        }
    }

    @Override
    public Registration follow(Consumer<ClusterEvent> listener) {
        return runtime == null ? () -> {} : runtime.eventLog().follow(listener);
    }

    @Override
    public List<EventLog.Change> audit(int most) {
        return store == null ? List.of() : Audit.newest(store.history(), most);
    }
}
