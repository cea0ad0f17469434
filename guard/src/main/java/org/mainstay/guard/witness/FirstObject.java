package org.mainstay.guard.witness;

import java.io.IOException;
import java.time.Clock;
import org.mainstay.guard.lease.Witness;

/** The object that {@code qwk_storage_init} makes, or makes anew. */
final class FirstObject {
    private final Initialisation begun;
    private final StorageSettings settings;
    private final Witness.Settings limits;
    private final Clock wall;

    FirstObject(Initialisation begun, StorageSettings settings, Witness.Settings limits, Clock wall) {
        this.wall = wall;
        this.begun = begun;
        this.settings = settings;
        this.limits = limits;
    }

    /** @throws IOException if something else is there, which is left as it is; or the storage refuses */
    void make(ObjectStore store, String location) throws IOException, InterruptedException {
        SignOfLife before = before(store, location);
        SignOfLife object = new SignOfLife(
                settings.cluster(),
                begun.id(),
                begun.self(),
                SignOfLife.State.INITIALISING,
                0,
                before == null ? wall.millis() / 1000 : before.generation() + 1,
                0,
                wall.millis(),
                (int) limits.leaseMillis(),
                (int) limits.lossStopMillis(),
                settings.digest());
        store.write(location, object.encode(), true);
    }

    private SignOfLife before(ObjectStore store, String location) throws IOException, InterruptedException {
        byte[] bytes;
        try {
            bytes = store.read(location);
        } catch (ObjectStore.AbsentException e) {
            return null;
        }
        if (zero(bytes)) {
            return null;
        }
        try {
            SignOfLife object = SignOfLife.decode(bytes);
            if (!object.server().equals(begun.self())) {
                throw new IOException(location + " is the object of the server " + object.server()
                        + "; every server needs its own. If that server is gone for good, delete the object");
            }
            if (!object.cluster().equals(settings.cluster()) && object.state() != SignOfLife.State.EXITED) {
                throw new IOException(
                        location + " belongs to another cluster or to other servers of this one (last written "
                                + java.time.Instant.ofEpochMilli(object.writtenAt())
                                + "); run qwk_storage_exit there, or delete the object if it is no longer used");
            }
            return object;
        } catch (SignOfLife.DamagedException e) {
            if (SignOfLife.startsLikeOne(bytes)) {
                return null;
            }
            throw new IOException(
                    location + " holds something else and is not overwritten; name a new object, or delete it", e);
        }
    }

    private static boolean zero(byte[] bytes) {
        for (byte b : bytes) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }
}
