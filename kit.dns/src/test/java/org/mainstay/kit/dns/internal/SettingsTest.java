package org.mainstay.kit.dns.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Record;

class SettingsTest {
    @TempDir
    Path folder;

    /** ADM-124, ADM-126: short name, the domain is that of the servers' names. */
    @Test
    void theDomainIsTakenFromTheServers() {
        Settings settings = Settings.of(Map.of(
                "name", "web", "servers", "ns1.example.com ns2.example.com:5353", "address", "192.0.2.1 2001:db8::1"));
        assertThat(settings.ownerText()).isEqualTo("web.example.com");
        assertThat(settings.records().stream().map(Record::rdataToString))
                .containsExactly("192.0.2.1", "2001:db8:0:0:0:0:0:1");
        assertThat(settings.servers())
                .containsExactly(new NameServer("ns1.example.com", 53), new NameServer("ns2.example.com", 5353));
        assertThat(settings.ttl()).isEqualTo(60);
    }

    @Test
    void serversAreNamesOrAddressesWithOrWithoutAPort() {
        assertThat(NameServer.parse("2001:db8::53")).isEqualTo(new NameServer("2001:db8::53", 53));
        assertThat(NameServer.parse("[2001:db8::53]:5353")).isEqualTo(new NameServer("2001:db8::53", 5353));
        assertThat(NameServer.parse("ns1.example.com.")).isEqualTo(new NameServer("ns1.example.com", 53));
        for (String wrong : new String[] {"ns1:99999", "ns 1", "-ns", "[::1", "a:b:c"}) {
            assertThatThrownBy(() -> NameServer.parse(wrong)).as(wrong).hasMessageContaining("servers");
        }
    }

    @Test
    void aKeyFileThatIsNoneIsNamedButNeverQuoted() throws Exception {
        Path file = Named.keyFile(folder.resolve("key"), "###");
        assertThatThrownBy(() -> KeyFile.read(file.toString()))
                .hasMessageContaining(file.toString())
                .message()
                .doesNotContain("###");
        Files.writeString(file, "hunter2");
        assertThatThrownBy(() -> KeyFile.read(file.toString()))
                .hasMessageContaining("tsig-keygen")
                .message()
                .doesNotContain("hunter2");
        assertThatThrownBy(() -> KeyFile.read(folder.resolve("none").toString()))
                .hasMessageContaining("no such file");
        assertThat(KeyFile.read(Named.keyFile(file, Named.SECRET).toString())).isNotNull();
    }
}
