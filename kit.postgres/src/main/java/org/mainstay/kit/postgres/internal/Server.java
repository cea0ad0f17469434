package org.mainstay.kit.postgres.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.HostProcesses.Signal;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;

/** The postmaster of one data directory on this machine: looking at it, starting it, stopping it. */
final class Server {
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration TELL_EVERY = Duration.ofSeconds(5);
    private static final Duration IMMEDIATE_STOP_LIMIT = Duration.ofSeconds(10);

    /** What a stop keeps of its time for the immediate one, for killing and for what is left then. */
    private static final Duration HARD_WAYS = IMMEDIATE_STOP_LIMIT.multipliedBy(3);

    private static final long CHECKPOINT_SECONDS = 60;
    private static final Duration DYING = Duration.ofSeconds(2);

    /** Looks that find no process in a row before a start counts as ended: a process may just be becoming another. */
    private static final int GONE_FOR_GOOD = 5;

    /** What one retry of the tunables stands for (PG-134 to PG-136). */
    static final Duration RETRY = Duration.ofSeconds(5);

    static final String LOG = "mainstay-postgres.log";

    private final ActionContext context;
    private final Settings settings;
    private final ServerLog log;
    private final Duration retry;
    private long logBefore;

    Server(ActionContext context) {
        this(context, RETRY);
    }

    /** @param retry what one retry of the tunables stands for */
    Server(ActionContext context, Duration retry) {
        this.context = context;
        this.retry = retry;
        this.settings = new Settings(context.resource());
        this.log = new ServerLog(settings.dataDirectory().resolve(LOG));
    }

    /** Looks at lock file and process; a lock file whose process is not this directory's postmaster counts as none. */
    Probe probe() {
        List<Long> left = context.host().processes().inService();
        try {
            Optional<PostmasterFile> file = PostmasterFile.read(settings.dataDirectory());
            if (file.isPresent() && isPostmaster(file.get().pid())) {
                String who = "postmaster " + file.get().pid() + " of " + settings.dataDirectory();
                return file.get().ready()
                        ? Probe.running(who + " is ready on port " + file.get().port())
                        : Probe.partial(who + " is "
                                + (file.get().status().isEmpty()
                                        ? "starting"
                                        : file.get().status()));
            }
            Set<Long> all = new TreeSet<>(left);
            all.addAll(orphans());
            return all.isEmpty()
                    ? Probe.stopped("no postmaster runs on " + settings.dataDirectory())
                    : Probe.partial("the postmaster is gone but processes " + all + " are left");
        } catch (IOException | UncheckedIOException e) {
            return Probe.unknown("cannot read the state of " + settings.dataDirectory() + ": " + e.getMessage());
        }
    }

    /** Returns what a dead postmaster left, also of a server that was adopted: its processes are in no control group of ours. */
    private List<Long> orphans() {
        return context.host().processes().workingIn(settings.dataDirectory()).stream()
                .filter(this::isPostgres)
                .toList();
    }

    /** Returns the running postmaster's lock file. */
    Optional<PostmasterFile> running() throws IOException {
        return PostmasterFile.read(settings.dataDirectory()).filter(file -> isPostmaster(file.pid()));
    }

    /** A postmaster's working directory is its data directory; a pid that was reused by another program is none. */
    private boolean isPostmaster(long pid) {
        return context.host()
                .processes()
                .directory(pid)
                .filter(directory -> sameFile(directory, settings.dataDirectory()))
                .isPresent();
    }

