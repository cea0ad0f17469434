package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.guard.lease.Witness;

class StorageSettingsTest {
    private final Map<String, String> parameters = new HashMap<>(Map.of(
            "QWK_STORAGE_TYPE", "file",
            "QWK_STORAGE_OBJECT_NODE_A", "/share/a",
            "QWK_STORAGE_OBJECT_B", "/share/b"));
    private Set<String> members = Set.of("node-a", "b");
    private long lease = 10_000;

    private StorageSettings parse() {
        return StorageSettings.parse(
                new Witness.Settings("b", members, lease, 10_000, Witness.period(lease + 10_000), parameters));
    }

    private void refused(String name, String value, String why) {
        String before = value == null ? parameters.remove(name) : parameters.put(name, value);
        assertThatThrownBy(this::parse)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
        if (before == null) {
            parameters.remove(name);
        } else {
            parameters.put(name, before);
        }
    }

    // covers QUO-015 QUO-016 QUO-020
    @Test
    void defaultsAreThoseOfTheManual() {
        StorageSettings settings = parse();
        assertThat(settings.intervalMillis()).isEqualTo(6000);
        assertThat(settings.checks()).isEqualTo(4);
        assertThat(settings.objects())
                .containsEntry("node-a", List.of("/share/a"))
                .containsEntry("b", List.of("/share/b"));
    }

    // covers QUO-014 QUO-015 QUO-016 QUO-017
    @Test
    void rangesAreThoseOfTheManual() {
        refused("QWK_STORAGE_TYPE", null, "file or aws_s3");
        refused("QWK_STORAGE_TYPE", "nfs", "'nfs'");
        refused("QWK_STORAGE_HBEATTIME", "4", "from 5 to 10");
        refused("QWK_STORAGE_HBEATTIME", "11", "from 5 to 10");
        refused("QWK_STORAGE_HBEATTIME", "six", "'six'");
        refused("QWK_STORAGE_NUMHBEATS", "2", "from 3");
        refused("QWK_STORAGE_OBJECT_B", null, "QWK_STORAGE_OBJECT_B is not set");
        refused("QWK_STORAGE_OBJECT_B", "/" + "x".repeat(256), "256");
        refused("QWK_STORAGE_OBJECT_B", "share/b", "absolute");
        refused("QWK_STORAGE_OBJECT_B", "/share/a", "named twice");
    }

    @Test
    void timesThatBreakThePromiseAreRefused() {
        lease = 7999;
        assertThatThrownBy(this::parse).hasMessageContaining("at least").hasMessageContaining("8000 ms");
        lease = 15_000;
        assertThatThrownBy(this::parse).hasMessageContaining("24000 ms").hasMessageContaining("25300 ms");
        parameters.put("QWK_STORAGE_NUMHBEATS", "9");
        assertThat(parse().checks()).isEqualTo(9);
    }

    // covers QUO-023
    @Test
    void namesThatShareAParameterAreRefused() {
        members = Set.of("b", "node-a", "NODE_A");
        assertThatThrownBy(this::parse).hasMessageContaining("'-', '_' or case");
    }

    // covers QUO-022
    @Test
    void bucketsAreOneOrTwo() {
        parameters.put("QWK_STORAGE_TYPE", "aws_s3");
        parameters.put("QWK_STORAGE_OBJECT_NODE_A", "s3://bucket-1/q/a,s3://bucket-2/q/a");
        parameters.put("QWK_STORAGE_OBJECT_B", "s3://bucket-1/q/b");
        assertThat(parse().objects().get("node-a")).containsExactly("s3://bucket-1/q/a", "s3://bucket-2/q/a");
        refused("QWK_STORAGE_OBJECT_B", "s3://b1x/k, s3://b2x/k", "without spaces");
        refused("QWK_STORAGE_OBJECT_B", "s3://b1x/k,s3://b2x/k,s3://b3x/k", "one or two");
        refused("QWK_STORAGE_OBJECT_B", "/file", "one or two");
        refused("QWK_STORAGE_OBJECT_B", "s3://bucket/", "one or two");
    }

    @Test
    void whatMustBeEqualIsEqualAndTheRestMayDiffer() {
        StorageSettings before = parse();
        parameters.put("QWK_STORAGE_CREDENTIALS_FILE", "/root/x");
        assertThat(parse().digest()).isEqualTo(before.digest());
        assertThat(parse().cluster()).isEqualTo(before.cluster());
        parameters.put("QWK_STORAGE_NUMHBEATS", "5");
        assertThat(parse().digest()).isNotEqualTo(before.digest());
        parameters.put("QUORUM_WITNESS_CLUSTER", "other");
        assertThat(parse().cluster()).isNotEqualTo(before.cluster());
    }
}
