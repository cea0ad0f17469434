package org.mainstay.shell.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/** What release this is. */
class ReleaseTest {
    @Test
    void theVersionIsTheOneOfTheBuild() throws InterruptedException {
        for (String option : List.of("--version", "-V")) {
            Captured captured = new Captured(Terminal.NONE, Caller.Role.GUEST);
            int code = Programs.registry()
                    .run(
                            new CommandCall("mainstay", List.of(option)),
                            captured.context(),
                            new FakePlatform(Fixtures.named("two servers")));
            assertThat(code).as(captured.err()).isZero();
            assertThat(captured.out()).matches("Mainstay [0-9]+\\.[0-9]+\\.[0-9]+(-[A-Za-z0-9.]+)?\\R");
        }
    }
}
