package org.mainstay.itest.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What happened in a soak, and how long the client waited: on standard output as it goes, and as a file in the end. */
final class SoakSummary {
    private final long seed;
    private final long begun = System.nanoTime();
    private final Map<SoakIT.Fault, List<Duration>> outages = new EnumMap<>(SoakIT.Fault.class);
    private String under = "";
    private long rows;

    SoakSummary(long seed) {
        this.seed = seed;
    }

    void begins(SoakIT.Fault fault, String where, Duration holds) {
        under = fault + " on " + where + " for " + seconds(holds);
        System.out.println("soak, seed " + seed + ": " + under);
    }

    void ended(SoakIT.Fault fault, Duration outage) {
        outages.computeIfAbsent(fault, one -> new ArrayList<>()).add(outage);
        under = "";
        System.out.println("soak: back; the client waited " + seconds(outage));
    }

    void acknowledged(long count) {
        rows = count;
    }

    /** Writes target/soak.txt. */
    void write() {
        StringBuilder text = new StringBuilder("seed " + seed + ", "
                + seconds(Duration.ofNanos(System.nanoTime() - begun)) + ", " + rows + " rows acknowledged\n");
        text.append(String.format("%-14s %6s %12s %12s%n", "fault", "times", "median", "longest"));
        outages.forEach((fault, all) -> {
            List<Duration> sorted = all.stream().sorted().toList();
            text.append(String.format(
                    "%-14s %6d %12s %12s%n",
                    fault,
                    sorted.size(),
                    seconds(sorted.get(sorted.size() / 2)),
                    seconds(sorted.get(sorted.size() - 1))));
        });
        text.append(under.isEmpty() ? "no violation\n" : "NOT OVER: " + under + "\n");
        System.out.println(text);
        try {
            Files.writeString(Path.of("target", "soak.txt"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String seconds(Duration duration) {
        return String.format(java.util.Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }
}
