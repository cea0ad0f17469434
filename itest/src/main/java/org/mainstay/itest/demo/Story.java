package org.mainstay.itest.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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

    /**
     * What a step did to the client.
     *
     * @param outageMillis longest time without an acknowledged row
     * @param acknowledged rows acknowledged during the step
     * @param lost acknowledged rows that are not in the database after the step
     */
    public record Step(String name, long outageMillis, int acknowledged, int lost) {}

    private final Lab lab;
    private final Screen screen;
    private final Path distribution;
    private final boolean mirror;
    private final List<String> databaseSettings;
    private final List<Step> steps = new ArrayList<>();
    private Path psql;
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
        screen.line(
                "A (10.77.1.1, 10.77.2.1) made a new cluster and B (10.77.1.2, 10.77.2.2) joined it with a one-time code");
        Cluster.connect(lab, 2, Cluster.Heartbeat.DEFAULT);
        screen.line("two communication paths are alive");
        Server a = lab.server("A");
        psql = Database.programs().resolve("psql");
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
        client = Acknowledgements.start(lab, ADDRESS + ":" + Database.PORT, psql);
        screen.line("a client writes numbered rows through " + ADDRESS + " all the time");
    }

    /** Runs all steps of the story. */
    void tell() {
        try (LiveState live = new LiveState(lab.servers(), screen)) {
            step("planned switchover A -> B", this::switchover);
            step("kill -9 of the database on B", this::killDatabase);
            step("power cut of B", this::cutPower);
            step("B returns as standby", this::returnAsStandby);
            step("kill -9 of Mainstay on A", this::killManager);
        }
    }

    private void step(String name, Runnable action) {
        screen.title(name);
        long from = System.nanoTime();
        action.run();
        client.awaitMore(20, SERVICE_LIMIT);
        if (mirror && lab.servers().stream().allMatch(server -> server.machine().isOn())) {
            awaitInStep(lab.server("A"));
            screen.line("the mirror is in step");
        }
        Await.pass(SETTLE);
        long to = System.nanoTime();
        Set<Long> lost = client.lost(psql);
        Step step = new Step(name, client.longestGap(from, to).toMillis(), client.count(from, to), lost.size());
        steps.add(step);
        screen.line("the client waited " + step.outageMillis() + " ms at the longest, " + step.acknowledged()
                + " rows acknowledged, " + step.lost() + " lost");
        if (!lost.isEmpty()) {
            throw new LabException(lost.size() + " acknowledged rows are lost after: " + name);
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
        long postmaster = Long.parseLong(b.machine()
                .run("head", "-n", "1", Database.DATA + "/postmaster.pid")
                .orThrow()
                .strip());
        b.machine().signal(postmaster, "KILL");
        screen.line("postmaster " + postmaster + " is dead; B has to notice and repair it in place");
        client.awaitMore(20, SERVICE_LIMIT);
        expectOn("B", "A");
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
        a.machine().signal(old, "KILL");
        screen.line("the manager of A is dead; its guard keeps the promises and starts it again");
        Await.until(
                "A's manager runs again",
                SERVICE_LIMIT,
                () -> a.managerProcesses().stream().anyMatch(pid -> pid != old)
                        && a.state("pg", "A").equals("ISP"),
                a::logs);
        expectOn("A", "B");
    }

    /** Both servers agree that the database is in service on the one and out of service on the other. */
    private void expectOn(String active, String standby) {
        for (Server server : lab.servers()) {
            server.await("pg", active, "ISP", SERVICE_LIMIT);
            server.await("pg", standby, "OSU", SERVICE_LIMIT);
        }
    }
}
