package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Server;

/** Mainstay's own processes die at every moment that matters; what is protected does not notice (I4). */
class ManagerDeathIT extends FaultCase {

    /** Kills the manager and waits until another one is ready. */
    private void killManager(Server server) {
        killManagerAnd(server, () -> {});
    }

    private void killManagerAnd(Server server, Runnable meanwhile) {
        List<Long> old = server.managerProcesses();
        assertThat(old).as("managers on " + server.name()).hasSize(1);
        server.machine().signal(old.get(0), "KILL");
        meanwhile.run();
        Await.until(
                server.name() + "'s manager runs again",
                LIMIT,
                () -> server.managerProcesses().stream().anyMatch(pid -> !old.contains(pid)),
                server::logs);
        meet();
    }

    @Test
    void idleManagerIsKilledAndTheApplicationGoesOn() {
        App app = App.write(lab(), "idle");
        app.protect(a(), List.of(b()));
        expect("idle", a(), b());
        Set<Long> processes = app.processes(a());
        assertThat(processes).hasSize(1);

        killManager(a());

        expect("idle", a(), b());
        assertThat(app.processes(a())).isEqualTo(processes);
        assertThat(app.count(a(), "remove", "begin")).isZero();
        assertThat(app.count(b(), "restore", "begin")).isZero();
        retire(app);
    }

    /** Without systemd: the documented way for one's own supervisor (docs/administration.md). */
    @Test
    void guardAndManagerDieAtOnceAndAKeeperStartsBoth() throws IOException {
        App app = App.write(lab(), "kept");
        app.protect(a(), List.of(b()));
        expect("kept", a(), b());
        // A guard that is away for longer than the detection time is a dead server for B.
        b().bin("flg_create", "-f", "!nofailover!A").orThrow();
        Set<Long> processes = app.processes(a());
        List<Long> old = new ArrayList<>(a().managerProcesses());
        old.addAll(a().guardProcesses());
        assertThat(old).hasSize(2);
        Process keeper = new ProcessBuilder(a().machine().entering(List.of(a().home() + "/bin/mainstay", "keep-guard")))
                .redirectErrorStream(true)
                .redirectOutput(lab().directory().resolve("keeper.log").toFile())
                .start();
        Await.until(
                "the keeper runs and has looked",
                LIMIT,
                () -> !a().machine().processes("bin/mainstay keep-guard").isEmpty());
        Await.pass(Duration.ofSeconds(1));

        a().machine()
                .run("kill", "-KILL", String.valueOf(old.get(0)), String.valueOf(old.get(1)))
                .orThrow();

        Await.until(
                "guard and manager run again",
                LIMIT,
                () -> a().guardProcesses().stream().anyMatch(pid -> !old.contains(pid))
                        && a().managerProcesses().stream().anyMatch(pid -> !old.contains(pid)),
                a()::logs);
        meet();
        expect("kept", a(), b());
        assertThat(app.processes(a())).isEqualTo(processes);
        assertThat(app.count(a(), "remove", "begin")).isZero();
        assertThat(app.count(b(), "restore", "begin")).isZero();
        for (long pid : a().machine().processes("bin/mainstay keep-guard")) {
            a().machine().run("kill", String.valueOf(pid));
        }
        keeper.destroy();
        // If the new guard was late, B had taken A for dead and has removed the flag itself since.
        assertThat(b().bin("flg_remove", "-f", "!nofailover!A").exitCode()).isIn(0, 7);
        retire(app);
    }

    @Test
    void managerIsKilledDuringARestore() {
        App app = App.write(lab(), "restoring");
        app.protect(a(), List.of(b()));
        a().mainstay("resource", "out-of-service", "restoring");
        app.hold("restore", a());
        long before = app.count(a(), "restore", "begin");
        later(a(), "resource", "in-service", "restoring");
        app.awaitStep(a(), "restore", "begin", before);

        killManagerAnd(a(), () -> app.let("restore", a()));

        expect("restoring", a(), b());
        assertThat(app.processes(a())).hasSize(1);
        retire(app);
    }

