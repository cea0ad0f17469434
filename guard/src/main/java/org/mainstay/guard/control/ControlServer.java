package org.mainstay.guard.control;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Words;

/** Accepts connections on the guard's socket from uid 0 and the guard's own uid, as the kernel names them (I7). */
public final class ControlServer implements AutoCloseable {
    private static final int CONNECTIONS = 64;

    private final Path socket;
    private final Operations guard;
    private final Log log;
    private final UserPrincipal self;
    private final ServerSocketChannel server;
    private final Semaphore places = new Semaphore(CONNECTIONS);

    /**
     * Binds the socket, replacing one that a dead guard left behind.
     *
     * @param socket relative to the working directory, so that the kernel's limit of 107 bytes never bites
     * @throws IOException if it cannot be bound
     */
    public ControlServer(Path socket, Operations guard, Log log) throws IOException {
        this.socket = socket;
        this.guard = guard;
        this.log = log;
        Files.deleteIfExists(socket);
        this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        this.self = Files.getOwner(socket);
    }

    public void start() {
        daemon(this::accept, "guard-control");
    }

    private static void daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel connection = server.accept();
                if (places.tryAcquire()) {
                    daemon(() -> serve(connection), "guard-connection");
                } else {
                    connection.close();
                }
            } catch (IOException e) {
                if (server.isOpen()) {
                    log.error("accepting on " + socket + ": " + e.getMessage());
                }
            }
        }
    }

    private void serve(SocketChannel connection) {
        try (connection;
                LineChannel lines = new LineChannel(connection)) {
            UnixDomainPrincipal peer = connection.getOption(ExtendedSocketOptions.SO_PEERCRED);
            if (!allowed(peer.user())) {
                log.warn("refused user " + peer.user().getName() + " on " + socket);
                lines.send("| only root and the user the guard runs as may ask it, not "
                        + peer.user().getName());
                lines.send("exit 1");
                lines.finish();
                return;
            }
            String first = lines.readLine();
            if (first != null) {
                begin(lines, Words.parse(first));
            }
        } catch (IOException e) {
            log.info("a connection to " + socket + " ended: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            log.warn("a connection to " + socket + " sent what cannot be understood: " + e.getMessage());
        } catch (InterruptedException e) {
            log.warn("a connection to " + socket + " was interrupted");
        } catch (RuntimeException e) {
            log.error("connection to " + socket, e);
        } finally {
            places.release();
        }
    }

    private boolean allowed(UserPrincipal user) {
        return user.equals(self) || user.getName().equals("root");
    }

    private void begin(LineChannel lines, List<String> words) throws IOException, InterruptedException {
        if (words.size() >= 3 && words.get(0).equals("manager")) {
            if (!words.get(1).equals("1")) {
                throw new IllegalArgumentException("version " + words.get(1) + " of the manager's link");
            }
            new ManagerSession(lines, guard).serve(Long.parseLong(words.get(2)));
        } else {
            new ClientSession(lines, guard).perform(words);
            lines.finish();
        }
    }

    /** Accepts no more, gives answers that are under way two seconds, and removes the socket. */
    @Override
    public void close() throws IOException, InterruptedException {
        server.close();
        Files.deleteIfExists(socket);
        if (!places.tryAcquire(CONNECTIONS, 2, TimeUnit.SECONDS)) {
            log.info("connections to " + socket + " are cut");
        }
    }
}
