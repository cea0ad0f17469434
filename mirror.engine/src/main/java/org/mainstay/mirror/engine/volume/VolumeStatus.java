package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What is told about a volume, with the counters of chapter 15 (PERF-020 to PERF-047).
 *
 * @param volume values of the volume
 * @param mirrors values of each mirror
 */
public record VolumeStatus(Map<String, Object> volume, List<Map<String, Object>> mirrors) {
    /** PERF-035: shown for tools that ask for it; nothing has ever used it. */
    private static final long QUEUE_LOW_WATER = 150;

    static VolumeStatus of(Volume volume) {
        VolumeState state = volume.state();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("name", volume.name());
        all.put("role", volume.active() ? state.role().name() : Role.NONE.name());
        all.put("lastRole", state.role().name());
        all.put("epoch", state.epoch());
        all.put("size", volume.size());
        all.put("storage", room(volume));
        all.put("generation", Long.toHexString(state.generations().current()));
        all.put("consistent", state.consistent());
        all.put("ahead", ahead(volume, state));
        all.put("held", volume.path().held());
        all.put("leaseLives", volume.path().leaseLives());
        if (volume.active() && state.role() == Role.TARGET) {
            TargetSide target = volume.target();
            all.put("source", target.source());
            all.put("connected", target.connected());
            all.put("inStep", target.inStep());
            all.put("current", target.current());
            all.put("leaving", target.leaving());
        }
        all.put("snapshot", volume.snapshots().status());
        Map<String, Object> configured = new LinkedHashMap<>();
        volume.mirrors()
                .forEach(mirror -> configured.put(
                        mirror.name(),
                        volume.address(mirror.name()) + " " + mirror.type().name()));
        all.put("configured", configured);
        List<Map<String, Object>> mirrors = new ArrayList<>();
        if (volume.serving()) {
            volume.mirrors().forEach(mirror -> mirrors.add(of(volume, mirror)));
        }
        return new VolumeStatus(all, mirrors);
    }

    /** Says whether this side's data went on after every other side was last in step: nobody else can have newer data. */
    private static boolean ahead(Volume volume, VolumeState state) {
        return state.role() == Role.SOURCE
                && volume.mirrors().stream()
                        .map(mirror -> state.peer(mirror.name()))
                        .noneMatch(peer -> peer.mayBeCurrent()
                                || peer.generation() == state.generations().current());
    }

    /** Returns the bytes of its storage; 0 if that cannot be told. */
    private static long room(Volume volume) {
        try {
            return volume.disk().room();
        } catch (IOException e) {
            return 0;
        }
    }

    private static Map<String, Object> of(Volume volume, Mirror mirror) {
        long now = volume.env().nanos();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("target", mirror.name());
        all.put("address", volume.address(mirror.name()));
        all.put("state", mirror.state().code());
        all.put("stateName", mirror.state().name());
        all.put("type", mirror.type().name());
        all.put("cause", mirror.cause().name());
        all.put(
                "breakUserRequested",
                mirror.state() != MirrorState.MIRRORING && !mirror.cause().passing());
        all.put("detail", mirror.detail());
        all.put("hold", volume.barrier().number(mirror));
        all.put("stateSeconds", TimeUnit.NANOSECONDS.toSeconds(now - mirror.since()));
        all.put("reconnects", mirror.reconnects());
        all.put("logBlocks", mirror.log() == null ? -1 : mirror.log().count());
        all.put("queueLength", mirror.queue().writes());
        all.put("queueBytes", mirror.queue().bytes());
        all.put(
                "queueAgeMillis",
                TimeUnit.NANOSECONDS.toMillis(now - mirror.queue().oldest(now)));
        all.put("queueByteLimit", mirror.settings().get("WriteQueueByteLimitMB") << 20);
        all.put("queueHighWater", mirror.settings().get("WriteQueueHighWater"));
        all.put("queueLowWater", QUEUE_LOW_WATER);
        all.put("resyncReads", mirror.settings().get("ResyncReads"));
        all.put("resyncDirtyBlocks", mirror.dirty().count());
        all.put("resyncTotalBlocks", mirror.dirty().size());
        all.put("resyncCurrentBlock", mirror.resync().current());
        all.put("resyncPhase", mirror.resync().phase());
        all.put("resyncPass", mirror.resync().pass());
        all.put("resyncNewWrites", mirror.resync().newWrites());
        all.put("resyncSeconds", TimeUnit.NANOSECONDS.toSeconds(mirror.resync().elapsed()));
        return all;
    }
}
