package org.mainstay.mirror.engine.volume;

import java.util.Map;
import java.util.TreeMap;

/**
 * The tunables of one mirror, by the names of chapter 19 of the specification (TUN-).
 *
 * @param values whole numbers; {@link #DEFAULTS} has all names
 */
public record MirrorSettings(Map<String, Long> values) {
    /** All names with what is shipped. Times in milliseconds unless the name says otherwise. */
    public static final Map<String, Long> DEFAULTS = Map.ofEntries(
            Map.entry("BandwidthThrottle", 0L),
            Map.entry("BitmapBytesPerBlock", 65536L),
            Map.entry("BlockWritesOnLimitReached", 0L),
            Map.entry("BlockWritesOnNDLGTimeoutReached", 1L),
            Map.entry("CompressionLevel", 0L),
            Map.entry("DontFlushAsyncQueue", 0L),
            Map.entry("MaxResyncPasses", 200L),
            Map.entry("PingInterval", 3000L),
            Map.entry("MaxPingMisses", 3L),
            Map.entry("ResyncBlockWritesTimeoutMs", 15000L),
            Map.entry("ResyncLowWater", 150L),
            Map.entry("ResyncReads", 20L),
            Map.entry("ResyncCompare", 1L),
            Map.entry("ResumeDelayMs", 1000L),
            Map.entry("ResyncSuspendMs", 60000L),
            Map.entry("CurrencyWindowMs", 0L),
            Map.entry("CurrencyRecordTimeoutMs", 0L),
            Map.entry("WriteQueueByteLimitMB", 0L),
            Map.entry("WriteQueueHighWater", 20000L));

    /** Settings as shipped. */
    public static final MirrorSettings SHIPPED = new MirrorSettings(Map.of());

    /** Checks names and ranges. @throws IllegalArgumentException naming what is wrong and what is allowed */
    public MirrorSettings {
        values = Map.copyOf(values);
        values.forEach((name, value) -> {
            if (!DEFAULTS.containsKey(name)) {
                throw new IllegalArgumentException("there is no setting " + name + "; there are "
                        + String.join(", ", new TreeMap<>(DEFAULTS).keySet()));
            }
            long most = name.equals("CompressionLevel") ? 9 : name.startsWith("BlockWrites") ? 1 : 0xffffffffL;
            if (value < 0 || value > most) {
                throw new IllegalArgumentException(name + " is 0 to " + most + ", not " + value);
            }
        });
        long reads = get(values, "ResyncReads");
        long water = get(values, "WriteQueueHighWater");
        long megabytes = get(values, "WriteQueueByteLimitMB");
        if (reads < 1 || water != 0 && reads > water || megabytes != 0 && reads * 65536 > megabytes << 20) {
            throw new IllegalArgumentException(
                    "ResyncReads is at least 1, at most WriteQueueHighWater, and its blocks of"
                            + " 64 KiB fit into WriteQueueByteLimitMB; it is " + reads);
        }
    }

    private static long get(Map<String, Long> values, String name) {
        return values.getOrDefault(name, DEFAULTS.get(name));
    }

    /** Returns one value. */
    public long get(String name) {
        return get(values, name);
    }

    /** Returns settings with one value changed. */
    public MirrorSettings with(String name, long value) {
        Map<String, Long> changed = new TreeMap<>(values);
        changed.put(name, value);
        return new MirrorSettings(changed);
    }

    /** Returns the most bytes that may wait for the target; the engine's own bound applies besides. */
    public long queueBytes() {
        long megabytes = get("WriteQueueByteLimitMB");
        return megabytes == 0 ? Long.MAX_VALUE : megabytes << 20;
    }

    /** Returns the most requests that may wait for the target. */
    public long queueLength() {
        long water = get("WriteQueueHighWater");
        return water == 0 ? Long.MAX_VALUE : water;
    }

    /** Returns after which silence a peer counts as lost, in milliseconds. */
    public long silence() {
        return Math.max(1, get("PingInterval")) * Math.max(1, get("MaxPingMisses"));
    }
}
