package org.mainstay.kit.ip.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Creation;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;

/** Bonds, bridges, VLANs and gateways, from a recorded /sys and /proc: eth0 and eth1 in bond0, VLAN 100 on it, eth2 in br0. */
class LinksTest {
    @TempDir
    Path root;

    private final FakeMachine machine = new FakeMachine();
    private Links links;
    private IpKit kit;

    @BeforeEach
    void record() throws IOException {
        for (String name : List.of("eth0", "eth1", "eth2", "eth3", "bond0", "bond0.100", "br0")) {
            Files.createDirectories(root.resolve("sys/class/net/" + name));
        }
        lower("bond0", "eth0");
        lower("bond0", "eth1");
        lower("br0", "eth2");
        Files.createSymbolicLink(device("bond0.100").resolve("lower_bond0"), device("bond0"));
        Files.createDirectories(root.resolve("proc/net"));
        Files.writeString(
                root.resolve("proc/net/route"),
                "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
                        + "bond0\t00000000\t0101010A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                        + "eth3\t0002010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n");
        Files.writeString(
                root.resolve("proc/net/ipv6_route"),
                "00000000000000000000000000000000 00 00000000000000000000000000000000 00"
                        + " fe800000000000000000000000000001 00000400 00000001 00000000 00000003 br0\n"
                        + "00000000000000000000000000000000 00 00000000000000000000000000000000 00"
                        + " 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo\n");
        links = new Links(root);
        kit = new IpKit(root.resolve("home"), links);
        machine.card("bond0", true, true, "10.1.1.1/24");
        machine.card("bond0.100", true, true, "10.1.100.1/24");
        machine.card("br0", true, true, "10.1.3.1/24", "fd00:3::1/64");
        machine.card("eth0", true, true);
        machine.card("eth3", true, true, "10.1.2.1/24");
    }

    private Path device(String name) {
        return root.resolve("sys/class/net").resolve(name);
    }

    private void lower(String upper, String lower) throws IOException {
        Files.createSymbolicLink(device(upper).resolve("lower_" + lower), device(lower));
        Files.createSymbolicLink(device(lower).resolve("master"), device(upper));
    }

    @Test
    void theKernelsFilesAreRead() {
        assertThat(links.master("eth0")).contains("bond0");
        assertThat(links.master("bond0")).isEmpty();
        assertThat(links.cards("bond0.100")).containsExactly("eth0", "eth1");
        assertThat(links.cards("eth3")).containsExactly("eth3");
        assertThat(links.withGateway(true)).containsExactly("bond0");
        assertThat(links.withGateway(false)).containsExactly("br0");
    }

    @Test
    void addressesLiveOnBondsVlansAndBridgesButNotOnTheirParts() {
        assertThat(kit.create(machine.context("address=10.1.1.9")).properties())
                .containsEntry("interface.found", "bond0");
        assertThat(kit.create(machine.context("address=10.1.100.9")).properties())
                .containsEntry("interface.found", "bond0.100");
        assertThat(kit.create(machine.context("address=fd00:3::9")).properties())
                .containsEntry("interface.found", "br0");
        assertThat(kit.create(machine.context("address=10.1.1.9/32", "interface=eth0"))
                        .refusal()
                        .orElse(""))
                .contains("part of bond0", "name bond0");
        assertThat(kit.create(machine.context("address=10.1.1.9", "backupInterface=eth0"))
                        .refusal()
                        .orElse(""))
                .contains("backupInterface 'eth0'");
    }

    @Test
    void aLinkWithoutAGatewayIsRemarked() {
        Creation onPrivateLink = kit.create(machine.context("address=10.1.2.9"));
        assertThat(onPrivateLink.refusal()).isEmpty();
        assertThat(onPrivateLink.remarks()).singleElement().asString().contains("eth3", "communication path");
        assertThat(kit.create(machine.context("address=10.1.1.9")).remarks()).isEmpty();
    }

    /** ADM-192, ADM-195: a backup on the same card, and a server without a gateway. */
    // covers ADM-192
    @Test
    void aBackupThatIsNoneIsRemarked() throws IOException {
        assertThat(kit.create(machine.context("address=10.1.1.9", "backupInterface=bond0.100"))
                        .remarks())
                .singleElement()
                .asString()
                .contains("eth0, eth1");
        assertThat(kit.create(machine.context("address=10.1.1.9", "backupInterface=br0"))
                        .remarks())
                .isEmpty();
        Files.delete(root.resolve("proc/net/route"));
        assertThat(kit.create(machine.context("address=10.1.1.9", "backupInterface=br0"))
                        .remarks())
                .singleElement()
                .asString()
                .contains("local recovery needs one");
    }

    /** Several addresses of one interface live their own lives; TRB-334: similar ones are not the same. */
    @Test
    void severalAddressesShareAnInterface() {
        Map<String, String> ten =
                kit.create(machine.context("address=10.1.1.10")).properties();
        machine.resources.add(new ResourceInfo("A", "10.1.1.10", "10.1.1.10", "comm", "ip", ten, true));
        Map<String, String> hundred =
                kit.create(machine.context("address=10.1.1.100")).properties();
        assertThat(kit.extend(machine.context(hundred)).refusal()).isEmpty();
        succeeds(kit.restore(machine.context(ten)));
        succeeds(kit.restore(machine.context(hundred)));
        assertThat(machine.holders("10.1.1.10")).containsExactly("bond0");
        assertThat(machine.holders("10.1.1.100")).containsExactly("bond0");
        succeeds(kit.remove(machine.context(ten)));
        assertThat(kit.probe(machine.context(ten)).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(kit.probe(machine.context(hundred)).state()).isEqualTo(Probe.State.RUNNING);
        assertThat(kit.killHandles(machine.context(hundred)))
                .containsExactly(KillHandle.address("bond0", "10.1.1.100/24"));
    }

    private static void succeeds(Outcome outcome) {
        assertThat(outcome.succeeded()).as(outcome.message()).isTrue();
    }
}