    private static boolean sameFile(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException e) {
            // a directory that is gone or hidden by another mount is not this one
            return one.equals(other);
        }
    }

    /** Starts the server if it does not run and waits until it answers (PG-069 to PG-071). */
    Outcome start() {
        try {
            if (running().isEmpty()) {
                Outcome launched = launch();
                if (!launched.succeeded()) {
                    return launched;
                }
            }
        } catch (IOException e) {
            return Outcome.failed("cannot read the state of " + settings.dataDirectory() + ": " + e.getMessage());
        }
        Outcome ready = waitUntilReady();
        return ready.succeeded() ? waitUntilAnswering() : ready;
    }

    private Outcome launch() {
        Path data = settings.dataDirectory();
        // backends that outlive a killed postmaster hold its shared memory: a new one would refuse to start
        Outcome ended = context.host().processes().endAll();
        if (!ended.succeeded()) {
            return Outcome.failed("processes of the previous server could not be ended: " + ended.message());
        }
        Outcome orphansEnded = endOrphans();
        if (!orphansEnded.succeeded()) {
            return orphansEnded;
        }
        Outcome unlocked = removeStaleLocks();
        if (!unlocked.succeeded()) {
            return unlocked;
        }
        logBefore = logSize();
        String options = "-p " + settings.port()
                + settings.socketDirectory()
                        .map(directory -> " -k " + directory)
                        .orElse("");
        CommandResult result = context.host()
                .run(Command.of(
                                settings.program("pg_ctl"),
                                List.of(
                                        "start",
                                        "-W",
                                        "-s",
                                        "-D",
                                        data.toString(),
                                        "-l",
                                        log.file().toString(),
                                        "-o",
                                        options))
                        .user(settings.owner())
                        .directory(data)
                        .inService()
                        .build());
        return result.succeeded()
                ? Outcome.success("started")
                : Outcome.failed(
                        "pg_ctl start fails: " + result.summary() + log.lastLine(), result.output() + result.errors());
    }

    /**
     * Ends what a dead postmaster left that is not in our control group, as of a server that was adopted: a backend may still
     * write, and the lock that would keep a second server away is about to go.
     */
    private Outcome endOrphans() {
        for (Duration waited = Duration.ZERO; ; waited = waited.plus(POLL)) {
            List<Long> orphans = orphans();
            if (orphans.isEmpty()) {
                return Outcome.success("no process of a previous server is left");
            }
            if (waited.isZero()) {
                context.progress("ending processes " + orphans + " that a previous server left");
                orphans.forEach(pid -> context.host().processes().signal(pid, Signal.KILL));
            }
            if (waited.compareTo(IMMEDIATE_STOP_LIMIT) >= 0 || !context.pause(POLL)) {
                return Outcome.failed("processes " + orphans + " of a previous server on " + settings.dataDirectory()
                        + " do not end: they may still write there, so it is neither started nor given away");
            }
        }
    }

    private boolean isPostgres(long pid) {
        return context.host()
                .processes()
                .commandLine(pid)
                .filter(line -> !line.isEmpty())
                .map(line -> line.get(0).split(" ", 2)[0])
                .filter(program ->
                        program.equals("postgres:") || program.endsWith("/postgres") || program.equals("postgres"))
                .isPresent();
    }

    /**
     * Removes the locks of a dead postmaster. The volume is exclusively ours and no postmaster runs here, so they are stale
     * (PG-143); their pid may by now belong to another process of the same user, or to a zombie, which PostgreSQL takes for a
     * rival.
     */
    private Outcome removeStaleLocks() {
        Path data = settings.dataDirectory();
        try {
            Optional<PostmasterFile> stale = PostmasterFile.read(data);
            if (stale.isPresent() && !stale.get().socketDirectory().isEmpty()) {
                Path socket = Path.of(stale.get().socketDirectory())
                        .resolve(".s.PGSQL." + stale.get().port());
                Path lock = socket.resolveSibling(socket.getFileName() + ".lock");
                awaitEnd(stale.get().pid());
                if (Files.exists(lock)
                        && Files.readString(lock).startsWith(stale.get().pid() + "\n")) {
                    Files.deleteIfExists(socket);
                    Files.deleteIfExists(lock);
                }
            }
            Files.deleteIfExists(data.resolve(PostmasterFile.NAME));
            return Outcome.success("no stale lock");
        } catch (IOException e) {
            return Outcome.failed(
                    "cannot remove the stale locks of the previous server of " + data + ": " + e.getMessage());
        }
    }

    /** A killed process lets go of its directory before it is gone; its resources are free only then. */
    private void awaitEnd(long pid) {
        for (Duration waited = Duration.ZERO;
                waited.compareTo(DYING) < 0
                        && context.host()
                                .processes()
                                .commandLine(pid)
                                .filter(List::isEmpty)
                                .isPresent();
                waited = waited.plus(POLL)) {
            if (!context.pause(POLL)) {
                return;
            }
        }
    }

    /** Waits through crash recovery for as long as the postmaster lives and the action's time lasts (PG-073, PG-142). */
    private Outcome waitUntilReady() {
        long startRetries = atLeast("LKPGSQL_START_RETRIES", 12);
        Duration limit = retry.multipliedBy(startRetries);
        Duration waited = Duration.ZERO;
        Duration told = Duration.ZERO;
        boolean seen = false;
        int gone = 0;
        while (true) {
            Probe probe = probe();
            switch (probe.state()) {
                case RUNNING -> {
                    return Outcome.success(probe.message());
                }
                case STOPPED -> {
                    if (++gone >= GONE_FOR_GOOD) {
                        return Outcome.failed("PostgreSQL ended while it started" + log.since(logBefore), log.tail());
                    }
                }
                case PARTIAL -> {
                    gone = 0;
                    seen |= probe.message().startsWith("postmaster");
                }
                case UNKNOWN -> {
                    return Outcome.failed(probe.message());
                }
            }
            if (!seen && waited.compareTo(limit) >= 0) {
                return Outcome.failed(
                        "PostgreSQL did not start within " + limit.toSeconds() + " s (LKPGSQL_START_RETRIES)"
                                + log.lastLine(),
                        log.tail());
            }
            if (waited.minus(told).compareTo(TELL_EVERY) >= 0) {
                told = waited;
                context.progress("PostgreSQL is starting since " + waited.toSeconds() + " s" + log.lastLine());
            }
            if (!context.pause(POLL)) {
                return Outcome.failed(
                        "PostgreSQL was still starting after " + waited.toSeconds()
                                + " s when the action's time was up; it goes on recovering: try in-service again later"
                                + log.lastLine(),
                        log.tail());
            }
            waited = waited.plus(POLL);
        }
    }

    private Outcome waitUntilAnswering() {
        long retries = atLeast("LKPGSQL_RESTORE_CONNECT_RETRIES", 2);
        Duration limit = retry.multipliedBy(retries);
        Duration waited = Duration.ZERO;
        Duration step = Duration.ofMillis(100);
        while (true) {
            Outcome answer = query("SELECT 1");
            if (answer.succeeded()) {
                return Outcome.success("PostgreSQL serves port " + settings.port());
            }
            if (waited.compareTo(limit) >= 0) {
                return Outcome.failed(
                        "PostgreSQL runs but does not answer '" + settings.administrator() + "' within "
                                + limit.toSeconds() + " s (LKPGSQL_RESTORE_CONNECT_RETRIES): " + answer.message(),
                        answer.detail());
            }
            if (!context.pause(step)) {
                return Outcome.failed("the time was up before PostgreSQL answered: " + answer.message());
            }
            waited = waited.plus(step);
        }
    }

    /** Runs a query as the administrator. */
    Outcome query(String sql) {
        return query(sql, context.remaining());
    }

    private Outcome query(String sql, Duration limit) {
        Optional<PostmasterFile> file;
        try {
            file = running();
        } catch (IOException e) {
            return Outcome.failed(e.getMessage());
        }
        return file.isEmpty()
                ? Outcome.failed("no postmaster runs on " + settings.dataDirectory())
                : new Sql(context, settings).run(file.get(), sql, limit);
    }

    /**
     * Writes a checkpoint while clients are still served, which makes the one of the shutdown short. It has a limit of its own
     * and leaves the stop the time it needs: on a slow disk the shutdown goes on with what the checkpoint began.
     */
    void checkpoint() {
        Duration own = Duration.ofSeconds(tunable("LKPGSQL_CHECKPOINT_SECS", CHECKPOINT_SECONDS, 0));
        Duration spare = context.remaining().minus(wantedStop()).minus(HARD_WAYS);
        Duration limit = shorter(own, spare);
        if (limit.compareTo(Duration.ofSeconds(1)) < 0) {
            context.progress("no checkpoint before the stop: there is no time for one");
            return;
        }
        Outcome written = query("CHECKPOINT", limit);
        if (!written.succeeded()) {
            context.progress("no checkpoint before the stop: " + written.message());
        }
    }

    /** How long the fast stop may take if the action has the time. */
    private Duration wantedStop() {
        return retry.multipliedBy(atLeast("LKPGSQL_STOP_RETRIES", 12));
    }

    /** A fast stop never eats the time of the hard ways, at worst half of what is left. */
    private Duration fastLimit() {
        Duration wanted = wantedStop();
        Duration remaining = context.remaining();
        Duration most = remaining.minus(shorter(HARD_WAYS, remaining.dividedBy(2)));
        if (wanted.compareTo(most) <= 0) {
            return wanted;
        }
        context.progress("the fast stop of PostgreSQL gets " + most.toSeconds() + " s of the " + wanted.toSeconds()
                + " s of LKPGSQL_STOP_RETRIES: the action has no more time");
        return most;
    }

    /** Stops the server: fast, then immediate, then its processes are killed (PG-074, PG-075). */
    Outcome stop() {
        Optional<PostmasterFile> file;
        try {
            file = running();
        } catch (IOException e) {
            return Outcome.failed(e.getMessage());
        }
        if (file.isPresent() && !stopPostmaster(file.get().pid())) {
            return Outcome.failed("PostgreSQL (postmaster " + file.get().pid() + ") did not end, not even killed");
        }
        Outcome ended = context.host().processes().endAll();
        if (!ended.succeeded()) {
            return Outcome.failed("processes of PostgreSQL are left: " + ended.message());
        }
        Outcome orphansEnded = endOrphans();
        return orphansEnded.succeeded() ? Outcome.success("PostgreSQL is stopped") : orphansEnded;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** How long one of the hard ways may take; something is left for the next. */
    private Duration hardLimit() {
        return shorter(IMMEDIATE_STOP_LIMIT, context.remaining().dividedBy(3));
    }

    private boolean stopPostmaster(long pid) {
        Duration fast = fastLimit();
        context.host().processes().signal(pid, Signal.INT);
        if (gone(pid, fast)) {
            return true;
        }
        context.progress("PostgreSQL did not stop within " + fast.toSeconds() + " s; stopping it immediately");
        context.host().processes().signal(pid, Signal.QUIT);
        if (gone(pid, hardLimit())) {
            return true;
        }
        context.progress("PostgreSQL did not stop immediately either; killing its postmaster " + pid);
        context.host().processes().signal(pid, Signal.KILL);
        return gone(pid, hardLimit());
    }

    private boolean gone(long pid, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        while (isPostmaster(pid)) {
            if (System.nanoTime() - end >= 0 || !context.pause(POLL)) {
                return !isPostmaster(pid);
            }
        }
        return true;
    }

    /** Returns a tunable in loops of 5 s; values below the minimum count as the minimum (PG-134 to PG-136). */
    private long atLeast(String name, long minimum) {
        return tunable(name, minimum, minimum);
    }

    private long tunable(String name, long fallback, long minimum) {
        String value = context.tunable(name, String.valueOf(fallback));
        try {
            return Math.max(minimum, Long.parseLong(value.strip()));
        } catch (NumberFormatException e) {
            context.progress(name + "=" + value + " is not a number; using " + fallback);
            return fallback;
        }
    }

    private long logSize() {
        try {
            return log.size();
        } catch (IOException e) {
            context.progress("the size of " + log.file() + " cannot be read: " + e.getMessage());
            return 0;
        }
    }
}
