package org.mainstay.guard.kill;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Ticker;

/**
 * Ends everything of a hierarchy within a time: first addresses and processes; file systems whose users have not died by half the
 * time are cut off from their storage; then mounts, then devices. Thread-safe.
 */
public final class EndHierarchy {
    private static final List<List<String>> STAGES =
            List.of(List.of("ADDRESS", "CGROUP"), List.of("MOUNT"), List.of("LOOP_DEVICE"));
    /** Nothing a handle does takes longer. */
    private static final long STAGE_SECONDS = 60;

    private record Task(String tag, List<String> handles, Future<List<Result>> results) {}

    private final Ticker ticker;
    private final Log log;

    public EndHierarchy(Ticker ticker, Log log) {
        this.ticker = ticker;
        this.log = log;
    }

    /**
     * Executes the handles and waits for the results.
     *
     * @param handlesByTag what to end; a resource without handles cannot be ended
     * @param withinMillis after half of which file systems are cut off; 0 or less: at once
     * @return by tag the reasons why it could not be ended; empty if everything was
     */
    public Map<String, List<String>> run(Map<String, List<String>> handlesByTag, long withinMillis)
            throws InterruptedException {
        long cutAt = ticker.nanos() + TimeUnit.MILLISECONDS.toNanos(withinMillis / 2);
        // As many threads as are needed: whoever waits for a free one waits for what hangs.
        ExecutorService pool = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "guard-end");
            thread.setDaemon(true);
            return thread;
        });
        try {
            return stages(pool, handlesByTag, cutAt);
        } catch (RuntimeException | OutOfMemoryError | LinkageError e) {
            log.error("ending " + String.join(", ", handlesByTag.keySet()) + " failed", e);
            Map<String, List<String>> left = new TreeMap<>();
            handlesByTag.keySet().forEach(tag -> add(left, tag, String.valueOf(e)));
            return left;
        } finally {
            pool.shutdownNow();
        }
    }

    private Map<String, List<String>> stages(ExecutorService pool, Map<String, List<String>> handlesByTag, long cutAt)
            throws InterruptedException {
        Map<String, List<String>> left = new TreeMap<>();
        handlesByTag.forEach((tag, handles) -> {
            if (handles.isEmpty()) {
                add(left, tag, "no kill handles are recorded for it, so it may still run");
            }
            handles.stream()
                    .filter(handle -> STAGES.stream().noneMatch(kinds -> kinds.contains(kind(handle))))
                    .forEach(handle -> add(left, tag, "this guard does not know what '" + kind(handle) + "' is"));
        });
        for (List<String> kinds : STAGES) {
            List<Task> tasks = begin(pool, handlesByTag, kinds);
            boolean first = kinds == STAGES.get(0);
            if (first && !tasks.isEmpty() && !endedBy(tasks, cutAt)) {
                cut(pool, handlesByTag);
            }
            for (Task task : tasks) {
                finish(task, left);
            }
        }
        return left;
    }

    private static String kind(String handle) {
        return handle.split("\t", 2)[0];
    }

    private static void add(Map<String, List<String>> left, String tag, String reason) {
        left.computeIfAbsent(tag, key -> new ArrayList<>()).add(reason);
    }

    private List<Task> begin(ExecutorService pool, Map<String, List<String>> handlesByTag, List<String> kinds) {
        List<Task> tasks = new ArrayList<>();
        handlesByTag.forEach((tag, handles) -> {
            List<String> images = HandleExecutor.images(handles);
            List<String> ofStage = handles.stream()
                    .filter(handle -> kinds.contains(kind(handle)))
                    .toList();
            // Addresses and groups side by side; mounts of a resource one after the other, as they may lie in one
            // another.
            boolean apart = kinds.size() > 1;
            for (List<String> together : apart ? ofStage.stream().map(List::of).toList() : List.of(ofStage)) {
                if (!together.isEmpty()) {
                    HandleExecutor executor = new HandleExecutor(ticker, log);
                    tasks.add(new Task(tag, together, pool.submit(() -> executor.execute(together, images))));
                }
            }
        });
        return tasks;
    }

    private boolean endedBy(List<Task> tasks, long deadline) throws InterruptedException {
        for (Task task : tasks) {
            try {
                long wait = Math.max(0, deadline - ticker.nanos());
                boolean all =
                        task.results.get(wait, TimeUnit.NANOSECONDS).stream().allMatch(Result::done);
                if (!all) {
                    return false;
                }
            } catch (TimeoutException | ExecutionException e) {
                log.warn("lease over, " + task.tag + " is not ended yet: " + String.join(", ", task.handles));
                return false;
            }
        }
        return true;
    }

    private void cut(ExecutorService pool, Map<String, List<String>> handlesByTag) throws InterruptedException {
        List<String> mounts = handlesByTag.values().stream()
                .flatMap(List::stream)
                .filter(handle -> kind(handle).equals("MOUNT"))
                .toList();
        try {
            pool.submit(() -> new HandleExecutor(ticker, log).cut(mounts, false))
                    .get(STAGE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            log.error("cutting off " + String.join(", ", mounts) + " does not end");
        } catch (ExecutionException e) {
            log.error("cutting off " + String.join(", ", mounts) + " failed", e.getCause());
        }
    }

    private void finish(Task task, Map<String, List<String>> left) throws InterruptedException {
        try {
            task.results.get(STAGE_SECONDS, TimeUnit.SECONDS).stream()
                    .filter(result -> !result.done())
                    .forEach(result -> add(left, task.tag, result.message()));
        } catch (TimeoutException e) {
            add(left, task.tag, "not ended within " + STAGE_SECONDS + " s: " + String.join(", ", task.handles));
        } catch (ExecutionException e) {
            add(left, task.tag, String.valueOf(e.getCause()));
        }
    }
}
