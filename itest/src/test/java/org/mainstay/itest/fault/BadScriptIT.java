package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/** Scripts that hang, flood or fail, while everything else goes on (I5, released, no bouncing). */
class BadScriptIT extends FaultCase {
    private static final Duration QUIET = Duration.ofSeconds(6);
    private static final String DEAF = "trap '' TERM INT HUP; while :; do sleep 0.1; done\n";

    /** Returns how many paths to A died at B so far, by B's own events. */
    private long deaths() {
        return b().bin("mainstay", "events", "-n", "1000")
                .output()
                .lines()
                .filter(line -> line.contains("DEAD") || line.contains("dead"))
                .count();
    }

    /** While the given thing is stuck, a second hierarchy on the same server is repaired and moved. */
    private void anotherHierarchyWorks(App other) {
        long repaired = other.count(a(), "restore", "begin");
        kill(other, a());
        other.awaitStep(a(), "restore", "begin", repaired);
        b().mainstay("resource", "in-service", other.tag());
        expect(other.tag(), b(), a());
        a().mainstay("resource", "in-service", other.tag());
        expect(other.tag(), a(), b());
    }

    private App healthy(String tag) {
        App app = App.write(lab(), tag);
        app.protect(a(), List.of(b()));
        a().mainstay("resource", "set", tag, "quickCheck=1", "localRecovery=yes");
        return app;
    }

