package org.mainstay.comm.internal.dispatch;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.mainstay.cluster.Messenger;
import org.mainstay.comm.internal.session.Incoming;
import org.mainstay.comm.internal.wire.Frame;

/** Requests of one session that wait for their answers. Futures complete in order on the executor. Thread-safe. */
public final class Correlations {
    private final Executor answers;
    private final AtomicLong correlations = new AtomicLong();
    private final Map<Long, CompletableFuture<byte[]>> pending = new ConcurrentHashMap<>();
    private volatile String over;

    public Correlations(Executor answers) {
        this.answers = answers;
    }

    /** Adds a request and returns its correlation id. */
    public long add(CompletableFuture<byte[]> future) {
        long correlation = correlations.incrementAndGet();
        pending.put(correlation, future);
        String reason = over;
        if (reason != null) {
            fail(correlation, reason);
        }
        return correlation;
    }

    /** Fails a request that still waits. */
    public void fail(long correlation, String reason) {
        CompletableFuture<byte[]> future = pending.remove(correlation);
        if (future != null) {
            answers.execute(() -> future.completeExceptionally(new Messenger.NoCommunicationException(reason)));
        }
    }

    /** Fails all: the session is over. */
    public void failAll(String reason) {
        over = reason;
        pending.keySet().forEach(correlation -> fail(correlation, reason));
    }

    /** Completes a request; late answers are dropped. */
    public void answered(Incoming answer) {
        CompletableFuture<byte[]> future = pending.remove(answer.head().correlation());
        if (future == null) {
            return;
        }
        if (answer.head().kind() == Frame.Kind.ANSWER) {
            answers.execute(() -> future.complete(answer.payload()));
        } else {
            String message = new String(answer.payload(), StandardCharsets.UTF_8);
            answers.execute(() -> future.completeExceptionally(new Messenger.RemoteException(message)));
        }
    }
}
