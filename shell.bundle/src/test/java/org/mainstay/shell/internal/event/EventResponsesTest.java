package org.mainstay.shell.internal.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;
import org.mainstay.shell.testing.Waits;

/** What applications are told of the product's events (CMD-411). */
@Timeout(90)
class EventResponsesTest {
    @TempDir
    Path home;

    private final FakePlatform platform = new FakePlatform(Fixtures.named("two servers"));

    private void happen(String tag, String script) {
        platform.happen(new ClusterEvent(
                1, Instant.EPOCH, "A", 20100, ClusterEvent.Level.INFORMATION, tag, "a sentence", script));
    }

    private String told() {
        try {
            Path file = home.resolve("told");
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // covers CMD-411
    @Test
    void aNumberOfAScriptRunsNothing() throws Exception {
        Path command = home.resolve("events/lifekeeper/startup_complete/tell");
        Files.createDirectories(command.getParent());
        Files.writeString(command, "#!/bin/sh\necho \"$8\" >> \"" + home.toAbsolutePath() + "/told\"\n");
        Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (EventResponses responses = new EventResponses(platform, home, platform::snapshot)) {
            assertThat(responses).isNotNull();
            happen("of-a-script", "restore.ksh");
            happen("of-the-product", "");
            Waits.until(Duration.ofSeconds(60), () -> told().endsWith("\n"));
        }
        // One after the other: what had been run for the script would have been first.
        assertThat(told()).isEqualTo("of-the-product\n");
    }
}
