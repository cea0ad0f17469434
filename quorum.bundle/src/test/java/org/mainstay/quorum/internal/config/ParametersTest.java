package org.mainstay.quorum.internal.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.QuorumSettings.Quorum;
import org.mainstay.cluster.QuorumSettings.Witness;

/** QUO-010 to QUO-040. */
class ParametersTest {
    private static final Facts TWO = new Facts("A", List.of("A", "B"), 3_000);
    private static final Facts THREE = new Facts("A", List.of("A", "B", "C"), 3_000);

    private static Checked check(Facts facts, String... lines) {
        Map<String, String> values = new HashMap<>();
        for (String line : lines) {
            int equals = line.indexOf('=');
            values.put(line.substring(0, equals), line.substring(equals + 1));
        }
        return Parameters.check(values, facts);
    }

    private static String[] storage(String... more) {
        List<String> lines = new java.util.ArrayList<>(List.of(
                "QUORUM_MODE=storage",
                "WITNESS_MODE=storage",
                "QWK_STORAGE_TYPE=file",
                "QWK_STORAGE_OBJECT_A=/mnt/q/A",
                "QWK_STORAGE_OBJECT_B=/mnt/q/B"));
        for (String line : more) {
            lines.removeIf(old -> old.startsWith(line.substring(0, line.indexOf('=') + 1)));
            lines.add(line);
        }
        return lines.toArray(String[]::new);
    }

    // covers QUO-006 QUO-010 QUO-011
    @Test
    void nothingSetIsTheDefault() {
        assertThat(check(TWO).settings()).contains(QuorumSettings.DEFAULT);
        assertThat(check(TWO, "QUORUM_MODE=off", "WITNESS_MODE=OFF").settings()).contains(QuorumSettings.DEFAULT);
    }

    /** The table QUO-038. */
    // covers QUO-010 QUO-011 QUO-038 QUO-039
    @ParameterizedTest
    @CsvSource({
        "none, none, 2, yes",
        "none, none, 1, yes",
        "none, remote_verify, 3, yes",
        "none, remote_verify, 2, no",
        "majority, remote_verify, 3, yes",
        "majority, remote_verify, 2, no",
        "majority, none, 3, yes",
        "majority, storage, 3, no",
        "storage, none, 2, no",
        "storage, remote_verify, 3, no",
        "none, storage, 2, no",
        "etcd, none, 2, no",
        "etcd, storage, 2, no",
        "majority, etcd, 3, no"
    })
    void combinations(String quorum, String witness, int servers, String allowed) {
        Facts facts = new Facts("A", List.of("A", "B", "C").subList(0, servers), 3_000);
        Checked checked = check(facts, "QUORUM_MODE=" + quorum, "WITNESS_MODE=" + witness);
        if (allowed.equals("yes")) {
            assertThat(checked.errors()).isEmpty();
            assertThat(checked.settings()).isPresent();
        } else {
            assertThat(checked.settings()).isEmpty();
            assertThat(checked.errors()).isNotEmpty();
        }
    }

    @Test
    void storageAndEtcdWorkWithTheirOwnWitness() {
        QuorumSettings storage = check(TWO, storage()).settings().orElseThrow();
        assertThat(storage.quorum()).isEqualTo(Quorum.STORAGE);
        assertThat(storage.leaseMillis()).isEqualTo(10_000);
        assertThat(storage.storage().beatMillis() * storage.storage().beats())
                .isGreaterThanOrEqualTo(storage.lapseMillis());
        assertThat(storage.witnessParameters())
                .containsEntry("QWK_STORAGE_OBJECT_A", "/mnt/q/A")
                .containsEntry("QWK_STORAGE_TYPE", "file")
                .containsEntry("QWK_STORAGE_HBEATTIME", "6");
        QuorumSettings etcd = check(
                        TWO, "QUORUM_MODE=etcd", "WITNESS_MODE=etcd", "QUORUM_ETCD_ENDPOINTS=http://10.0.0.9:2379")
                .settings()
                .orElseThrow();
        assertThat(etcd.witness()).isEqualTo(Witness.ETCD);
        assertThat(etcd.witnessParameters()).containsEntry("QUORUM_ETCD_ENDPOINTS", "http://10.0.0.9:2379");
    }

    @Test
    void mixedCombinationsAreWarnedAbout() {
        assertThat(check(THREE, "QUORUM_MODE=majority").warnings()).anyMatch(text -> text.contains("remote_verify"));
        assertThat(check(THREE, "WITNESS_MODE=remote_verify").warnings())
                .anyMatch(text -> text.contains("without QUORUM_MODE=majority"));
    }

