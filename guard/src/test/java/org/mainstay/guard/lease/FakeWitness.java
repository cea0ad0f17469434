package org.mainstay.guard.lease;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.mainstay.guard.util.Result;

/** A witness the test speaks for; every use of it is a new start. */
final class FakeWitness implements Witness {
    Settings settings;
    Listener listener;
    String refusal = "";
    int closed;

    @Override
    public void start(Settings with, Listener to) {
        if (!refusal.isEmpty()) {
            throw new IllegalArgumentException(refusal);
        }
        settings = with;
        listener = to;
    }

    @Override
    public CompletableFuture<Result> claim(ClaimEntry entry) {
        return CompletableFuture.completedFuture(Result.done("claimed"));
    }

    @Override
    public CompletableFuture<Result> withdraw(long group) {
        return CompletableFuture.completedFuture(Result.done("withdrawn"));
    }

    @Override
    public CompletableFuture<Claims> claims(long group) {
        return CompletableFuture.completedFuture(new Claims(List.of(), Map.of()));
    }

    @Override
    public void close() {
        closed++;
    }
}
