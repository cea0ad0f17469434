package org.mainstay.guard;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mainstay.guard.kill.HandleExecutor;
import org.mainstay.guard.kill.InService;
import org.mainstay.guard.kill.KillLanes;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Words;

/** What follows from a lost reservation. Where another server holds it now, everything here that may write is ended, Karaf or not. */
final class LostReservations {
    /** Karaf hears of a lost reservation after this time at the latest. */
    private static final int LOST_SECONDS = 60;

    private final HandleExecutor executor;
    private final KillLanes lanes;
    private final Supplier<InService> inService;
    private final Consumer<String> news;
    private final Log log;

    /** @param news takes lines for the manager */
    LostReservations(
            HandleExecutor executor, KillLanes lanes, Supplier<InService> inService, Consumer<String> news, Log log) {
        this.executor = executor;
        this.lanes = lanes;
        this.inService = inService;
        this.news = news;
        this.log = log;
    }

    void lost(String area, String message, boolean superseded) {
        String line = Words.line("*", "lost", area, message);
        InService here = inService.get();
        List<String> handles = superseded ? here.endingUsersOf(area) : List.of();
        if (handles.isEmpty()) {
            news.accept(line);
            return;
        }
        log.error("the users of " + area + " are ended: " + String.join(", ", here.users(area)));
        Thread thread = new Thread(() -> end(area, handles, line), "guard-lost");
        thread.setDaemon(true);
        thread.start();
    }

    private void tellFailure(Result result) {
        if (!result.done()) {
            news.accept(Words.line("*", "notice", result.message()));
        }
    }

    private void end(String area, List<String> handles, String line) {
        try {
            Map<String, Result> cut = executor.cut(handles, true);
            cut.values().forEach(this::tellFailure);
            // What is not cut off is not unmounted either: that writes over the other server's data.
            List<String> rest = handles.stream()
                    .filter(handle ->
                            !cut.containsKey(handle) || cut.get(handle).done())
                    .toList();
            // A lane of its own: what hangs in the hierarchy's must not keep its processes from being ended.
            lanes.execute("reservation " + area, rest)
                    .get(LOST_SECONDS, TimeUnit.SECONDS)
                    .forEach(this::tellFailure);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            log.error("ending the users of a lost reservation has not finished: " + e);
        } finally {
            // Karaf is told after the storage is out of reach: it must not begin an orderly stop that flushes.
            news.accept(line);
        }
    }
}
