package org.mainstay.shell.internal.wiring;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.karaf.shell.api.console.SessionFactory;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.event.EventResponses;
import org.mainstay.shell.internal.karaf.KarafDoor;
import org.mainstay.shell.internal.karaf.KarafSessions;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.CommandRegistry;
import org.mainstay.shell.internal.registry.Tunables;
import org.mainstay.shell.internal.remote.RemoteCommands;
import org.mainstay.shell.internal.snmp.TrapForwarder;
import org.mainstay.shell.internal.socket.CommandRunner;
import org.mainstay.shell.internal.socket.CommandSocket;
import org.mainstay.shell.internal.socket.DoorGroup;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.util.tracker.ServiceTracker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the three doors to the one registry: {@code bin/}, other servers, the Karaf shell. */
@Component(
        immediate = true,
        service = {})
public final class ShellDoors implements CommandRunner {
    private static final Logger LOG = LoggerFactory.getLogger(ShellDoors.class);

    /** Relative to MAINSTAY_HOME, the working directory of Karaf. */
    private static final Path SOCKET = Path.of("data/run/node.sock");

    private final CommandRegistry registry = Programs.registry();
    private final TrackedPlatform platform;
    private final CommandSocket socket;
    private final ServiceTracker<Messenger, RemoteCommands> messenger;
    private final ServiceTracker<SessionFactory, Registration> karaf;
    private final ServiceTracker<EventLog, Followers> followers;

    /** Who is told of events. */
    private record Followers(EventResponses responses, TrapForwarder traps) {}

    @Activate
    public ShellDoors(BundleContext context) throws IOException {
        this.platform = new TrackedPlatform(context);
        try {
            this.socket = CommandSocket.open(SOCKET, group(), this, CommandSocket.Limits.DEFAULT);
        } catch (IOException | RuntimeException e) {
            platform.close();
            throw e;
        }
        this.messenger = remoteDoor(context);
        this.karaf = karafDoor(context);
        this.followers = followers(context);
        messenger.open();
        karaf.open();
        followers.open();
    }

    /** A mistake in the file shuts the group out, not root. */
    private Optional<DoorGroup> group() {
        try {
            return DoorGroup.of(Tunables.read(platform.home()));
        } catch (CommandException e) {
            LOG.error("{}", e.getMessage());
            return Optional.empty();
        }
    }

    private ServiceTracker<EventLog, Followers> followers(BundleContext context) {
        return new ServiceTracker<>(context, EventLog.class, null) {
            @Override
            public Followers addingService(ServiceReference<EventLog> reference) {
                EventLog log = context.getService(reference);
                TrapForwarder traps = new TrapForwarder(log, platform.home(), ShellDoors.this::snapshot);
                platform.traps(traps);
                return new Followers(new EventResponses(log, platform.home(), ShellDoors.this::snapshot), traps);
            }

            @Override
            public void removedService(ServiceReference<EventLog> reference, Followers following) {
                platform.traps(null);
                following.traps().close();
                following.responses().close();
                context.ungetService(reference);
            }
        };
    }

    private ClusterSnapshot snapshot() {
        try {
            return platform.cluster().snapshot();
        } catch (CommandException e) {
            throw new IllegalStateException(e);
        }
    }

    private ServiceTracker<Messenger, RemoteCommands> remoteDoor(BundleContext context) {
        return new ServiceTracker<>(context, Messenger.class, null) {
            @Override
            public RemoteCommands addingService(ServiceReference<Messenger> reference) {
                RemoteCommands commands =
                        new RemoteCommands(context.getService(reference), ShellDoors.this, platform.home());
                platform.remote(commands);
                return commands;
            }

            @Override
            public void removedService(ServiceReference<Messenger> reference, RemoteCommands commands) {
                platform.remote(null);
                commands.close();
                context.ungetService(reference);
            }
        };
    }

    private ServiceTracker<SessionFactory, Registration> karafDoor(BundleContext context) {
        return new ServiceTracker<>(context, SessionFactory.class, null) {
            @Override
            public Registration addingService(ServiceReference<SessionFactory> reference) {
                SessionFactory sessions = context.getService(reference);
                platform.karaf(new KarafSessions(sessions));
                return KarafDoor.open(sessions, registry, ShellDoors.this);
            }

            @Override
            public void removedService(ServiceReference<SessionFactory> reference, Registration door) {
                platform.karaf(null);
                door.close();
                context.ungetService(reference);
            }
        };
    }

    @Override
    public int run(CommandCall call, CommandContext context) throws InterruptedException {
        return registry.run(call, context, platform);
    }

    @Override
    public String server() {
        try {
            Cluster cluster = platform.cluster();
            return cluster.snapshot().self();
        } catch (CommandException e) {
            return "-";
        }
    }

    @Deactivate
    public void close() {
        followers.close();
        karaf.close();
        messenger.close();
        socket.close();
        platform.close();
    }
}
