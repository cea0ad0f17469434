package org.mainstay.shell.internal.command.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.command.config.ConfigDocument.ResourcePart;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/** What the document tells of a cluster, and what it says that it cannot. */
class ConfigDocumentTest {
    private static ClusterSnapshot with(Lcd own) {
        ClusterSnapshot cluster = Fixtures.named("two servers");
        return new ClusterSnapshot(
                cluster.revision() + 1,
                cluster.self(),
                cluster.phase(),
                own,
                cluster.peers(),
                cluster.paths(),
                cluster.activities(),
                cluster.checkedAt(),
                cluster.problems());
    }

    @Test
    void settingsThatDifferBetweenServersAreTold() throws Exception {
        Lcd own = Fixtures.named("two servers").own();
        Instance pg = own.instance("pg").orElseThrow();
        ClusterSnapshot cluster = with(
                own.with(pg.withSettings(pg.settings().withQuickCheckSeconds(77).withLocalRecovery(true))));
        ConfigDocument document = ConfigDocument.of(cluster, new FakePlatform(cluster), true);
        ResourcePart part = document.resources().get("pg");
        assertThat(part.settings()).containsEntry("quickCheck", "77").containsEntry("localRecovery", "yes");
        assertThat(part.on().get("A").settings()).isNull();
        assertThat(part.on().get("B").settings())
                .containsOnlyKeys("quickCheck", "localRecovery")
                .containsEntry("localRecovery", "no");
        assertThat(document.resources().get("vip").on().get("B").settings())
                .as("nothing differs")
                .isNull();
    }

    @Test
    void whatIsNotKnownOrCannotBeToldIsSaid() {
        ClusterSnapshot cluster = Fixtures.named("two servers");
        assertThat(ConfigDocument.remarks(cluster)).isEmpty();
        assertThat(ConfigDocument.remarks(Fixtures.named("B away")))
                .containsExactly("B is not reached now: what is known of its configuration may be old");
        assertThat(ConfigDocument.remarks(Fixtures.named("no paths")))
                .containsExactly("B was never heard of: nothing of its configuration is known here");
        Equivalency pair = new Equivalency("A", "pg", "B", "pg2", 1, 10);
        assertThat(ConfigDocument.remarks(with(cluster.own().with(LcdSection.EQUIVALENCIES, pair.key(), pair))))
                .containsExactly("'pg' on A is 'pg2' on B: they come out as two resources, without their tie (see"
                        + " eqv_create)");
    }
}
