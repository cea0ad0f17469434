package org.mainstay.comm.internal.paths;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.GuardControl.HeartbeatPath;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.comm.internal.identity.Certificates;
import org.mainstay.comm.internal.identity.Hkdf;
import org.mainstay.comm.internal.identity.Identity;
import org.mainstay.comm.internal.identity.PeerCertificates;
import org.mainstay.comm.internal.net.View;

/** Keys both ends derive alone, and what the guard is told. */
class HeartbeatKeysTest {
    @TempDir
    Path folder;

    private final KeyPair authority = Certificates.newKeyPair();
    private final Identity a = identity("A");
    private final Identity b = identity("B");
    private final Identity c = identity("C");

    private Identity identity(String name) {
        KeyPair keys = Certificates.newKeyPair();
        return new Identity(
                name,
                keys.getPrivate(),
                Certificates.issue(authority.getPrivate(), name, keys.getPublic()),
                Certificates.newAuthority(authority));
    }

    private static String derive(Identity own, Identity peer, String path) throws Exception {
        return HeartbeatKeys.derive(own, peer.name(), peer.certificate().getPublicKey(), path);
    }

    @Test
    void hkdfIsThatOfRfc5869() {
        byte[] secret = HexFormat.of().parseHex("0b".repeat(22));
        byte[] salt = HexFormat.of().parseHex("000102030405060708090a0b0c");
        byte[] info = HexFormat.of().parseHex("f0f1f2f3f4f5f6f7f8f9");
        assertThat(HexFormat.of().formatHex(Hkdf.derive(secret, salt, info, 42)))
                .isEqualTo("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    }

    @Test
    void bothEndsDeriveTheSameKeyAndNobodyElse() throws Exception {
        String key = derive(a, b, "p1");
        assertThat(key).hasSize(64).isEqualTo(derive(b, a, "p1")).isEqualTo(derive(a, b, "p1"));
        assertThat(key).isNotEqualTo(derive(a, b, "p2"));
        assertThat(key).isNotEqualTo(derive(a, c, "p1"));
        assertThat(key).isNotEqualTo(derive(c, b, "p1"));
    }

    private View view(String... paths) {
        List<CommPath> rows = new ArrayList<>();
        for (String path : paths) {
            rows.add(new CommPath(path, "B", "10.1.0.1", "10.1.0.2", 1, 500, 6));
        }
        return new View(new Membership(2, List.of(a.member("10.1.0.1", 1500), b.member("10.1.0.2", 1501))), rows);
    }

    @Test
    void theGuardIsToldOnceTheKeyIsKnownAndAgainAfterARestartWithoutAConnection() {
        RecordingGuard guard = new RecordingGuard();
        PeerCertificates certificates = new PeerCertificates(folder.resolve("peers"));
        HeartbeatPaths paths = new HeartbeatPaths(a, certificates, guard.control, Runnable::run);
        paths.view(view("p1"));
        assertThat(guard.told).containsExactly(List.of());
        assertThat(certificates.remember(b.certificate())).isTrue();
        assertThat(certificates.remember(b.certificate())).isFalse();
        paths.keyLearned();
        HeartbeatPath told = guard.told.get(1).get(0);
        assertThat(told.peer()).isEqualTo("B");
        assertThat(told.localPort()).isEqualTo(1500);
        assertThat(told.remotePort()).isEqualTo(1501);
        assertThat(told.toString()).as("keys are not logged").doesNotContain(told.key());

        RecordingGuard next = new RecordingGuard();
        HeartbeatPaths restarted =
                new HeartbeatPaths(a, new PeerCertificates(folder.resolve("peers")), next.control, Runnable::run);
        restarted.view(view("p1"));
        assertThat(next.told).containsExactly(List.of(told));
    }

    @Test
    void unchangedPathsAreNotToldAgainExceptToANewGuard() {
        RecordingGuard guard = new RecordingGuard();
        PeerCertificates certificates = new PeerCertificates(folder.resolve("peers"));
        certificates.remember(b.certificate());
        HeartbeatPaths paths = new HeartbeatPaths(a, certificates, guard.control, Runnable::run);
        paths.view(View.EMPTY);
        assertThat(guard.told)
                .as("before the database is read the guard keeps what it has")
                .isEmpty();
        paths.view(view("p1"));
        paths.view(view("p1"));
        paths.keyLearned();
        assertThat(guard.told).hasSize(1);
        paths.guardBack();
        assertThat(guard.told).hasSize(2);
        paths.view(view());
        assertThat(guard.told.get(2)).isEmpty();
    }

    @Test
    void aForgedOrDamagedCertificateOnDiskIsNotBelievedAndRemovedMembersAreForgotten() throws Exception {
        Path peers = folder.resolve("peers");
        PeerCertificates first = new PeerCertificates(peers);
        first.remember(c.certificate());
        Path file = peers.resolve(c.pin() + ".crt.pem");
        Path forged = peers.resolve(b.pin() + ".crt.pem");
        Files.copy(file, forged);
        PeerCertificates again = new PeerCertificates(peers);
        assertThat(again.key(b.member("10.1.0.2", 1500))).isEmpty();
        Files.write(forged, "nonsense".getBytes(StandardCharsets.US_ASCII));
        assertThat(again.key(b.member("10.1.0.2", 1500))).isEmpty();
        assertThat(again.key(c.member("10.1.0.3", 1500))).isPresent();
        again.retain(new Membership(3, List.of(a.member("10.1.0.1", 1500))));
        assertThat(again.key(c.member("10.1.0.3", 1500))).isEmpty();
        assertThat(file).doesNotExist();
    }
}
