package org.mainstay.mirror.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Outcome;

/** Against a stand-in that behaves as the standard says; no real device has been met. */
class ScsiExclusionTest {
    @TempDir
    Path folder;

    private Path device;

    @BeforeEach
    void standIn() throws IOException {
        device = folder.resolve("lun");
        Files.createFile(device);
        Path tool = folder.resolve("sg_persist");
        try (InputStream script = getClass().getResourceAsStream("sg_persist.sh")) {
            Files.copy(script, tool);
        }
        Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private ScsiExclusion server(String name, boolean takeover) {
        TestHost host = new TestHost(name, new HashMap<>());
        host.path = folder.toString();
        TestContext context = new TestContext(host, name, "/srv", Map.of());
        context.takeover = takeover;
        return new ScsiExclusion(context, device);
    }

    @Test
    void oneServerAtATime() {
        ScsiExclusion a = server("A", false);
        ScsiExclusion b = server("B", false);
        assertThat(a.initialise().succeeded()).isTrue();
        assertThat(a.claim(false).succeeded()).isTrue();
        assertThat(a.claim(false).succeeded()).isTrue();
        assertThat(a.check().succeeded()).isTrue();
        Outcome refused = b.claim(false);
        assertThat(refused.succeeded()).isFalse();
        assertThat(refused.message()).contains("reserved by another server").contains(ScsiExclusion.key("A"));
        assertThat(b.check().succeeded()).isFalse();
        assertThat(a.release().succeeded()).isTrue();
        assertThat(a.release().succeeded()).isTrue();
        assertThat(b.claim(false).succeeded()).isTrue();
    }

    @Test
    void aTakeoverPreemptsTheDeadHolder() throws IOException {
        ScsiExclusion a = server("A", false);
        a.claim(false);
        ScsiExclusion b = server("B", true);
        assertThat(b.claim(false).succeeded()).isTrue();
        assertThat(a.check().message()).contains("another server");
        assertThat(Files.readString(folder.resolve("lun.keys"))).isEqualTo("0x" + ScsiExclusion.key("B") + "\n");
        // the loser's release changes nothing for the winner
        assertThat(a.release().succeeded()).isTrue();
        assertThat(b.check().succeeded()).isTrue();
    }

    @Test
    void forceTakesItFromALivingHolder() {
        server("A", false).claim(false);
        assertThat(server("B", false).claim(true).succeeded()).isTrue();
        assertThat(server("A", false).check().succeeded()).isFalse();
    }

    @Test
    void aRegistrationThatWasLeftBehindIsTakenOff() throws IOException {
        Files.writeString(folder.resolve("lun.keys"), "0x4dffffffffffffff\n");
        assertThat(server("A", false).claim(false).succeeded()).isTrue();
        assertThat(Files.readString(folder.resolve("lun.keys"))).isEqualTo("0x" + ScsiExclusion.key("A") + "\n");
    }

    @Test
    void aDeviceThatCannotIsRefusedWithAWayOut() throws IOException {
        Files.createFile(folder.resolve("lun.unsupported"));
        assertThat(server("A", false).initialise().message()).contains("reservation area");
        assertThat(server("A", false).claim(false).succeeded()).isFalse();
    }
}
