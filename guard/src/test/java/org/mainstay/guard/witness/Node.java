package org.mainstay.guard.witness;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;

/** A server in storage mode with times that suit a test: 200 ms between writes, 4 checks, L and S three seconds. */
final class Node implements AutoCloseable {
    static final long INTERVAL = 200;
    static final long LEASE = 2000;
    static final long STOP = 1000;
    static final long OBSERVE = Witness.period(LEASE + STOP);

    final String name;
    final FaultyStore store;
    final Map<String, String> parameters = new HashMap<>();
    private final Path home;
    private final Set<String> members;
    private final Map<String, List<String>> objects;
    private final Log log;
    Recorder told = new Recorder();
    StorageWitness witness;

    Node(Path folder, Path share, String name, Set<String> members) throws IOException {
        this(folder, name, members, places(share, members), new FileStore());
    }

    private static Map<String, List<String>> places(Path share, Set<String> members) {
        Map<String, List<String>> places = new TreeMap<>();
        members.forEach(
                member -> places.put(member, List.of(share.resolve(member).toString())));
        return places;
    }

    Node(Path folder, String name, Set<String> members, Map<String, List<String>> objects, ObjectStore real)
            throws IOException {
        this.name = name;
        this.home = folder.resolve("home-" + name);
        this.members = members;
        this.objects = objects;
        this.store = new FaultyStore(real);
        java.nio.file.Files.createDirectories(home);
        this.log = new Log(home.resolve("log"));
        start();
    }

    void start() throws IOException {
        told = new Recorder();
        witness = new StorageWitness(
                home.resolve("data/guard/witness"),
                settings -> new StorageSettings(StorageSettings.Type.FILE, INTERVAL, 4, objects, settings.parameters()),
                settings -> store,
                Recorder::now,
                Clock.systemUTC(),
                log);
        witness.start(new Witness.Settings(name, members, LEASE, STOP, OBSERVE, parameters), told);
    }

    /** As kill -9 of the guard. */
    void die() {
        witness.close();
    }

    /** Waits until nothing is written any more. */
    void awaitQuiet() throws Exception {
        // between two calls nothing is busy, and the second one may still come
        witness.awaitEnd();
        Await.until("the last write has ended", 30_000, () -> store.busy.get() == 0);
    }

    CompletableFuture<Result> init(List<String> said) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return witness.initialise(sentence -> {
                    synchronized (said) {
                        said.add(name + ": " + sentence);
                    }
                });
            } catch (InterruptedException e) {
                return Result.failed("interrupted");
            }
        });
    }

    /** Whether the lease lives: the start of the last confirmed write and L. */
    boolean leased() {
        return told.written != Long.MIN_VALUE && Recorder.now() < told.written + LEASE;
    }

    @Override
    public void close() throws InterruptedException {
        if (store.hang != null) {
            store.hang.countDown();
        }
        if (store.writesHang != null) {
            store.writesHang.countDown();
        }
        witness.close();
        log.close();
    }
}
