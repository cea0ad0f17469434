package org.mainstay.mirror.internal.node;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.kit.Outcome;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.EngineVolume;
import org.mainstay.mirror.internal.volume.MirrorPort;
import org.mainstay.mirror.internal.volume.Mirrored;

/**
 * Who may be source. A side that was target is judged by its engine: in step, and heard within the window. A side that was source is
 * good unless another one has been source since; where that cannot be known, a cluster with a right to run refuses.
 */
final class Promotion {
    private static final long FORCED_NANOS = TimeUnit.MINUTES.toNanos(10);

    /** The engine's answer if the data forbids it. */
    private static final int REFUSED = 8;

    private final Desk desk;
    private final Dialogue dialogue;
    private final Supplier<ClusterSnapshot> cluster;
    private final BooleanSupplier leased;
    private final Map<String, Long> forced = new ConcurrentHashMap<>();

    /** @param leased whether the cluster grants a right to run, so that a stale side can be told from the only one */
    Promotion(Desk desk, Dialogue dialogue, Supplier<ClusterSnapshot> cluster, BooleanSupplier leased) {
        this.desk = desk;
        this.dialogue = dialogue;
        this.cluster = cluster;
        this.leased = leased;
    }

    void force(String tag) {
        forced.put(tag, System.nanoTime());
    }

    private boolean isForced(String tag) {
        Long at = forced.get(tag);
        return at != null && System.nanoTime() - at < FORCED_NANOS;
    }

    MirrorPort.Source source(Mirrored volume) throws IOException, InterruptedException {
        ClusterSnapshot snapshot = cluster.get();
        EngineVolume side = desk.ensure(volume, snapshot);
        long epoch = Math.max(Volumes.epoch(snapshot, volume.tag()), side.epoch());
        boolean force = isForced(volume.tag());
        // Only within one ownership has nobody else been source: what was left a source by a failed stop is judged as
        // any other.
        boolean same = side.isSource() && side.epoch() == epoch;
        String obstacle = force || same ? "" : obstacle(volume, side, snapshot);
        if (!obstacle.isEmpty()) {
            return refused(volume, obstacle, snapshot.self());
        }
        EngineLink.Answer answer = desk.engine().send("source", volume.volume(), epoch, force ? "forced" : "own");
        if (answer.exit() == REFUSED && side.lastRole().equals("TARGET") && vouched(volume, side, snapshot)) {
            answer = desk.engine().send("source", volume.volume(), epoch, "recorded");
        }
        if (!answer.done()) {
            return answer.exit() == REFUSED
                    ? refused(volume, answer.text(), snapshot.self())
                    : new MirrorPort.Source(
                            Outcome.failed("the mirror engine cannot serve " + volume.tag() + ": " + answer.text()),
                            "");
        }
        forced.remove(volume.tag());
        return new MirrorPort.Source(Outcome.success("source of " + volume.tag()), volume.volume() + "@" + epoch);
    }

    private static MirrorPort.Source refused(Mirrored volume, String reason, String self) {
        return new MirrorPort.Source(
                Outcome.failed("the data of " + volume.tag() + " on " + self + " may be old: " + reason
                        + ". To use it nevertheless, and lose what it lacks: mainstay mirror force " + volume.tag()
                        + " --on "
                        + self),
                "");
    }

    private String obstacle(Mirrored volume, EngineVolume side, ClusterSnapshot snapshot) throws InterruptedException {
        if (side.lastRole().equals("TARGET") || !side.consistent()) {
            return "";
        }
        for (String server : Volumes.others(snapshot, volume.volume()).keySet()) {
            Optional<EngineVolume> other = dialogue.side(server, volume.volume());
            String obstacle = other.isPresent()
                    ? than(other.get(), side, server, snapshot.self())
                    : unheard(side, server, snapshot);
            if (!obstacle.isEmpty()) {
                return obstacle;
            }
        }
        return "";
    }

    /**
     * Says whether the side that was source last is there, is none any more, and holds the same data: it takes another generation before it
     * answers anything this side lacks. All others have to be heard too.
     */
    private boolean vouched(Mirrored volume, EngineVolume side, ClusterSnapshot snapshot) throws InterruptedException {
        boolean vouched = false;
        for (String server : Volumes.others(snapshot, volume.volume()).keySet()) {
            Optional<EngineVolume> other = dialogue.side(server, volume.volume());
            if (other.isEmpty()
                    || !than(other.get(), side, server, snapshot.self()).isEmpty()) {
                return false;
            }
            vouched |= other.get().lastRole().equals("SOURCE")
                    && other.get().role().equals("NONE")
                    && other.get().consistent()
                    && other.get().generation().equals(side.generation());
        }
        return vouched;
    }

    private static String than(EngineVolume other, EngineVolume side, String server, String self) {
        boolean newer = other.epoch() > side.epoch();
        if (other.isSource() || newer && other.lastRole().equals("SOURCE")) {
            return server + " has written since; start it there, or wait until this side is in step";
        }
        // Targets learn an epoch from a server that has the volume in service: this one, or a third.
        if (newer
                && !side.isNew()
                && other.lastRole().equals("TARGET")
                && !other.source().equals(self)) {
            return server + " has been target in a later ownership (" + other.epoch() + ", here " + side.epoch()
                    + "), so another server has had it in service since; start it there, or on " + server
                    + ", or wait until this side is in step";
        }
        if (other.leaving()) {
            return server + " is about to become source and waits for its disk; try again in a minute";
        }
        return side.isNew() && !other.isNew() ? "this side holds no data of the volume yet, " + server + " does" : "";
    }

    private String unheard(EngineVolume side, String server, ClusterSnapshot snapshot) {
        if (side.isNew()) {
            return "this side holds no data of the volume yet, and " + server + " cannot be asked";
        }
        // SPLIT-006: what was heard of it last counts; it served by a later ownership, perhaps beside this one.
        long served = Volumes.served(snapshot, side.name(), server);
        if (served > side.epoch()) {
            return server + " has had it in service since (ownership " + served + ", here " + side.epoch()
                    + ") and cannot be asked; start it there, or wait until this side is in step";
        }
        return !side.ahead() && leased.getAsBoolean()
                ? server + " was in step and cannot be asked whether it has been in service since"
                : "";
    }
}
