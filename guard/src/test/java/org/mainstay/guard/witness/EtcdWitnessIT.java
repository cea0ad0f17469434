package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.lease.Witness.Word;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Log;

/** Against real etcd servers that are killed, stopped, restarted and emptied. */
class EtcdWitnessIT {
    private static final long LEASE = 4000;
    private static final long STOP = 1000;
    private static final long OBSERVE = Witness.period(LEASE + STOP);
    /** All keys there are. */
    private static final String ALL = "{\"key\":\"AA==\",\"range_end\":\"AA==\"}";

    @TempDir
    Path folder;

    private final List<EtcdServer> servers = new ArrayList<>();
    private final List<Member> members = new ArrayList<>();
    private final Map<String, String> parameters = new HashMap<>();
    private Log log;

    /** A server of the cluster. */
    private final class Member {
        final Recorder told = new Recorder();
        final EtcdWitness witness = new EtcdWitness(Recorder::now, log);

        Member(String name, String... all) throws IOException {
            members.add(this);
            witness.start(new Witness.Settings(name, Set.of(all), LEASE, STOP, OBSERVE, parameters), told);
        }

        boolean leased() {
            return told.written != Long.MIN_VALUE && Recorder.now() < told.written + LEASE;
        }
    }

    @BeforeEach
    void start() {
        assumeTrue(EtcdServer.possible(), "needs /usr/bin/etcd (Debian package etcd-server)");
        log = new Log(folder.resolve("log"));
    }

    @AfterEach
    void end() throws Exception {
        for (Member member : members) {
            assertThat(member.told.overlapped).isFalse();
            member.witness.close();
        }
        for (EtcdServer server : servers) {
            server.close();
        }
        if (log != null) {
            log.close();
        }
    }

    private EtcdServer single(String... more) throws Exception {
        EtcdServer server = EtcdServer.single(folder.resolve("etcd"), more);
        servers.add(server);
        parameters.put("QUORUM_ETCD_ENDPOINTS", server.url());
        return server;
    }

    private Member[] pair() throws Exception {
        Member[] pair = {new Member("a", "a", "b"), new Member("b", "a", "b")};
        bothAlive(pair);
        return pair;
    }

    private static void bothAlive(Member... pair) throws Exception {
        alive(pair[0], "b");
        alive(pair[1], "a");
    }

    private static void alive(Member member, String peer) throws Exception {
        Await.until(
                peer + " alive: " + member.told.reason(peer) + member.told.trouble,
                60_000,
                () -> member.told.word(peer) == Word.ALIVE && member.leased() && member.told.usable);
    }

    /** Both see each other, and neither was taken for failed at any time. */
    private static void healthy(Member... pair) throws Exception {
        bothAlive(pair);
        for (Member member : pair) {
            for (String peer : List.of("a", "b")) {
                assertThat(member.told.failedAt(peer)).isEqualTo(Long.MIN_VALUE);
            }
        }
    }

    /** A write that began after now is confirmed. */
    private static void renewed(Member... members) throws Exception {
        long since = Recorder.now();
        for (Member member : members) {
            try {
                Await.until("renewed", 60_000, () -> member.told.written >= since);
            } catch (AssertionError e) {
                throw new AssertionError(e.getMessage() + "; its trouble: " + member.told.trouble, e);
            }
        }
    }

    private static void complains(Member member, String words) throws Exception {
        Await.until(words, 60_000, () -> member.told.trouble.contains(words));
    }

    private void refused(String words) {
        assertThatThrownBy(() -> new Member("a", "a", "b")).hasMessageContaining(words);
    }

    @Test
    void aServerThatIsGoneIsFailedNotBeforeItsTimeAndComesBack() throws Exception {
        single();
        Member[] pair = pair();
        pair[0].witness.close();
        Await.until("failed", 60_000, () -> pair[1].told.word("a") == Word.FAILED);
        assertThat(pair[1].told.failedAt("a")).isGreaterThanOrEqualTo(pair[0].told.written + LEASE + STOP);
        assertThat(pair[1].leased()).isTrue();
        new Member("a", "a", "b");
        alive(pair[1], "a");
    }

