package org.mainstay.shell.internal.command.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/** Secrets of a file of 'mainstay config export --with-secrets' stay between the file and the kits. */
@Timeout(60)
class ConfigApplyTest {
    @TempDir
    Path folder;

    private final FakePlatform platform = new FakePlatform(Fixtures.named("two servers"));
    private final Captured captured = Captured.administrator();
    private Path file;

    @BeforeEach
    void write() throws Exception {
        file = folder.resolve("cluster.json");
        Files.writeString(file, """
                {
                  "schema": 1,
                  "resources": {
                    "books": {
                      "application": "database", "type": "postgres",
                      "on": {"B": {"properties": {"datadir": "/srv/books", "port": "5433", "password": "sword fish"}}}
                    },
                    "pg": {
                      "application": "database", "type": "postgres",
                      "on": {"A": {"properties": {"password": "barracuda"}}}
                    }
                  }
                }
                """);
    }

    private int apply(String... options) throws InterruptedException {
        List<String> words = new java.util.ArrayList<>(List.of("config", "apply", file.toString()));
        words.addAll(List.of(options));
        return Programs.registry().run(new CommandCall("mainstay", words), captured.context(), platform);
    }

    @Test
    void secretsAreNotPrinted() throws Exception {
        assertThat(apply("--dry-run")).isZero();
        assertThat(captured.out())
                .contains(
                        "lcdremexec -d B -- mainstay resource create database/postgres --tag books --set datadir=/srv/books")
                .contains("--set 'password=***'", "mainstay resource set pg 'password=***'")
                .doesNotContain("sword fish", "barracuda");
        assertThat(captured.err()).doesNotContain("sword fish", "barracuda");
    }

    @Test
    void stepsOnOtherServersAreNoProgramsWithArguments() throws Exception {
        assertThat(apply()).as(captured.err()).isZero();
        assertThat(platform.remoteCalls())
                .singleElement()
                .satisfies(call -> assertThat(call.name()).isEqualTo("mainstay"))
                .satisfies(call -> assertThat(call.arguments())
                        .startsWith("resource", "create", "database/postgres")
                        .contains("password=sword fish"));
        assertThat(platform.requests().toString()).as("here").contains("barracuda");
        assertThat(captured.out().lines().filter(line -> line.startsWith("$ ")))
                .hasSize(2)
                .noneMatch(line -> line.contains("sword fish") || line.contains("barracuda"));
    }
}
