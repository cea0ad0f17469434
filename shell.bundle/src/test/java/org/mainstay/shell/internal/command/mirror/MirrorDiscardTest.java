package org.mainstay.shell.internal.command.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/** The end of a split brain where the side that is in service gives its data up (SPLIT-014, SPLIT-015). */
class MirrorDiscardTest {
    private final FakePlatform platform = new FakePlatform(Fixtures.named("mirrored volumes"));
    private final Captured captured = new Captured(Terminal.NONE, Caller.Role.ADMINISTRATOR);

    private int discard() throws InterruptedException {
        platform.mirrors("split hierarchy");
        List<String> words = List.of("mirror", "discard", "pg", "--on", "A", "--yes");
        return Programs.registry().run(new CommandCall("mainstay", words), captured.context(), platform);
    }

    // covers SPLIT-014 SPLIT-015 SPLIT-016
    @Test
    void theOtherSideIsStartedBeforeAnythingIsGivenUp() throws InterruptedException {
        platform.afterRemote(() -> {
            platform.show(Fixtures.named("mirrored volumes on B"));
            platform.mirrors("split from B");
        });
        assertThat(discard()).as(captured.err()).isEqualTo(ExitCode.SUCCESS);
        assertThat(platform.notes())
                .containsExactly(
                        "FORCE data B",
                        "FORCE wal B",
                        "B: mainstay resource in-service data",
                        "DISCARD data A",
                        "DISCARD wal A");
    }

    @Test
    void nothingIsGivenUpIfTheOtherSideDoesNotStart() throws InterruptedException {
        platform.remoteError("it does not start");
        assertThat(discard()).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(platform.notes()).containsExactly("FORCE data B", "FORCE wal B");
        assertThat(captured.err()).contains("it does not start", "nothing is given up");
    }

    @Test
    void nothingIsGivenUpIfTheOtherSideDoesNotTakeItsData() throws InterruptedException {
        platform.mirrorReply(org.mainstay.cluster.Reply.failed(ExitCode.NO_COMMUNICATION, "B cannot be reached"));
        assertThat(discard()).isEqualTo(ExitCode.NO_COMMUNICATION);
        assertThat(platform.notes()).containsExactly("FORCE data B");
    }
}
