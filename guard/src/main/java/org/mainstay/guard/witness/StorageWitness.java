package org.mainstay.guard.witness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mainstay.guard.lease.BootClock;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Waiting;

/** Quorum mode storage (spec/01 chapter 6): QWK objects in a shared folder or in S3 buckets. */
final class StorageWitness implements Witness, StorageSetup {
    private static final String NOT_INITIALISED =
            "qwk_storage_init has not been run on this server since the last qwk_storage_exit";
    private static final long POLL_MILLIS = 100;
    private static final long ANSWER_SECONDS = 20;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path file;
    private final Parser parser;
    private final Stores stores;
    private final BootClock clock;
    private final Clock wall;
    private final Log log;

    private Settings settings;
    private Listener listener;
    private Telling idle;
    private StorageRun run;
    private boolean closed;

    /** Makes settings of parameters; tests have shorter times than the manual allows. */
    @FunctionalInterface
    interface Parser {
        StorageSettings parse(Settings settings);
    }

    /** Makes the store for settings. */
    @FunctionalInterface
    interface Stores {
        ObjectStore open(StorageSettings settings) throws IOException;
    }

    /**
     * @param file where the initialisation is kept
     * @param wall for people, in the object
     */
    StorageWitness(Path file, Parser parser, Stores stores, BootClock clock, Clock wall, Log log) {
        this.file = file;
        this.parser = parser;
        this.stores = stores;
        this.clock = clock;
        this.wall = wall;
        this.log = log;
    }

    @Override
    public synchronized void start(Settings given, Listener told) throws IOException {
        if (closed || settings != null) {
            throw new IllegalStateException("a witness is started once");
        }
        Optional<Initialisation> begun =
                Initialisation.read(file).filter(one -> one.self().equals(given.self()));
        // The parameters of the initialisation are in force (QUO-091); those of now are checked when they are.
        StorageSettings checked =
                parser.parse(begun.map(one -> one.settings(given)).orElse(given));
        settings = given;
        listener = told;
        idle = new Telling(told);
        if (begun.isPresent()) {
            run(begun.get(), checked, stores.open(checked));
        } else {
            idle();
        }
    }

    private void run(Initialisation begun, StorageSettings parsed, ObjectStore store) {
        run = new StorageRun(
                begun,
                begunLimits(begun),
                parsed,
                new StorageRun.Surroundings(store, clock, wall, log),
                listener,
                RANDOM.nextLong());
        run.start();
    }

    /** The members of now, so that those who are not initialised are named; L and S of now. */
    private Settings begunLimits(Initialisation begun) {
        return new Settings(
                begun.self(),
                settings.members(),
                settings.leaseMillis(),
                settings.lossStopMillis(),
                settings.observeMillis(),
                begun.parameters());
    }

    private void idle() {
        Telling words = idle;
        List<String> peers = settings.peers();
        // Not on the caller's thread: the listener may need what the caller holds.
        Thread teller = new Thread(
                () -> {
                    words.reachable(false, NOT_INITIALISED);
                    peers.forEach(peer -> words.word(peer, Word.UNKNOWN, NOT_INITIALISED, 0));
                },
                "witness-idle");
        teller.setDaemon(true);
        teller.start();
    }

    private synchronized StorageRun current() {
        return closed ? null : run;
    }

    // --- qwk_storage_init, qwk_storage_exit

    @Override
    public Result initialise(Progress progress) throws InterruptedException {
        StorageRun current;
        StorageSettings wanted;
        Initialisation begun;
        synchronized (this) {
            if (closed || settings == null) {
                // QUO-090
                return Result.failed("quorum mode storage is not in force; set QUORUM_MODE=storage first");
            }
            try {
                wanted = parser.parse(settings);
            } catch (IllegalArgumentException e) {
                return Result.failed(e.getMessage());
            }
            current = run;
            begun = Initialisation.begun(settings);
        }
        if (current != null && current.settings().digest() != wanted.digest()) {
            // QUO-093
            return Result.failed(
                    "storage mode runs with other parameters or servers; run qwk_storage_exit on all servers,"
                            + " then qwk_storage_init on all");
        }
        if (current == null) {
            Result made = begin(begun, wanted, progress);
            if (!made.done()) {
                return made;
            }
        }
        return await(progress);
    }

