package org.mainstay.mirror.internal.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.cluster.lcd.MirrorWay;
import org.mainstay.mirror.internal.volume.Mirrored;

/** Mirrored volumes as the configuration databases have them. */
final class Volumes {
    static final String TYPE_KEY = "filesys/volume";

    private Volumes() {}

    /** Where a volume is in service. */
    record Owner(String server, long epoch) {}

    static Optional<Mirrored> of(Instance instance) {
        return instance.typeKey().equals(TYPE_KEY)
                ? Mirrored.of(instance.tag(), instance.properties())
                : Optional.empty();
    }

    static List<Mirrored> in(Lcd lcd) {
        List<Mirrored> all = new ArrayList<>();
        lcd.instances().values().forEach(instance -> of(instance).ifPresent(all::add));
        return all;
    }

    static Optional<Mirrored> named(Lcd lcd, String volume) {
        return in(lcd).stream().filter(one -> one.volume().equals(volume)).findFirst();
    }

    /** Returns the other servers that have the volume. */
    static Map<String, Mirrored> others(ClusterSnapshot snapshot, String volume) {
        Map<String, Mirrored> others = new TreeMap<>();
        snapshot.peers()
                .forEach((server, peer) ->
                        named(peer.lcd(), volume).ifPresent(mirrored -> others.put(server, mirrored)));
        return others;
    }

    /** Where the engine of another server is, and how data gets there: {@code HOST:PORT}, {@code sync} or {@code async}. */
    record Way(String address, String type) {}

    /** Returns the way to another server, see {@link MirrorWay}. The port is always the other's own. */
    static Way way(ClusterSnapshot snapshot, Mirrored own, String peer, Mirrored other) {
        MirrorWay way = MirrorWay.between(
                MirrorJob.of(snapshot.databases()).values(),
                snapshot.self(),
                instance(snapshot, snapshot.self(), own),
                peer,
                instance(snapshot, peer, other));
        String host = way.address();
        return new Way(
                (host.contains(":") ? "[" + host + "]" : host) + ":" + other.port(),
                way.type() == MirrorJob.Type.A ? Mirrored.ASYNC : Mirrored.SYNC);
    }

    private static Instance instance(ClusterSnapshot snapshot, String server, Mirrored volume) {
        return snapshot.lcd(server)
                .flatMap(lcd -> lcd.instance(volume.tag()))
                .orElseThrow(() -> new IllegalStateException(volume.tag() + " is not on " + server));
    }

    /** Says whether this server is not to become target of a volume: an operator said so (EMC-016, EMC-017). */
    static boolean blocked(ClusterSnapshot snapshot, String tag) {
        return snapshot.own()
                        .row(LcdSection.FLAGS, Mirrors.blockTargetFlag(tag))
                        .isPresent()
                || deleted(snapshot, tag);
    }

    /** Says whether this server gave up being target until its next boot (EMC-111). */
    static boolean deleted(ClusterSnapshot snapshot, String tag) {
        return snapshot.own()
                .row(
                        LcdSection.FLAGS,
                        Mirrors.switchoverFlag(tag, snapshot.own().bootId()))
                .isPresent();
    }

    /** Says whether a resource here is equivalent to one on another server. */
    static boolean tied(ClusterSnapshot snapshot, String tag, String server) {
        String self = snapshot.self();
        return snapshot.own().rows(LcdSection.EQUIVALENCIES).values().stream()
                .anyMatch(one -> one.server().equals(self)
                                && one.tag().equals(tag)
                                && one.otherServer().equals(server)
                        || one.otherServer().equals(self)
                                && one.otherTag().equals(tag)
                                && one.server().equals(server));
    }

    /** Returns which other server certainly has the volume in service. */
    static Optional<Owner> owner(ClusterSnapshot snapshot, String volume) {
        for (Map.Entry<String, Mirrored> other : others(snapshot, volume).entrySet()) {
            ClusterSnapshot.Peer peer = snapshot.peers().get(other.getKey());
            Optional<Instance> instance = peer.lcd().instance(other.getValue().tag());
            if (peer.current()
                    && peer.state() == ClusterSnapshot.PeerState.ALIVE
                    && instance.isPresent()
                    && instance.get().state().inService()) {
                return Optional.of(
                        new Owner(other.getKey(), instance.get().ownership().epoch()));
            }
        }
        return Optional.empty();
    }

    /** Returns by which ownership a server had the volume in service when its database was heard last; 0: it had not, or is not known. */
    static long served(ClusterSnapshot snapshot, String volume, String server) {
        return Optional.ofNullable(others(snapshot, volume).get(server))
                .flatMap(other -> snapshot.peers().get(server).lcd().instance(other.tag()))
                .filter(instance -> instance.state().inService())
                .map(instance -> instance.ownership().epoch())
                .orElse(0L);
    }

    static long epoch(ClusterSnapshot snapshot, String tag) {
        return snapshot.own()
                .instance(tag)
                .map(instance -> instance.ownership().epoch())
                .orElse(0L);
    }

    /** Returns after how long without heartbeats another server is regarded as dead, at the most. */
    static long detection(ClusterSnapshot snapshot) {
        return snapshot.own().rows(LcdSection.PATHS).values().stream()
                .mapToLong(CommPath::detectionMillis)
                .max()
                .orElse(3_000);
    }
}
