package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.registry.Cancellation;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/** Stopping needs the program in bin/: at other doors nothing is stopped by half. */
class OnlyInBinTest {
    private final FakePlatform platform = new FakePlatform(Fixtures.named("two servers"));
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String from, String program, String... words) throws InterruptedException {
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        CommandContext context = new CommandContext(
                stream,
                stream,
                InputStream.nullInputStream(),
                Path.of(""),
                Terminal.NONE,
                new Caller("root", Caller.Role.ADMINISTRATOR, from),
                new Cancellation(),
                false);
        return Programs.registry().run(new CommandCall(program, List.of(words)), context, platform);
    }

    @Test
    void theKarafShellStopsNothingByHalf() throws Exception {
        assertThat(run("A karaf", "lkstop")).isEqualTo(1);
        assertThat(run("A karaf", "mainstay", "stop")).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("lkstop: only the program bin/lkstop can end Mainstay's processes; nothing was changed");
        assertThat(platform.requests()).isEmpty();
        assertThat(run("A karaf", "lkstop", "-n", "-f"))
                .as("words come first, as in bin/")
                .isEqualTo(2);
        assertThat(run("A bin", "mainstay", "stop")).isZero();
        assertThat(platform.requests()).hasSize(1);
    }
}
