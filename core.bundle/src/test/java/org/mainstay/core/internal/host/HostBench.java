package org.mainstay.core.internal.host;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.mainstay.kit.Command;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostNetwork;

/**
 * Measures what a switchover of an address costs on this machine: {@code HostBench PROGRAMS INTERFACE ADDRESS PREFIX}, to be
 * run inside a network namespace. Prints the median and the longest of 100 calls each, in milliseconds.
 */
final class HostBench {
    private static final int WARM_UP = 50;
    private static final int ROUNDS = 100;

    private HostBench() {}

    public static void main(String[] args) throws Exception {
        Path home = Files.createTempDirectory("mainstay-bench");
        HostFixture fixture = new HostFixture(home, Path.of(args[0]), HostFixture.MOUNT_INFO);
        Host host = fixture.host("vip", Duration.ofMinutes(5));
        HostNetwork network = host.network();
        String card = args[1];
        InetAddress address = InetAddress.getByName(args[2]);
        int prefix = Integer.parseInt(args[3]);
        measure("run(true)", () -> host.run(Command.of("true").build()).succeeded());
        measure(
                "run(true) in service",
                () -> host.run(Command.of("true").inService().build()).succeeded());
        measure("interfaces()", () -> !network.interfaces().isEmpty());
        measure(
                "findDuplicate 25 ms",
                () -> network.findDuplicate(card, address, Duration.ofMillis(25))
                        .isEmpty());
        List<Double> added = new ArrayList<>();
        List<Double> announced = new ArrayList<>();
        List<Double> removed = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            added.add(time(() -> network.addAddress(card, address, prefix).succeeded()));
            announced.add(time(() -> network.announce(card, address, 1).succeeded()));
            removed.add(time(() -> network.removeAddress(card, address, prefix).succeeded()));
        }
        print("addAddress with first announcement", added);
        print("announce", announced);
        print("removeAddress", removed);
        fixture.close();
        Files.delete(home);
    }

    private static void measure(String what, Supplier<Boolean> call) {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < WARM_UP; i++) {
            time(call);
        }
        for (int i = 0; i < ROUNDS; i++) {
            times.add(time(call));
        }
        print(what, times);
    }

    private static double time(Supplier<Boolean> call) {
        long start = System.nanoTime();
        if (!call.get()) {
            throw new IllegalStateException("a call that is measured must succeed");
        }
        return (System.nanoTime() - start) / 1e6;
    }

    private static void print(String what, List<Double> times) {
        times.sort(null);
        System.out.printf(
                Locale.ROOT,
                "%-36s median %5.1f ms  longest %5.1f ms%n",
                what,
                times.get(times.size() / 2),
                times.get(times.size() - 1));
    }
}
