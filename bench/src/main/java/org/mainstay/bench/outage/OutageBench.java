package org.mainstay.bench.outage;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import org.mainstay.itest.client.Acknowledgements;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Cluster.Heartbeat;
import org.mainstay.itest.lab.Database;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/**
 * Client outage, from the built distribution on two servers in namespaces: planned switchover and power cut, of an address alone
 * and of PostgreSQL. Arguments: the distribution's tar.gz and the number of runs.
 */
public final class OutageBench {
    private static final String ADDRESS = "10.77.1.100";
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Duration SETTLE = Duration.ofMillis(1500);

    private final Path distribution;
    private final int runs;

    private OutageBench(Path distribution, int runs) {
        this.distribution = distribution;
        this.runs = runs;
    }

    public static void main(String[] arguments) {
        OutageBench bench = new OutageBench(Path.of(arguments[0]).toAbsolutePath(), Integer.parseInt(arguments[1]));
        System.out.printf(
                "%-44s %6s %10s %10s %10s   %s%n", "client outage in ms", "runs", "median", "least", "most", "aim");
        bench.addressSwitchover();
        for (Heartbeat heartbeat : List.of(new Heartbeat("0.05", 3), new Heartbeat("0.2", 3), Heartbeat.DEFAULT)) {
            bench.addressPowerCut(heartbeat);
        }
        bench.databaseSwitchover();
        bench.databasePowerCut(new Heartbeat("0.2", 3));
    }

    private void addressSwitchover() {
        try (Lab lab = cluster(Heartbeat.DEFAULT)) {
            lab.server("A").mainstay("resource", "create", "ip", "--tag", "vip", "--set", "address=" + ADDRESS + "/24");
            lab.server("A").mainstay("resource", "extend", "vip", "--to", "B");
            try (AddressProbe probe = AddressProbe.start(lab, ADDRESS)) {
                report("planned switchover, address", "50", () -> switchover(lab, "vip", probe));
            }
        }
    }

    private long switchover(Lab lab, String tag, AddressProbe probe) {
        String to = other(lab, tag);
        probe.reset();
        lab.server(to).mainstay("resource", "in-service", tag);
        probe.awaitMore(200, LIMIT);
        return probe.longestGap().toMillis();
    }

    private void addressPowerCut(Heartbeat heartbeat) {
        try (Lab lab = cluster(heartbeat)) {
            lab.server("A").mainstay("resource", "create", "ip", "--tag", "vip", "--set", "address=" + ADDRESS + "/24");
            lab.server("A").mainstay("resource", "extend", "vip", "--to", "B");
            try (AddressProbe probe = AddressProbe.start(lab, ADDRESS)) {
                report(
                        "power cut, address, " + heartbeat.intervalSeconds() + " s x " + heartbeat.misses(),
                        heartbeat.detectionMillis() + " + 50",
                        () -> {
                            Server victim = lab.server(active(lab, "vip"));
                            probe.reset();
                            victim.machine().powerCut();
                            probe.awaitMore(200, LIMIT);
                            long outage = probe.longestGap().toMillis();
                            bringBack(lab, victim, "vip");
                            return outage;
                        });
            }
        }
    }

    private void databaseSwitchover() {
        try (Lab lab = cluster(Heartbeat.DEFAULT)) {
            Acknowledgements client = protect(lab);
            report("planned switchover, PostgreSQL", "1000", () -> {
                String to = other(lab, "pg");
                long from = System.nanoTime();
                lab.server(to).mainstay("resource", "in-service", "pg");
                return outage(client, from);
            });
        }
    }

    private void databasePowerCut(Heartbeat heartbeat) {
        try (Lab lab = cluster(heartbeat)) {
            Acknowledgements client = protect(lab);
            report(
                    "power cut, PostgreSQL, " + heartbeat.intervalSeconds() + " s x " + heartbeat.misses(),
                    heartbeat.detectionMillis() + " + start + 200",
                    () -> {
                        Server victim = lab.server(active(lab, "pg"));
                        long from = System.nanoTime();
                        victim.machine().powerCut();
                        long outage = outage(client, from);
                        bringBack(lab, victim, "pg");
                        return outage;
                    });
        }
    }

    private static Acknowledgements protect(Lab lab) {
        Database database = Database.create(lab, lab.server("A").machine(), List.of());
        Cluster.protectDatabase(lab, database, ADDRESS);
        return Acknowledgements.start(lab, ADDRESS + ":" + Database.PORT);
    }

    private static long outage(Acknowledgements client, long from) {
        client.awaitMore(50, LIMIT);
        return client.longestGap(from, System.nanoTime()).toMillis();
    }

    private Lab cluster(Heartbeat heartbeat) {
        Lab lab = Lab.open(2);
        Cluster.form(lab, distribution, List.of("A", "B"));
        Cluster.connect(lab, 2, heartbeat);
        return lab;
    }

    private static String active(Lab lab, String tag) {
        return lab.servers().stream()
                .filter(server -> server.state(tag, server.name()).equals("ISP"))
                .map(Server::name)
                .findFirst()
                .orElseThrow();
    }

    private static String other(Lab lab, String tag) {
        return active(lab, tag).equals("A") ? "B" : "A";
    }

    private static void bringBack(Lab lab, Server victim, String tag) {
        victim.machine().powerOn();
        victim.start();
        for (Server server : lab.servers()) {
            server.await(tag, victim.name(), "OSU", LIMIT);
        }
    }

    private void report(String what, String aim, Supplier<Long> measure) {
        List<Long> outages = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            outages.add(measure.get());
            Await.pass(SETTLE);
        }
        Collections.sort(outages);
        System.out.printf(
                "%-44s %6d %10d %10d %10d   %s%n",
                what, runs, outages.get(runs / 2), outages.get(0), outages.get(runs - 1), aim);
    }
}
