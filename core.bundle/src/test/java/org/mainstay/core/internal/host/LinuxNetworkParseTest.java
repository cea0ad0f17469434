package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.mainstay.kit.HostNetwork.Interface;
import org.mainstay.kit.HostNetwork.InterfaceAddress;

class LinuxNetworkParseTest {

    @Test
    void readsInterfacesWithTheirAddresses() throws Exception {
        assertThat(
                        LinuxNetwork.parse(
                                "link eth0 up carrier\naddr 10.0.0.1/24\naddr fe80::1/64\nlink eth1 up no-carrier\nlink eth2 down no-carrier\n"))
                .containsExactly(
                        new Interface(
                                "eth0",
                                java.util.List.of(
                                        new InterfaceAddress(InetAddress.getByName("10.0.0.1"), 24),
                                        new InterfaceAddress(InetAddress.getByName("fe80::1"), 64)),
                                true,
                                true),
                        new Interface("eth1", java.util.List.of(), true, false),
                        new Interface("eth2", java.util.List.of(), false, false));
    }

    @Test
    void aMachineWithoutInterfacesHasNone() {
        assertThat(LinuxNetwork.parse("")).isEmpty();
    }
}
