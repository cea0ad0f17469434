package org.mainstay.core.internal.guard;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.cluster.GuardControl.HandleResult;

/**
 * Requests to the guard that wait for their answer. They outlive a connection: what a guard that died did not answer is asked
 * again of the next one, which is safe as every request may be repeated.
 */
final class GuardRequests {

    /** Answer of the guard: the closing line and the items before it. */
    record Answer(HandleResult result, List<HandleResult> items) {}

    /** No time limit. */
    static final int FOR_EVER = 0;

    private static final class Pending {
        final List<String> lines;
        final CompletableFuture<Answer> future;
        final List<HandleResult> items = new ArrayList<>();
        final Consumer<List<String>> listener;

        Pending(List<String> lines, CompletableFuture<Answer> future, Consumer<List<String>> listener) {
            this.lines = lines;
            this.future = future;
            this.listener = listener;
        }
    }

    private static final Answer CLOSED = new Answer(
            new HandleResult(false, "the link to the guard was closed before it answered; ask again"), List.of());

    private final Map<Long, Pending> pending = new LinkedHashMap<>();
    private long lastId;
    private boolean closed;

    /**
     * Adds a request.
     *
     * @param line its words without the id
     * @param more lines that follow it
     * @param limitSeconds after which it counts as not done; {@link #FOR_EVER}
     * @param items takes the words after {@code item} as they come, instead of the answer; null for the answer
     * @return the future of the answer; never completes exceptionally
     */
    synchronized CompletableFuture<Answer> add(
            String line, List<String> more, int limitSeconds, Consumer<List<String>> items) {
        if (closed) {
            return CompletableFuture.completedFuture(CLOSED);
        }
        long id = ++lastId;
        List<String> lines = new ArrayList<>();
        lines.add(id + " " + line);
        lines.addAll(more);
        CompletableFuture<Answer> future = new CompletableFuture<>();
        pending.put(id, new Pending(lines, future, items));
        String verb = line.substring(0, (line + " ").indexOf(' '));
        Answer late = new Answer(
                new HandleResult(
                        false,
                        "the guard did not answer '" + verb + "' within " + limitSeconds
                                + " s; see data/log/guard.log and 'mainstay status'"),
                List.of());
        if (limitSeconds != FOR_EVER) {
            future.completeOnTimeout(late, limitSeconds, TimeUnit.SECONDS);
        }
        future.whenComplete((answer, error) -> forget(id));
        return future;
    }

    /** Returns the lines of all unanswered requests in the order they were made. */
    synchronized List<String> unanswered() {
        List<String> lines = new ArrayList<>();
        pending.values().forEach(request -> {
            request.items.clear();
            lines.addAll(request.lines);
        });
        return lines;
    }

    /** Returns the lines of the request that was added last. */
    synchronized List<String> newest() {
        Pending request = pending.get(lastId);
        return request == null ? List.of() : request.lines;
    }

    /** Takes a line {@code ID item WORDS...} or {@code ID ok|failed MESSAGE [CODE]}; answers nobody waits for are dropped. */
    void answered(List<String> words) {
        Pending request;
        Answer answer = null;
        synchronized (this) {
            request = pending.get(Long.parseLong(words.get(0)));
            if (request == null) {
                return;
            }
            boolean item = words.get(1).equals("item");
            if (item && request.listener != null) {
                request.listener.accept(List.copyOf(words.subList(2, words.size())));
                return;
            }
            if (item) {
                request.items.add(new HandleResult(words.get(2).equals("done"), words.get(3)));
                return;
            }
            String message = words.size() > 2 ? words.get(2) : "";
            String code = words.size() > 3 ? words.get(3) : "";
            answer = new Answer(new HandleResult(words.get(1).equals("ok"), message, code), List.copyOf(request.items));
        }
        request.future.complete(answer);
    }

    /** Nobody reads answers any more: what waits counts as not done at once, not at the end of its limit. */
    void close() {
        List<Pending> left;
        synchronized (this) {
            closed = true;
            left = List.copyOf(pending.values());
        }
        left.forEach(request -> request.future.complete(CLOSED));
    }

    private synchronized void forget(long id) {
        pending.remove(id);
    }
}
