package org.mainstay.quorum.internal.sight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.quorum.internal.config.Addresses;

class SurroundingsTest {
    @TempDir
    private Path folder;

    @Test
    void linksUnderAddresses() {
        List<String> lines = List.of(
                "link eth0 up carrier",
                "addr 10.0.1.1/24",
                "addr fd00::1/64",
                "link eth1 up no-carrier",
                "addr 10.0.2.1/24",
                "link eth2 up carrier");
        Surroundings.Links links = Surroundings.parse(lines, Set.of("fd00:0::1", "10.0.2.1"));
        assertThat(links.used()).containsExactlyInAnyOrder("eth0", "eth1");
        assertThat(links.withCarrier()).containsExactly("eth0");
        Surroundings.Links gone = Surroundings.parse(lines, Set.of("10.0.9.9"));
        assertThat(gone.used()).containsExactly("10.0.9.9");
        assertThat(gone.withCarrier()).isEmpty();
        assertThat(Surroundings.parse(lines, Set.of("127.0.0.1")).withCarrier()).containsExactly("lo");
    }

    @Test
    void gatewaysFromTheRoutingTables() throws IOException {
        Path four = Files.writeString(
                folder.resolve("route"),
                "Iface\tDestination\tGateway\tFlags\n"
                        + "eth0\t00000000\t0101000A\t0003\t0\t0\t0\t00000000\n"
                        + "eth0\t0001000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\n");
        Path six = Files.writeString(
                folder.resolve("ipv6_route"),
                "0".repeat(32) + " 00 " + "0".repeat(32) + " 00 fd0000000000000000000000000000fe 00000400 00000001 "
                        + "00000000 00000003 eth0\n"
                        + "0".repeat(32) + " 00 " + "0".repeat(32) + " 00 " + "0".repeat(32)
                        + " ffffffff 00000001 00000000 00200200 lo\n");
        Surroundings surroundings = new Surroundings(Path.of("/none"), four, six);
        assertThat(surroundings.gateways())
                .containsExactlyInAnyOrder(
                        Addresses.literal("10.0.1.1").orElseThrow(),
                        Addresses.literal("fd00::fe").orElseThrow());
    }

    @Test
    void namesAreNeverLookedUp() {
        assertThat(Addresses.literal("gateway.example.com")).isEmpty();
        assertThat(Addresses.literal("1")).isEmpty();
        assertThat(Addresses.literal("300.1.1.1")).isEmpty();
    }
}
