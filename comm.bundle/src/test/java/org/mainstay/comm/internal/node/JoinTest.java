package org.mainstay.comm.internal.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.NodeSetup;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.comm.internal.enrol.Invitation;
import org.mainstay.comm.internal.enrol.JoinServer;
import org.mainstay.comm.internal.identity.Certificates;
import org.mainstay.comm.internal.identity.Identity;
import org.mainstay.comm.internal.net.Settings;
import org.mainstay.comm.internal.net.View;

/** init, invite and join between a running member and a stopped server. */
class JoinTest {
    @TempDir
    Path folder;

    private final NodeSetup setup =
            ServiceLoader.load(NodeSetup.class).findFirst().orElseThrow();
    private final AtomicLong now = new AtomicLong();
    private final List<CommNode> started = new ArrayList<>();
    private int port;
    private Membership membership;
    private Path dataA;
    private CommNode a;
    private EnrolmentComponent enrolment;
    private String commitFails = "";

    @BeforeEach
    void startA() throws Exception {
        port = TestCluster.freePort();
        dataA = folder.resolve("a/data");
        membership = setup.init(dataA, "A", "127.0.8.1", port);
        a = start(dataA);
        enrolment = new EnrolmentComponent(
                new Access(dataA, a), new Registry(), new Invitation(now::get, new SecureRandom()), Clock.systemUTC());
    }

    @AfterEach
    void stop() {
        started.forEach(CommNode::close);
    }

    private CommNode start(Path data) throws IOException {
        Identity identity = Identity.load(data).orElseThrow();
        CommNode node = new CommNode(identity, Settings.DEFAULT, certificate -> {});
        started.add(node);
        node.network().view(new View(membership, List.of()));
        Await.until(
                "it listens",
                () -> TestCluster.listens(
                        membership.member(identity.name()).orElseThrow().address(), port));
        return node;
    }

    private record Access(Path dataDirectory, CommNode running) implements CommAccess {
        @Override
        public Optional<CommNode> node() {
            return Optional.of(running);
        }

        @Override
        public Optional<Identity> identity() {
            try {
                return Identity.load(dataDirectory);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private final class Registry implements JoinServer.Registry {
        @Override
        public Membership membership() {
            return membership;
        }

        @Override
        public List<X509Certificate> certificates() {
            return List.of(new Access(dataA, a).identity().orElseThrow().certificate());
        }

        @Override
        public byte[] authorityKey() throws IOException {
            return Identity.authorityKey(dataA);
        }

        @Override
        public Membership commit(Member member) throws IOException {
            if (!commitFails.isEmpty()) {
                throw new IOException(commitFails);
            }
            List<Member> members = new ArrayList<>(membership.members());
            members.add(member);
            membership = new Membership(membership.epoch() + 1, members);
            a.network().view(new View(membership, List.of()));
            return membership;
        }
    }

    private String invite() {
        return enrolment.invite().toCompletableFuture().join();
    }

    private Membership join(String name, String address, String code) throws IOException {
        return setup.join(folder.resolve(name + "/data"), name, address, port, "127.0.8.1:" + port, code);
    }

    private void assertClean(String name) {
        assertThat(folder.resolve(name + "/data")).doesNotExist();
        assertThat(membership.member(name)).isEmpty();
    }

    @Test
    void theJoinedServerKnowsAllAndTalks() throws Exception {
        String code = invite();
        Membership joined = join("B", "127.0.8.2", code);
        assertThat(joined).isEqualTo(membership);
        assertThat(joined.epoch()).isEqualTo(2);
        assertThat(joined.members()).extracting(Member::name).containsExactly("A", "B");
        Path dataB = folder.resolve("B/data");
        assertThat(Identity.authorityKey(dataB)).isEqualTo(Identity.authorityKey(dataA));
        CommNode b = start(dataB);
        Inspector atB = new Inspector(b, "core");
        Inspector atA = new Inspector(a, "core");
        Await.until("they talk", () -> atA.open("B") && atB.open("A"));
        assertThatThrownBy(() -> join("C", "127.0.8.3", code)).as("spent").hasMessageContaining("invitation");
    }

    @Test
    void onlyTheOwnerReadsTheIdentityAndTheAuthoritysKeyIsNotInTheClear() throws Exception {
        Path identity = dataA.resolve("identity");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(identity)))
                .isEqualTo("rwx------");
        String key = new String(Identity.authorityKey(dataA), StandardCharsets.ISO_8859_1);
        try (Stream<Path> files = Files.list(identity)) {
            for (Path file : files.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------");
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain(key);
            }
        }
        Files.write(identity.resolve("ca.seal"), ("0".repeat(64) + "\n").getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> Identity.authorityKey(dataA)).hasMessageContaining("cannot be unsealed");
    }

