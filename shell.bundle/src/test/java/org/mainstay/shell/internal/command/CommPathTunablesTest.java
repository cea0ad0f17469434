package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/** What the configuration file says of new comm paths. */
class CommPathTunablesTest {
    @TempDir
    private Path home;

    // covers COMM-036
    @Test
    void theTunablesAreTheDefaultsOfNewPaths() throws Exception {
        Files.createDirectories(home.resolve("etc/default"));
        Files.writeString(home.resolve("etc/default/LifeKeeper"), "LCMHBEATTIME=2\nLCMNUMHBEATS=9\n");
        FakePlatform platform = new FakePlatform(Fixtures.named("two servers"));
        platform.home(home);
        List<String> words = List.of(
                "commpath", "create", "--to", "B", "--local", "10.77.1.1", "--remote", "10.77.1.2", "--priority", "1");
        int exit = Programs.registry()
                .run(
                        new CommandCall("mainstay", words),
                        Captured.administrator().context(),
                        platform);
        assertThat(exit).isZero();
        assertThat(platform.requests())
                .containsExactly(new Request.CreatePath("B", "10.77.1.1", "10.77.1.2", 1, 2000, 9));
    }
}
