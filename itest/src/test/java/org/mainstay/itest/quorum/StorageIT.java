package org.mainstay.itest.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.fault.App;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/** Two servers with QUORUM_MODE=storage on files that both reach, with the shortest times allowed. */
class StorageIT extends WitnessCase {
    private static final Duration BEAT = Duration.ofSeconds(5);
    private static final int BEATS = 3;

    /** Where the servers find the folder of the objects; a mount, so that it can be taken away from one of them. */
    private static final String PLACE = "/mnt";

    @Override
    List<String> tunables() {
        return List.of(
                "QWK_STORAGE_TYPE=file",
                "QWK_STORAGE_HBEATTIME=" + BEAT.toSeconds(),
                "QWK_STORAGE_NUMHBEATS=" + BEATS,
                "QWK_STORAGE_OBJECT_A=" + PLACE + "/A",
                "QWK_STORAGE_OBJECT_B=" + PLACE + "/B",
                "QUORUM_LEASE_SECS=7",
                "QUORUM_LOSS_STOP_SECS=4",
                "QUORUM_QUARANTINE_SECS=3",
                "WITNESS_MODE=storage",
                "QUORUM_MODE=storage");
    }

    @Override
    Duration lease() {
        return Duration.ofSeconds(7);
    }

    @Override
    Duration lossStop() {
        return Duration.ofSeconds(4);
    }

    private Path folder() {
        return lab().directory().resolve("witness");
    }

    private void reach(Server server) {
        server.machine().run("mount", "--bind", folder().toString(), PLACE).orThrow();
    }

    /** An empty file system over the folder that nobody can write: the storage answers with errors. */
    private void lose(Server server) {
        server.machine().run("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", PLACE).orThrow();
    }

    private void find(Server server) {
        server.machine().run("umount", PLACE).orThrow();
    }

    @Override
    protected void formed() {
        try {
            Files.createDirectories(folder());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        lab().servers().forEach(this::reach);
        super.formed();
        List<CompletableFuture<Exec.Result>> begun = lab().servers().stream()
                .map(server -> CompletableFuture.supplyAsync(() -> server.bin("qwk_storage_init")))
                .toList();
        begun.forEach(one -> one.join().orThrow());
        lab().servers().forEach(server -> awaitRight(server, "held"));
    }

    @Override
    void withinFormula(Duration took) {
        between(
                "storage",
                took,
                lapse().minus(BEAT),
                BEAT.multipliedBy(BEATS + 2).plusSeconds(1));
    }

    @Override
    void back(Server server) {
        server.machine().powerOn();
        reach(server);
        server.start();
    }

    @Override
    void cutOff(Server server) {
        lose(server);
        super.cutOff(server);
    }

    @Override
    void reconnect(Server server) {
        super.reconnect(server);
        find(server);
    }

    private static String witness(Server server, String about) {
        for (var one : quorum(server).getAsJsonArray("servers")) {
            if (text(one.getAsJsonObject(), "name").equals(about)) {
                return text(one.getAsJsonObject(), "witness");
            }
        }
        return "";
    }

    /** QUO-100: the servers lose each other, not the storage: both see the other's object renewed, and nothing moves. */
    // covers QUO-100
    @Test
    @Order(1)
    void theServersLoseEachOtherButNotTheStorage() {
        App app = protect("paths");
        Set<Long> processes = app.processes(a());
        cables(a(), false);
        awaitServer(b(), a(), "DEAD");
        Await.pass(BEAT.multipliedBy(BEATS + 1));
        assertThat(witness(b(), "A")).isEqualTo("alive");
        awaitRight(a(), "held");
        assertThat(app.processes(a())).isEqualTo(processes);
        cables(a(), true);
        meet();
        assertThat(app.count(b(), "restore", "begin")).isZero();
        expect("paths", a(), b());
        retire(app);
    }
}
