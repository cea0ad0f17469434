package org.mainstay.mirror.engine.volume;

import java.util.Map;
import java.util.TreeMap;

/**
 * What has to survive of a volume beside its data and logs.
 *
 * @param role what it did last; never a right to do it again
 * @param epoch ownership epoch it last acted in
 * @param generations its data
 * @param syncSource the source whose resynchronisation of this side has begun and not ended; empty: the data is consistent
 * @param written whether it was source since it last was in step as a target
 * @param discard an operator decided that its own changes may be overwritten
 * @param peers what is known of each other side, by name
 * @param size bytes of the volume; its storage may be larger. 0: not recorded yet
 * @param lost a flush of its storage failed while it was source, so that what it holds is not known
 */
public record VolumeState(
        Role role,
        long epoch,
        Generations generations,
        String syncSource,
        boolean written,
        boolean discard,
        Map<String, Peer> peers,
        long size,
        boolean lost) {
    private static final String PEER = "peer.";
    private static final String SYNC = "sync.";
    private static final String LOST = "lost";

    /** Of a side that was never used. */
    public static final VolumeState NEW =
            new VolumeState(Role.NONE, 0, Generations.NONE, "", false, false, Map.of(), 0, false);

    /**
     * Another side.
     *
     * @param generation since which the log for it holds every change; the last it confirmed to hold; 0: none
     * @param logComplete false: the log missed changes; everything has to be sent
     * @param stopped an operator paused the mirror
     * @param broken an operator broke the mirror (MIR-035)
     * @param promised for how long it may count as current after the connection is lost, in milliseconds, as it was told when it
     *     was last in step; {@link #NOTHING}: it cannot count as current
     * @param sync id of the full resynchronisation of it, or from it, that has begun and not ended; 0: none
     */
    public record Peer(
            long generation, boolean logComplete, boolean stopped, boolean broken, long promised, long sync) {
        /** It does not count as current. */
        public static final long NOTHING = -1;

        /** Of a side never met. */
        public static final Peer NEW = new Peer(0, true, false, false, NOTHING, 0);

        Peer generation(long id) {
            return new Peer(id, logComplete, stopped, broken, promised, sync);
        }

        Peer logComplete(boolean complete) {
            return new Peer(generation, complete, stopped, broken, promised, sync);
        }

        Peer stopped(boolean now) {
            return new Peer(generation, logComplete, now, broken, promised, sync);
        }

        Peer broken(boolean now) {
            return new Peer(generation, logComplete, stopped, now, promised, sync);
        }

        Peer promised(long millis) {
            return new Peer(generation, logComplete, stopped, broken, millis, sync);
        }

        Peer sync(long id) {
            return new Peer(generation, logComplete, stopped, broken, promised, id);
        }

        boolean mayBeCurrent() {
            return promised != NOTHING;
        }
    }

    /** Copies the peers. */
    public VolumeState {
        peers = Map.copyOf(peers);
    }

    VolumeState role(Role now, long inEpoch) {
        return new VolumeState(now, inEpoch, generations, syncSource, written, discard, peers, size, lost);
    }

    VolumeState generations(Generations now) {
        return new VolumeState(role, epoch, now, syncSource, written, discard, peers, size, lost);
    }

    VolumeState syncSource(String now) {
        return new VolumeState(role, epoch, generations, now, written, discard, peers, size, lost);
    }

    /** Says whether the data is of one moment. */
    public boolean consistent() {
        return syncSource.isEmpty();
    }

    VolumeState written(boolean now) {
        return new VolumeState(role, epoch, generations, syncSource, now, discard, peers, size, lost);
    }

    VolumeState discard(boolean now) {
        return new VolumeState(role, epoch, generations, syncSource, written, now, peers, size, lost);
    }

    /** Returns what is known of a side. */
    public Peer peer(String name) {
        return peers.getOrDefault(name, Peer.NEW);
    }

    VolumeState peer(String name, Peer now) {
        Map<String, Peer> changed = new TreeMap<>(peers);
        changed.put(name, now);
        return new VolumeState(role, epoch, generations, syncSource, written, discard, changed, size, lost);
    }

    VolumeState without(String name) {
        Map<String, Peer> changed = new TreeMap<>(peers);
        changed.remove(name);
        return new VolumeState(role, epoch, generations, syncSource, written, discard, changed, size, lost);
    }

    VolumeState size(long bytes) {
        return new VolumeState(role, epoch, generations, syncSource, written, discard, peers, bytes, lost);
    }

    VolumeState lost(boolean now) {
        return new VolumeState(role, epoch, generations, syncSource, written, discard, peers, size, now);
    }

    /** Writes as lines {@code NAME=value}. */
    public Map<String, String> toLines() {
        Map<String, String> lines = new TreeMap<>();
        lines.put("role", role.name());
        lines.put("epoch", Long.toString(epoch));
        lines.put("generations", generations.text());
        lines.put("syncSource", syncSource);
        lines.put("written", Boolean.toString(written));
        lines.put("discard", Boolean.toString(discard));
        lines.put("size", Long.toString(size));
        if (lost) {
            lines.put(LOST, Boolean.toString(true));
        }
        peers.forEach((name, peer) -> {
            lines.put(
                    PEER + name,
                    Long.toHexString(peer.generation) + " " + peer.logComplete + " " + peer.stopped + " " + peer.broken
                            + " " + peer.promised);
            if (peer.sync != 0) {
                // Engines of the release before take five values of a peer, and lines that they do not know.
                lines.put(SYNC + name, Long.toHexString(peer.sync));
            }
        });
        return lines;
    }

    /** Reads {@link #toLines}. @throws IllegalArgumentException if something is missing or malformed */
    public static VolumeState fromLines(Map<String, String> lines) {
        Map<String, Peer> peers = new TreeMap<>();
        lines.forEach((name, value) -> {
            if (name.startsWith(PEER)) {
                String[] words = value.split(" ", 6);
                if (words.length < 4 || words.length > 5) {
                    throw new IllegalArgumentException("a peer has five values, not: " + value);
                }
                String peer = name.substring(PEER.length());
                peers.put(
                        peer,
                        new Peer(
                                Long.parseUnsignedLong(words[0], 16),
                                Boolean.parseBoolean(words[1]),
                                Boolean.parseBoolean(words[2]),
                                Boolean.parseBoolean(words[3]),
                                // Before there was the fifth, nothing said that it could not be current.
                                words.length >= 5 ? Long.parseLong(words[4]) : 0,
                                Long.parseUnsignedLong(lines.getOrDefault(SYNC + peer, "0"), 16)));
            }
        });
        for (String name : new String[] {"role", "epoch", "generations", "syncSource", "written", "discard"}) {
            if (!lines.containsKey(name)) {
                throw new IllegalArgumentException("the state of the volume lacks " + name);
            }
        }
        return new VolumeState(
                Role.valueOf(lines.get("role")),
                Long.parseLong(lines.get("epoch")),
                Generations.parse(lines.get("generations")),
                lines.get("syncSource"),
                Boolean.parseBoolean(lines.get("written")),
                Boolean.parseBoolean(lines.get("discard")),
                peers,
                Long.parseLong(lines.getOrDefault("size", "0")),
                Boolean.parseBoolean(lines.get(LOST)));
    }
}
