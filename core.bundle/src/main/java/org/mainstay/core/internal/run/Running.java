package org.mainstay.core.internal.run;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A call into a kit that was submitted.
 *
 * @param <T> type of the answer
 */
public interface Running<T> {

    /** Returns the stage that completes exactly once, never exceptionally. */
    CompletionStage<Ended<T>> result();

    /** Gives the call up: its thread is asked to end and its answer no longer counts. Does nothing if it has ended. */
    void cancel(String why);

    /** Returns one that has ended. */
    static <T> Running<T> ended(Ended<T> how) {
        return new Running<>() {
            @Override
            public CompletionStage<Ended<T>> result() {
                return CompletableFuture.completedFuture(how);
            }

            @Override
            public void cancel(String why) {
                // it has ended already
            }
        };
    }
}
