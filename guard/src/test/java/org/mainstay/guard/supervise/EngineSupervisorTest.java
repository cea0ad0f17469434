package org.mainstay.guard.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Log;

/** The mirror engine is kept running while it is wanted; a program that waits stands for it. */
class EngineSupervisorTest {
    private static final int LIMIT = 60_000;

    @TempDir
    Path home;

    private Log log;
    private EngineSupervisor supervisor;

    @BeforeEach
    void folders() throws IOException {
        for (String folder : new String[] {"data/run", "data/log", "data/mirror", "lib/native"}) {
            Files.createDirectories(home.resolve(folder));
        }
        Path program = Files.writeString(home.resolve("lib/native/mainstay-attach"), "#!/bin/sh\nexec sleep 1000\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        log = new Log(home.resolve("data/log/guard.log"));
        supervisor = new EngineSupervisor(home, System::nanoTime, log);
    }

    @AfterEach
    void end() throws InterruptedException {
        supervisor.end();
        log.close();
    }

    private long pid() {
        return ProcessIdentity.read(home.resolve("data/run/engine.pid"))
                .map(ProcessIdentity::pid)
                .orElse(0L);
    }

    private void wanted(String text) throws IOException {
        Files.writeString(home.resolve("data/mirror/engine"), text);
    }

    @Test
    void itRunsWhileItIsWantedAndAgainWhenItDied() throws Exception {
        supervisor.start();
        assertThat(pid()).isZero();
        wanted("A 1501\n");
        Await.until("the engine runs", LIMIT, () -> pid() != 0);
        long first = pid();
        ProcessHandle.of(first).orElseThrow().destroyForcibly();
        Await.until("another one runs", LIMIT, () -> pid() != 0 && pid() != first);
        long second = pid();
        wanted("A 1502\n");
        Await.until("one with the new port runs", LIMIT, () -> pid() != 0 && pid() != second);
        Files.delete(home.resolve("data/mirror/engine"));
        Await.until("none runs", LIMIT, () -> pid() == 0);
    }

    @Test
    void oneThatDoesNotEndIsKilled() throws Exception {
        Files.writeString(
                home.resolve("lib/native/mainstay-attach"),
                "#!/bin/sh\ntrap '' TERM\necho here > data/deaf\nwhile :; do sleep 1; done\n");
        wanted("A 1501\n");
        supervisor.start();
        Await.until("the engine runs and is deaf", LIMIT, () -> Files.exists(home.resolve("data/deaf")));
        long first = pid();
        wanted("A 1502\n");
        Await.until("another one runs", LIMIT, () -> pid() != 0 && pid() != first);
        wanted("");
        Await.until("none runs", LIMIT, () -> pid() == 0);
    }

    @Test
    void oneThatRunsIsAdoptedAndEndsWhenEverythingEnds() throws Exception {
        wanted("A 1501\n");
        supervisor.start();
        Await.until("the engine runs", LIMIT, () -> pid() != 0);
        long first = pid();
        supervisor.close();
        supervisor = new EngineSupervisor(home, System::nanoTime, log);
        supervisor.start();
        assertThat(pid()).isEqualTo(first);
        supervisor.end();
        Await.until("none runs", LIMIT, () -> pid() == 0);
    }

    @Test
    void theCommandNamesServerAndPort() {
        assertThat(EngineSupervisor.command(home, "A 1501"))
                .contains(home + "/lib/native/mainstay-attach", "lib/mirror.engine.jar")
                .endsWith("run", "data/mirror", "A", "*:1501");
        assertThatThrownBy(() -> EngineSupervisor.command(home, "A"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a server's name and a port");
    }
}
