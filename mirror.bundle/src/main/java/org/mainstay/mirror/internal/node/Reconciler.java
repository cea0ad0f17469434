package org.mainstay.mirror.internal.node;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.EngineVolume;
import org.mainstay.mirror.internal.volume.Mirrored;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the engine to what the configuration says, again and again: volumes and mirrors as the instances have them; where the volume
 * is in service on another server, this side is its target. Never makes a source: a restore does. Runs on one thread.
 */
final class Reconciler implements Runnable {
    /** Prefix of the flags of a source whose target is not in step: {@code !mirror!TAG!TARGET}. */
    static final String FLAG = "!mirror!";

    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);
    /** A source that nothing uses and that is not in service gives its role up, but not in the midst of a restore. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long FLAGS_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Desk desk;
    private final Supplier<ClusterSnapshot> cluster;
    private final Administration administration;
    private final Map<String, Long> idleSince = new HashMap<>();
    private final Map<String, String> refusals = new HashMap<>();
    private String trouble = "";
    private CompletableFuture<Reply> flagging = CompletableFuture.completedFuture(Reply.success("none yet"));
    private volatile long flagsNotBefore = System.nanoTime();
    private final JobFollower jobs;

    Reconciler(Desk desk, Supplier<ClusterSnapshot> cluster, Administration administration) {
        this.desk = desk;
        this.cluster = cluster;
        this.administration = administration;
        this.jobs = new JobFollower(administration);
    }

    @Override
    public void run() {
        try {
            reconcile(cluster.get());
            trouble = "";
        } catch (IOException | RuntimeException e) {
            String text = String.valueOf(e.getMessage());
            if (!text.equals(trouble)) {
                LOG.warn("the mirror engine is not as it should be: {}", text, e instanceof IOException ? null : e);
            }
            trouble = text;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void reconcile(ClusterSnapshot snapshot) throws IOException, InterruptedException {
        if (snapshot.phase() != ClusterSnapshot.Phase.AVAILABLE) {
            return;
        }
        jobs.look(snapshot);
        List<Mirrored> own = Volumes.in(snapshot.own());
        if (own.isEmpty()) {
            flags(snapshot, own);
            if (desk.wanted()) {
                desk.tidy(own);
            }
            return;
        }
        for (Mirrored volume : own) {
            if (!snapshot.activities().containsKey(volume.tag())) {
                role(volume, desk.ensure(volume, snapshot), snapshot);
            }
        }
        // Not before the volumes are ensured: that is what starts the engine which is asked here.
        flags(snapshot, own);
        desk.tidy(own);
    }

    private void role(Mirrored volume, EngineVolume side, ClusterSnapshot snapshot) throws IOException {
        Instance instance = snapshot.own().instance(volume.tag()).orElseThrow();
        boolean idle = side.isSource()
                && !instance.state().inService()
                && instance.ownership().released()
                && !used(volume);
        if (!idle) {
            idleSince.remove(volume.volume());
        }
        if (instance.state().inService()) {
            return;
        }
        Optional<Volumes.Owner> owner = Volumes.owner(snapshot, volume.volume());
        if (idle) {
            long since = idleSince.computeIfAbsent(volume.volume(), name -> System.nanoTime());
            if (System.nanoTime() - since > IDLE_NANOS) {
                LOG.info("{} is not in service here: its mirror gives up the role of a source", volume.tag());
                desk.engine().send("stop", volume.volume(), 2_000);
            }
        } else if (!side.isSource() && owner.isPresent()) {
            if (!Volumes.blocked(snapshot, volume.tag())) {
                target(volume, side, owner.get());
            } else if (side.isTarget() && !side.leaving() && Volumes.deleted(snapshot, volume.tag())) {
                LOG.info(
                        "{} gives up being target of {}, as an operator wants",
                        volume.tag(),
                        owner.get().server());
                desk.engine().send("stop", volume.volume(), 2_000);
            }
        }
    }

    private void target(Mirrored volume, EngineVolume side, Volumes.Owner owner) throws IOException {
        if (side.isTarget() && side.source().equals(owner.server())) {
            return;
        }
        EngineLink.Answer answer = desk.engine().send("target", volume.volume(), owner.epoch(), owner.server());
        String before = answer.done() ? refusals.remove(volume.volume()) : refusals.put(volume.volume(), answer.text());
        if (answer.done()) {
            LOG.info("{} is target of {}", volume.tag(), owner.server());
        } else if (!answer.text().equals(before)) {
            LOG.warn("{} does not become target of {}: {}", volume.tag(), owner.server(), answer.text());
        }
    }

    /** Says whether the attachment lives, so that something may still write; what a killed one leaves behind has no file. */
    private static boolean used(Mirrored volume) {
        return Files.isRegularFile(volume.attachment());
    }

    /** Tells everybody through the configuration database which targets are not in step. */
    private void flags(ClusterSnapshot snapshot, List<Mirrored> own) throws IOException {
        Set<String> wanted = new TreeSet<>();
        Map<String, EngineVolume> has = own.isEmpty() ? Map.of() : desk.engine().volumes();
        for (Mirrored volume : own) {
            EngineVolume side = has.get(volume.volume());
            if (side != null && side.isSource()) {
                side.links().stream()
                        .filter(link -> link.code() != 1)
                        .map(Mirrors.Link::target)
                        .forEach(target -> wanted.add(FLAG + volume.tag() + "!" + target));
            }
        }
        List<LcdChange<?>> changes = new ArrayList<>();
        Set<String> present = snapshot.own().rows(LcdSection.FLAGS).keySet();
        wanted.stream()
                .filter(flag -> !present.contains(flag))
                .forEach(flag -> changes.add(LcdChange.put(LcdSection.FLAGS, flag, new Flag(flag))));
        present.stream()
                .filter(flag -> flag.startsWith(FLAG) && !wanted.contains(flag) || over(snapshot, flag))
                .forEach(flag -> changes.add(LcdChange.remove(LcdSection.FLAGS, flag)));
        // One request at a time, and what was refused is not asked for again at once.
        if (!changes.isEmpty() && flagging.isDone() && System.nanoTime() - flagsNotBefore >= 0) {
            flagging = administration
                    .submit(new Request.ChangeOwn("states of mirrors", changes), caller(snapshot.self()), line -> {})
                    .whenComplete((reply, problem) -> {
                        boolean done = problem == null && reply.succeeded();
                        flagsNotBefore = System.nanoTime() + (done ? 0 : FLAGS_AGAIN_NANOS);
                    })
                    .toCompletableFuture();
        }
    }

    /**
     * Says whether what an operator said of a volume has ended: with the resource, or with the boot (EMC-017). A server may be kept from
     * becoming target before the volume is extended to it (EMC-016).
     */
    private static boolean over(ClusterSnapshot snapshot, String flag) {
        if (flag.startsWith(Mirrors.BLOCK_TARGET)) {
            String tag = flag.substring(Mirrors.BLOCK_TARGET.length());
            return snapshot.databases().stream()
                    .noneMatch(lcd -> lcd.instance(tag).isPresent());
        }
        return flag.startsWith(Mirrors.SWITCHOVER)
                && (!flag.endsWith("!" + snapshot.own().bootId())
                        || snapshot.databases().stream()
                                .flatMap(lcd -> lcd.instances().keySet().stream())
                                .noneMatch(tag -> flag.startsWith(Mirrors.SWITCHOVER + tag + "!")));
    }

    static Caller caller(String self) {
        return new Caller("mainstay", Caller.Role.ADMINISTRATOR, self + " mirror");
    }
}
