package org.mainstay.guard.reserve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Ticker;

/** One reservation area and the thread that reads it all the time and renews the claim on it. */
final class Area {
    /** What the area's user wants to be called for. */
    interface Owner {
        /** The hold changed; 0: not held. Called on the area's thread. */
        void held(Area area, long claim);

        /** @param superseded whether another server holds it now */
        void lost(Area area, String message, boolean superseded);

        /** The area is gone and nobody here needs it. */
        void vanished(Area area);
    }

    /** Held as far as anybody here knows; as what claim, the own slot says as soon as it can be read. */
    static final long UNKNOWN = -1;

    /** In use here, and no list says whether it is held: it is if the own slot holds a claim, as soon as that can be read. */
    static final long SLOT_TELLS = -2;

    private static final long VANISHED_NANOS = TimeUnit.SECONDS.toNanos(60);

    @FunctionalInterface
    private interface Work {
        Result run() throws IOException, InterruptedException;
    }

    private record Task(Work work, CompletableFuture<Result> answer) {}

    private final Path path;
    private final ReservationSettings settings;
    private final Ticker ticker;
    private final Log log;
    private final Owner owner;
    private final BlockingQueue<Task> tasks = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile long heldClaim;
    private volatile long renewedAt;
    private volatile boolean lostSaid;
    private volatile String trouble = "";
    private volatile boolean closed;

    // owned by the thread
    private Claimant claimant;
    private AreaFile file;
    private long readAt;

    /** @param heldClaim number of the claim held when the guard last ran, 0 if none, {@link #UNKNOWN} or {@link #SLOT_TELLS} */
    Area(Path path, ReservationSettings settings, Ticker ticker, Log log, Owner owner, long heldClaim) {
        this.path = path;
        this.settings = settings;
        this.ticker = ticker;
        this.log = log;
        this.owner = owner;
        this.heldClaim = heldClaim;
        this.renewedAt = ticker.nanos();
        this.readAt = renewedAt;
        this.thread = new Thread(this::run, "guard-area-" + path.getFileName());
        thread.setDaemon(true);
        thread.start();
    }

    Path path() {
        return path;
    }

    long heldClaim() {
        return heldClaim;
    }

    /** Returns why the area could not be read or renewed last time; empty if it could. */
    String trouble() {
        return trouble;
    }

    CompletableFuture<Result> claim(boolean force) {
        return submit(() -> doClaim(force));
    }

    CompletableFuture<Result> release() {
        return submit(this::doRelease);
    }

    CompletableFuture<Result> check() {
        return submit(this::doCheck);
    }

    CompletableFuture<Result> initialise() {
        return submit(this::doInitialise);
    }

    CompletableFuture<Result> observe() {
        return submit(() -> {
            open().enrol();
            return Result.done("observing " + path + directNote()).withCode(directCode());
        });
    }

    /** It is in use here: if it counts as not held, the own slot is looked at once more. */
    void inUse() {
        submit(() -> {
            if (heldClaim == 0) {
                heldClaim = SLOT_TELLS;
                renewedAt = ticker.nanos();
            }
            return Result.done("the slot of " + path + " tells");
        });
    }

    private CompletableFuture<Result> submit(Work work) {
        CompletableFuture<Result> answer = new CompletableFuture<>();
        tasks.add(new Task(work, answer));
        return answer;
    }

    void close() {
        closed = true;
        thread.interrupt();
    }

    /** Says that the claim is at risk if it was not renewed for too long; also when the area's thread hangs in the storage. */
    void watch() {
        long silent = ticker.nanos() - renewedAt;
        if (heldForAllAnybodyKnows() && silent > settings.staleNanos() && !lostSaid) {
            lostSaid = true;
            owner.lost(
                    this,
                    "the reservation " + path + " could not be renewed for " + TimeUnit.NANOSECONDS.toMillis(silent)
                            + " ms" + (trouble.isEmpty() ? ": the storage does not answer" : ": " + trouble)
                            + "; another server may take it over",
                    false);
        }
    }

    private boolean heldForAllAnybodyKnows() {
        return heldClaim != 0 && heldClaim != SLOT_TELLS;
    }

    private void run() {
        long next = ticker.nanos();
        while (!closed) {
            try {
                Task task = tasks.poll(Math.max(0, next - ticker.nanos()), TimeUnit.NANOSECONDS);
                if (task != null) {
                    perform(task);
                }
                if (ticker.nanos() - next >= 0) {
                    next = ticker.nanos() + settings.renewNanos();
                    cycle();
                }
            } catch (InterruptedException e) {
                // closed is set, or somebody else's mistake: the loop decides
            } catch (RuntimeException e) {
                log.error("reservation " + path, e);
            }
        }
        reset();
    }

