package org.mainstay.kit.ip.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.1.2",
                "10.1.2.256",
                "10.1.2.03",
                "1.2.3.4.5",
                "host",
                "localhost",
                "fd00::1::2",
                "fd00::g",
                ":",
                ":::",
                "fe80::1%eth0",
                "10.1.2.3 ",
                "0x0a.1.2.3",
                "::ffff:10.1.2.3",
                "1:2:3:4:5:6:7:8:9",
                "１０.1.2.3"
            })
    void refusesWhatIsNoLiteral(String text) {
        assertThatThrownBy(() -> IpAddress.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3,10.1.2.3",
        "FD00:0:0:0:0:0:0:1,fd00::1",
        "2001:db8::1:0:0:1,2001:db8::1:0:0:1",
        "2001:db8:0:0:1:0:0:1,2001:db8::1:0:0:1",
        "2001:0:0:1::,2001:0:0:1::",
        "2001:db8:0:1:1:1:1:1,2001:db8:0:1:1:1:1:1",
        "::,::",
        "::1,::1"
    })
    void writesOneFormOnly(String text, String expected) {
        assertThat(IpAddress.parse(text).text()).isEqualTo(expected);
        assertThat(IpAddress.parse(expected)).isEqualTo(IpAddress.parse(text));
    }

    @Test
    void knowsItsNetwork() {
        IpAddress four = IpAddress.parse("10.1.130.7");
        assertThat(four.network(24)).isEqualTo("10.1.130.0/24");
        assertThat(four.network(17)).isEqualTo("10.1.128.0/17");
        assertThat(four.isInNetworkOf(IpAddress.parse("10.1.255.1").inet(), 17)).isTrue();
        assertThat(four.isInNetworkOf(IpAddress.parse("10.1.1.1").inet(), 17)).isFalse();
        assertThat(four.isInNetworkOf(IpAddress.parse("fd00::1").inet(), 1)).isFalse();
        assertThat(IpAddress.parse("fd00:1::77").network(64)).isEqualTo("fd00:1::/64");
    }

    @Test
    void knowsTheAddressesThatAreNobodys() {
        assertThat(IpAddress.parse("10.1.0.0").namesNetwork(24)).isTrue();
        assertThat(IpAddress.parse("10.1.0.255").isBroadcast(24)).isTrue();
        assertThat(IpAddress.parse("10.1.0.255").isBroadcast(23)).isFalse();
        assertThat(IpAddress.parse("10.1.0.0").namesNetwork(31)).as("RFC 3021").isFalse();
        assertThat(IpAddress.parse("10.1.0.0").namesNetwork(32)).isFalse();
        assertThat(IpAddress.parse("10.1.0.1").isBroadcast(31)).isFalse();
        assertThat(IpAddress.parse("fd00::").namesNetwork(64)).isTrue();
        assertThat(IpAddress.parse("fd00::ffff:ffff:ffff:ffff").isBroadcast(64)).isFalse();
    }
}
