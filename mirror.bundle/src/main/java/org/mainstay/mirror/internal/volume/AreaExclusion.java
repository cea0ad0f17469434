package org.mainstay.mirror.internal.volume;

import java.nio.file.Files;
import java.nio.file.Path;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.StorageReservation;

/** A reservation area: a file or small device with a slot for each server, renewed by the guard. */
final class AreaExclusion implements Exclusion {
    private final StorageReservation reservation;
    private final Path area;

    AreaExclusion(StorageReservation reservation, Path area) {
        this.reservation = reservation;
        this.area = area;
    }

    @Override
    public Outcome initialise() {
        return reservation.initialise(area);
    }

    @Override
    public Outcome observe() {
        if (!Files.exists(area)) {
            return Outcome.failed("the reservation area " + area
                    + " is not there; it must be on storage that every server" + " reaches, beside the volume");
        }
        reservation.observe(area);
        return Outcome.success("observing " + area);
    }

    @Override
    public Outcome claim(boolean force) {
        return reservation.claim(area, force);
    }

    @Override
    public Outcome release() {
        return reservation.release(area);
    }

    @Override
    public Outcome check() {
        return reservation.check(area);
    }
}
