package org.mainstay.bench.quorum;

import java.util.ArrayList;
import java.util.List;
import org.mainstay.itest.lab.Etcd;

/** The quorum modes as they are shipped: the parameters they need, and what docs/safety.md promises for a loss of power, in ms. */
enum Mode {
    /** D + the safety check's limit, which is D. */
    NONE(2, Times.DETECTION, 2 * Times.DETECTION + 1_000),
    MAJORITY(3, Times.LAPSE - Times.BEAT, Times.LAPSE + Times.BEAT + 1_000),
    /** Its lease is one beat of the objects and 4 s; 4 checks find no change. */
    STORAGE(2, lapse(Times.OBJECT_BEAT + 4_000) - Times.OBJECT_BEAT, 5 * Times.OBJECT_BEAT + 1_000),
    /** Whole seconds of etcd, its grain, and the time between two looks. */
    ETCD(2, Times.LAPSE - Times.LEASE / 4, 16_000 + 1_000 + Times.LEASE / 4 + 1_000);

    private static final class Times {
        static final long BEAT = 500;
        static final long DETECTION = 6 * BEAT;
        static final long LEASE = 5_000;
        static final long LOSS_STOP = 10_000;
        static final long OBJECT_BEAT = 6_000;
        static final long LAPSE = lapse(LEASE);
    }

    /** Where the servers find the folder of the objects. */
    static final String PLACE = "/mnt";

    private final int servers;
    private final long soonest;
    private final long latest;

    Mode(int servers, long soonest, long latest) {
        this.servers = servers;
        this.soonest = soonest;
        this.latest = latest;
    }

    /** (L + S)(1 + r) and the grain of times. */
    private static long lapse(long lease) {
        return (lease + Times.LOSS_STOP) * 101 / 100 + 50;
    }

    /** Returns the names of the servers of a cluster. */
    List<String> names() {
        return List.of("A", "B", "C").subList(0, servers);
    }

    /** Returns the lines for etc/default/LifeKeeper. */
    List<String> tunables() {
        List<String> lines = new ArrayList<>();
        if (this == STORAGE) {
            lines.add("QWK_STORAGE_TYPE=file");
            names().forEach(name -> lines.add("QWK_STORAGE_OBJECT_" + name + "=" + PLACE + "/" + name));
        } else if (this == ETCD) {
            lines.add("QUORUM_ETCD_ENDPOINTS=" + Etcd.URL);
        }
        String word = name().toLowerCase(java.util.Locale.ROOT);
        lines.add("WITNESS_MODE=" + (this == MAJORITY ? "remote_verify" : word));
        lines.add("QUORUM_MODE=" + word);
        return lines;
    }

    /** Returns what is promised between the loss of power and the restore, which here takes next to nothing. */
    String promised() {
        return soonest + " to " + latest;
    }
}
