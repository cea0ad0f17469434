package org.mainstay.guard;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Waiting;

/** Runs the guard of the installation in the working directory; PROTOCOL.md says how to start it. */
public final class GuardMain {
    private static final int CANNOT_RUN = 1;
    private static final int BAD_ARGUMENT = 2;
    private static final int RUNS_ALREADY = 4;
    /** A guard that is being replaced needs a moment to let go of the lock. */
    private static final long LOCK_WAIT = TimeUnit.SECONDS.toNanos(10);

    private GuardMain() {}

    /** @param arguments {@code --no-manager}: do not start Karaf */
    public static void main(String[] arguments) {
        List<String> options = List.of(arguments);
        if (!options.isEmpty() && !options.equals(List.of("--no-manager"))) {
            System.err.println("the guard takes no arguments but --no-manager, not " + String.join(" ", arguments));
            System.exit(BAD_ARGUMENT);
        }
        System.exit(run(options.isEmpty()));
    }

    private static int run(boolean wantManager) {
        Path home = Path.of("").toAbsolutePath();
        Log log = null;
        try {
            Files.createDirectories(home.resolve("data/guard"));
            Files.createDirectories(home.resolve("data/log"));
            log = new Log(home.resolve("data/log/guard.log"));
            new LastResort(log).watchThreads();
            return locked(home, wantManager, log);
        } catch (IOException | RuntimeException e) {
            System.err.println("the guard cannot run in " + home + ": " + e);
            if (log != null) {
                log.error("the guard cannot run", e);
            }
            return CANNOT_RUN;
        } catch (InterruptedException e) {
            return CANNOT_RUN;
        } finally {
            finish(log);
        }
    }

    private static int locked(Path home, boolean wantManager, Log log) throws IOException, InterruptedException {
        try (FileChannel channel = FileChannel.open(
                        home.resolve("data/guard/lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = lock(channel)) {
            if (lock == null) {
                // What this one was to do with Karaf is the other's work: by its end somebody may have decided anew.
                System.err.println("a guard runs already in " + home);
                return RUNS_ALREADY;
            }
            Guard guard = new Guard(home, log);
            guard.start(wantManager);
            guard.awaitEnd();
            return 0;
        }
    }

    private static FileLock lock(FileChannel channel) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + LOCK_WAIT;
        FileLock lock = channel.tryLock();
        while (lock == null && !anotherServes() && System.nanoTime() - deadline < 0) {
            Waiting.until(System::nanoTime, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(20));
            lock = channel.tryLock();
        }
        return lock;
    }

    /** A guard that ends closes its socket first. */
    private static boolean anotherServes() {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(Guard.SOCKET))) {
            return channel.isConnected();
        } catch (IOException e) {
            // nobody listens, or not yet
            return false;
        }
    }

    private static void finish(Log log) {
        try {
            if (log != null) {
                log.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
