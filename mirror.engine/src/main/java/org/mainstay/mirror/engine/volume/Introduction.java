package org.mainstay.mirror.engine.volume;

import java.util.Map;

/** What a source says first, and whether its target takes it. */
final class Introduction {
    private Introduction() {}

    /** Returns why a source is turned away, null: it is taken. Lock held. @param source whose data this side takes */
    static String refusal(Volume volume, String source, Map<String, String> hello) {
        VolumeState state = volume.state();
        if (!Integer.toString(SourceSession.PROTOCOL).equals(hello.get("protocol"))) {
            return "this engine speaks protocol " + SourceSession.PROTOCOL + ", not " + hello.get("protocol");
        }
        for (String key : new String[] {"source", "epoch", "size", "window", "ping", "silence"}) {
            if (!hello.containsKey(key)) {
                return "the introduction lacks " + key;
            }
        }
        if (!volume.self().equals(hello.get("target"))) {
            return "this is " + volume.self() + ", not " + hello.get("target");
        }
        if (!volume.active() || state.role() != Role.TARGET) {
            return volume.serving() ? "this side is source itself" : "this side has no role now";
        }
        if (!source.equals(hello.get("source"))) {
            return "this side takes data of " + source + " only";
        }
        if (Long.parseLong(hello.get("epoch")) < state.epoch()) {
            return "epoch " + hello.get("epoch") + " is over, now is " + state.epoch();
        }
        if (Long.parseLong(hello.get("size")) > volume.size()) {
            return "the volume is smaller here: " + volume.size() + " bytes";
        }
        return null;
    }
}