    private void perform(Task task) throws InterruptedException {
        try {
            task.answer.complete(task.work.run());
        } catch (IOException e) {
            reset();
            task.answer.complete(Result.failed("reservation area " + path + ": " + e.getMessage()));
        } catch (RuntimeException e) {
            log.error("reservation " + path, e);
            task.answer.complete(Result.failed("reservation area " + path + ": internal error " + e));
        }
    }

    private void cycle() {
        try {
            read(open());
            if (heldClaim != 0) {
                keep();
            }
            trouble = "";
            readAt = ticker.nanos();
        } catch (IOException e) {
            if (!e.getMessage().equals(trouble)) {
                trouble = e.getMessage();
                log.warn("reservation area " + path + ": " + trouble);
            }
            reset();
            if (!heldForAllAnybodyKnows() && !Files.exists(path) && ticker.nanos() - readAt > VANISHED_NANOS) {
                // Deleted together with its volume.
                owner.vanished(this);
            }
        }
    }

    private void read(Claimant area) throws IOException {
        area.read();
        Slot own = area.observation().own();
        boolean claimed = own != null && own.state() == Slot.State.CLAIMED;
        if (claimed && (heldClaim == UNKNOWN || heldClaim == SLOT_TELLS)) {
            heldClaim = own.claim();
            owner.held(this, heldClaim);
        } else if (heldClaim == SLOT_TELLS) {
            heldClaim = 0;
        }
    }

    private void keep() throws IOException {
        Optional<String> winner = claimant.supersededBy(heldClaim);
        if (winner.isEmpty()) {
            claimant.renew();
            renewedAt = ticker.nanos();
            lostSaid = false;
            return;
        }
        superseded(winner.get());
        claimant.free();
    }

    /** Another server may write: whoever writes here is ended before anything else happens. */
    private Result superseded(String winner) {
        String message = "the reservation " + path + " was taken over by " + winner;
        heldClaim = 0;
        owner.lost(this, message, true);
        owner.held(this, 0);
        return Result.failed(message);
    }

    private Claimant open() throws IOException {
        if (claimant == null) {
            use(AreaFile.open(path));
        }
        return claimant;
    }

    private void use(AreaFile opened) {
        file = opened;
        claimant = new Claimant(opened, settings, ticker);
    }

    private void reset() {
        claimant = null;
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                log.warn("closing " + path + ": " + e.getMessage());
            }
            file = null;
        }
    }

    private Result doInitialise() throws IOException, InterruptedException {
        if (settings.server().get().isEmpty()) {
            return Result.failed("the guard does not know this server's name yet");
        }
        reset();
        use(AreaFile.initialise(path));
        claimant.enrol();
        return Result.done("the reservation area " + path + " is ready" + directNote())
                .withCode(directCode());
    }

    private String directNote() {
        return file == null || file.direct()
                ? ""
                : "; its file system refuses direct I/O, so it guards only servers of this machine";
    }

    private String directCode() {
        return file == null || file.direct() ? "" : "this-machine-only";
    }

    private Result doClaim(boolean force) throws IOException, InterruptedException {
        if (settings.server().get().isEmpty()) {
            return Result.failed("the guard does not know this server's name yet");
        }
        Claimant area = open();
        read(area);
        if (heldClaim != 0) {
            Optional<String> winner = area.supersededBy(heldClaim);
            if (winner.isPresent()) {
                Result lost = superseded(winner.get());
                area.free();
                return lost;
            }
            area.renew();
            renewedAt = ticker.nanos();
            return Result.done("held already, claim " + heldClaim);
        }
        Result result = area.claim(force);
        if (result.done()) {
            heldClaim = area.observation().own().claim();
            renewedAt = ticker.nanos();
            lostSaid = false;
            owner.held(this, heldClaim);
            return Result.done("reservation " + path + " " + result.message() + directNote());
        }
        return Result.failed("reservation " + path + ": " + result.message());
    }

    private Result doRelease() throws IOException {
        if (!Files.exists(path) && !heldForAllAnybodyKnows()) {
            return Result.done("there is no reservation area " + path);
        }
        open().free();
        if (heldClaim != 0) {
            heldClaim = 0;
            owner.held(this, 0);
        }
        return Result.done("reservation " + path + " released");
    }

    private Result doCheck() throws IOException {
        if (!Files.exists(path)) {
            return Result.failed("the reservation area " + path + " does not exist any more");
        }
        Claimant area = open();
        read(area);
        if (heldClaim != 0) {
            Optional<String> winner = area.supersededBy(heldClaim);
            if (winner.isEmpty()) {
                return Result.done("held by this server, claim " + heldClaim);
            }
            Result lost = superseded(winner.get());
            area.free();
            return lost;
        }
        return area.observation()
                .strongestOther()
                .map(other -> Result.failed("the reservation " + path + " is held by " + other.server())
                        .withCode("held-elsewhere"))
                .orElse(Result.failed("the reservation " + path + " is held by nobody")
                        .withCode("held-by-nobody"));
    }
}
