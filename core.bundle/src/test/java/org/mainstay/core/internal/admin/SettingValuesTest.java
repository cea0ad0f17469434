package org.mainstay.core.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.kit.Field;

/** What the audit tells of changed settings and properties. */
class SettingValuesTest {
    private static final List<Field> FIELDS = List.of(
            Field.named("port", "Port").integer(1, 65535).build(),
            Field.named("password", "Password").kind(Field.Kind.SECRET).build());

    private static final Instance BEFORE = Instance.create("db", "db", "database", "pg")
            .withProperties(Map.of("port", "5432", "password", "old secret", "x-own", "old word"), "1.0");

    private static String told(Map<String, String> values) {
        return SettingValues.split(FIELDS, new TreeMap<>(values)).told(FIELDS, BEFORE, 10);
    }

    @Test
    void newAndOldValuesOfSettingsAndOpenProperties() {
        assertThat(told(Map.of("quickCheck", "20", "switchback", "AUTOMATIC", "localRecovery", "yes", "priority", "1")))
                .isEqualTo("localRecovery=yes (was no), priority=1 (was 10), quickCheck=20 (was 180),"
                        + " switchback=AUTOMATIC (was INTELLIGENT)");
        assertThat(told(Map.of("port", "5433"))).isEqualTo("port=5433 (was 5432)");
        assertThat(SettingValues.split(FIELDS, Map.of("port", "5433"))
                        .told(FIELDS, Instance.create("a", "a", "b", "c"), 0))
                .isEqualTo("port=5433 (was unset)");
    }

    @Test
    void ofSecretsAndOfWhatNoFormDescribesOnlyTheName() {
        assertThat(told(Map.of("password", "new secret", "x-own", "new word"))).isEqualTo("password, x-own");
    }

    @Test
    void oneShortLine() {
        assertThat(told(Map.of("port", "1\n" + "2".repeat(200))))
                .isEqualTo("port=1 " + "2".repeat(78) + "... (was 5432)");
    }
}
