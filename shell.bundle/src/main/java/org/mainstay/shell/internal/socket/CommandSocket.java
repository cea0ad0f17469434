package org.mainstay.shell.internal.socket;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The local door: takes connections of {@code bin/} clients and runs one command for each (PROTOCOL.md). */
public final class CommandSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CommandSocket.class);
    private static final int BACKLOG = 128;
    private static final long ACCEPT_END_MILLIS = 2000;

    private final Path path;
    private final ServerSocketChannel server;
    private final PeerRoles roles;
    private final CommandRunner runner;
    private final Limits limits;
    private final Places places;
    private final LongSupplier ticker;
    private final Set<ClientConnection> connections = ConcurrentHashMap.newKeySet();
    private final Thread accepting;
    private final ExecutorService threads;
    private final ScheduledExecutorService timer;
    private final CountDownLatch closed = new CountDownLatch(1);

    /**
     * Limits of the door.
     *
     * @param connections most connections at a time
     * @param firstFrameMillis time for the first frame
     * @param blockedMillis after this long without taking output a client may have to give way
     */
    public record Limits(int connections, long firstFrameMillis, long blockedMillis) {
        public static final Limits DEFAULT = new Limits(64, 10_000, 30_000);

        /** Returns the most connections of one user who is in the group of the door. */
        int perUser() {
            return Math.max(1, connections / 4);
        }

        /** Returns the most connections of all such users; the others are kept for root and the user Mainstay runs as. */
        int others() {
            return Math.max(1, connections - connections / 4);
        }

        /** Returns the most connections at a time, those included that nobody has looked at yet. */
        int open() {
            return connections * 4;
        }
    }

    private CommandSocket(Path path, ServerSocketChannel server, PeerRoles roles, CommandRunner runner, Limits limits) {
        this.path = path;
        this.server = server;
        this.roles = roles;
        this.runner = runner;
        this.limits = limits;
        this.places = new Places(limits);
        this.ticker = System::nanoTime;
        AtomicLong number = new AtomicLong();
        this.threads =
                Executors.newCachedThreadPool(task -> daemon(task, "mainstay-command-" + number.incrementAndGet()));
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "mainstay-command-timer"));
        this.accepting = daemon(this::accept, "mainstay-command-accept");
    }

    /** Opens the door for root and the user Mainstay runs as. */
    public static CommandSocket open(Path path, CommandRunner runner, Limits limits) throws IOException {
        return open(path, Optional.empty(), runner, limits);
    }

    /**
     * Opens the door. What a crashed process left at the path is removed; a socket that answers is not. Where the group is not known
     * here, the door is for root and the user Mainstay runs as.
     *
     * @param path relative paths stay relative, so that the 108 bytes of a socket address always suffice
     * @param group whose members may come in too
     * @throws IOException if another process serves the path, or it cannot be made
     */
    public static CommandSocket open(Path path, Optional<DoorGroup> group, CommandRunner runner, Limits limits)
            throws IOException {
        Path directory = path.getParent();
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        removeStale(path);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(path), BACKLOG);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            Optional<DoorGroup> admitted = group.filter(one -> admit(one, path));
            CommandSocket socket = new CommandSocket(path, server, PeerRoles.of(path, admitted), runner, limits);
            socket.accepting.start();
            return socket;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** Lets a group as far as the socket: into its folder, without seeing what is in it, and to the socket itself. */
    private static boolean admit(DoorGroup group, Path path) {
        try {
            GroupPrincipal principal =
                    path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(group.name());
            for (Path one : List.of(path.getParent(), path)) {
                Files.getFileAttributeView(one, PosixFileAttributeView.class).setGroup(principal);
            }
            Files.setPosixFilePermissions(path.getParent(), PosixFilePermissions.fromString("rwx--x---"));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
            return true;
        } catch (IOException e) {
            LOG.error(
                    "the group {} of {} in etc/default/LifeKeeper cannot use the commands; make the group and start "
                            + "Mainstay again: {}",
                    group.name(),
                    DoorGroup.NAME,
                    e.toString());
            return false;
        }
    }

    private static void removeStale(Path path) throws IOException {
        if (!Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            throw new IOException(path + " is served by another process: Mainstay runs here already; end it first ("
                    + probe.getRemoteAddress() + ")");
        } catch (java.net.ConnectException e) {
            LOG.debug("removing {} of a process that ended", path);
            Files.delete(path);
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                admit(server.accept());
            } catch (ClosedChannelException e) {
                LOG.debug("command socket closed");
                return;
            } catch (IOException e) {
                LOG.warn("a command connection could not be taken: {}", e.getMessage());
                pause();
            }
        }
    }

    /** Out of file handles, most likely: lets running commands end before the next try. */
    private void pause() {
        try {
            if (closed.await(1, TimeUnit.SECONDS)) {
                LOG.debug("command socket closed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Who it is is looked up on the connection's own thread: a directory of users that hangs must not close the door. */
    private void admit(SocketChannel channel) {
        ClientConnection connection = new ClientConnection(channel, roles, runner, threads, ticker, places);
        if (connections.size() >= limits.open()) {
            connection.refuse("too many clients connect to this server at once; try again");
            return;
        }
        connections.add(connection);
        try {
            timer.schedule(connection::closeIfSilent, limits.firstFrameMillis(), TimeUnit.MILLISECONDS);
            threads.execute(() -> {
                try {
                    connection.serve();
                } finally {
                    places.leave(connection);
                    connections.remove(connection);
                }
            });
        } catch (RejectedExecutionException e) {
            connection.refuse("Mainstay is stopping");
        }
    }

    /** Returns the number of open connections. */
    public int connections() {
        return connections.size();
    }

    /** Closes the door and cancels what runs; callers see the connection close. */
    @Override
    public void close() {
        closed.countDown();
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("the command socket could not be removed: {}", e.getMessage());
        }
        awaitLastAccept();
        connections.forEach(ClientConnection::close);
        timer.shutdownNow();
        threads.shutdownNow();
    }

    /** The kernel serves the socket until the thread has left it. */
    private void awaitLastAccept() {
        try {
            accepting.join(ACCEPT_END_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
