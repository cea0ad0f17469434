package org.mainstay.kit.dns.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** The kit against a real BIND 9: a primary on 127.0.0.1 and, in some tests, its secondary on ::1. */
class DnsKitIT {
    @TempDir
    Path folder;

    private DnsKit kit;
    private KitBench bench;
    private Named primary;
    private Optional<Named> secondary = Optional.empty();
    private int port;

    @BeforeEach
    void open() throws Exception {
        kit = new DnsKit(folder.resolve("home"));
        Files.createDirectories(folder.resolve("home"));
        bench = new KitBench(kit, folder.resolve("home"), Path.of(System.getProperty("mainstay.native")))
                .tunable("LKDNS_SPREAD_SECS", "60");
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("::1"))) {
            port = socket.getLocalPort();
        }
        primary = Named.primary(folder.resolve("ns1"), "127.0.0.1", "::1", port);
    }

    @AfterEach
    void close() throws Exception {
        primary.close();
        if (secondary.isPresent()) {
            secondary.get().close();
        }
        bench.close();
    }

    private void startSecondary() throws Exception {
        secondary = Optional.of(Named.secondary(folder.resolve("ns2"), "::1", "127.0.0.1", port));
        awaitSecondary("example.com", "SOA", answer -> !answer.isEmpty());
    }

    private void awaitSecondary(String name, String type, java.util.function.Predicate<List<String>> wanted)
            throws Exception {
        long end = System.nanoTime() + java.util.concurrent.TimeUnit.SECONDS.toNanos(60);
        while (!wanted.test(secondary.orElseThrow().dig(name, type))) {
            assertThat(System.nanoTime()).as("the secondary has " + name).isLessThan(end);
        }
    }

    private Map<String, String> answers(String address) throws Exception {
        Map<String, String> answers = new HashMap<>();
        answers.put("name", "web");
        answers.put("domain", "example.com");
        answers.put("address", address);
        answers.put("servers", "127.0.0.9:" + port + " 127.0.0.1:" + port);
        answers.put(
                "keyFile", Named.keyFile(folder.resolve("key"), Named.SECRET).toString());
        return answers;
    }

    private Outcome restore(ResourceInfo resource) {
        Outcome outcome = kit.restore(bench.context(resource));
        assertThat(outcome.succeeded()).as(outcome + " " + bench.progress()).isTrue();
        return outcome;
    }

    @Test
    void keepsTheContractOfKits() throws Exception {
        KitContract.on(bench, kit).verify(bench.create("dns-web", answers("127.0.0.5")));
    }

    /** ADM-121: A and AAAA and the matching PTR; a failover rewrites them and takes only its own old PTR away. */
    // covers ADM-120 ADM-121
    @Test
    void aFailoverMovesTheNameWithItsPointers() throws Exception {
        ResourceInfo onA = bench.create("dns-web", answers("127.0.0.5 ::1"));
        restore(onA);
        assertThat(primary.dig("web.example.com", "A")).containsExactly("127.0.0.5");
        assertThat(primary.dig("web.example.com", "AAAA")).containsExactly("::1");
        assertThat(primary.dig("5.0.0.127.in-addr.arpa", "PTR")).containsExactly("web.example.com.");
        Map<String, String> other = answers("127.0.0.5");
        other.put("name", "host-a");
        restore(bench.create("dns-host", other));

        ResourceInfo onB = bench.create("dns-web", answers("127.0.0.6"));
        restore(onB);
        assertThat(primary.dig("web.example.com", "A")).containsExactly("127.0.0.6");
        assertThat(primary.dig("web.example.com", "AAAA")).isEmpty();
        assertThat(primary.dig("6.0.0.127.in-addr.arpa", "PTR")).containsExactly("web.example.com.");
        assertThat(primary.dig("5.0.0.127.in-addr.arpa", "PTR")).containsExactly("host-a.example.com.");
        assertThat(kit.probe(bench.context(onA)).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(kit.probe(bench.context(onB)).state()).isEqualTo(Probe.State.RUNNING);
    }

    /** ADM-122, ADM-129: the secondary is not listed, is found, and has the records when restore ends. */
    // covers ADM-122 ADM-126 ADM-129
    @Test
    void everyNameServerOfTheZoneIsServed() throws Exception {
        startSecondary();
        ResourceInfo resource = bench.create("dns-web", answers("127.0.0.5"));
        restore(resource);
        assertThat(secondary.orElseThrow().dig("web.example.com", "A")).containsExactly("127.0.0.5");
        assertThat(kit.deepCheck(bench.context(resource)).message()).contains("on 2 name servers");
        // a server that is down is left out as long as another answers
        secondary.get().stop();
        assertThat(kit.deepCheck(bench.context(resource)).succeeded()).isTrue();
        primary.stop();
        Outcome none = kit.deepCheck(bench.context(resource));
        assertThat(none.succeeded()).isFalse();
        assertThat(none.message()).contains("can be reached");
        assertThat(kit.quickCheck(bench.context(resource)).succeeded()).isTrue();
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.UNKNOWN);
        // remove is not held up by name servers
        assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
    }

    /** ADM-129: only the secondary is listed and refuses updates; the master it names takes them. */
    // covers ADM-126
    @Test
    void aListedSecondaryLeadsToItsMaster() throws Exception {
        startSecondary();
        Map<String, String> answers = answers("127.0.0.5");
        answers.put("servers", "[::1]:" + port);
        ResourceInfo resource = bench.create("dns-web", answers);
        restore(resource);
        assertThat(primary.dig("web.example.com", "A")).containsExactly("127.0.0.5");
        assertThat(secondary.orElseThrow().dig("web.example.com", "A")).containsExactly("127.0.0.5");
    }

    /** ADM-131: a missing or wrong record fails the checks; local recovery writes it again. */
    // covers ADM-131
    @Test
    void aLostRecordIsNoticedAndWrittenAgain() throws Exception {
        ResourceInfo resource = bench.create("dns-web", answers("127.0.0.5"));
        restore(resource);
        Map<String, String> gone = answers("127.0.0.5");
        gone.put("onRemove", "delete");
        ResourceInfo sameName = bench.create("dns-web", gone);
        assertThat(kit.remove(bench.context(sameName)).succeeded()).isTrue();
        assertThat(primary.dig("web.example.com", "A")).isEmpty();
        assertThat(primary.dig("5.0.0.127.in-addr.arpa", "PTR")).isEmpty();
        assertThat(kit.deepCheck(bench.context(resource)).succeeded()).isFalse();
        assertThat(kit.recover(bench.context(resource)).succeeded()).isTrue();
        assertThat(primary.dig("web.example.com", "A")).containsExactly("127.0.0.5");
        assertThat(kit.deepCheck(bench.context(resource)).succeeded()).isTrue();
    }

    /** A server that takes connections and says nothing costs its time limit and no more. */
    @Test
    void aHungServerIsPassedOver() throws Exception {
        bench.tunable("LKDNS_TIMEOUT_MILLIS", "3000");
        try (ServerSocket silent = new ServerSocket(port, 50, InetAddress.getByName("::1"))) {
            Map<String, String> answers = answers("127.0.0.5");
            answers.put("servers", "[::1]:" + silent.getLocalPort() + " 127.0.0.1:" + port);
            ResourceInfo resource = bench.create("dns-web", answers);
            restore(resource);
            assertThat(primary.dig("web.example.com", "A")).containsExactly("127.0.0.5");
            assertThat(kit.quickCheck(bench.context(resource)).succeeded()).isTrue();
            assertThat(kit.deepCheck(bench.context(resource)).succeeded()).isTrue();
            answers.put("servers", "[::1]:" + port);
            assertThat(bench.tryCreate("dns-2", answers).refusal().orElse("")).contains("[::1]:" + port);
            Outcome failed = kit.restore(bench.context(changed(answers)));
            assertThat(failed.succeeded()).isFalse();
            assertThat(kit.remove(bench.context(changed(answers))).succeeded()).isTrue();
        }
    }

    /** A new list of servers counts for this server at once, and only if it can be used; a new key is put into the file. */
    // covers ADM-123 ADM-130 OPS-066
    @Test
    void serversAndKeyCanBeChanged() throws Exception {
        Map<String, String> answers = answers("127.0.0.5");
        assertThat(bench.tryCreate("", answers).suggestedTag()).contains("dns-web");
        restore(bench.create("dns-web", answers));
        answers.put("servers", "127.0.0.1:" + port);
        assertThat(validated(answers)).contains("are accepted");
        assertThat(kit.deepCheck(bench.context(changed(answers))).succeeded()).isTrue();
        answers.put("servers", "127.0.0.9:" + port);
        assertThat(validated(answers)).contains("no name server answers");
        answers.put("servers", "127.0.0.1:" + port);
        Named.keyFile(folder.resolve("key"), "d3Jvbmctc2VjcmV0LTAxMjM0NTY3ODkwMTIzNDU2Nzg5");
        assertThat(validated(answers)).contains("accepts updates");
        Named.keyFile(folder.resolve("key"), Named.SECRET);
        assertThat(validated(answers)).contains("are accepted");
        answers.put("name", "other");
        assertThat(validated(answers)).contains("cannot replace");
    }

    private ResourceInfo changed(Map<String, String> answers) {
        return new ResourceInfo("bench", "dns-web", "web.example.com", "comm", "dns", answers, true);
    }

    private String validated(Map<String, String> answers) {
        return kit.validate(bench.context(changed(answers))).message();
    }

    @Test
    void removeKeepsTheRecordsUnlessToldOtherwise() throws Exception {
        ResourceInfo resource = bench.create("dns-web", answers("127.0.0.5"));
        restore(resource);
        assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
        assertThat(primary.dig("web.example.com", "A")).containsExactly("127.0.0.5");
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
    }

    @Test
    void anAliasStandsForTheServerInService() throws Exception {
        Map<String, String> answers = answers("");
        answers.remove("address");
        answers.put("kind", "alias");
        answers.put("name", "shop");
        answers.put("target", "a.example.com");
        restore(bench.create("dns-shop", answers));
        assertThat(primary.dig("shop.example.com", "CNAME")).containsExactly("a.example.com.");
        answers.put("target", "b.example.com");
        ResourceInfo onB = bench.create("dns-shop", answers);
        restore(onB);
        assertThat(primary.dig("shop.example.com", "CNAME")).containsExactly("b.example.com.");
        assertThat(kit.deepCheck(bench.context(onB)).succeeded()).isTrue();
    }

    private Map<String, String> alias(String target) throws Exception {
        Map<String, String> answers = answers("127.0.0.5");
        answers.remove("address");
        answers.put("kind", "alias");
        answers.put("target", target);
        return answers;
    }

    /** RFC 2136, 3.4.2.2: an address beside an alias, and an alias beside an address, are ignored without an error. */
    // covers ADM-121
    @Test
    void aNameThatWasAnAliasBecomesAnAddressAndTheOtherWayRound() throws Exception {
        restore(bench.create("dns-web", alias("a.example.com")));
        assertThat(primary.dig("web.example.com", "CNAME")).containsExactly("a.example.com.");

        Creation creation = bench.tryCreate("dns-web", answers("127.0.0.5 ::1"));
        assertThat(creation.remarks()).anyMatch(remark -> remark.contains("is now CNAME a.example.com."));
        ResourceInfo addresses = bench.create("dns-web", answers("127.0.0.5 ::1"));
        restore(addresses);
        assertThat(primary.dig("web.example.com", "CNAME")).isEmpty();
        assertThat(primary.dig("web.example.com", "A")).containsExactly("127.0.0.5");
        assertThat(primary.dig("web.example.com", "AAAA")).containsExactly("::1");
        assertThat(kit.deepCheck(bench.context(addresses)).succeeded()).isTrue();

        creation = bench.tryCreate("dns-web", alias("b.example.com"));
        assertThat(creation.remarks()).anyMatch(remark -> remark.contains("is now A 127.0.0.5"));
        ResourceInfo alias = bench.create("dns-web", alias("b.example.com"));
        restore(alias);
        assertThat(primary.dig("web.example.com", "CNAME")).containsExactly("b.example.com.");
        assertThat(kit.deepCheck(bench.context(alias)).succeeded()).isTrue();
    }

    /** Records that are none of ours are never deleted; the update that the server ignored for them is no success. */
    @Test
    void anUpdateThatTheServerIgnoresIsAFailure() throws Exception {
        bench.tunable("LKDNS_SPREAD_SECS", "1");
        ResourceInfo alias = bench.create("dns-web", alias("a.example.com"));
        primary.add(folder.resolve("key"), "web.example.com", "60 TXT \"not ours\"");
        Outcome restored = kit.restore(bench.context(alias));
        assertThat(restored.succeeded()).isFalse();
        assertThat(restored.message())
                .contains("web.example.com")
                .contains("127.0.0.1:" + port)
                .contains("TXT");
        assertThat(primary.dig("web.example.com", "TXT")).containsExactly("\"not ours\"");
        assertThat(kit.probe(bench.context(alias)).state()).isEqualTo(Probe.State.STOPPED);
        restore(bench.create("dns-web", answers("127.0.0.5")));
        assertThat(primary.dig("web.example.com", "A")).containsExactly("127.0.0.5");
        assertThat(primary.dig("web.example.com", "TXT")).containsExactly("\"not ours\"");
    }

    /** The key is used, never shown: not in properties, messages, progress or details. */
    // covers ADM-127 ADM-128 OPS-067
    @Test
    void aWrongKeyIsRefusedAndNoKeyIsEverShown() throws Exception {
        Map<String, String> answers = answers("127.0.0.5");
        Creation good = bench.tryCreate("dns-web", answers);
        assertThat(good.refusal()).isEmpty();
        assertThat(good.properties().values()).noneMatch(value -> value.contains(Named.SECRET));

        String wrong = "d3Jvbmctc2VjcmV0LTAxMjM0NTY3ODkwMTIzNDU2Nzg5";
        Named.keyFile(folder.resolve("key"), wrong);
        Creation refused = bench.tryCreate("dns-web", answers);
        assertThat(refused.refusal().orElse("")).contains("keyFile").doesNotContain(wrong);
        Outcome failed = kit.restore(bench.context(KitContract.withState(
                new ResourceInfo("bench", "dns-web", "web.example.com", "comm", "dns", answers, false), false)));
        assertThat(failed.succeeded()).isFalse();
        assertThat(failed.message() + failed.detail() + bench.progress()).doesNotContain(wrong);

        Files.setPosixFilePermissions(folder.resolve("key"), PosixFilePermissions.fromString("rw-r-----"));
        assertThat(bench.tryCreate("dns-web", answers).refusal().orElse("")).contains("chmod 600");

        answers.remove("keyFile");
        assertThat(bench.tryCreate("dns-web", answers).refusal().orElse("")).contains("REFUSED");
    }

    // covers ADM-124 ADM-125 ADM-129 ADM-245
    @Test
    void wrongAnswersAreRefusedWithTheReason() throws Exception {
        assertThat(refusal("name", "web.example.com")).contains("short computer name");
        assertThat(refusal("address", "192.0.2.77"))
                .contains("is on no interface")
                .contains("translated=yes");
        assertThat(refusal("address", "web")).contains("not an IP address");
        assertThat(refusal("servers", "127.0.0.9:" + port)).contains("does not answer");
        assertThat(refusal("domain", "example.org")).contains("no name server answers for web.example.org");
        assertThat(refusal("ttl", "soon")).contains("seconds");
        assertThat(refusal("kind", "mx")).contains("primary or alias");
        bench.with("other", "dns", Map.of());
        Map<String, String> translated = answers("192.0.2.77");
        translated.put("translated", "yes");
        assertThat(bench.tryCreate("dns-web", translated).refusal()).isEmpty();
    }

    private String refusal(String name, String value) throws Exception {
        Map<String, String> answers = answers("127.0.0.5");
        answers.put(name, value);
        return bench.tryCreate("dns-web", answers).refusal().orElse("accepted");
    }
}