    @Test
    void aRestoreThatIgnoresSignalsIsEndedAndTheOtherServerTried() {
        App other = healthy("bystander");
        App app = App.write(lab(), "deaf");
        app.protect(a(), List.of(b()), "timeLimit=45");
        a().mainstay("resource", "out-of-service", "deaf");
        app.code("restore", a(), DEAF);
        long before = app.count(a(), "restore", "begin");
        long deaths = deaths();
        long began = System.nanoTime();
        CompletableFuture<Exec.Result> command = later(a(), "resource", "in-service", "deaf");
        app.awaitStep(a(), "restore", "begin", before);

        anotherHierarchyWorks(other);
        assertThat(row(a(), "deaf", "A").map(row -> text(row, "transition"))).contains("RESTORE");
        assertThat(command).isNotDone();

        b().await("deaf", "B", "ISP", LIMIT);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(44));
        assertThat(deaths()).as("no path died meanwhile").isEqualTo(deaths);
        assertThat(app.processes(b())).hasSize(1);
        assertThat(command.join().output()).isNotEmpty();
        assertThat(a().machine().processes("app-deaf/restore"))
                .as("the hanging script is gone")
                .isEmpty();
        // what failed here and serves elsewhere is an ordinary standby (CMD-013); the reason is in the events
        expect("deaf", b(), a());
        assertThat(b().mainstay("events", "-n", "1000")).contains("did not end within 45 s");
        retire(app, other);
    }

    @Test
    void aRestoreThatPrintsHundredMegabytesHarmsNothing() {
        App other = healthy("quiet");
        App app = App.write(lab(), "flood");
        app.protect(a(), List.of(b()));
        a().mainstay("resource", "out-of-service", "flood");
        app.code("restore", a(), "head -c 50000000 /dev/zero | tr '\\0' x; yes flood | head -c 50000000\n");
        long deaths = deaths();
        List<Long> managers = a().managerProcesses();
        CompletableFuture<Exec.Result> command = later(a(), "resource", "in-service", "flood");

        anotherHierarchyWorks(other);

        assertThat(command.join().exitCode()).as(command.join().output()).isZero();
        expect("flood", a(), b());
        assertThat(deaths()).as("no path died meanwhile").isEqualTo(deaths);
        assertThat(a().managerProcesses()).isEqualTo(managers);
        String logs = a().machine()
                .run("du", "-sm", a().home() + "/data/log")
                .orThrow()
                .split("\\s+")[0];
        assertThat(Integer.parseInt(logs)).as("megabytes of logs").isLessThan(40);
        retire(app, other);
    }

    @Test
    void whatStartsNowhereEndsFailedAndDoesNotBounce() {
        App app = App.write(lab(), "broken");
        app.protect(a(), List.of(b()));
        expect("broken", a(), b());
        app.fail("restore", a(), true);
        app.fail("restore", b(), true);
        kill(app, a());
        a().mainstay("resource", "set", "broken", "quickCheck=1");

        for (Server server : List.of(a(), b())) {
            b().await("broken", server.name(), "OSF", LIMIT);
            assertThat(row(b(), "broken", server.name())
                            .map(row -> text(row, "reason"))
                            .orElse(""))
                    .contains("told to fail");
        }
        for (Server server : List.of(a(), b())) {
            Await.until(
                    "what was tried on " + server.name() + " is cleaned up",
                    LIMIT,
                    () -> row(b(), "broken", server.name())
                            .map(row -> text(row, "released").equals("true")
                                    && text(row, "transition").isEmpty())
                            .orElse(false));
        }
        List<String> history = app.history();
        Await.pass(QUIET);
        assertThat(app.history()).as("no further try").isEqualTo(history);
        assertThat(app.count(b(), "restore", "begin")).as("tries on B").isBetween(1L, 3L);

        app.fail("restore", a(), false);
        app.fail("restore", b(), false);
        a().mainstay("resource", "in-service", "broken");
        expect("broken", a(), b());
        retire(app);
    }

    /** Its own processes are in its control group: what the script does not end is ended without it. */
    @Test
    void whatItsScriptDoesNotStopIsEndedByItsKillHandles() {
        App app = App.write(lab(), "handled");
        app.protect(a(), List.of(b()));
        expect("handled", a(), b());
        app.fail("remove", a(), true);

        b().mainstay("resource", "in-service", "handled");

        expect("handled", b(), a());
        assertThat(app.processes(a())).isEmpty();
        assertThat(app.processes(b())).hasSize(1);
        app.fail("remove", a(), false);
        // the control group that was killed serves again
        a().mainstay("resource", "in-service", "handled");
        expect("handled", a(), b());
        retire(app);
    }

    /** An application that leaves its control group, as a daemon of another service would be: no kill handle reaches it. */
    private App outOfReach(String tag) {
        App app = App.write(lab(), tag);
        app.code("restore", a(), "after() { echo $1 > /sys/fs/cgroup/cgroup.procs; }\n");
        app.protect(a(), List.of(b()));
        expect(tag, a(), b());
        app.fail("remove", a(), true);
        return app;
    }

    @Test
    void whatCannotBeStoppedGoesOnServingWhereItIs() {
        App app = outOfReach("clinging");
        Set<Long> processes = app.processes(a());

        Exec.Result move = b().bin("mainstay", "resource", "in-service", "clinging");

        assertThat(move.exitCode()).as(move.output()).isNotZero();
        expect("clinging", a(), b());
        assertThat(app.processes(a())).isEqualTo(processes);
        assertThat(app.count(b(), "restore", "begin")).isZero();
        app.fail("remove", a(), false);
        retire(app);
    }

    @Test
    void whatCannotBeStoppedIsStartedNowhereElseBeforeTheOperatorsWord() {
        App app = outOfReach("stuck");
        app.fail("restore", a(), true);

        Exec.Result move = b().bin("mainstay", "resource", "in-service", "stuck");

        assertThat(move.exitCode()).as(move.output()).isNotZero();
        Await.until(
                "A says that it could not release it",
                LIMIT,
                () -> row(b(), "stuck", "A").map(BadScriptIT::notReleased).orElse(false),
                () -> b().bin("mainstay", "status").output() + a().logs());
        Exec.Result refused = b().bin("mainstay", "resource", "in-service", "stuck");
        assertThat(refused.exitCode()).as(refused.output()).isNotZero();
        assertThat(refused.output()).contains("confirm-stopped stuck --on A");
        assertThat(app.processes(a())).hasSize(1);
        assertThat(app.count(b(), "restore", "begin")).isZero();

        kill(app, a());
        // A tries once more, and what it then cannot clean up would need the operator's word again.
        app.fail("remove", a(), false);
        b().mainstay("resource", "confirm-stopped", "stuck", "--on", "A");
        b().await("stuck", "B", "ISP", LIMIT);
        assertThat(app.processes(b())).hasSize(1);
        app.fail("restore", a(), false);
        retire(app);
    }

    private static boolean notReleased(JsonObject row) {
        return text(row, "state").equals("OSF")
                && text(row, "released").equals("false")
                && text(row, "transition").isEmpty();
    }

    private static void kill(App app, Server server) {
        for (long pid : app.processes(server)) {
            Exec.run("kill", "-9", String.valueOf(pid)).orThrow();
        }
    }
}
