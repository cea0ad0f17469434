package org.mainstay.itest.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.mainstay.itest.client.Acknowledgements;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Database;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.LabException;
import org.mainstay.itest.lab.Server;

/** The story: a database is protected on two servers, then moved, killed, robbed of its power and of its manager. */
public final class Story {
    /** The address clients use. */
    public static final String ADDRESS = "10.77.1.100";

    private static final Duration SERVICE_LIMIT = Duration.ofSeconds(90);
    private static final Duration SETTLE = Duration.ofSeconds(2);
    /** Value of {@link Step#lost} where the database could not be asked. */
    private static final int UNKNOWN = -1;

    /**
     * What a step did to the client.
     *
     * @param outageMillis longest time without an acknowledged row
     * @param limitMillis longest outage with which the step holds
     * @param acknowledged rows acknowledged during the step
     * @param lost acknowledged rows that are not in the database after the step; -1 if it cannot be asked
     * @param failure why the step did not hold; empty if it held
     */
    public record Step(String name, long outageMillis, long limitMillis, int acknowledged, int lost, String failure) {}

    private final Lab lab;
    private final Screen screen;
    private final Path distribution;
    private final boolean mirror;
    private final List<String> databaseSettings;
    private final List<Step> steps = new ArrayList<>();
    private Acknowledgements client;

    /**
     * @param mirror private disks that are mirrored, instead of a shared one
     * @param databaseSettings further lines of postgresql.conf
     */
    Story(Lab lab, Screen screen, Path distribution, boolean mirror, List<String> databaseSettings) {
        this.lab = lab;
        this.screen = screen;
        this.distribution = distribution;
        this.mirror = mirror;
        this.databaseSettings = databaseSettings;
    }

    List<Step> steps() {
        return List.copyOf(steps);
    }

    /** Makes both servers, joins them and protects the database; ends with the client writing. */
    void protect() {
        screen.title("Two servers, two networks, " + (mirror ? "a disk each" : "one shared disk"));
        Cluster.form(lab, distribution, List.of("A", "B"));
        screen.line("A (10.77.1.1, 10.77.2.1) made a new cluster and B (10.77.1.2, 10.77.2.2) joined it with a one-time"
                + " code");
        Cluster.connect(lab, 2, Cluster.Heartbeat.DEFAULT);
        screen.line("two communication paths are alive");
        Server a = lab.server("A");
        if (mirror) {
            Database database = Database.createPrivate(lab, databaseSettings);
            Cluster.protectMirrored(lab, database, ADDRESS, "sync");
            awaitInStep(a);
            screen.line("the volume is mirrored from A to B, synchronously");
        } else {
            Cluster.protectDatabase(lab, Database.create(lab, a.machine(), databaseSettings), ADDRESS);
        }
        for (Server server : lab.servers()) {
            server.mainstay("resource", "set", "pg", "quickCheck=1");
        }
        screen.line(
                "PostgreSQL 'pg', its address 'vip' " + ADDRESS + " and its volume 'data' are protected on A and B");
        client = Acknowledgements.start(lab, ADDRESS + ":" + Database.PORT);
        screen.line("a client writes numbered rows through " + ADDRESS + " all the time");
    }

    /** Runs all steps of the story. */
    void tell() {
        try (LiveState live = new LiveState(lab.servers(), screen)) {
            // The limits are promises that also a slow machine keeps; what is usual is in docs/measurements.md.
            step("planned switchover A -> B", Duration.ofSeconds(30), this::switchover);
            step("kill -9 of the database on B", Duration.ofSeconds(30), this::killDatabase);
            step("power cut of B", Duration.ofSeconds(60), this::cutPower);
            step("B returns as standby", Duration.ofSeconds(10), this::returnAsStandby);
            step("kill -9 of Mainstay on A", Duration.ofSeconds(10), this::killManager);
        }
    }

