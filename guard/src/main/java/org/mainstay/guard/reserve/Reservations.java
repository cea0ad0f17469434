package org.mainstay.guard.reserve;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Ticker;
import org.mainstay.guard.util.TwinFile;
import org.mainstay.guard.util.Words;

/**
 * All reservation areas this server reads or holds. Slow storage costs nobody else anything: each area has its thread. What is
 * held is recorded, so that the next run of the guard goes on renewing it, but only in the same boot and mount namespace:
 * elsewhere nothing of it is mounted any more.
 */
public final class Reservations implements AutoCloseable {
    private static final int ANSWER_SECONDS = 5;
    private static final int CLAIM_SECONDS = 45;

    private final ReservationSettings settings;
    private final Ticker ticker;
    private final Log log;
    private final ReservationListener listener;
    private final TwinFile state;
    private final String place;
    private final ScheduledExecutorService watch;
    private final Map<String, Area> areas = new TreeMap<>();
    private boolean listLost;
    private boolean told;
    /** Neither the list nor what is in service is known: a list written now would say that nothing else is held. */
    private boolean unrecorded;

    /** An area as {@code status} shows it. */
    public record View(String area, long claim, String trouble) {}

    /**
     * @param state file that remembers areas
     * @param place what boot and mount namespace this is
     */
    public Reservations(
            ReservationSettings settings,
            Ticker ticker,
            Log log,
            ReservationListener listener,
            TwinFile state,
            String place) {
        this.settings = settings;
        this.ticker = ticker;
        this.log = log;
        this.listener = listener;
        this.state = state;
        this.place = place;
        this.watch = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread thread = new Thread(work, "guard-reservations");
            thread.setDaemon(true);
            return thread;
        });
        long period = Math.max(10, settings.renewMillis() / 2);
        watch.scheduleWithFixedDelay(this::watchAll, period, period, TimeUnit.MILLISECONDS);
    }

    /**
     * Goes on with what the last run of the guard observed and held. Where that cannot be read, what is in use here counts as held. Of
     * what is in use and not in the list (it was lost, or could not be written) the own slot tells whether it is held.
     *
     * @param inUse areas of what is in service here
     * @param complete whether that is all of it; if not, the manager says it later
     * @param trouble takes what is damaged
     */
    public synchronized void resume(Set<String> inUse, boolean complete, Consumer<String> trouble) {
        try {
            for (String line : state.read(trouble)) {
                List<String> words = Words.parse(line);
                boolean samePlace = words.size() > 2 && words.get(2).equals(place);
                area(words.get(0), samePlace ? Long.parseLong(words.get(1)) : 0);
            }
            unlisted(inUse);
        } catch (IOException | RuntimeException e) {
            listLost = true;
            trouble.accept(
                    "the list of reservations " + state + " cannot be read (" + e.getMessage() + "): what is in"
                            + " service here counts as reserved, as far as the reservation areas themselves do not say otherwise");
            unrecorded = !complete;
            held(inUse);
        }
    }

    private void unlisted(Set<String> inUse) {
        inUse.forEach(path -> area(path, Area.SLOT_TELLS));
    }

    /** The manager says what is in service; only the first time means something. */
    public synchronized void inUse(Set<String> now) {
        if (listLost) {
            now.stream()
                    .filter(areas::containsKey)
                    .forEach(path -> areas.get(path).inUse());
            unrecorded = false;
            held(now);
        } else if (!told) {
            unlisted(now);
        }
        listLost = false;
        told = true;
    }

    private void held(Set<String> inUse) {
        inUse.forEach(path -> area(path, Area.UNKNOWN));
        save();
    }

    /** Performs a verb of PROTOCOL.md; the future never fails. */
    public CompletableFuture<Result> perform(String verb, String path, boolean force) {
        if (!Path.of(path).isAbsolute()) {
            return answer(Result.failed("a reservation area needs an absolute path, not '" + path + "'"));
        }
        Area area;
        synchronized (this) {
            boolean known = areas.containsKey(path);
            area = area(path, 0);
            if (!known) {
                save();
            }
        }
        return switch (verb) {
            case "observe" -> limited(area, area.observe(), ANSWER_SECONDS);
            case "initialise" -> limited(area, area.initialise(), ANSWER_SECONDS);
            case "claim" -> limited(area, area.claim(force), CLAIM_SECONDS);
            case "release" -> limited(area, area.release(), ANSWER_SECONDS);
            case "check" -> limited(area, area.check(), ANSWER_SECONDS);
            default -> answer(Result.failed("unknown reservation action '" + verb + "'"));
        };
    }

    private static CompletableFuture<Result> answer(Result result) {
        return CompletableFuture.completedFuture(result);
    }

    private static CompletableFuture<Result> limited(Area area, CompletableFuture<Result> result, int seconds) {
        return result.completeOnTimeout(
                Result.failed("the storage of the reservation area " + area.path() + " did not answer within " + seconds
                        + " s"),
                seconds,
                TimeUnit.SECONDS);
    }

    /** Gives up everything held, for a stop; waits a few seconds at the most. */
    public List<Result> releaseAll() {
        List<CompletableFuture<Result>> results = new ArrayList<>();
        for (Area area : held()) {
            results.add(limited(area, area.release(), ANSWER_SECONDS));
        }
        return results.stream().map(CompletableFuture::join).toList();
    }

    private synchronized List<Area> held() {
        return areas.values().stream().filter(area -> area.heldClaim() != 0).toList();
    }

    public synchronized List<View> views() {
        return areas.values().stream()
                .map(area -> new View(area.path().toString(), area.heldClaim(), area.trouble()))
                .toList();
    }

    private Area area(String path, long heldClaim) {
        return areas.computeIfAbsent(
                path, key -> new Area(Path.of(key), settings, ticker, log, new AreaNews(), heldClaim));
    }

    private final class AreaNews implements Area.Owner {
        @Override
        public void held(Area area, long claim) {
            log.info("reservation " + area.path() + (claim == 0 ? " not held any more" : " held, claim " + claim));
            save();
        }

        @Override
        public void lost(Area area, String message, boolean superseded) {
            log.error(message);
            listener.lost(area.path().toString(), message, superseded);
        }

        @Override
        public void vanished(Area area) {
            forget(area);
        }
    }

    private synchronized void forget(Area area) {
        log.info("reservation area " + area.path() + " is gone and is not observed any more");
        areas.remove(area.path().toString());
        area.close();
        save();
    }

    private synchronized void save() {
        if (unrecorded) {
            return;
        }
        try {
            state.write(areas.values().stream()
                    .map(area -> Words.line(area.path(), area.heldClaim(), place))
                    .toList());
        } catch (IOException e) {
            log.error("the list of reservations cannot be written, a restart of the guard would lose them: "
                    + e.getMessage());
        }
    }

    private void watchAll() {
        List<Area> all;
        synchronized (this) {
            all = List.copyOf(areas.values());
        }
        all.forEach(Area::watch);
    }

    @Override
    public void close() {
        watch.shutdownNow();
        synchronized (this) {
            areas.values().forEach(Area::close);
        }
    }
}
