package org.mainstay.shell.internal.snmp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings are read when used; what cannot be used is said, and nothing is thrown. */
class TrapSettingsTest {
    private static final String SECRET = "n0t-public";

    @TempDir
    private Path home;

    private TrapSettings settings(String... lines) {
        try {
            Path file = home.resolve("etc/default/LifeKeeper");
            Files.createDirectories(file.getParent());
            Files.write(file, List.of(lines));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return TrapSettings.read(home);
    }

    private Path community(String text, String mode) throws IOException {
        Path file = home.resolve("community");
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        return file;
    }

    private static String text(TrapSettings settings) {
        return new String(settings.community(), StandardCharsets.UTF_8);
    }

    @Test
    void withoutSettingsNothingIsSentAndNothingIsWrong() {
        assertThat(TrapSettings.read(home).targets()).isEmpty();
        assertThat(TrapSettings.read(home).problems()).isEmpty();
        assertThat(settings("SNMP_TRAP_RECEIVERS=", "SNMP_TRAP_COMMUNITY_FILE=/nowhere")
                        .problems())
                .isEmpty();
    }

    // covers SNMP-003
    @Test
    void receiversAreNamesAndAddressesWithAndWithoutPort() {
        TrapSettings settings = settings("SNMP_TRAP_RECEIVERS=console, 10.0.0.9:1162 c.example.org:9,[fd00::9],"
                + "[fd00::9]:1162,fe80::1%eth0,console:162");
        assertThat(settings.problems()).isEmpty();
        assertThat(settings.targets())
                .containsExactly(
                        new TrapTarget("console", 162),
                        new TrapTarget("10.0.0.9", 1162),
                        new TrapTarget("c.example.org", 9),
                        new TrapTarget("fd00::9", 162),
                        new TrapTarget("fd00::9", 1162),
                        new TrapTarget("fe80::1%eth0", 162));
        assertThat(settings.targets()).extracting(TrapTarget::toString).contains("console:162", "[fd00::9]:1162");
        assertThat(text(settings)).isEqualTo("public");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "console:0", "console:65536", "console:x", "console:", ":162", "10.0.0.300", "10.0.0", "1:2",
                        "[10.0.0.1]",
                "[fd00::9", "fd00::9::1", "[fd00::9]:", "[fd00::9]:99999", "a/b", "a;b", "-console", "udp://console",
                        "[]"
            })
    void aReceiverThatIsNoneIsSaidAndTheOthersAreServed(String bad) {
        TrapSettings settings = settings("SNMP_TRAP_RECEIVERS=" + bad + ",console");
        assertThat(settings.targets()).containsExactly(new TrapTarget("console", 162));
        assertThat(settings.problems())
                .singleElement()
                .asString()
                .contains("'" + bad + "'", "SNMP_TRAP_RECEIVERS", "HOST:PORT", "1 to 65535", "correct the file");
    }

    @Test
    void tooManyReceiversAreSaid() {
        String many = IntStream.range(0, 20).mapToObj(i -> "c" + i).collect(Collectors.joining(","));
        TrapSettings settings = settings("SNMP_TRAP_RECEIVERS=" + many);
        assertThat(settings.targets()).hasSize(16).contains(new TrapTarget("c15", 162));
        assertThat(settings.problems()).singleElement().asString().contains("first 16", "lists 20");
    }

    @Test
    void theCommunityIsTheFirstLineOfItsFileAndInNoText() throws IOException {
        Path file = community(SECRET + "\nremark\n", "rw-------");
        TrapSettings settings = settings("SNMP_TRAP_RECEIVERS=console,bad:0", "SNMP_TRAP_COMMUNITY_FILE=" + file);
        assertThat(text(settings)).isEqualTo(SECRET);
        assertThat(settings.toString() + settings.problems()).doesNotContain(SECRET);
    }

    private void refused(TrapSettings settings, String... words) {
        assertThat(settings.targets())
                .as("nothing is sent with another community")
                .isEmpty();
        assertThat(settings.problems())
                .singleElement()
                .asString()
                .startsWith("no SNMP traps are sent: ")
                .contains(words)
                .doesNotContain(SECRET);
    }

    @Test
    void aCommunityFileThatCannotBeUsedIsSaidAndNothingIsSent() throws IOException {
        String receivers = "SNMP_TRAP_RECEIVERS=console";
        String name = "SNMP_TRAP_COMMUNITY_FILE=";
        refused(settings(receivers, name + "etc/community"), name + "etc/community", "absolute path");
        refused(settings(receivers, name + home.resolve("none")), "does not exist");
        refused(settings(receivers, name + home), "is not a file");
        for (String mode : List.of("rw-r-----", "rw----r--", "rwx------")) {
            refused(settings(receivers, name + community(SECRET, mode)), "chmod 600");
        }
        for (String text : List.of("", "\n" + SECRET, SECRET + "\u0007", SECRET + "x".repeat(255))) {
            refused(settings(receivers, name + community(text, "rw-------")), "1 to 255 bytes");
        }
        refused(settings(receivers, name + community(SECRET + "\n".repeat(5_000), "rw-------")), "more than one line");
        Files.write(home.resolve("community"), new byte[] {(byte) 0xC3, 0x28});
        refused(settings(receivers, name + home.resolve("community")), "cannot be read");
    }

    @Test
    void settingsThatCannotBeReadAreSaid() throws IOException {
        Files.createDirectories(home.resolve("etc/default/LifeKeeper"));
        refused(TrapSettings.read(home), "etc/default/LifeKeeper cannot be read");
    }
}
