package org.mainstay.core.internal.node;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.ServiceRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Requests the decision core has not answered yet. Thread-safe. */
public final class PendingRequests {
    private static final Logger LOG = LoggerFactory.getLogger(PendingRequests.class);
    /** More than people and programs ask for at a time: they wait for a disk or for a loop that hangs. */
    private static final int MOST = 1000;

    private final Consumer<Event> loop;
    private final Executor replies;
    private final Map<String, Waiting> waiting = new ConcurrentHashMap<>();
    private boolean closed;

    private record Waiting(CompletableFuture<Reply> reply, Consumer<String> progress) {}

    /** @param replies completes the stages, so that who depends on them cannot hold up the decision loop */
    PendingRequests(Consumer<Event> loop, Executor replies) {
        this.loop = loop;
        this.replies = replies;
    }

    /** Asks the decision core. The stage completes exactly once and never exceptionally. */
    public CompletionStage<Reply> ask(ServiceRequest request, Origin origin, Consumer<String> progress) {
        String id = UUID.randomUUID().toString();
        CompletableFuture<Reply> reply = new CompletableFuture<>();
        synchronized (this) {
            if (closed) {
                return CompletableFuture.completedFuture(ended());
            }
            if (waiting.size() >= MOST) {
                return CompletableFuture.completedFuture(Reply.failed(
                        ExitCode.SYSTEM_ERROR,
                        MOST
                                + " requests wait for an answer already, no more are taken: look at 'mainstay status'"
                                + " and at the disk of the configuration database"));
            }
            waiting.put(id, new Waiting(reply, progress));
        }
        loop.accept(new Event.Requested(id, origin, request));
        return reply;
    }

    void answered(String id, Reply reply) {
        Waiting one = waiting.remove(id);
        if (one == null) {
            LOG.debug("an answer nobody waits for: {} {}", id, reply);
        } else {
            one.reply().completeAsync(() -> reply, replies);
        }
    }

    void progress(String id, String text) {
        Waiting one = waiting.get(id);
        if (one != null) {
            replies.execute(() -> one.progress().accept(text));
        }
    }

    /** Answers everybody who still waits. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        waiting.values().forEach(one -> one.reply().complete(ended()));
        waiting.clear();
    }

    private static Reply ended() {
        return Reply.failed(
                ExitCode.NO_COMMUNICATION,
                "Mainstay ends here; whether the request was carried out is shown by 'mainstay status' after its next"
                        + " start");
    }
}
