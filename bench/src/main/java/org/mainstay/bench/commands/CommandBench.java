package org.mainstay.bench.commands;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/**
 * Wall time of commands in {@code bin/}, whole processes, on a server made from the distribution: a list of 1,000 instances, a list of the
 * servers, 10,000 changes in one script, and the list with many servers. Arguments: the distribution's tar.gz, runs, servers.
 */
public final class CommandBench {
    private static final int INSTANCES = 1_000;
    private static final int CHANGES = 10_000;

    private CommandBench() {}

    public static void main(String[] arguments) {
        Path distribution = Path.of(arguments[0]).toAbsolutePath();
        int runs = Integer.parseInt(arguments[1]);
        int servers = Integer.parseInt(arguments[2]);
        System.out.printf(
                "%-44s %6s %10s %10s %10s   %s%n", "wall time in ms", "runs", "median", "least", "most", "aim");
        try (Lab lab = Lab.open(1)) {
            Cluster.form(lab, distribution, List.of("A"));
            Server server = lab.server("A");
            shell(server, instances(INSTANCES));
            report(server, "ins_list, 1,000 instances", "50", runs, "ins_list > /dev/null");
            report(server, "ins_list -t, one of 1,000 instances", "-", runs, "ins_list -t tag-500 > /dev/null");
            report(server, "sys_list", "-", runs, "sys_list > /dev/null");
            report(server, "ins_setin", "-", runs, "ins_setin -t tag-1 -v value");
            double seconds = measure(
                            server,
                            "i=0; while [ $i -lt " + CHANGES
                                    + " ]; do ins_setin -t tag-$((i % 1000)) -v v$i; i=$((i+1)); done")
                    / 1_000_000.0;
            System.out.printf(Locale.ROOT, "%-44s %6d %10.1f%n", "10,000 ins_setin in one script, seconds", 1, seconds);
        }
        if (servers > 1) {
            many(distribution, runs, servers);
        }
    }

    /**
     * A cluster in which every server has rows of its own and the first one a path, and with it a copy of the database, of each other. A
     * heartbeat every 2 s: so many managers on one machine have little time for each other.
     */
    private static void many(Path distribution, int runs, int count) {
        try (Lab lab = Lab.open(1)) {
            List<String> names = java.util.stream.IntStream.rangeClosed(1, count)
                    .mapToObj(i -> "S" + i)
                    .toList();
            Cluster.form(lab, distribution, names);
            Server first = lab.server("S1");
            for (Server server : lab.servers()) {
                shell(server, instances(INSTANCES / count));
                if (server != first) {
                    first.mainstay(
                            "commpath",
                            "create",
                            "--to",
                            server.name(),
                            "--local",
                            first.machine().address(1),
                            "--remote",
                            server.machine().address(1),
                            "--interval",
                            "2",
                            "--misses",
                            "15");
                }
            }
            String with = " with " + count + " servers";
            report(first, "ins_list" + with, "-", runs, "ins_list > /dev/null");
            report(first, "ins_list -d, another one," + with, "-", runs, "ins_list -d S2 > /dev/null");
            report(first, "sys_list" + with, "-", runs, "sys_list > /dev/null");
            report(first, "mainstay status" + with, "-", runs, "mainstay status > /dev/null");
        }
    }

    private static String instances(int count) {
        return "app_create -a load; typ_create -a load -r row; i=0; while [ $i -lt " + count
                + " ]; do ins_create -a load -r row -t tag-$i -i id-$i -Q 0 -D 0; i=$((i+1)); done";
    }

    private static String shell(Server server, String line) {
        return server.machine()
                .run(
                        java.time.Duration.ofMinutes(30),
                        List.of("bash", "-c", "export PATH=" + server.home() + "/bin:$PATH; " + line))
                .orThrow();
    }

    /** Returns microseconds, measured on the machine itself: entering it is not counted. */
    private static long measure(Server server, String line) {
        String output = shell(server, "s=$(date +%s%N); { " + line + "; }; e=$(date +%s%N); echo $(((e - s) / 1000))");
        String[] lines = output.strip().split("\n");
        return Long.parseLong(lines[lines.length - 1].strip());
    }

    private static void report(Server server, String what, String aim, int runs, String line) {
        long[] times = new long[runs];
        measure(server, line);
        for (int i = 0; i < runs; i++) {
            times[i] = measure(server, line);
        }
        java.util.Arrays.sort(times);
        System.out.printf(
                Locale.ROOT,
                "%-44s %6d %10.1f %10.1f %10.1f   %s%n",
                what,
                runs,
                times[runs / 2] / 1000.0,
                times[0] / 1000.0,
                times[runs - 1] / 1000.0,
                aim);
    }
}
