package org.mainstay.mirror.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Outcome;

/** Against a stand-in that behaves as the standard says; no real device has been met. */
class ScsiExclusionTest {
    private static final ScsiKeys KEYS = new ScsiKeys("5a11c0de");

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
        return server(name, takeover, KEYS);
    }

    private ScsiExclusion server(String name, boolean takeover, ScsiKeys keys) {
        TestHost host = new TestHost(name, new HashMap<>());
        host.path = folder.toString();
        TestContext context = new TestContext(host, name, "/srv", Map.of("reservationId", keys.volume()));
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
        assertThat(refused.message()).contains("reserved by another server").contains(KEYS.key("A"));
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
        assertThat(Files.readString(folder.resolve("lun.keys"))).isEqualTo("0x" + KEYS.key("B") + "\n");
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
        Files.writeString(folder.resolve("lun.keys"), "0x" + KEYS.key("C") + "\n");
        assertThat(server("A", false).claim(false).succeeded()).isTrue();
        assertThat(Files.readString(folder.resolve("lun.keys"))).isEqualTo("0x" + KEYS.key("A") + "\n");
    }

    /** A server of the same name in another cluster, or any other program: never by itself, also not in a takeover. */
    @Test
    void aStrangersReservationIsTakenOnlyByForce() throws IOException {
        ScsiExclusion stranger = server("A", false, new ScsiKeys("4b1d0000"));
        assertThat(stranger.claim(false).succeeded()).isTrue();
        String before = Files.readString(folder.resolve("lun.keys"));
        for (boolean takeover : new boolean[] {false, true}) {
            Outcome refused = server("A", takeover).claim(false);
            assertThat(refused.succeeded()).isFalse();
            assertThat(refused.message())
                    .contains("not of this volume's servers")
                    .contains("force");
        }
        assertThat(Files.readString(folder.resolve("lun.keys"))).isEqualTo(before);
        assertThat(server("A", false).claim(true).succeeded()).isTrue();
        assertThat(stranger.check().succeeded()).isFalse();
    }

    @Test
    void aStrangersRegistrationIsTakenOffOnlyByForce() throws IOException {
        Files.writeString(folder.resolve("lun.keys"), "0x0000000000123abc\n");
        assertThat(server("A", true).claim(false).message()).contains("0000000000123abc");
        assertThat(Files.readString(folder.resolve("lun.keys"))).isEqualTo("0x0000000000123abc\n");
        assertThat(server("A", false).claim(true).succeeded()).isTrue();
    }

    private void fail(String service, int exitCode) throws IOException {
        Files.writeString(folder.resolve("lun.fail" + service), Integer.toString(exitCode));
    }

    /** A device that cannot be read is not one that nobody holds. */
    @Test
    void whatTheDeviceDoesNotTellIsAnError() throws IOException {
        ScsiExclusion a = server("A", false);
        a.claim(false);
        for (String service : List.of("--read-reservation", "--read-keys")) {
            fail(service, 15);
            assertThat(server("B", true).claim(false).succeeded()).as(service).isFalse();
            Outcome released = a.release();
            assertThat(released.succeeded()).as(service).isFalse();
            assertThat(released.message()).contains("cannot read").contains("went wrong");
            Files.delete(folder.resolve("lun.fail" + service));
        }
        fail("--read-reservation", 15);
        assertThat(a.check().succeeded()).isFalse();
        assertThat(a.check().code()).isEmpty();
        Files.delete(folder.resolve("lun.fail--read-reservation"));
        fail("--report-capabilities", 2);
        assertThat(a.initialise().message()).contains("went wrong").doesNotContain("does not support");
        TestHost host = new TestHost("A", new HashMap<>());
        host.path = folder.toString();
        assertThatThrownBy(() -> ScsiExclusion.supported(host, device)).isInstanceOf(SgPersist.FailedException.class);
    }

    @Test
    void anyFailureToRegisterIsSaid() throws IOException {
        fail("--register-ignore", 24);
        Outcome failed = server("A", false).claim(false);
        assertThat(failed.succeeded()).isFalse();
        assertThat(failed.message()).contains("cannot register").contains("went wrong");
    }

    @Test
    void aClaimThatFailsHalfWayLeavesNoRegistration() throws IOException {
        fail("--reserve", 11);
        assertThat(server("A", false).claim(false).message()).contains("cannot reserve");
        assertThat(Files.readString(folder.resolve("lun.keys"))).isEmpty();
        fail("--register", 11);
        assertThat(server("A", false).claim(false).message())
                .contains("cannot reserve")
                .contains("registration could not be taken off");
    }

    /** The first command after another server's preemption is answered by news, not by its result. */
    @Test
    void aUnitAttentionIsAskedAgain() throws IOException {
        Files.writeString(folder.resolve("lun.attention"), "");
        assertThat(server("A", false).claim(false).succeeded()).isTrue();
    }

    @Test
    void aDeviceWithoutTheTypeIsNotSupported() throws IOException {
        Files.writeString(folder.resolve("lun.types"), "      Write Exclusive, registrants only: 0\n");
        assertThat(server("A", false).initialise().message()).contains("type 5");
    }

    @Test
    void aDeviceThatCannotIsRefusedWithAWayOut() throws IOException {
        Files.createFile(folder.resolve("lun.unsupported"));
        assertThat(server("A", false).initialise().message()).contains("reservation area");
        assertThat(server("A", false).claim(false).succeeded()).isFalse();
    }
}