    @Test
    void whoNeverWasThereIsFailedOnlyAfterTheWholeTime() throws Exception {
        single();
        Member b = new Member("b", "a", "b");
        Await.until("leased", 60_000, b::leased);
        long since = Recorder.now();
        assertThat(b.told.word("a")).isEqualTo(Word.UNKNOWN);
        Await.until("failed", 60_000, () -> b.told.word("a") == Word.FAILED);
        assertThat(b.told.failedAt("a") - since).isGreaterThan(LEASE);
    }

    @Test
    void etcdThatIsKilledAndRestartedFailsNobody() throws Exception {
        EtcdServer server = single();
        Member[] pair = pair();
        server.kill();
        for (Member member : pair) {
            Await.until("no lease", 60_000, () -> !member.leased() && !member.told.usable);
            Await.until("unknown", 60_000, () -> member.told.word(member == pair[0] ? "b" : "a") == Word.UNKNOWN);
        }
        server.start();
        healthy(pair);
    }

    @Test
    void etcdThatIsStoppedForLongerThanAllLeasesFailsNobody() throws Exception {
        EtcdServer server = single();
        Member[] pair = pair();
        server.signal("STOP");
        long since = Recorder.now();
        Await.until("no lease", 60_000, () -> !pair[0].leased() && !pair[1].leased());
        assertThat(pair[0].told.trouble).contains("does not answer");
        Await.until("longer than the key lives", 60_000, () -> Recorder.now() - since > OBSERVE + 2000);
        server.signal("CONT");
        healthy(pair);
    }

    @Test
    void etcdThatLostItsDataFailsNobodyAndIsUsedAgain() throws Exception {
        EtcdServer server = single();
        Member[] pair = pair();
        server.kill();
        server.forgetAll();
        server.start();
        renewed(pair);
        long since = Recorder.now();
        Await.until("as long as a silence must last", 60_000, () -> Recorder.now() - since > OBSERVE);
        healthy(pair);
    }

    @Test
    void aKeyDeletedByHandFailsNobody() throws Exception {
        EtcdServer server = single();
        Member[] pair = pair();
        EtcdClient hand = server.client();
        for (int i = 0; i < 4; i++) {
            Json deleted = hand.call("/v3/kv/deleterange", ALL);
            long revision = deleted.get("header").number("revision");
            hand.call("/v3/kv/compaction", "{\"revision\":" + revision + "}");
            // both write again, then both read what the other has written: a key that is always gone fails rightly
            renewed(pair);
            renewed(pair);
        }
        healthy(pair);
    }

    @Test
    void aLeaseRevokedByHandIsGrantedAnew() throws Exception {
        EtcdServer server = single();
        Member[] pair = pair();
        for (Json lease :
                server.client().call("/v3/lease/leases", "{}").get("leases").list()) {
            server.client().call("/v3/lease/revoke", "{\"ID\":" + lease.number("ID") + "}");
        }
        renewed(pair);
        healthy(pair);
    }

    @Test
    void ofThreeTheLeaderMayDieAndItsSuccessorBePaused() throws Exception {
        List<EtcdServer> three = EtcdServer.three(folder.resolve("etcd"));
        servers.addAll(three);
        parameters.put(
                "QUORUM_ETCD_ENDPOINTS",
                String.join(",", three.stream().map(EtcdServer::url).toList()));
        Member[] pair = pair();
        EtcdServer leader = leader(three, null);
        leader.kill();
        EtcdServer next = leader(three, leader);
        renewed(pair[0]);
        alive(pair[0], "b");
        leader.start();
        leader.awaitReady();
        next.signal("STOP");
        EtcdServer third = leader(three, next);
        assertThat(third).isNotSameAs(next);
        renewed(pair[0]);
        next.signal("CONT");
        healthy(pair);
    }

    private static EtcdServer leader(List<EtcdServer> all, EtcdServer not) throws Exception {
        EtcdServer[] found = new EtcdServer[1];
        Await.until("a leader", 60_000, () -> {
            for (EtcdServer server : all) {
                if (server != not && Boolean.TRUE.equals(server.leads())) {
                    found[0] = server;
                }
            }
            return found[0] != null;
        });
        return found[0];
    }

