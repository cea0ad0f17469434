package org.mainstay.mirror.engine.volume;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;

/** What a target tells a source that connects: what its data is, and where it differs. Lock held. */
final class Account {
    private Account() {}

    /** @param from the source */
    static Map<String, String> of(Volume volume, String from) {
        VolumeState state = volume.state();
        boolean mine = volume.mirrors().stream().anyMatch(m -> m.name().equals(from) && m.log() != null);
        boolean log = !state.written() || mine && state.peer(from).logComplete();
        boolean mixed = !state.consistent() && !state.syncSource().equals(from);
        Map<String, String> account = new LinkedHashMap<>();
        account.put("generations", state.generations().text());
        account.put("base", Long.toHexString(state.peer(from).generation()));
        account.put("log", Boolean.toString(log && !mixed));
        account.put("consistent", Boolean.toString(state.consistent()));
        // Only while the data is the mixture that it began.
        account.put(
                "sync",
                Long.toHexString(
                        state.syncSource().equals(from) ? state.peer(from).sync() : 0));
        account.put("discard", Boolean.toString(state.discard()));
        return account;
    }

    /** Reads {@link #of}. @throws NumberFormatException if it cannot be read */
    static Ancestry.Side side(Map<String, String> account) {
        return new Ancestry.Side(
                Generations.parse(account.getOrDefault("generations", "")),
                Long.parseUnsignedLong(account.getOrDefault("base", "0"), 16),
                Boolean.parseBoolean(account.get("log")),
                Long.parseUnsignedLong(account.getOrDefault("sync", "0"), 16));
    }

    /** Tells the source which blocks this side changed, or began to change, on its own. */
    static void sendBits(Volume volume, Link link) {
        Bits all = new Bits(IntentLog.blocks(volume.size()));
        if (volume.state().written()) {
            volume.mirrors().stream()
                    .filter(m -> m.log() != null)
                    .forEach(m -> all.or(m.log().marked()));
        }
        ByteBuffer runs = ByteBuffer.allocateDirect(32 << 10);
        int at = all.next(0);
        while (at >= 0) {
            int end = at;
            while (end < all.size() && all.get(end)) {
                end++;
            }
            runs.putInt(at).putInt(end - at);
            at = all.next(end);
            if (!runs.hasRemaining()) {
                link.send(FrameType.BITS, 0, 0, 0, runs.flip(), null);
                runs = ByteBuffer.allocateDirect(32 << 10);
            }
        }
        if (runs.position() > 0) {
            link.send(FrameType.BITS, 0, 0, 0, runs.flip(), null);
        }
    }
}
