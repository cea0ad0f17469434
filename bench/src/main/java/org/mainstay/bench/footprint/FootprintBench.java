package org.mainstay.bench.footprint;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.mainstay.bench.ProcessorTime;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Cluster.Heartbeat;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/**
 * What a server costs: start to ready, and memory and processor time while it only watches. The measured server A has one
 * protected address and comm paths to every peer; the peers are whole servers too. Arguments: the distribution's tar.gz, runs,
 * peers, and optionally options for the manager's Java instead of the shipped ones.
 */
public final class FootprintBench {
    private static final Duration SETTLE = Duration.ofSeconds(30);
    private static final Duration WATCH = Duration.ofSeconds(60);

    private final Path distribution;
    private final int runs;
    private final int peers;
    private final String javaOptions;

    private FootprintBench(Path distribution, int runs, int peers, String javaOptions) {
        this.distribution = distribution;
        this.runs = runs;
        this.peers = peers;
        this.javaOptions = javaOptions;
    }

    public static void main(String[] arguments) {
        new FootprintBench(
                        Path.of(arguments[0]).toAbsolutePath(),
                        Integer.parseInt(arguments[1]),
                        Integer.parseInt(arguments[2]),
                        arguments.length > 3 ? arguments[3] : "")
                .run();
    }

    private void run() {
        List<String> names = new ArrayList<>(List.of("A"));
        for (int peer = 1; peer <= peers; peer++) {
            names.add("P" + peer);
        }
        try (Lab lab = Lab.open(1)) {
            Cluster.form(lab, distribution, names);
            Server measured = lab.server("A");
            if (!javaOptions.isEmpty()) {
                measured.machine()
                        .run(
                                "sh",
                                "-c",
                                "echo \"manager.java.options=$1\" > \"$2/etc/guard.conf\"",
                                "sh",
                                javaOptions,
                                measured.home())
                        .orThrow();
            }
            for (Server peer : lab.servers().subList(1, lab.servers().size())) {
                connect(measured, peer);
            }
            measured.mainstay("resource", "create", "ip", "--tag", "vip", "--set", "address=10.77.1.150/24");
            System.out.printf("server with %d peers%n", peers);
            System.out.printf("%-44s %6s %10s %10s %10s   %s%n", "", "runs", "median", "least", "most", "aim");
            starts(measured);
            idle(measured);
        }
    }

    private static void connect(Server measured, Server peer) {
        measured.mainstay(
                "commpath",
                "create",
                "--to",
                peer.name(),
                "--local",
                measured.machine().address(1),
                "--remote",
                peer.machine().address(1),
                "--interval",
                Heartbeat.DEFAULT.intervalSeconds(),
                "--misses",
                String.valueOf(Heartbeat.DEFAULT.misses()));
    }

    private void starts(Server server) {
        List<Long> whole = new ArrayList<>();
        List<Long> manager = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            server.bin("lkstop").orThrow();
            whole.add(startMillis(server));
            server.bin("lkstop", "-f").orThrow();
            manager.add(startMillis(server));
        }
        row("start to ready, ms", whole, "5000");
        row("start to ready of the manager alone, ms", manager, "");
    }

    private static long startMillis(Server server) {
        long begin = System.nanoTime();
        server.start();
        return (System.nanoTime() - begin) / 1_000_000;
    }

    /** Restarted once more, so that what setting up left in memory does not count. */
    private void idle(Server server) {
        server.bin("lkstop").orThrow();
        server.start();
        Await.pass(SETTLE);
        long guard = server.guardProcesses().get(0);
        long karaf = server.managerProcesses().get(0);
        double guardBefore = ProcessorTime.seconds(server, guard);
        double karafBefore = ProcessorTime.seconds(server, karaf);
        Await.pass(WATCH);
        double guardLoad = 100 * (ProcessorTime.seconds(server, guard) - guardBefore) / WATCH.toSeconds();
        double karafLoad = 100 * (ProcessorTime.seconds(server, karaf) - karafBefore) / WATCH.toSeconds();
        long guardMemory = kilobytes(server, guard, "VmRSS");
        long karafMemory = kilobytes(server, karaf, "VmRSS");
        System.out.printf(
                Locale.ROOT, "%-44s %6s %10.1f   aim 250%n", "resident, MB", "", (guardMemory + karafMemory) / 1024.0);
        System.out.printf(Locale.ROOT, "%-44s %6s %10.1f%n", "  manager (Karaf)", "", karafMemory / 1024.0);
        System.out.printf(Locale.ROOT, "%-44s %6s %10.1f%n", "  guard", "", guardMemory / 1024.0);
        System.out.printf(
                Locale.ROOT,
                "%-44s %6s %10.1f%n",
                "  of it shared with other processes or files",
                "",
                (kilobytes(server, guard, "RssFile") + kilobytes(server, karaf, "RssFile")) / 1024.0);
        System.out.printf(Locale.ROOT, "%-44s %6s %10.2f%n", "processor, % of one", "", guardLoad + karafLoad);
        System.out.printf(Locale.ROOT, "%-44s %6s %10.2f%n", "  manager (Karaf)", "", karafLoad);
        System.out.printf(Locale.ROOT, "%-44s %6s %10.2f%n", "  guard", "", guardLoad);
    }

    private static long kilobytes(Server server, long pid, String field) {
        String status = server.machine().run("cat", "/proc/" + pid + "/status").orThrow();
        return status.lines()
                .filter(line -> line.startsWith(field + ":"))
                .map(line -> line.replaceAll("\\D+", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }

    private static void row(String what, List<Long> values, String aim) {
        Collections.sort(values);
        System.out.printf(
                "%-44s %6d %10d %10d %10d   %s%n",
                what, values.size(), values.get(values.size() / 2), values.get(0), values.get(values.size() - 1), aim);
    }
}