    @Test
    void twoServersWithOneNameAreNoticed() throws Exception {
        single();
        Member[] pair = pair();
        Member other = new Member("a", "a", "b");
        Await.until(
                "noticed", 60_000, () -> (pair[0].told.trouble + other.told.trouble).contains("another server writes"));
    }

    // --- who may

    @Test
    void userAndPasswordAreUsedAndTokensRenewed() throws Exception {
        EtcdServer server = single();
        EtcdClient root = server.client();
        for (String user : List.of("root", "mainstay")) {
            root.call("/v3/auth/user/add", "{\"name\":\"" + user + "\",\"password\":\"pass of " + user + "\"}");
            root.call("/v3/auth/role/add", "{\"name\":\"" + user + "\"}");
            root.call("/v3/auth/user/grant", "{\"user\":\"" + user + "\",\"role\":\"" + user + "\"}");
        }
        root.call(
                "/v3/auth/role/grant",
                "{\"name\":\"mainstay\",\"perm\":{\"permType\":\"READWRITE\",\"key\":" + EtcdClient.encode("/ha/")
                        + ",\"range_end\":" + EtcdClient.encode("/ha0") + "}}");
        root.call("/v3/auth/enable", "{}");

        Path password = Files.writeString(folder.resolve("password"), "pass of mainstay\n");
        parameters.put("QUORUM_ETCD_USER", "mainstay");
        parameters.put("QUORUM_ETCD_PASSWORD_FILE", password.toString());
        parameters.put("QUORUM_ETCD_PREFIX", "/ha");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r--r--"));
        Member open = new Member("a", "a", "b");
        complains(open, "chmod 0600");
        assertThat(open.told.trouble).doesNotContain("pass of");
        open.witness.close();

        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        Member[] pair = pair();
        server.kill();
        server.start();
        server.awaitReady();
        renewed(pair[0]);
        alive(pair[1], "a");

        parameters.put("QUORUM_ETCD_PREFIX", "/forbidden");
        Member outside = new Member("x", "x", "y");
        complains(outside, "permission denied");
    }

    @Test
    void certificatesAreCheckedBothWays() throws Exception {
        Path tls = Files.createDirectories(folder.resolve("tls"));
        FileStoreTest.run(
                "sh",
                "-ec",
                "cd \"$1\"\n"
                        + "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2\n"
                        + "for who in server client; do\n"
                        + "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $who.key -out $who.csr -subj /CN=$who\n"
                        + "printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' > ext\n"
                        + "openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $who.pem -days 2 -extfile ext\n"
                        + "done\nchmod 600 *.key",
                "sh",
                tls.toString());
        single(
                "--cert-file",
                tls.resolve("server.pem").toString(),
                "--key-file",
                tls.resolve("server.key").toString(),
                "--trusted-ca-file",
                tls.resolve("ca.pem").toString(),
                "--client-cert-auth");
        Member unknown = new Member("a", "a", "b");
        complains(unknown, "127.0.0.1");
        unknown.witness.close();
        parameters.put("QUORUM_ETCD_CA_FILE", tls.resolve("ca.pem").toString());
        parameters.put("QUORUM_ETCD_CERT_FILE", tls.resolve("client.pem").toString());
        parameters.put("QUORUM_ETCD_KEY_FILE", tls.resolve("client.key").toString());
        Member[] pair = pair();
        healthy(pair);
    }

    @Test
    void wrongParametersAreRefusedAtOnce() {
        parameters.put("QUORUM_ETCD_ENDPOINTS", "etcd1:2379");
        refused("https://etcd1:2379");
        parameters.put("QUORUM_ETCD_ENDPOINTS", "https://etcd1:2379,https://etcd2:2379/");
        parameters.put("QUORUM_ETCD_USER", "x");
        refused("QUORUM_ETCD_PASSWORD_FILE");
        parameters.remove("QUORUM_ETCD_USER");
        parameters.put("QUORUM_ETCD_PREFIX", "mainstay/");
        refused("QUORUM_ETCD_PREFIX");
        parameters.put("QUORUM_ETCD_PREFIX", "");
        parameters.put("QUORUM_ETCD_CERT_FILE", "/x");
        refused("QUORUM_ETCD_KEY_FILE");
    }
}
