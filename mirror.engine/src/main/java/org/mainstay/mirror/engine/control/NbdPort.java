package org.mainstay.mirror.engine.control;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.mainstay.mirror.engine.io.CertificateFiles;
import org.mainstay.mirror.engine.io.Tls;
import org.mainstay.mirror.engine.io.Wire;
import org.mainstay.mirror.engine.nbd.NbdServer;

/**
 * NBD over TCP with TLS: on while the folder's file {@code listen} says where. What an administrator changes in the folder counts
 * at once, without a restart of the engine.
 */
final class NbdPort implements AutoCloseable {
    private static final long LOOK_MILLIS = 1_000;

    private final Path folder;
    private final NbdServer server;
    private final Consumer<String> log;
    private final Thread thread;
    private volatile Tls tls;

    // guarded by this
    private boolean closed;
    private NbdServer.Door door;
    /** What {@link #door} was opened with; null: it is not open. */
    private Settings used;

    private String problem = "";

    private record Settings(String listen, CertificateFiles certificates) {}

    /** @param folder looked at now and then; need not exist */
    NbdPort(Path folder, NbdServer server, Consumer<String> log) {
        this.folder = folder;
        this.server = server;
        this.log = log;
        this.thread = new Thread(this::run, "nbd-port");
        thread.setDaemon(true);
        thread.start();
    }

    private synchronized void run() {
        try {
            while (!closed) {
                look();
                wait(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            log.accept("NBD over TCP: changes are not looked at any more");
        }
    }

    private void look() {
        try {
            apply(read());
            problem = "";
        } catch (IOException | RuntimeException e) {
            // What is on goes on with what it has: files may be replaced one by one.
            String now = (door == null ? "it is off: " : "what changed does not count: ") + why(e);
            if (!now.equals(problem)) {
                log.accept("ERROR NBD over TCP as " + folder + " says: " + now);
            }
            problem = now;
        }
    }

    private static String why(Exception problem) {
        return problem.getMessage() == null ? problem.toString() : problem.getMessage();
    }

    /** Returns null if it is to be off. */
    private Settings read() throws IOException {
        try {
            String listen = Files.readString(folder.resolve("listen")).strip();
            return new Settings(listen, CertificateFiles.read(folder));
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private void apply(Settings wanted) throws IOException {
        if (wanted == null) {
            shut();
            return;
        }
        if (wanted.equals(used)) {
            return;
        }
        Tls next = wanted.certificates().tls();
        InetSocketAddress address = EngineEnvironment.address(wanted.listen());
        if (address.isUnresolved()) {
            throw new IOException("there is no host " + address.getHostString());
        }
        boolean same = used != null
                && used.listen().equals(wanted.listen())
                && used.certificates()
                        .authorities()
                        .equals(wanted.certificates().authorities());
        tls = next;
        if (!same) {
            // Whoever is trusted no more, or came where it does not listen any more, goes.
            shut();
            try {
                door = server.listen(address, this::secure);
            } catch (BindException e) {
                throw new IOException(wanted.listen() + " cannot be listened at: " + e.getMessage(), e);
            }
            log.accept("NBD over TCP with TLS listens at " + door.address());
        }
        used = wanted;
    }

    private Wire secure(Wire plain) throws IOException {
        return tls.secure(plain, false);
    }

    private void shut() throws IOException {
        used = null;
        if (door != null) {
            NbdServer.Door open = door;
            door = null;
            open.close();
            log.accept("NBD over TCP does not listen any more at " + open.address());
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
            notifyAll();
            shut();
        }
    }
}
