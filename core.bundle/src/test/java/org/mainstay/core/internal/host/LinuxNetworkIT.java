package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mainstay.kit.HostNetwork;
import org.mainstay.kit.HostNetwork.Interface;
import org.mainstay.kit.HostNetwork.InterfaceAddress;
import org.slf4j.LoggerFactory;

/** Addresses on real interfaces: machines A, B and the client C in network namespaces on one switch. */
@Timeout(60)
class LinuxNetworkIT {
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofSeconds(1);

    @TempDir
    Path folder;

    private final List<HostFixture> fixtures = new ArrayList<>();
    private Namespaces machines;
    private HostNetwork a;
    private HostNetwork b;
    private HostNetwork c;

    @BeforeEach
    void start() throws Exception {
        HostFixture.needsRoot();
        machines = new Namespaces(folder, "a", "b", "c");
        a = network("a");
        b = network("b");
        c = network("c");
    }

    private HostNetwork network(String machine) throws Exception {
        HostFixture fixture = new HostFixture(folder, machines.programs(machine), HostFixture.MOUNT_INFO);
        fixtures.add(fixture);
        return fixture.host("vip").network();
    }

    @AfterEach
    void stop() throws Exception {
        for (HostFixture fixture : fixtures) {
            fixture.close();
        }
        if (machines != null) {
            machines.close();
        }
    }

    private static InetAddress address(String text) throws Exception {
        return InetAddress.getByName(text);
    }

    private static int prefix(String vip) {
        return vip.contains(":") ? 64 : 24;
    }

    private static String own(String vip, int number) {
        return (vip.contains(":") ? "fd99::" : "10.99.1.") + number;
    }