    /** Each wrong value is named with what is allowed, and makes the whole unusable. */
    // covers QUO-010 QUO-012 QUO-013 QUO-019
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "QUORUM_MODE=mayority | not one of none, majority, storage, etcd, off",
                "QUORUM_LOSS_ACTION=reboot | the only value is osu",
                "QUORUM_QUARANTINE_SECS=soon | not a number of seconds",
                "QUORUM_QUARANTINE_SECS=0 | 1 to 86400",
                "QUORUM_LEASE_SECS=1 | 2 to 300",
                "QUORUM_LOSS_STOP_SECS=1000 | 2 to 600",
                "QUORUM_DEBUG=2 | 0 to 1",
                "QUORUM_REFERENCE_ADDRESSES=10.0.0.1,gateway.example.com | 'gateway.example.com' is not an IP address",
                "SAFETY_CHECK_PORTS=22,99999 | '99999' is not a TCP port",
                "SAFETY_CHECK_ALERT_SECS=-3 | 1 to 86400",
                "WATCHDOG_DEVICE=dev/watchdog | must be an absolute path",
                "PAUSE_TOLERANCE=x | not a number of seconds",
                "PAUSE_TOLERANCE=6 | 0 to 5",
            })
    void wrongValues(String line, String message) {
        Checked checked = check(THREE, "WITNESS_MODE=none", line.strip());
        assertThat(checked.settings()).isEmpty();
        assertThat(checked.errors()).anyMatch(text -> text.contains(message.strip()));
    }

    // covers QUO-014 QUO-015 QUO-016 QUO-017 QUO-083
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "QWK_STORAGE_HBEATTIME=4 | 5 to 10",
                "QWK_STORAGE_HBEATTIME=11 | 5 to 10",
                "QWK_STORAGE_NUMHBEATS=2 | 3 or more",
                "QWK_STORAGE_NUMHBEATS=3 | would be judged failed while it may still stop",
                "QWK_STORAGE_TYPE=nfs | not one of file, aws_s3",
                "QWK_STORAGE_OBJECT_B=q/B | absolute path of a file",
                "QWK_STORAGE_OBJECT_B=/mnt/q/A | the same object",
                "QWK_STORAGE_OBJECT_B=/mnt/other/B | in different places",
                "QWK_STORAGE_OBJECT_B= | QWK_STORAGE_OBJECT_B is missing",
                "QUORUM_LEASE_SECS=5 | at least 8 s",
            })
    void wrongStorage(String line, String message) {
        Checked checked = check(TWO, storage(line.strip()));
        assertThat(checked.settings()).isEmpty();
        assertThat(checked.errors()).anyMatch(text -> text.contains(message.strip()));
    }

    // covers QUO-022 QUO-083
    @Test
    void objectsInBucketsAreOneOrTwoUris() {
        String[] right = storage(
                "QWK_STORAGE_TYPE=aws_s3",
                "QWK_STORAGE_OBJECT_A=s3://one/A,s3://two/A",
                "QWK_STORAGE_OBJECT_B=s3://one/B,s3://two/B");
        assertThat(check(TWO, right).settings().orElseThrow().storage().objects())
                .containsEntry("A", List.of("s3://one/A", "s3://two/A"));
        assertThat(check(
                                TWO,
                                storage(
                                        "QWK_STORAGE_TYPE=aws_s3",
                                        "QWK_STORAGE_OBJECT_A=s3://one/A",
                                        "QWK_STORAGE_OBJECT_B=s3://two/B"))
                        .errors())
                .anyMatch(text -> text.contains("different places"));
        assertThat(check(
                                TWO,
                                storage(
                                        "QWK_STORAGE_TYPE=aws_s3",
                                        "QWK_STORAGE_OBJECT_A=s3://one/A, s3://two/A",
                                        "QWK_STORAGE_OBJECT_B=s3://one/B"))
                        .errors())
                .anyMatch(text -> text.contains("one or two URIs"));
    }

    // covers QUO-023 QUO-032
    @Test
    void namesThatCannotBeToldApartAndOtherSizesAreRefused() {
        Facts alike = new Facts("n-1", List.of("n-1", "N_1"), 0);
        assertThat(check(
                                alike,
                                "QUORUM_MODE=storage",
                                "WITNESS_MODE=storage",
                                "QWK_STORAGE_TYPE=file",
                                "QWK_STORAGE_OBJECT_N_1=/mnt/q/N")
                        .errors())
                .anyMatch(text -> text.contains("cannot be told apart"));
        Facts five = new Facts("A", List.of("A", "B", "C", "D", "E"), 0);
        assertThat(check(five, storage()).errors()).anyMatch(text -> text.contains("2 to 4 servers"));
    }

    @Test
    void aLeaseIsNoShorterThanTheSlowestDetection() {
        Facts slow = new Facts("A", List.of("A", "B", "C"), 30_000);
        String[] mode = {"QUORUM_MODE=majority", "WITNESS_MODE=remote_verify"};
        assertThat(check(slow, mode).settings().orElseThrow().leaseMillis()).isEqualTo(30_000);
        assertThat(check(slow, mode[0], mode[1], "QUORUM_LEASE_SECS=10").errors())
                .anyMatch(text -> text.contains("30 s"));
    }

    @Test
    void misspeltNamesAreWarnedAbout() {
        assertThat(check(TWO, "QUORUM_MODUS=majority").warnings())
                .anyMatch(text -> text.contains("QUORUM_MODUS") && text.contains("misspelt"));
    }
}
