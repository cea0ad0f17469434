package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Server;

/** A manager may open nothing any more: it is replaced before it acts upon what it cannot see, and what runs does not notice (I4). */
class FileHandlesIT extends FaultCase {
    /** All below that are in use. */
    private static final String NOTHING_MORE = "8";

    private void withoutHandles(Server server) {
        long pid = server.managerProcesses().get(0);
        server.machine()
                .run("prlimit", "--pid", String.valueOf(pid), "--nofile=" + NOTHING_MORE + ":")
                .orThrow();
        Await.until(
                server.name() + " has another manager",
                LIMIT,
                () -> server.managerProcesses().stream().anyMatch(now -> now != pid),
                server::logs);
        assertThat(server.logs()).contains("this process has no file handles left");
        meet();
    }

    @Test
    void whatRunsIsNotTakenForFailedAndGoesOn() {
        App app = App.write(lab(), "handles");
        app.protect(a(), List.of(b()));
        expect("handles", a(), b());
        Set<Long> processes = app.processes(a());
        a().mainstay("resource", "set", "handles", "quickCheck=1");
        long checks = app.count(a(), "quickCheck", "begin");
        app.awaitStep(a(), "quickCheck", "begin", checks);

        withoutHandles(a());

        expect("handles", a(), b());
        checks = app.count(a(), "quickCheck", "begin");
        app.awaitStep(a(), "quickCheck", "begin", checks);
        assertThat(app.processes(a())).isEqualTo(processes);
        assertThat(app.count(a(), "remove", "begin")).isZero();
        assertThat(app.count(b(), "restore", "begin")).isZero();
        retire(app);
    }

    /** Nothing is asked of it; it is found all the same, before it is needed. */
    @Test
    void aServerThatStandsByIsReadyAgainBeforeItIsNeeded() {
        App app = App.write(lab(), "needed");
        app.protect(a(), List.of(b()));
        expect("needed", a(), b());

        withoutHandles(b());

        b().mainstay("resource", "in-service", "needed");
        expect("needed", b(), a());
        retire(app);
    }
}