    /** A step that does not hold is in the table too, with the reason. */
    private void step(String name, Duration limit, Runnable action) {
        screen.title(name);
        long from = System.nanoTime();
        String failure = "";
        int lost = UNKNOWN;
        try {
            action.run();
            client.awaitMore(20, SERVICE_LIMIT);
            if (mirror
                    && lab.servers().stream()
                            .allMatch(server -> server.machine().isOn())) {
                awaitInStep(lab.server("A"));
                screen.line("the mirror is in step");
            }
            Await.pass(SETTLE);
            lost = client.lost().size();
        } catch (LabException e) {
            failure = String.valueOf(e.getMessage());
        }
        long to = System.nanoTime();
        Duration outage = client.longestGap(from, to);
        if (failure.isEmpty() && lost > 0) {
            failure = lost + " acknowledged rows are lost";
        } else if (failure.isEmpty() && outage.compareTo(limit) > 0) {
            failure = "the client waited " + outage.toMillis() + " ms, longer than " + limit.toMillis() + " ms";
        }
        Step step = new Step(name, outage.toMillis(), limit.toMillis(), client.count(from, to), lost, failure);
        steps.add(step);
        screen.line("the client waited " + step.outageMillis() + " ms at the longest, " + step.acknowledged()
                + " rows acknowledged, " + (lost == UNKNOWN ? "nobody can tell how many" : lost) + " lost");
        if (!failure.isEmpty()) {
            throw new LabException(name + ": " + failure);
        }
    }

    private static void awaitInStep(Server from) {
        Await.until(
                "the mirror is in step",
                SERVICE_LIMIT,
                () -> from.inStep("data"),
                () -> from.bin("mainstay", "mirror", "status").output() + from.logs());
    }

    private void switchover() {
        lab.server("B").mainstay("resource", "in-service", "pg");
        expectOn("B", "A");
    }

    private void killDatabase() {
        Server b = lab.server("B");
        long postmaster = postmaster(b);
        b.machine().signal(postmaster, "KILL");
        screen.line("postmaster " + postmaster + " is dead; B has to notice and repair it in place");
        client.awaitMore(20, SERVICE_LIMIT);
        expectOn("B", "A");
    }

    private static long postmaster(Server server) {
        return Long.parseLong(server.machine()
                .run("head", "-n", "1", Database.DATA + "/postmaster.pid")
                .orThrow()
                .strip());
    }

    private void cutPower() {
        lab.server("B").machine().powerCut();
        screen.line("B has no power; what it had not written to the disk is gone");
        Server a = lab.server("A");
        Await.until(
                "pg is in service on A",
                SERVICE_LIMIT,
                () -> serves(a),
                () -> a.bin("mainstay", "status").output() + a.logs());
    }

    /** @throws LabException if it has failed for good: nobody need wait for it then */
    private static boolean serves(Server server) {
        String state = server.state("pg", server.name());
        if (state.equals("OSF")) {
            throw new LabException("PostgreSQL does not start on " + server.name() + ":\n"
                    + server.bin("mainstay", "status").output());
        }
        return state.equals("ISP");
    }

    private void returnAsStandby() {
        Server b = lab.server("B");
        b.machine().powerOn();
        b.start();
        b.await("pg", "B", "OSU", SERVICE_LIMIT);
        expectOn("A", "B");
    }

    private void killManager() {
        Server a = lab.server("A");
        List<Long> managers = a.managerProcesses();
        if (managers.isEmpty()) {
            throw new LabException("no manager process found on A");
        }
        long old = managers.get(0);
        long postmaster = postmaster(a);
        a.machine().signal(old, "KILL");
        screen.line("the manager of A is dead; its guard keeps the promises and starts it again");
        Await.until(
                "A's manager runs again",
                SERVICE_LIMIT,
                () -> a.managerProcesses().stream().anyMatch(pid -> pid != old)
                        && a.state("pg", "A").equals("ISP"),
                a::logs);
        expectOn("A", "B");
        if (postmaster(a) != postmaster || !a.machine().processes(Database.DATA).contains(postmaster)) {
            throw new LabException(
                    "the database was restarted: its postmaster was " + postmaster + " and is now " + postmaster(a));
        }
        screen.line("the database did not notice: its postmaster is still " + postmaster);
    }

    /** Both servers agree that the database is in service on the one and out of service on the other. */
    private void expectOn(String active, String standby) {
        for (Server server : lab.servers()) {
            server.await("pg", active, "ISP", SERVICE_LIMIT);
            server.await("pg", standby, "OSU", SERVICE_LIMIT);
        }
    }
}
