package org.mainstay.itest.hot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.LabException;

/**
 * Measures what docs/measurements.md says of kits: {@code -Dmainstay.measure=true}. Prints one line per measurement; what must hold
 * whatever the machine is asserted.
 */
@EnabledIfSystemProperty(named = "mainstay.measure", matches = "true", disabledReason = "a measurement, not a test")
class HotMeasureIT extends HotCase {
    private static final int ROUNDS = 10;
    private static final int INSTANCES = 500;
    private static final int IDLE = 50;
    private static final Duration SPAN = Duration.ofSeconds(30);

    private static void say(String format, Object... values) {
        System.err.println("MEASURED " + String.format(Locale.ROOT, format, values));
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    private static void report(String what, List<Double> times) {
        Collections.sort(times);
        say(
                "%s: median %.2f s, slowest %.2f s, %d times",
                what, times.get(times.size() / 2), times.get(times.size() - 1), times.size());
    }

    private boolean usable() {
        return a().mainstay("kit", "list").lines().anyMatch(line -> line.matches("app +gen +\\d.*"));
    }

    /** From the command to the first use that is possible, commands and their start included. */
    @Test
    void fromInstallationToUsable() {
        List<Double> byFeature = new ArrayList<>();
        List<Double> byCommand = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            a().mainstay("karaf", "feature:uninstall mainstay-kit-app");
            long start = System.nanoTime();
            a().mainstay("karaf", "feature:install mainstay-kit-app");
            Await.until("the kit is usable", LIMIT, this::usable);
            byFeature.add(seconds(start));
            a().mainstay("kit", "remove", "app");
            start = System.nanoTime();
            a().mainstay("kit", "install", "app");
            Await.until("the kit is usable", LIMIT, this::usable);
            byCommand.add(seconds(start));
        }
        report("feature:install to usable", byFeature);
        report("kit install to usable", byCommand);
    }

    @Test
    void outageOfUpgrades() {
        List<Path> versions = List.of(kits.echo("1.6.0", "port"), kits.echo("1.7.0", "port"));
        CountingClient client = count("measured");
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            long start = System.nanoTime();
            a().mainstay("kit", "upgrade", versions.get(i % 2).toString(), "--all-servers", "--downgrade");
            times.add(seconds(start));
        }
        noOutage(client);
        report("kit upgrade on two servers, one after the other", times);
        say(
                "failures of a client with %d answers during %d upgrades: %d",
                client.successes(), ROUNDS, client.failures().size());
        end();
        firstVersion();
    }

    /** Returns the processor time the manager of A has used so far, in seconds. */
    private double used() {
        long pid = a().managerProcesses().get(0);
        String stat = a().machine().run("cat", "/proc/" + pid + "/stat").orThrow();
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }

    private double load() {
        double before = used();
        long start = System.nanoTime();
        Await.pass(SPAN);
        return (used() - before) / seconds(start);
    }

    @Test
    void costOfFiveHundredInstances() {
        a().mainstay("resource", "out-of-service", ECHO);
        double idle = load();
        a().mainstay("kit", "install", kits.bad("idle", "").toString());
        long start = System.nanoTime();
        for (int i = 0; i < INSTANCES; i++) {
            a().mainstay("resource", "create", "idle", "--tag", "idle" + i);
        }
        say("%d resources created in %.0f s", INSTANCES, seconds(start));
        double busy = load();
        say(
                "%d instances checked every second: %.1f %% of one processor (without them %.1f %%), %.0f us for each"
                        + " check",
                INSTANCES, busy * 100, idle * 100, (busy - idle) / INSTANCES * 1e6);
        start = System.nanoTime();
        for (int i = 0; i < IDLE; i++) {
            a().mainstay("status", "--json");
        }
        say("status with them: %.0f ms", seconds(start) * 1000 / IDLE);
        assertThat(a().state("idle0", "A")).isEqualTo("ISP");
        memory();
    }

    private void memory() {
        long pid = a().managerProcesses().get(0);
        String status = a().machine().run("cat", "/proc/" + pid + "/status").orThrow();
        String resident = status.lines()
                .filter(line -> line.startsWith("VmRSS"))
                .findFirst()
                .orElseThrow(() -> new LabException("no VmRSS"));
        say("manager with %d instances: %s", INSTANCES, resident.replaceAll("\\s+", " "));
    }
}