    @Test
    void managerIsKilledDuringARemove() {
        App app = App.write(lab(), "removing");
        app.protect(a(), List.of(b()));
        app.hold("remove", a());
        later(a(), "resource", "out-of-service", "removing");
        app.awaitStep(a(), "remove", "begin", 0);

        killManagerAnd(a(), () -> app.let("remove", a()));

        for (Server server : List.of(a(), b())) {
            server.await("removing", "A", "OSU", LIMIT);
            server.await("removing", "B", "OSU", LIMIT);
        }
        assertThat(app.processes(a())).isEmpty();
        assertThat(app.processes(b())).isEmpty();
        assertThat(app.count(b(), "restore", "begin")).isZero();
        retire(app);
    }

    @Test
    void managerIsKilledDuringACheck() {
        App app = App.write(lab(), "checking");
        app.protect(a(), List.of(b()));
        Set<Long> processes = app.processes(a());
        app.hold("quickCheck", a());
        long before = app.count(a(), "quickCheck", "begin");
        a().mainstay("resource", "set", "checking", "quickCheck=1");
        app.awaitStep(a(), "quickCheck", "begin", before);

        killManagerAnd(a(), () -> app.let("quickCheck", a()));

        expect("checking", a(), b());
        long checks = app.count(a(), "quickCheck", "begin");
        app.awaitStep(a(), "quickCheck", "begin", checks);
        assertThat(app.processes(a())).isEqualTo(processes);
        retire(app);
    }

    @Test
    void guardIsKilledAndStartedAgain() {
        App app = App.write(lab(), "unguarded");
        app.protect(a(), List.of(b()));
        Set<Long> processes = app.processes(a());
        List<Long> guard = a().guardProcesses();
        List<Long> manager = a().managerProcesses();
        assertThat(guard).hasSize(1);

        a().machine().signal(guard.get(0), "KILL");

        Await.until(
                "A's guard runs again",
                LIMIT,
                () -> a().guardProcesses().stream().anyMatch(pid -> !guard.contains(pid)),
                a()::logs);
        meet();
        assertThat(a().managerProcesses()).as("the manager outlives its guard").isEqualTo(manager);
        expect("unguarded", a(), b());
        assertThat(app.processes(a())).isEqualTo(processes);
        retire(app);
    }

    /**
     * Without both nothing on A keeps promises, and nothing but fencing or a watchdog could end what A runs (design.md section 2).
     * A's machine still answers, so B takes nothing over (COMM-051), until an operator gives a word that is not true here; when
     * A's Mainstay is back, A must end what it ran under its older epoch.
     */
    @Test
    void guardAndManagerAreKilledAtOnceAndTheOlderOwnerStopsOnReturn() {
        App app = App.write(lab(), "orphaned");
        app.protect(a(), List.of(b()));
        watcher().tolerate(app.sign());
        List<String> both = new ArrayList<>(List.of("kill", "-KILL"));
        a().managerProcesses().forEach(pid -> both.add(pid.toString()));
        a().guardProcesses().forEach(pid -> both.add(pid.toString()));
        a().machine().run(both.toArray(String[]::new)).orThrow();

        Await.until(
                "B says why it does not take over",
                LIMIT,
                () -> b().bin("mainstay", "status").output().contains("mainstay node confirm-down A"),
                () -> b().bin("mainstay", "status").output());
        Await.pass(Duration.ofMillis(2 * heartbeat().detectionMillis()));
        assertThat(app.count(b(), "restore", "begin")).isZero();
        b().mainstay("node", "confirm-down", "A");
        b().await("orphaned", "B", "ISP", LIMIT);

        a().start();
        meet();
        expect("orphaned", b(), a());
        assertThat(app.processes(a())).isEmpty();
        assertThat(app.processes(b())).hasSize(1);
        watcher().tolerate("");
        retire(app);
    }
}
