package org.mainstay.guard.witness;

import java.nio.file.Path;
import java.time.Clock;
import org.mainstay.guard.lease.BootClock;
import org.mainstay.guard.lease.LeaseSettings;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.util.Log;

/** Makes the witnesses this guard knows. */
public final class Witnesses {
    private static final Path INITIALISATION = Path.of("data/guard/witness");

    private Witnesses() {}

    /** A {@link Witness.Factory}; the working directory is the installation's folder. */
    public static Witness create(LeaseSettings.Mode mode, BootClock clock, Log log) {
        switch (mode) {
            case STORAGE:
                return new StorageWitness(
                        INITIALISATION, StorageSettings::parse, Witnesses::store, clock, Clock.systemUTC(), log);
            case ETCD:
                return new EtcdWitness(clock, log);
            default:
                throw new IllegalArgumentException("quorum mode " + mode + " has no witness");
        }
    }

    private static ObjectStore store(StorageSettings settings) {
        return settings.type() == StorageSettings.Type.FILE
                ? new FileStore()
                : new S3Store(settings, settings.intervalMillis() / 3, System::getenv, Clock.systemUTC());
    }
}
