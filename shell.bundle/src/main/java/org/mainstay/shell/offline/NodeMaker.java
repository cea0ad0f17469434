package org.mainstay.shell.offline;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.mainstay.cluster.DatabaseSetup;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.NodeSetup;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Platform.OfflineSetup;

/** Makes a node: identity by comm, database by core, both or none. */
final class NodeMaker implements OfflineSetup {
    private static final String RUNS = "Mainstay runs on this server; stop it first with bin/lkstop";
    /** CMD-356. */
    private static final int RUNNING = 3;

    private final Path home;
    private final NodeSetup nodes;
    private final DatabaseSetup databases;
    private final Interruption interruption;

    NodeMaker(Path home, NodeSetup nodes, DatabaseSetup databases, Interruption interruption) {
        this.home = home;
        this.interruption = interruption;
        this.nodes = nodes;
        this.databases = databases;
    }

    /** Returns a maker with what is installed in {@code lib/offline}. */
    static NodeMaker installed(Path home, Interruption interruption) throws CommandException {
        return new NodeMaker(home, only(NodeSetup.class), only(DatabaseSetup.class), interruption);
    }

    private static <T> T only(Class<T> type) throws CommandException {
        return ServiceLoader.load(type)
                .findFirst()
                .orElseThrow(() -> new CommandException(
                        ExitCode.INTERNAL_ERROR,
                        "lib/offline has no " + type.getSimpleName()
                                + "; the installation is damaged, unpack it again"));
    }

    @Override
    public String init(String name, String address, int port) throws CommandException {
        make("", name, data -> nodes.init(data, name, address, port));
        return name + " is the first server of a new cluster; start it with bin/lkstart" + warning(address);
    }

    @Override
    public String join(String name, String address, int port, String peer, String code) throws CommandException {
        make(
                "; the cluster knows " + name + " already: run 'mainstay node remove --force " + name + "' on " + peer
                        + " before you try again",
                name,
                data -> nodes.join(data, name, address, port, peer, code));
        return name + " has joined the cluster; start it with bin/lkstart" + warning(address);
    }

    /** An address may come later, with a network that is not up yet. */
    private static String warning(String address) throws CommandException {
        try {
            boolean here = NetworkInterface.getByInetAddress(InetAddress.getByName(address)) != null;
            return here
                    ? ""
                    : "\nwarning: no interface of this server has the address " + address
                            + " now; other servers cannot reach it before one has. If it is a mistake: delete data/lcd and "
                            + "data/identity and begin again";
        } catch (IOException e) {
            throw failed(e, "");
        }
    }

    @Override
    public Lcd database() throws CommandException {
        try {
            return databases.read(home.resolve("data"));
        } catch (IOException e) {
            throw failed(e, "");
        }
    }

    @Override
    public List<String> rewrite(DatabaseSetup.TextChange change, boolean dryRun) throws IOException, CommandException {
        // the guard alone is Mainstay, too: it would start the manager again in the middle
        if (runs()) {
            throw new CommandException(RUNNING, RUNS);
        }
        if (!dryRun) {
            interruption.begin();
        }
        return databases.rewrite(home.resolve("data"), change, dryRun);
    }

    private void make(String afterwards, String name, Identity identity) throws CommandException {
        Path data = home.resolve("data");
        requireStopped();
        requireNew(data);
        boolean hadIdentity = Files.exists(data.resolve("identity"));
        Membership membership;
        try {
            Files.createDirectories(data);
            membership = identity.make(data);
        } catch (IOException e) {
            throw failed(e, "");
        }
        try {
            databases.create(data, name, membership);
        } catch (IOException e) {
            if (!hadIdentity) {
                removeIdentity(data.resolve("identity"), e);
            }
            throw failed(e, afterwards);
        }
    }

    private void requireStopped() throws CommandException {
        if (runs()) {
            throw new CommandException(ExitCode.IN_USE, RUNS);
        }
    }

    private boolean runs() {
        return Stream.of("node.sock", "guard.sock")
                .map(home.resolve("data/run")::resolve)
                .anyMatch(path -> Files.exists(path) && answers(path));
    }

    private static boolean answers(Path socket) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static void requireNew(Path data) throws CommandException {
        Path database = data.resolve("lcd");
        try (Stream<Path> files = Files.exists(database) ? Files.list(database) : Stream.empty()) {
            if (files.findAny().isPresent()) {
                throw new CommandException(
                        ExitCode.EXISTS,
                        "this server is a node of a cluster already; to make it anew, remove it from its cluster and delete "
                                + "data/lcd and data/identity");
            }
        } catch (IOException e) {
            throw failed(e, "");
        }
    }

    private static void removeIdentity(Path identity, IOException cause) {
        try (Stream<Path> files = Files.exists(identity) ? Files.walk(identity) : Stream.empty()) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    private static CommandException failed(IOException e, String afterwards) {
        if (e instanceof AccessDeniedException denied) {
            return new CommandException(
                    ExitCode.SYSTEM_ERROR,
                    "permission denied: only root may set up a server (" + denied.getFile() + ")" + afterwards);
        }
        String text = e.getMessage() == null ? e.toString() : e.getMessage();
        String left = e.getSuppressed().length == 0 ? "" : "; data/identity could not be removed, delete it";
        return new CommandException(exitCode(e), text + left + afterwards);
    }

    private static int exitCode(IOException e) {
        if (e instanceof FileAlreadyExistsException) {
            return ExitCode.EXISTS;
        }
        boolean network = false;
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            network |= cause instanceof SocketException
                    || cause instanceof SocketTimeoutException
                    || cause instanceof UnknownHostException;
        }
        return network ? ExitCode.NO_COMMUNICATION : ExitCode.SYSTEM_ERROR;
    }

    /** Makes the identity. */
    @FunctionalInterface
    private interface Identity {
        Membership make(Path data) throws IOException;
    }
}