    @Test
    void threeWrongCodesVoidTheRightOne() {
        String code = invite();
        String wrong = code.equals("11111111") ? "22222222" : "11111111";
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> join("B", "127.0.8.2", wrong)).hasMessageContaining("setup code is wrong");
        }
        assertThatThrownBy(() -> join("B", "127.0.8.2", code)).hasMessageContaining("mainstay node invite");
        assertClean("B");
    }

    @Test
    void aCodeExpiresAfterTenMinutesWhateverTheWallClockSays() {
        String code = invite();
        now.addAndGet(Duration.ofMinutes(10).toNanos());
        assertThatThrownBy(() -> join("B", "127.0.8.2", code)).hasMessageContaining("mainstay node invite");
        assertClean("B");
    }

    @Test
    void withoutAnInvitationNobodyIsHeard() {
        assertThatThrownBy(() -> join("B", "127.0.8.2", "12345678")).hasMessageContaining("is an invitation open");
        assertClean("B");
    }

    @Test
    void whatTheClusterRefusesIsSaidClearlyAndLeavesNothing() {
        String code = invite();
        assertThatThrownBy(() -> join("A", "127.0.8.2", code)).hasMessageContaining("a server named 'A' already");
        assertThat(folder.resolve("A/data")).doesNotExist();
        assertThatThrownBy(() -> join("B", "127.0.8.1", code)).hasMessageContaining("belongs to 'A'");
        assertClean("B");
        commitFails = "the cluster did not admit B: no majority of A, C, D can be reached";
        assertThatThrownBy(() -> join("B", "127.0.8.2", code)).hasMessage(commitFails);
        assertClean("B");
    }

    @Test
    void namesAddressesAndCodesAreCheckedBeforeAnythingIsSent() {
        assertThatThrownBy(() -> join("B b", "127.0.8.2", "12345678")).hasMessageContaining("is not a server name");
        assertThatThrownBy(() -> join("B", "server.example", "12345678")).hasMessageContaining("is not an IP address");
        assertThatThrownBy(() -> join("B", "0.0.0.0", "12345678")).hasMessageContaining("not the address of a server");
        assertThatThrownBy(() -> join("B", "127.0.8.2", "1234")).hasMessageContaining("8 digits");
        assertThatThrownBy(() -> setup.join(folder.resolve("x"), "B", "127.0.8.2", 0, "127.0.8.1", "12345678"))
                .hasMessageContaining("port");
        assertThatThrownBy(() -> setup.join(folder.resolve("x"), "B", "127.0.8.2", port, ":12", "12345678"))
                .hasMessageContaining("ADDRESS");
        assertThat(folder.resolve("x")).doesNotExist();
    }

    @Test
    void clocksFarApartAreRefused() throws Exception {
        EnrolmentComponent off = new EnrolmentComponent(
                new Access(dataA, a),
                new Registry(),
                new Invitation(now::get, new SecureRandom()),
                Clock.offset(Clock.systemUTC(), Duration.ofMinutes(-42)));
        String code = off.invite().toCompletableFuture().join();
        assertThatThrownBy(() -> join("B", "127.0.8.2", code)).hasMessageContaining("42 minutes apart");
        assertClean("B");
    }

    @Test
    void nobodyThereAndAServerThatHangsAreSaidClearly() throws Exception {
        int closed = TestCluster.freePort();
        assertThatThrownBy(() -> setup.join(
                        folder.resolve("B/data"), "B", "127.0.8.2", port, "127.0.8.77:" + closed, "12345678"))
                .hasMessageContaining("does Mainstay run there");
        assertClean("B");
        try (ServerSocket impostor = new ServerSocket(0, 1, InetAddress.getByName("127.0.8.9"))) {
            Thread thread = new Thread(() -> garbage(impostor));
            thread.start();
            assertThatThrownBy(() -> setup.join(
                            folder.resolve("B/data"),
                            "B",
                            "127.0.8.2",
                            port,
                            "127.0.8.9:" + impostor.getLocalPort(),
                            "12345678"))
                    .isInstanceOf(IOException.class);
            thread.join(10_000);
        }
        assertClean("B");
    }

    private static void garbage(ServerSocket server) {
        try (Socket socket = server.accept()) {
            new DataOutputStream(socket.getOutputStream()).writeInt(Integer.MAX_VALUE);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aSecondIdentityIsRefusedAndTheFirstKept() throws Exception {
        byte[] before = Files.readAllBytes(dataA.resolve("identity/node.crt.pem"));
        assertThatThrownBy(() -> setup.init(dataA, "A", "127.0.8.1", port))
                .hasMessageContaining("belongs to a cluster already");
        assertThat(Files.readAllBytes(dataA.resolve("identity/node.crt.pem"))).isEqualTo(before);
        assertThat(dataA.resolve("identity.new")).doesNotExist();
    }

    @Test
    void theRestOfACrashedSetupIsRemoved() throws Exception {
        Path data = folder.resolve("c/data");
        Files.createDirectories(data.resolve("identity.new/peers"));
        Files.writeString(data.resolve("identity.new/node.key.pem"), "half");
        setup.init(data, "C", "127.0.8.3", port);
        assertThat(data.resolve("identity.new")).doesNotExist();
        assertThat(Identity.load(data).orElseThrow().name()).isEqualTo("C");
        assertThat(Certificates.nameOf(Identity.load(data).orElseThrow().certificate()))
                .isEqualTo("C");
    }

    @Test
    void anUnwritableDirectoryIsSaid() throws Exception {
        Path file = folder.resolve("file");
        Files.writeString(file, "");
        assertThatThrownBy(() -> setup.init(file.resolve("data"), "D", "127.0.8.4", port))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot write below");
    }
}
