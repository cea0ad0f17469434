package org.mainstay.core.internal.host;

import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mainstay.cluster.GuardControl;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.StorageReservation;

/** Hands reservations of shared storage to the guard, which renews them also while Karaf is away. */
final class GuardReservation implements StorageReservation {
    private final GuardControl guard;
    private final ActionTime time;

    GuardReservation(GuardControl guard, ActionTime time) {
        this.guard = Objects.requireNonNull(guard, "guard");
        this.time = time;
    }

    @Override
    public void observe(Path area) {
        ask("observe", area, false);
    }

    @Override
    public Outcome claim(Path area, boolean force) {
        return ask("claim", area, force);
    }

    @Override
    public Outcome release(Path area) {
        return ask("release", area, false);
    }

    @Override
    public Outcome check(Path area) {
        return ask("check", area, false);
    }

    @Override
    public Outcome initialise(Path area) {
        return ask("initialise", area, false);
    }

    private Outcome ask(String verb, Path area, boolean force) {
        try {
            GuardControl.HandleResult result = guard.reservation(verb, area.toString(), force)
                    .toCompletableFuture()
                    .get(time.remaining().toNanos(), TimeUnit.NANOSECONDS);
            return (result.done() ? Outcome.success(result.message()) : Outcome.failed(result.message()))
                    .withCode(result.code());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.failed(verb + " of the reservation " + area + " was cancelled");
        } catch (TimeoutException e) {
            return Outcome.failed("the guard did not answer in time to " + verb + " of the reservation " + area
                    + "; is it running? See mainstay status");
        } catch (ExecutionException e) {
            return Outcome.failed(
                    "the guard could not carry out " + verb + " of the reservation " + area + ": "
                            + e.getCause().getMessage(),
                    e.getCause().toString());
        }
    }
}