    private Result begin(Initialisation begun, StorageSettings wanted, Progress progress) throws InterruptedException {
        progress.say("initialising the QWK object of " + begun.self());
        try {
            ObjectStore store = stores.open(wanted);
            FirstObject first = new FirstObject(begun, wanted, settings, wall);
            for (String location : wanted.objects().get(begun.self())) {
                // On a thread of its own, so that storage that hangs can be named and the command interrupted.
                apart(location, () -> {
                    first.make(store, location);
                    return null;
                });
            }
            synchronized (this) {
                if (closed || run != null) {
                    return Result.failed("the settings changed meanwhile; run qwk_storage_init again");
                }
                begun.write(file);
                run(begun, wanted, store);
            }
            return Result.done("");
        } catch (IOException e) {
            return Result.failed(e.getMessage());
        }
    }

    private interface Access {
        Void run() throws IOException, InterruptedException;
    }

    private static void apart(String location, Access access) throws IOException, InterruptedException {
        FutureTask<Void> task = new FutureTask<>(access::run);
        Thread thread = new Thread(task, "witness-setup");
        thread.setDaemon(true);
        thread.start();
        try {
            task.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException) {
                throw (IOException) e.getCause();
            }
            throw new IOException(location + ": " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new IOException(location + " does not answer within " + ANSWER_SECONDS + " s", e);
        } finally {
            task.cancel(true);
        }
    }

    private Result await(Progress progress) throws InterruptedException {
        String said = "";
        while (true) {
            StorageRun current = current();
            if (current == null) {
                return Result.failed("the settings changed or storage mode was left meanwhile; run it again");
            }
            Map<String, String> missing = current.missing();
            if (missing.isEmpty()) {
                return complete(current);
            }
            StringBuilder text = new StringBuilder("waiting for the QWK objects of");
            missing.forEach((server, why) ->
                    text.append(' ').append(server).append(" (").append(why).append(");"));
            text.setLength(text.length() - 1);
            if (!said.contentEquals(text)) {
                said = text.toString();
                progress.say(said);
            }
            Waiting.until(System::nanoTime, System.nanoTime() + POLL_MILLIS * 1_000_000);
        }
    }

    private synchronized Result complete(StorageRun current) {
        if (current != run || closed) {
            return Result.failed("the settings changed meanwhile; run qwk_storage_init again");
        }
        try {
            current.begun().completed().write(file);
        } catch (IOException e) {
            return Result.failed("data/guard/witness cannot be written: " + e);
        }
        current.complete();
        return Result.done("the QWK objects of all servers are initialised: "
                + String.join(", ", current.settings().objects().keySet()));
    }

    @Override
    public Result exit(Progress progress) throws InterruptedException {
        StorageRun ended;
        synchronized (this) {
            if (closed || run == null) {
                return Result.done("storage mode was not initialised here");
            }
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                return Result.failed("data/guard/witness cannot be removed: " + e);
            }
            ended = run;
            run = null;
            ended.close();
            idle = new Telling(listener);
            idle();
        }
        progress.say("storage mode has ended here");
        ended.awaitEnd();
        byte[] farewell = ended.farewell();
        StringBuilder flaws = new StringBuilder();
        for (String location : ended.settings().objects().get(ended.begun().self())) {
            try {
                ObjectStore store = stores.open(ended.settings());
                apart(location, () -> {
                    store.write(location, farewell, false);
                    return null;
                });
            } catch (IOException e) {
                flaws.append("; the object still looks as if this server ran: ").append(e.getMessage());
            }
        }
        return Result.done("storage mode has ended on this server" + flaws);
    }

    /** Waits until nothing is written any more, or the storage hangs. Only after {@link #close}. */
    void awaitEnd() throws InterruptedException {
        StorageRun ended;
        synchronized (this) {
            ended = run;
        }
        if (ended != null) {
            ended.awaitEnd();
        }
    }

    @Override
    public void close() {
        StorageRun ended;
        synchronized (this) {
            closed = true;
            ended = run;
        }
        if (idle != null) {
            idle.close();
        }
        if (ended != null) {
            ended.close();
        }
    }
}
