package org.mainstay.cluster.lcd;

import java.util.Collection;
import java.util.Optional;

/**
 * How the data of a mirrored volume gets from one server to another.
 *
 * @param address where the engine of the other server is reached, without a port
 * @param type sync or async
 */
public record MirrorWay(String address, MirrorJob.Type type) {
    /** Property of a mirrored volume: {@code HOST[:PORT]} of its server's engine. */
    public static final String ADDRESS = "mirror";
    /** Property of a mirrored volume: {@code sync} or {@code async}; left out: {@code sync}. */
    public static final String TYPE = "mirror-type";

    /**
     * Returns the way between two sides of a volume: what a stored job says of the pair (EMC-102, EMC-103), else the address of the other
     * side and the type of this one.
     *
     * @param jobs those that count
     * @param here the volume's resource on {@code server}, the source
     * @param there its resource on {@code target}
     */
    public static MirrorWay between(
            Collection<MirrorJob> jobs, String server, Instance here, String target, Instance there) {
        MirrorJob.Volume one = MirrorJob.Volume.of(server, here);
        MirrorJob.Volume other = MirrorJob.Volume.of(target, there);
        return jobs.stream()
                .flatMap(job -> job.pairs().stream())
                .flatMap(pair -> stored(pair, one, other).stream())
                .findFirst()
                .orElseGet(() -> new MirrorWay(host(there), type(here)));
    }

    /** Both ends of a pair of type D are one disk: that is no mirror. */
    private static Optional<MirrorWay> stored(MirrorJob.Pair pair, MirrorJob.Volume here, MirrorJob.Volume there) {
        if (pair.type() == MirrorJob.Type.D) {
            return Optional.empty();
        }
        if (here.is(pair.first()) && there.is(pair.second())) {
            return Optional.of(new MirrorWay(pair.second().address(), pair.type()));
        }
        return here.is(pair.second()) && there.is(pair.first())
                ? Optional.of(new MirrorWay(pair.first().address(), pair.type()))
                : Optional.empty();
    }

    /** Returns where the engine of a side is by its properties, without the port. */
    public static String host(Instance side) {
        return host(side.properties().getOrDefault(ADDRESS, ""));
    }

    /** Returns the type that a side's properties ask for (EMC-014). */
    public static MirrorJob.Type type(Instance side) {
        return side.properties().getOrDefault(TYPE, "sync").equals("async") ? MirrorJob.Type.A : MirrorJob.Type.S;
    }

    /** Returns the host of {@code HOST:PORT}, {@code [HOST]:PORT} or {@code HOST}. */
    public static String host(String address) {
        int colon = address.lastIndexOf(':');
        boolean bare = colon < 0 || address.indexOf(':') != colon && !address.startsWith("[");
        return (bare ? address : address.substring(0, colon)).replaceAll("^\\[|\\]$", "");
    }
}