    private static boolean has(HostNetwork network, String vip) throws Exception {
        InetAddress wanted = address(vip);
        return network.interfaces().stream()
                .anyMatch(one ->
                        one.addresses().stream().anyMatch(it -> it.address().equals(wanted)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.99.1.100", "fd99::100"})
    void anAddressMovesAndTheClientFollowsAtOnce(String vip) throws Exception {
        InetAddress address = address(vip);
        InetAddress client = address(own(vip, 3));
        assertThat(a.addAddress("eth0", address, prefix(vip)).succeeded()).isTrue();
        assertThat(a.addAddress("eth0", address, prefix(vip)).succeeded())
                .as("once more")
                .isTrue();
        assertThat(c.ping(client, address, LONG)).isTrue();
        assertThat(machines.neighbour("c", vip)).isEqualTo(machines.hardware("a", "eth0"));

        assertThat(a.removeAddress("eth0", address, prefix(vip)).succeeded()).isTrue();
        assertThat(a.removeAddress("eth0", address, prefix(vip)).succeeded())
                .as("once more")
                .isTrue();
        assertThat(has(a, vip)).isFalse();
        assertThat(c.ping(client, address, SHORT)).as("nobody has it").isFalse();

        assertThat(b.addAddress("eth0", address, prefix(vip)).succeeded()).isTrue();
        assertThat(machines.neighbour("c", vip))
                .as("the client's cache after the first announcement")
                .isEqualTo(machines.hardware("b", "eth0"));
        assertThat(c.ping(client, address, LONG)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.99.1.100", "fd99::100"})
    void announcementsAreRepeatedInTheBackground(String vip) throws Exception {
        InetAddress address = address(vip);
        b.addAddress("eth0", address, prefix(vip));
        c.ping(address(own(vip, 3)), address, LONG);
        String right = machines.hardware("b", "eth0");
        long start = System.nanoTime();
        assertThat(b.announce("eth0", address, 30).succeeded()).isTrue();
        assertThat(System.nanoTime() - start)
                .as("does not wait for the repetitions")
                .isLessThan(15_000_000_000L);
        // the client forgets, as if the first announcement had been lost
        machines.inside("c", "neigh", "replace", vip, "lladdr", "02:00:00:00:00:01", "nud", "stale", "dev", "eth0");
        HostFixture.await("the client hears a repetition", () -> neighbour(vip).equals(right));
    }

    private String neighbour(String vip) {
        try {
            return machines.neighbour("c", vip);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theAnnouncerStopsWhenTheAddressHasMoved() throws Exception {
        InetAddress vip = address("10.99.1.100");
        a.addAddress("eth0", vip, 24);
        a.announce("eth0", vip, 60);
        c.ping(address("10.99.1.3"), vip, LONG);
        assertThat(announcers()).hasSize(1);
        a.removeAddress("eth0", vip, 24);
        b.addAddress("eth0", vip, 24);
        HostFixture.await("the old owner is silent", () -> announcers().isEmpty());
        assertThat(machines.neighbour("c", "10.99.1.100")).isEqualTo(machines.hardware("b", "eth0"));
    }

    /** The announcers of this test: children of nobody in its namespaces. */
    private List<Long> announcers() {
        String namespace = namespace("/run/netns/" + machines.name("a"));
        return ProcFiles.pids(Path.of("/proc")).stream()
                .filter(pid ->
                        ProcFiles.text(Path.of("/proc", "" + pid, "cmdline")).contains("announce"))
                .filter(pid -> ProcFiles.link(Path.of("/proc", "" + pid, "ns/net"))
                        .filter(namespace::equals)
                        .isPresent())
                .toList();
    }

    private static String namespace(String file) {
        try {
            return "net:[" + java.nio.file.Files.getAttribute(Path.of(file), "unix:ino") + "]";
        } catch (java.io.IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.99.1.100", "fd99::100"})
    void aSecondUserIsFoundByItsHardwareAddress(String vip) throws Exception {
        InetAddress address = address(vip);
        assertThat(b.findDuplicate("eth0", address, SHORT)).isEmpty();
        a.addAddress("eth0", address, prefix(vip));
        assertThat(b.findDuplicate("eth0", address, LONG)).isEqualTo(machines.hardware("a", "eth0"));
        long start = System.nanoTime();
        assertThat(b.findDuplicate("eth0", address, Duration.ofSeconds(30))).isNotEmpty();
        assertThat(System.nanoTime() - start).as("an answer ends the wait").isLessThan(5_000_000_000L);
        assertThat(a.findDuplicate("eth0", address, SHORT))
                .as("the owner is no second user")
                .isEmpty();
    }

    @Test
    void anotherInterfaceOfTheSameMachineIsNoSecondUser() throws Exception {
        machines.plug("a", "eth1");
        a.addAddress("eth1", address("10.99.1.100"), 24);
        assertThat(a.findDuplicate("eth0", address("10.99.1.100"), SHORT)).isEmpty();
    }

    @Test
    void aSecondUserThatComesLaterIsAnsweredByTheAnnouncer() throws Exception {
        InetAddress vip = address("10.99.1.100");
        a.addAddress("eth0", vip, 24);
        c.ping(address("10.99.1.3"), vip, LONG);
        a.announce("eth0", vip, 20);
        machines.inside("b", "addr", "add", "10.99.1.100/24", "dev", "eth0");
        b.announce("eth0", vip, 1);
        String right = machines.hardware("a", "eth0");
        HostFixture.await("the owner defends it", () -> neighbour("10.99.1.100").equals(right));
    }

    @Test
    void removingTheFirstAddressOfANetworkKeepsTheOthers() throws Exception {
        a.addAddress("eth0", address("10.99.7.1"), 24);
        a.addAddress("eth0", address("10.99.7.2"), 24);
        a.addAddress("eth0", address("10.99.7.3"), 24);
        assertThat(a.removeAddress("eth0", address("10.99.7.1"), 24).succeeded())
                .isTrue();
        assertThat(has(a, "10.99.7.1")).isFalse();
        assertThat(has(a, "10.99.7.2")).isTrue();
        assertThat(has(a, "10.99.7.3")).isTrue();
    }

    @Test
    void anInterfaceThatIsDownOrGoneLosesTheAddressToo() throws Exception {
        InetAddress vip = address("10.99.1.100");
        machines.plug("a", "eth1");
        a.addAddress("eth1", vip, 24);
        machines.inside("a", "link", "set", "eth1", "down");
        assertThat(a.removeAddress("eth1", vip, 24).succeeded()).isTrue();
        assertThat(has(a, "10.99.1.100")).isFalse();
        machines.inside("a", "link", "del", "eth1");
        assertThat(a.removeAddress("eth1", vip, 24).succeeded()).isTrue();
        assertThat(a.addAddress("eth1", vip, 24).message()).contains("no interface eth1");
        assertThat(a.announce("eth1", vip, 1).succeeded()).isFalse();
        assertThatThrownBy(() -> a.findDuplicate("eth1", vip, SHORT))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("eth1");
    }

    @Test
    void theStateOfLinksIsSeen() throws Exception {
        machines.plug("a", "eth1");
        machines.plug("a", "eth2");
        machines.inside("a", "link", "set", "eth1", "down");
        machines.inside("switch", "link", "set", "aeth2", "down");
        List<Interface> all = a.interfaces();
        assertThat(all).extracting(Interface::name).containsExactlyInAnyOrder("eth0", "eth1", "eth2");
        for (Interface one : all) {
            assertThat(one.up()).as(one.name()).isEqualTo(!one.name().equals("eth1"));
            assertThat(one.carrier()).as(one.name()).isEqualTo(one.name().equals("eth0"));
        }
        assertThat(all.stream()
                        .filter(one -> one.name().equals("eth0"))
                        .findFirst()
                        .orElseThrow()
                        .addresses())
                .contains(new InterfaceAddress(address("10.99.1.1"), 24), new InterfaceAddress(address("fd99::1"), 64));
    }

    @Test
    void theLoopbackInterfaceTakesAddressesAndTellsNobody() throws Exception {
        InetAddress vip = address("10.50.0.1");
        assertThat(a.addAddress("lo", vip, 32).succeeded()).isTrue();
        assertThat(a.announce("lo", vip, 3).succeeded()).isTrue();
        assertThat(a.findDuplicate("lo", vip, SHORT)).isEmpty();
        assertThat(a.ping(vip, vip, LONG)).isTrue();
        assertThat(a.removeAddress("lo", vip, 32).succeeded()).isTrue();
        assertThat(a.ping(address("10.99.1.1"), vip, SHORT)).isFalse();
    }

    @Test
    void aPingFromAnAddressThatIsNotHereIsAnError() {
        assertThatThrownBy(() -> a.ping(address("10.99.1.200"), address("10.99.1.2"), SHORT))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("10.99.1.200");
    }

    @Test
    void theCostOfASwitchoverIsMeasured() throws Exception {
        InetAddress vip = address("10.99.1.100");
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            long start = System.nanoTime();
            assertThat(a.addAddress("eth0", vip, 24).succeeded()).isTrue();
            assertThat(a.announce("eth0", vip, 1).succeeded()).isTrue();
            times.add((System.nanoTime() - start) / 1e6);
            a.removeAddress("eth0", vip, 24);
        }
        times.sort(null);
        // a warning, so that the figure is in the log of every run
        LoggerFactory.getLogger(LinuxNetworkIT.class)
                .warn(
                        "addAddress + announce, each through nsenter: {}",
                        String.format(
                                Locale.ROOT,
                                "median %.1f ms, longest %.1f ms of %d",
                                times.get(times.size() / 2),
                                times.get(times.size() - 1),
                                times.size()));
        assertThat(times).hasSize(30);
    }
}
