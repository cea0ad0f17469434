package org.mainstay.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.internal.lcd.DocumentChange;
import org.mainstay.core.internal.lcd.LcdCodec;
import org.mainstay.core.internal.lcd.LcdStore;

/**
 * How fast the configuration database commits with 1,000 instances: one instance changes its state per commit, as in service.
 * Compaction runs beside it as it would. Prints each run and the medians of all; the disk's own time for the same forced
 * writes stands beside it.
 */
public final class LcdBench {
    private static final Origin ORIGIN = new Origin(Origin.SELF, "A bench", 0, "");

    private final Path directory;
    private final int runs;
    private final int commits;
    private final int instances;
    private final PrintStream out;

    /** A measurement. @param name what was done @param nanos duration of each, sorted */
    private record Series(String name, long[] nanos) {
        double perSecond() {
            return nanos.length * 1e9 / Arrays.stream(nanos).sum();
        }

        double micros(double quantile) {
            return nanos[(int) Math.min(nanos.length - 1L, (long) (nanos.length * quantile))] / 1e3;
        }
    }

    /** What is measured once. */
    private interface Work {
        void run(int number) throws IOException;
    }

    private LcdBench(Path directory, int runs, int commits, int instances, PrintStream out) {
        this.directory = directory;
        this.runs = runs;
        this.commits = commits;
        this.instances = instances;
        this.out = out;
    }

    /**
     * Runs it.
     *
     * @param arguments directory on the disk to measure (default: the working directory), runs (5), commits per run (2000),
     *     instances (1000)
     */
    public static void main(String[] arguments) throws IOException {
        Path base = Path.of(arguments.length > 0 ? arguments[0] : ".");
        Path directory = Files.createTempDirectory(base.toAbsolutePath(), "lcd-bench");
        try {
            new LcdBench(
                            directory,
                            number(arguments, 1, 5),
                            number(arguments, 2, 2000),
                            number(arguments, 3, 1000),
                            System.out)
                    .run();
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static int number(String[] arguments, int index, int fallback) {
        return arguments.length > index ? Integer.parseInt(arguments[index]) : fallback;
    }

    private void run() throws IOException {
        out.printf("LCD commits, %d instances, %d runs of %d commits%n%n", instances, runs, commits);
        out.printf("%-4s %-38s %12s %10s %10s %10s%n", "run", "what", "per second", "p50 us", "p99 us", "max us");
        List<List<Series>> all = new ArrayList<>();
        for (int run = 1; run <= runs; run++) {
            List<Series> measured = once(directory.resolve("run" + run));
            for (Series series : measured) {
                print(Integer.toString(run), series.name(), series.perSecond(), series);
            }
            all.add(measured);
        }
        out.println();
        for (int i = 0; i < all.get(0).size(); i++) {
            int column = i;
            List<Series> same = all.stream().map(run -> run.get(column)).toList();
            out.printf(
                    "%-4s %-38s %12.0f %10.0f %10.0f %10.0f%n",
                    "med",
                    same.get(0).name(),
                    median(same.stream().mapToDouble(Series::perSecond).toArray()),
                    median(same.stream()
                            .mapToDouble(series -> series.micros(0.5))
                            .toArray()),
                    median(same.stream()
                            .mapToDouble(series -> series.micros(0.99))
                            .toArray()),
                    median(same.stream().mapToDouble(series -> series.micros(1)).toArray()));
        }
    }

    private void print(String run, String name, double perSecond, Series series) {
        out.printf(
                "%-4s %-38s %12.0f %10.0f %10.0f %10.0f%n",
                run, name, perSecond, series.micros(0.5), series.micros(0.99), series.micros(1));
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    private List<Series> once(Path data) throws IOException {
        Files.createDirectories(data);
        LcdCodec codec = new LcdCodec();
        LcdStore.create(data, database(), ORIGIN);
        List<Series> measured = new ArrayList<>();
        try (LcdStore store = LcdStore.open(data, codec, "A")) {
            for (int i = 0; i < 500; i++) {
                change(store, i, 1); // lets the compiler warm up
            }
            measured.add(measure("commit, 1 instance", commits, number -> change(store, number, 1)));
            measured.add(measure("commit, 10 instances", commits / 10, number -> change(store, number, 10)));
        }
        measured.add(
                measure("open", 10, number -> LcdStore.open(data, codec, "A").close()));
        measured.add(disk(data));
        return measured;
    }

    private static Series measure(String name, int count, Work work) throws IOException {
        long[] nanos = new long[count];
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            work.run(i);
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        return new Series(name, nanos);
    }

    private Lcd database() {
        List<LcdChange<?>> rows = new ArrayList<>();
        for (int i = 0; i < instances; i++) {
            Instance instance = Instance.create("resource-" + i, "id-" + i, "gen", "app")
                    .withProperties(
                            Map.of("restore", "/opt/app/" + i + "/restore", "remove", "/opt/app/" + i + "/remove"),
                            "1.0.0");
            rows.add(LcdChange.put(LcdSection.INSTANCES, instance.tag(), instance));
        }
        return Lcd.empty("A", 1).apply(rows).committed();
    }

    private void change(LcdStore store, int number, int count) throws IOException {
        Lcd own = store.own();
        List<LcdChange<?>> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Instance before =
                    own.instance("resource-" + (number * 31 + i) % instances).orElseThrow();
            InstanceState state = before.state() == InstanceState.ISP ? InstanceState.OSU : InstanceState.ISP;
            rows.add(LcdChange.put(LcdSection.INSTANCES, before.tag(), before.withState(state, "measured", number)));
        }
        store.commit(
                List.of(DocumentChange.update(
                        "A", own.incarnation(), own.version(), own.version() + 1, own.bootId(), rows)),
                ORIGIN);
    }

    /** The same two forced writes as a commit makes, with nothing around them. */
    private Series disk(Path data) throws IOException {
        try (FileChannel a = prepared(data.resolve("raw.a"));
                FileChannel b = prepared(data.resolve("raw.b"))) {
            byte[] record = new byte[900];
            return measure("disk alone: 2 forced writes", commits, number -> {
                for (FileChannel channel : List.of(a, b)) {
                    channel.write(ByteBuffer.wrap(record), (long) number * record.length % (1 << 20));
                    channel.force(false);
                }
            });
        }
    }

    private static FileChannel prepared(Path path) throws IOException {
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        channel.write(ByteBuffer.wrap(new byte[(1 << 20) + 1000]), 0);
        channel.force(true);
        return channel;
    }
}
