package org.mainstay.mirror.engine.volume;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;

/** The orderly end of a source: targets in step get the rest and are told that they hold everything (MIR-135). */
final class Handover {
    private static final long LOOK_MILLIS = 5;
    /** How often a disk that hangs is looked at, and for how long after the time: who asked has given up long before. */
    private static final long LOOK_AT_DISK_MILLIS = 1_000;

    private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Volume volume;
    private long deadline;
    private int open;
    private boolean asked;
    private boolean over;
    /** Targets that were in step and have not got all that was answered. */
    private List<String> behind = List.of();

    private long looks;

    Handover(Volume volume) {
        this.volume = volume;
    }

    /** @param stopped is given the targets that were in step and lack something that was answered */
    void begin(long millis, Consumer<List<String>> stopped) {
        deadline = volume.env().nanos() + TimeUnit.MILLISECONDS.toNanos(millis);
        look(stopped);
    }

    private void look(Consumer<List<String>> stopped) {
        boolean[] done = new boolean[1];
        boolean before = over;
        volume.locked(() -> {
            boolean late = volume.env().nanos() - deadline >= 0;
            if (!asked && volume.serving() && (volume.path().idle() || late)) {
                asked = true;
                ask();
            }
            done[0] = !volume.serving() || late || asked && open == 0;
            if (done[0] && !over) {
                over = true;
                end();
            }
            // What was taken as target may still be on its way to a slow disk: whoever is told "stopped" may take that
            // away.
            done[0] &= !volume.target().busy();
        });
        volume.kick();
        volume.path().drain();
        if (over && !before) {
            // Who came while the rest was sent; nobody can come any more.
            volume.disconnect();
        }
        if (done[0]) {
            stopped.accept(behind);
        } else if (!over) {
            volume.env().after(LOOK_MILLIS, () -> look(stopped));
        } else if (volume.env().nanos() - deadline < GIVE_UP_NANOS) {
            volume.env().after(Math.min(LOOK_AT_DISK_MILLIS, LOOK_MILLIS * ++looks), () -> look(stopped));
        }
    }

    private void end() {
        own();
        volume.deactivate();
        volume.target().stop();
        volume.target().snapshots().drop("the volume was stopped");
        volume.path().refuse(BlockRequest.ESHUTDOWN);
        volume.barrier().clear();
        volume.mirrors().forEach(mirror -> mirror.close("the source stopped"));
        volume.env().log("volume " + volume.name() + " stopped");
    }

    /**
     * The time ran out before any target had all that was answered: their data is no longer the same, and nobody may vouch for it.
     * Where one has it all, it goes on from the same id, and this side must be its target without a split.
     */
    private void own() {
        List<Mirror> inStep = volume.mirrors().stream()
                .filter(mirror -> mirror.state() == MirrorState.MIRRORING)
                .toList();
        List<Mirror> late =
                inStep.stream().filter(mirror -> mirror.queue().answeredAhead()).toList();
        if (!volume.serving() || late.isEmpty()) {
            return;
        }
        behind = late.stream().map(Mirror::name).toList();
        String missing = late.stream()
                .map(mirror -> mirror.name() + " (" + mirror.queue().bytes() + " bytes)")
                .collect(Collectors.joining(", "));
        if (late.size() < inStep.size()) {
            volume.env()
                    .log("volume " + volume.name() + " was not handed over in time to " + missing
                            + ", where what was answered is missing: go on with another one");
        } else {
            VolumeState state = volume.state();
            volume.save(state.generations(state.generations().next(volume.env().newGeneration())));
            volume.env()
                    .log("volume " + volume.name() + " was not handed over in time: what was answered is not on "
                            + missing
                            + ". Start it here again to bring that in step, or force there");
        }
    }

    private void ask() {
        for (Mirror mirror : volume.mirrors()) {
            if (mirror.state() != MirrorState.MIRRORING) {
                continue;
            }
            open++;
            mirror.queue().ask(FrameType.FLUSH, 0, 0, null, flushed -> {
                if (flushed == null || flushed.length() != 0 || mirror.state() != MirrorState.MIRRORING) {
                    open--;
                    return;
                }
                // From here on this side must not change anything: it stops before it answers anybody.
                volume.path().refuse(BlockRequest.ESHUTDOWN);
                mirror.queue().ask(FrameType.HANDOVER, 0, 0, Frame.text(Map.of()), answer -> open--);
                volume.env().run(volume::kick);
            });
        }
    }
}
