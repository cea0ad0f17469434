package org.mainstay.bench.quorum;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.mainstay.bench.ProcessorTime;
import org.mainstay.bench.outage.AddressProbe;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Etcd;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/**
 * Each quorum mode as shipped: processor time of guard and manager at rest, and how long an address does not answer after its server's
 * power was cut, beside what docs/safety.md promises. Arguments: the distribution's tar.gz, the number of power cuts, and the modes
 * to measure (all if none is named).
 */
public final class QuorumBench {
    private static final String ADDRESS = "10.77.1.100";
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Duration SETTLE = Duration.ofSeconds(20);
    private static final Duration WATCH = Duration.ofSeconds(60);
    private static final int NETWORKS = 2;

    private final Path distribution;
    private final int runs;

    private QuorumBench(Path distribution, int runs) {
        this.distribution = distribution;
        this.runs = runs;
    }

    public static void main(String[] arguments) {
        QuorumBench bench = new QuorumBench(Path.of(arguments[0]).toAbsolutePath(), Integer.parseInt(arguments[1]));
        List<Mode> modes = new ArrayList<>();
        for (int i = 2; i < arguments.length; i++) {
            modes.add(Mode.valueOf(arguments[i].toUpperCase(Locale.ROOT)));
        }
        System.out.printf(
                "%-9s %8s %8s %10s %6s %8s %8s %8s   %s%n",
                "mode", "servers", "guard %", "manager %", "cuts", "median", "least", "most", "promised, ms");
        (modes.isEmpty() ? List.of(Mode.values()) : modes).forEach(bench::measure);
    }

    private void measure(Mode mode) {
        try (Lab lab = Lab.open(NETWORKS)) {
            Cluster.form(lab, distribution, mode.names());
            Cluster.connect(lab, NETWORKS, Cluster.Heartbeat.DEFAULT);
            switchOn(lab, mode);
            Server first = lab.server("A");
            first.mainstay("resource", "create", "ip", "--tag", "vip", "--set", "address=" + ADDRESS + "/24");
            mode.names().stream().skip(1).forEach(name -> first.mainstay("resource", "extend", "vip", "--to", name));
            Await.pass(SETTLE);
            double guard = ProcessorTime.seconds(first, first.guardProcesses().get(0));
            double manager =
                    ProcessorTime.seconds(first, first.managerProcesses().get(0));
            Await.pass(WATCH);
            guard = ProcessorTime.seconds(first, first.guardProcesses().get(0)) - guard;
            manager = ProcessorTime.seconds(first, first.managerProcesses().get(0)) - manager;
            List<Long> outages = outages(lab, mode);
            System.out.printf(
                    Locale.ROOT,
                    "%-9s %8d %8.2f %10.2f %6d %8d %8d %8d   %s%n",
                    mode.name().toLowerCase(Locale.ROOT),
                    mode.names().size(),
                    100 * guard / WATCH.toSeconds(),
                    100 * manager / WATCH.toSeconds(),
                    runs,
                    outages.get(runs / 2),
                    outages.get(0),
                    outages.get(runs - 1),
                    mode.promised());
        }
    }

    private List<Long> outages(Lab lab, Mode mode) {
        List<Long> outages = new ArrayList<>();
        try (AddressProbe probe = AddressProbe.start(lab, ADDRESS)) {
            for (int run = 0; run < runs; run++) {
                Server victim = owner(lab);
                probe.reset();
                victim.machine().powerCut();
                probe.awaitMore(200, LIMIT);
                outages.add(probe.longestGap().toMillis());
                victim.machine().powerOn();
                reach(lab, mode, victim);
                victim.start();
                lab.servers().forEach(server -> server.await("vip", victim.name(), "OSU", LIMIT));
                awaitRight(lab, mode);
                Await.pass(SETTLE);
            }
        }
        Collections.sort(outages);
        return outages;
    }

    private static Server owner(Lab lab) {
        return lab.servers().stream()
                .filter(server -> server.state("vip", server.name()).equals("ISP"))
                .findFirst()
                .orElseThrow();
    }

    private void switchOn(Lab lab, Mode mode) {
        if (mode == Mode.ETCD) {
            Etcd.start(lab);
        }
        lab.servers().forEach(server -> reach(lab, mode, server));
        for (Server server : mode == Mode.NONE ? List.<Server>of() : lab.servers()) {
            String file = server.home() + "/etc/default/LifeKeeper";
            server.machine()
                    .run("sed", "-i", "-e", "/^QUORUM_MODE=/d", "-e", "/^WITNESS_MODE=/d", file)
                    .orThrow();
            for (String line : mode.tunables()) {
                server.machine()
                        .run("sh", "-c", "printf '%s\\n' \"$1\" >> \"$2\"", "sh", line, file)
                        .orThrow();
            }
            server.machine().run("sync", "-f", file).orThrow();
        }
        if (mode == Mode.STORAGE) {
            List<CompletableFuture<Exec.Result>> begun = lab.servers().stream()
                    .map(server -> CompletableFuture.supplyAsync(() -> server.bin("qwk_storage_init")))
                    .toList();
            begun.forEach(one -> one.join().orThrow());
        }
        awaitRight(lab, mode);
    }

    private static void awaitRight(Lab lab, Mode mode) {
        for (Server server : mode == Mode.NONE ? List.<Server>of() : lab.servers()) {
            Await.until(
                    server.name() + " has the right to run",
                    LIMIT,
                    () -> server.bin("mainstay", "quorum", "status", "--json")
                            .output()
                            .replaceAll("\\s", "")
                            .contains("\"right\":\"held\""),
                    () -> server.bin("mainstay", "quorum", "status").output());
        }
    }

    /** In mode storage a machine finds the folder of the objects after each boot. */
    private static void reach(Lab lab, Mode mode, Server server) {
        if (mode != Mode.STORAGE) {
            return;
        }
        try {
            Path folder = Files.createDirectories(lab.directory().resolve("witness"));
            server.machine()
                    .run("mount", "--bind", folder.toString(), Mode.PLACE)
                    .orThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
