package org.mainstay.mirror.internal.node;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mainstay.cluster.Reply;
import org.mainstay.mirror.internal.engine.EngineLink;

/** Changes tunables of a mirror in the engines of both sides: after a switchover the other one is its source (MGUIDE-508). */
final class TuningDesk {
    private final SnapshotDesk.Commands commands;

    TuningDesk(SnapshotDesk.Commands commands) {
        this.commands = commands;
    }

    /** @param volume its name in the engines */
    Reply set(String tag, String volume, String source, String target, Map<String, Long> values)
            throws IOException, InterruptedException {
        EngineLink.Answer here = commands.send(source, tag, words(volume, target, values));
        if (!here.done()) {
            return MirrorNode.reply(here);
        }
        EngineLink.Answer there = commands.send(target, tag, words(volume, source, values));
        if (!there.done()) {
            return Reply.failed(
                    MirrorNode.exit(there),
                    "set on " + source + ", not on " + target + ": " + there.text()
                            + ". After a switchover its own values count; give the command again when it can be reached");
        }
        return MirrorNode.reply(here);
    }

    private static List<String> words(String volume, String peer, Map<String, Long> values) {
        List<String> words = new ArrayList<>(List.of("set", volume, peer));
        values.forEach((name, value) -> words.add(name + "=" + value));
        return words;
    }
}
