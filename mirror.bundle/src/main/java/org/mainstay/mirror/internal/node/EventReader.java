package org.mainstay.mirror.internal.node;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.mirror.internal.engine.EngineVolume;
import org.mainstay.mirror.internal.volume.Mirrored;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears what the engine tells. A target that fell out of step is recorded before changes it lacks are answered (MIR-119): in the
 * configuration database, and by the target itself, which then does not count as current any more. Where that cannot be done,
 * because the target is out of reach, the engine holds changes until the window has passed.
 */
final class EventReader {
    private static final Logger LOG = LoggerFactory.getLogger(EventReader.class);
    /** Numbers of events that are not in the message catalog. */
    private static final int STATE = 20250;

    /** Catalog of mirrors: something an administrator has to look at. */
    static final int TROUBLE = 20251;

    private static final long FLAG_MILLIS = 2_000;

    private final Desk desk;
    private final Dialogue dialogue;
    private final Supplier<ClusterSnapshot> cluster;
    private final EventLog log;
    private final Administration administration;

    EventReader(
            Desk desk,
            Dialogue dialogue,
            Supplier<ClusterSnapshot> cluster,
            EventLog log,
            Administration administration) {
        this.desk = desk;
        this.dialogue = dialogue;
        this.cluster = cluster;
        this.log = log;
        this.administration = administration;
    }

    /** Reads until the engine ends; returns at once if it does not run. */
    void read(BooleanSupplier enough) {
        if (!desk.wanted()) {
            return;
        }
        try {
            desk.engine().events(this::event, enough);
        } catch (IOException e) {
            LOG.debug("no events of the mirror engine: {}", e.getMessage());
        }
    }

    private void event(List<String> words) {
        try {
            switch (words.get(0)) {
                case "record-needed" -> record(words.get(1), words.get(2), words.get(3));
                case "state" -> state(words);
                case "locked", "trouble" ->
                    tell(
                            TROUBLE,
                            ClusterEvent.Level.ERROR,
                            words.get(1),
                            "mirrored volume " + tag(words.get(1)) + ": " + String.join(" ", words));
                default -> LOG.debug("mirror engine: {}", words);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            LOG.warn("an event of the mirror engine could not be handled: {}", words, e);
        }
    }

    private void state(List<String> words) {
        boolean good = words.get(3).equals("1");
        boolean passing = words.get(3).equals("2") || words.get(3).equals("5");
        String cause = words.size() > 4 && !words.get(4).equals("NONE") ? " (" + words.get(4) + ")" : "";
        tell(
                STATE,
                good || passing ? ClusterEvent.Level.INFORMATION : ClusterEvent.Level.WARNING,
                words.get(1),
                "mirror of " + tag(words.get(1)) + " to " + words.get(2) + address(words.get(1), words.get(2)) + ": "
                        + name(words.get(3)) + cause);
    }

    /** The address belongs to what consoles are told of a mirror (SNMP-022). */
    private String address(String volume, String target) {
        Mirrored there = Volumes.others(cluster.get(), volume).get(target);
        return there == null ? "" : " at " + there.address();
    }

    private static String name(String code) {
        return switch (code) {
            case "1" -> "mirroring";
            case "2" -> "resynchronising";
            case "3" -> "broken";
            case "4" -> "paused";
            default -> "waiting for the target";
        };
    }

    private Optional<Mirrored> mirrored(String volume) {
        return Volumes.named(cluster.get().own(), volume);
    }

    private String tag(String volume) {
        return mirrored(volume).map(Mirrored::tag).orElse(volume);
    }

    private void tell(int number, ClusterEvent.Level level, String volume, String text) {
        log.add(number, level, tag(volume), text);
    }

    /** @param hold number of the loss: what is over by now, or another one, is not answered for */
    private void record(String volume, String target, String hold) throws IOException, InterruptedException {
        ClusterSnapshot snapshot = cluster.get();
        Optional<EngineVolume> side = desk.engine().volume(volume);
        if (side.isEmpty() || !side.get().isSource()) {
            return;
        }
        // The target of a deleted mirror is not among them; it has to be told all the same.
        if (side.get().hold(target).filter(held -> !held.equals(hold)).isPresent()) {
            LOG.info(
                    "{} is in step with {} again, or was lost anew: it is not told of the loss before", target, volume);
            return;
        }
        String flag = Reconciler.FLAG + tag(volume) + "!" + target;
        flag(flag, snapshot.self());
        if (dialogue.forget(target, volume, side.get().epoch(), snapshot.self())) {
            desk.engine().send("recorded", volume, target, hold);
        } else {
            LOG.info(
                    "{} cannot be told that its side of {} is not current: changes wait for the window",
                    target,
                    volume);
        }
    }

    /** The flag informs; what counts is that the target takes note. So the database may be slow, or refuse. */
    private void flag(String flag, String self) throws InterruptedException {
        try {
            administration
                    .submit(
                            new Request.ChangeOwn(
                                    "target not current",
                                    List.of(LcdChange.put(LcdSection.FLAGS, flag, new Flag(flag)))),
                            Reconciler.caller(self),
                            line -> {})
                    .toCompletableFuture()
                    .get(FLAG_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the flag {} is not in the configuration database yet", flag, e);
        }
    }
}
