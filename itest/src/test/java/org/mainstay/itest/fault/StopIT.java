package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/** Stops and starts on purpose: the other server never takes what was stopped, parked or left running (CMD-090 to CMD-096). */
class StopIT extends FaultCase {
    /** What a server that regards the other as dead would do, it does at once; this long nothing may happen. */
    private static final Duration QUIET = Duration.ofSeconds(3);

    private void stop(Server server, String... options) {
        Exec.Result result = server.bin("lkstop", options);
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).contains("LIFEKEEPER NOW STOPPED");
        Await.until(
                server.name() + "'s manager has gone",
                LIMIT,
                () -> server.managerProcesses().isEmpty(),
                server::logs);
    }

    /** Nothing is done with the application on the server although the other one is away. */
    private void expectLeftAlone(App app, Server server, Set<Long> processes) {
        List<String> history = app.history();
        Await.pass(QUIET);
        assertThat(app.history().stream()
                        .filter(line -> line.startsWith(server.name()))
                        .toList())
                .isEqualTo(history.stream()
                        .filter(line -> line.startsWith(server.name()))
                        .toList());
        assertThat(app.processes(server)).isEqualTo(processes);
    }

    @Test
    void stoppedResourcesStayStoppedUntilTheirServerStartsAgain() {
        App app = App.write(lab(), "stopped");
        app.protect(a(), List.of(b()));
        expect("stopped", a(), b());

        stop(a());

        assertThat(app.processes(a())).isEmpty();
        awaitServer(b(), a(), "DEAD");
        expectLeftAlone(app, b(), Set.of());

        a().start();
        meet();
        expect("stopped", a(), b());
        assertThat(app.processes(a())).hasSize(1);
        assertThat(app.count(b(), "restore", "begin")).isZero();
        retire(app);
    }

    @Test
    void applicationsLeftRunningAreAdopted() {
        App app = App.write(lab(), "left");
        app.protect(a(), List.of(b()));
        expect("left", a(), b());
        Set<Long> processes = app.processes(a());

        stop(a(), "-f");

        assertThat(app.processes(a())).isEqualTo(processes);
        expectLeftAlone(app, b(), Set.of());
        long restores = app.count(a(), "restore", "begin");

        a().start();
        meet();
        expect("left", a(), b());
        assertThat(app.processes(a())).isEqualTo(processes);
        assertThat(app.count(a(), "restore", "begin")).as("nothing is restored").isEqualTo(restores);
        assertThat(app.count(a(), "remove", "begin")).isZero();
        assertThat(app.count(b(), "restore", "begin")).isZero();
        retire(app);
    }

    @Test
    void parkedResourcesWaitForTheirServerAcrossItsReboot() {
        App app = App.write(lab(), "parked");
        app.protect(a(), List.of(b()));
        expect("parked", a(), b());
        stop(a(), "-f");
        a().machine().powerCut();
        awaitServer(b(), a(), "DEAD");
        expectLeftAlone(app, b(), Set.of());

        a().machine().powerOn();
        expectLeftAlone(app, b(), Set.of());
        a().start();
        meet();

        expect("parked", a(), b());
        assertThat(app.processes(a())).hasSize(1);
        assertThat(app.count(b(), "restore", "begin")).isZero();
        retire(app);
    }

    @Test
    void parkedResourcesStartElsewhereByTheOperatorsWord() {
        App app = App.write(lab(), "word");
        app.protect(a(), List.of(b()));
        expect("word", a(), b());
        stop(a(), "-f");
        a().machine().powerCut();
        awaitServer(b(), a(), "DEAD");
        // First the safety check waits for a sign of A; then only the operator's word is missing.
        Await.until("the refusal names the command", LIMIT, () -> {
            Exec.Result refused = b().bin("mainstay", "resource", "in-service", "word");
            assertThat(refused.exitCode()).as(refused.output()).isNotZero();
            return refused.output().contains("confirm-stopped word --on A");
        });
        assertThat(app.processes(b())).isEmpty();

        b().mainstay("resource", "confirm-stopped", "word", "--on", "A");
        b().await("word", "B", "ISP", LIMIT);
        assertThat(app.processes(b())).hasSize(1);

        a().machine().powerOn();
        a().start();
        meet();
        expect("word", b(), a());
        assertThat(app.processes(a())).isEmpty();
        retire(app);
    }

    @Test
    void aShutDownMachineGivesItsResourcesAwayIfTheFlagSaysSo() {
        App app = App.write(lab(), "shutdown");
        app.protect(a(), List.of(b()));
        expect("shutdown", a(), b());
        assertThat(a().bin("flg_create", "-f", "shutdown_switchover").exitCode())
                .isZero();

        Exec.Result result = a().bin("mainstay", "stop", "--system-shutdown");
        assertThat(result.exitCode()).as(result.output()).isZero();

        b().await("shutdown", "B", "ISP", LIMIT);
        assertThat(app.processes(a())).isEmpty();
        assertThat(app.processes(b())).hasSize(1);
        a().start();
        meet();
        expect("shutdown", b(), a());
        assertThat(a().bin("flg_remove", "-f", "shutdown_switchover").exitCode())
                .isZero();
        retire(app);
    }

    @Test
    void aShutDownMachineKeepsItsResourcesWithoutTheFlag() {
        App app = App.write(lab(), "kept");
        app.protect(a(), List.of(b()));
        expect("kept", a(), b());

        Exec.Result result = a().bin("mainstay", "stop", "--system-shutdown");
        assertThat(result.exitCode()).as(result.output()).isZero();

        assertThat(app.processes(a())).isEmpty();
        awaitServer(b(), a(), "DEAD");
        expectLeftAlone(app, b(), Set.of());
        a().start();
        meet();
        expect("kept", a(), b());
        retire(app);
    }
}
