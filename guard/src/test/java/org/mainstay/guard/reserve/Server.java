package org.mainstay.guard.reserve;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Ticker;
import org.mainstay.guard.util.TwinFile;

/** The reservations of one server under test, with short times. */
final class Server implements AutoCloseable {
    static final int RENEW = 20;
    /** So long that a thread of a busy machine renews in time; a claim that waits for it is far from one that does not. */
    static final int STALE = 3000;

    final Reservations reservations;
    final List<String> lost = new CopyOnWriteArrayList<>();
    final List<String> superseding = new CopyOnWriteArrayList<>();
    final List<String> trouble = new CopyOnWriteArrayList<>();
    private final Log log;
    private final String area;

    Server(String name, UUID installation, Path state, Path area, String place) {
        this(name, installation, state, area, place, System::nanoTime);
    }

    Server(String name, UUID installation, Path state, Path area, String place, Ticker ticker) {
        this(name, installation, state, area, place, ticker, new ReservationSettings.Times(RENEW, STALE));
        resume(true);
    }

    /** As one whose guard cannot read what is in service here. */
    static Server withoutInService(String name, UUID installation, Path state, Path area) {
        Server server = new Server(
                name, installation, state, area, "here", System::nanoTime, new ReservationSettings.Times(RENEW, STALE));
        server.resume(false);
        return server;
    }

    private Server(
            String name,
            UUID installation,
            Path state,
            Path area,
            String place,
            Ticker ticker,
            ReservationSettings.Times times) {
        this.area = area.toString();
        this.log = new Log(state.resolve("guard-" + name + ".log"));
        this.reservations = new Reservations(
                new ReservationSettings(installation, () -> name, () -> times),
                ticker,
                log,
                (path, message, superseded) -> {
                    lost.add(message);
                    if (superseded) {
                        superseding.add(path);
                    }
                },
                new TwinFile(state.resolve("reservations-" + name)),
                place);
    }

    /** @param known whether it can be read what is in service here */
    private void resume(boolean known) {
        reservations.resume(known ? Set.of(area) : Set.of(), known, trouble::add);
    }

    static Server of(String name, Path folder) {
        return new Server(name, UUID.randomUUID(), folder, folder.resolve("image.reservation"), "here");
    }

    static Server of(String name, Path folder, int renewMillis, int staleMillis) {
        Server server = new Server(
                name,
                UUID.randomUUID(),
                folder,
                folder.resolve("image.reservation"),
                "here",
                System::nanoTime,
                new ReservationSettings.Times(renewMillis, staleMillis));
        server.resume(true);
        return server;
    }

    Result initialise() throws Exception {
        return perform("initialise", false).get(120, TimeUnit.SECONDS);
    }

    Result observe() throws Exception {
        return perform("observe", false).get(120, TimeUnit.SECONDS);
    }

    Result claim() throws Exception {
        return perform("claim", false).get(120, TimeUnit.SECONDS);
    }

    Result force() throws Exception {
        return perform("claim", true).get(120, TimeUnit.SECONDS);
    }

    Result release() throws Exception {
        return perform("release", false).get(120, TimeUnit.SECONDS);
    }

    Result check() throws Exception {
        return perform("check", false).get(120, TimeUnit.SECONDS);
    }

    CompletableFuture<Result> perform(String verb, boolean force) {
        return reservations.perform(verb, area, force);
    }

    /** Ends without a word, as a server does that loses power. */
    void crash() {
        reservations.close();
    }

    @Override
    public void close() throws InterruptedException {
        reservations.close();
        log.close();
    }
}
