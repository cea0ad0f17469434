package org.mainstay.kit.dns.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
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

    /** Slashes are digits of base 64. */
    @Test
    void aSecretMayLookLikeAComment() throws Exception {
        Path file = Named.keyFile(folder.resolve("key"), "x");
        for (String secret : List.of("\"//8AAAECAwQ//w==\"", "AA//AAECAwQ//w==")) {
            Files.writeString(
                    file,
                    "// key \"of\" {\n# all\nkey \"updates\" { // ours\n algorithm hmac-sha256; # strong\n secret "
                            + secret + ";// end\n};\n");
            assertThat(KeyFile.read(file.toString())).as(secret).isNotNull();
        }
    }

    private KitBench bench(DnsKit kit) {
        return new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")));
    }

    private ResourceInfo withdrawing(Map<String, String> further) throws Exception {
        Map<String, String> properties = new HashMap<>(
                Map.of("name", "web", "domain", "example.com", "address", "127.0.0.1", "onRemove", "delete"));
        properties.putAll(further);
        Path marker = folder.resolve("data/kit.dns/web.example.com.published");
        Files.createDirectories(marker.getParent());
        Files.writeString(marker, "127.0.0.1\n");
        return new ResourceInfo("bench", "dns-web", "web.example.com", "comm", "dns", properties, true);
    }

    @Test
    void aLostKeyFailsNoRemove() throws Exception {
        DnsKit kit = new DnsKit(folder);
        try (KitBench bench = bench(kit)) {
            ResourceInfo web = withdrawing(Map.of(
                    "servers", "127.0.0.1:1", "keyFile", folder.resolve("gone").toString()));
            Outcome removed = kit.remove(bench.context(web));
            assertThat(removed.succeeded()).as(removed.message()).isTrue();
            assertThat(bench.progress()).anyMatch(line -> line.contains("no such file"));
        }
    }

    @Test
    void aRemoveHasAFewSecondsForAllNameServersTogether() throws Exception {
        DnsKit kit = new DnsKit(folder, Duration.ofMillis(300));
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        try (KitBench bench = bench(kit);
                ServerSocket one = new ServerSocket(0, 50, loopback);
                ServerSocket other = new ServerSocket(0, 50, loopback)) {
            bench.tunable("LKDNS_TIMEOUT_MILLIS", "60000").limit(Duration.ofMinutes(5));
            ResourceInfo web = withdrawing(
                    Map.of("servers", "127.0.0.1:" + one.getLocalPort() + " 127.0.0.1:" + other.getLocalPort()));
            Outcome removed = kit.remove(bench.context(web));
            assertThat(removed.succeeded()).as(removed.message()).isTrue();
            assertThat(bench.progress()).anyMatch(line -> line.contains("no time is left for name servers"));
        }
    }

    /** A resolver that hangs costs its time limit, once. */
    @Test
    void namesAreLookedUpOnceAndNotForEver() throws Exception {
        Path getent = folder.resolve("getent");
        Files.writeString(
                getent,
                "#!/bin/sh\necho $2 >> " + folder + "/asked\ncase $2 in ns1*)"
                        + " printf '::1 STREAM x\\n127.0.0.9 STREAM\\n';; *) exec sleep 600;; esac\n");
        assertThat(getent.toFile().setExecutable(true)).isTrue();
        try (KitBench bench = bench(new DnsKit(folder))) {
            bench.tunable("LKDNS_TIMEOUT_MILLIS", "5000");
            DnsClient client = new DnsClient(
                    bench.context(withdrawing(Map.of())), Optional.empty(), Duration.ofMinutes(1), getent.toString());
            for (int time = 0; time < 2; time++) {
                assertThat(client.address("ns1.example.com")).contains(InetAddress.getByName("127.0.0.9"));
                assertThat(client.address("hangs.example.com")).isEmpty();
                assertThat(client.address("-x")).isEmpty();
                assertThat(client.address("192.0.2.1")).contains(InetAddress.getByName("192.0.2.1"));
            }
            assertThat(folder.resolve("asked")).hasContent("ns1.example.com\nhangs.example.com");
        }
    }
}
