package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The mirrors of a volume by their targets' names, and where those are. Lock held, but for {@link #all}. */
final class MirrorTable {
    private final Volume volume;
    private final Map<String, Mirror> mirrors = new TreeMap<>();
    private final Map<String, String> addresses = new TreeMap<>();
    private volatile List<Mirror> all = List.of();

    MirrorTable(Volume volume) {
        this.volume = volume;
    }

    /** See {@link Volume#addMirror}. */
    void add(String peer, String address, MirrorType type, MirrorSettings settings, IntentLog log) {
        if (mirrors.containsKey(peer)) {
            throw new IllegalStateException("there is a mirror to " + peer + " already");
        }
        Mirror mirror = new Mirror(volume, peer, type, settings);
        if (log != null) {
            // It may have been made while the volume grew.
            log.resize(volume.size());
        }
        mirror.log(log);
        addresses.put(peer, address);
        VolumeState state = volume.state();
        boolean known = state.peers().containsKey(peer);
        // Of what was written before the mirror was there, or while no logs are kept, a log knows nothing.
        boolean misses = known ? log == null : state.generations().current() != 0;
        if (misses && state.peer(peer).logComplete()) {
            volume.save(state.peer(peer, state.peer(peer).logComplete(false)));
        }
        mirrors.put(peer, mirror);
        all = List.copyOf(mirrors.values());
        if (volume.serving()) {
            mirror.recall();
        }
    }

    void remove(String peer) {
        mirrors.remove(peer);
        addresses.remove(peer);
        all = List.copyOf(mirrors.values());
    }

    /** See {@link Volume#closeLogs}. Without the lock. */
    void closeLogs() throws IOException {
        for (Mirror mirror : all) {
            IntentLog log = mirror.log();
            if (log != null) {
                log.close();
            }
        }
    }

    /** @throws IllegalArgumentException if there is none */
    Mirror get(String peer) {
        Mirror mirror = mirrors.get(peer);
        if (mirror == null) {
            throw new IllegalArgumentException("the volume " + volume.name() + " has no mirror to '" + peer
                    + "'; it has " + (mirrors.isEmpty() ? "none" : String.join(", ", mirrors.keySet())));
        }
        return mirror;
    }

    List<Mirror> all() {
        return all;
    }

    String address(String peer) {
        return addresses.get(peer);
    }

    void address(String peer, String address) {
        addresses.put(get(peer).name(), address);
    }
}
