package org.mainstay.quorum.internal.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.QuorumSettings.Quorum;
import org.mainstay.quorum.internal.config.Configuration.Effective;

/** What is in effect, and when (QUO-039, QUO-091 to QUO-094). */
class ConfigurationTest {
    private static final Facts TWO = new Facts("A", List.of("A", "B"), 3_000);
    private static final Facts THREE = new Facts("A", List.of("A", "B", "C"), 3_000);
    private static final String MAJORITY = "QUORUM_MODE=majority\nWITNESS_MODE=remote_verify\n";
    private static final String STORAGE = "QUORUM_MODE=storage\nWITNESS_MODE=storage\nQWK_STORAGE_TYPE=file\n"
            + "QWK_STORAGE_OBJECT_A=/mnt/q/A\nQWK_STORAGE_OBJECT_B=/mnt/q/B\n";

    @TempDir
    private Path folder;

    private Path file;
    private Configuration configuration;

    @BeforeEach
    void open() {
        file = folder.resolve("LifeKeeper");
        configuration = reopened();
    }

    private Configuration reopened() {
        return new Configuration(file, folder.resolve("quorum"));
    }

    private Effective read(String text, Facts facts) throws IOException {
        Files.writeString(file, text);
        return configuration.read(facts);
    }

    // covers QUO-010 QUO-011 QUO-013
    @Test
    void aUsableFileIsInEffectAtOnce() throws IOException {
        assertThat(configuration.read(THREE).settings().quorum()).isEqualTo(Quorum.NONE);
        Effective effective = read(MAJORITY + "# remark\nQUORUM_QUARANTINE_SECS=60\n", THREE);
        assertThat(effective.settings().quorum()).isEqualTo(Quorum.MAJORITY);
        assertThat(effective.settings().quarantineMillis()).isEqualTo(60_000);
        assertThat(effective.refused()).isEmpty();
    }

    // covers QUO-039
    @Test
    void anUnusableOneIsRefusedAsAWholeAndTheLastGoodOneStaysEvenAfterARestart() throws IOException {
        read(MAJORITY + "QUORUM_QUARANTINE_SECS=60\n", THREE);
        Effective refused = read("QUORUM_MODE=storage\nWITNESS_MODE=remote_verify\nQUORUM_QUARANTINE_SECS=90\n", THREE);
        assertThat(refused.settings().quorum()).isEqualTo(Quorum.MAJORITY);
        assertThat(refused.settings().quarantineMillis()).isEqualTo(60_000);
        assertThat(refused.refused()).anyMatch(text -> text.contains("do not work together"));
        assertThat(reopened().read(THREE).settings()).isEqualTo(refused.settings());
    }

    @Test
    void whoMustStopWhatRunsDoesNotEscapeByAnotherMode() throws IOException {
        assertThat(configuration.read(THREE, "db runs", false).refused())
                .as("there was none before")
                .isEmpty();
        read(MAJORITY, THREE);
        Files.writeString(file, "QUORUM_MODE=none\n");
        assertThat(configuration.read(THREE, "db runs", false).settings().quorum())
                .isEqualTo(Quorum.MAJORITY);
        Effective bound = reopened().read(THREE, "db runs", false);
        assertThat(bound.settings().quorum()).as("after a restart too").isEqualTo(Quorum.MAJORITY);
        assertThat(bound.refused()).containsExactly("QUORUM_MODE=none is not in effect yet: db runs");
        assertThat(configuration.read(THREE, "", false).settings().quorum()).isEqualTo(Quorum.NONE);
        assertThat(reopened().read(THREE, "db runs", false).settings().quorum()).isEqualTo(Quorum.NONE);
    }

    @Test
    void whatTheClusterOutgrewHoldsOnAndIsTold() throws IOException {
        read(MAJORITY, THREE);
        Effective shrunk = configuration.read(TWO);
        assertThat(shrunk.settings().quorum()).isEqualTo(Quorum.MAJORITY);
        assertThat(shrunk.refused()).anyMatch(text -> text.contains("needs 3 or more servers"));
        assertThat(reopened().read(TWO).settings().quorum()).isEqualTo(Quorum.MAJORITY);
    }

    @Test
    void aFileThatCannotBeReadChangesNothing() throws IOException {
        read(MAJORITY, THREE);
        Files.delete(file);
        Files.createDirectory(file);
        Effective effective = configuration.read(THREE);
        assertThat(effective.settings().quorum()).isEqualTo(Quorum.MAJORITY);
        assertThat(effective.refused()).hasSize(1);
    }

    /** What was in effect last cannot be told: a lease is not left for that, and nobody is told of another rule. */
    @Test
    void whatWasInEffectLastAndCannotBeReadIsNotNone() throws IOException {
        read(MAJORITY, THREE);
        Path last = folder.resolve("quorum/settings");
        Files.write(last, new byte[64]);
        Files.writeString(file, "QUORUM_MODE=none\n");
        Effective bound = reopened().read(THREE, "db runs", false);
        assertThat(bound.known()).isFalse();
        assertThat(bound.settings().leased()).isTrue();
        assertThat(bound.refused())
                .contains("QUORUM_MODE=none is not in effect yet: db runs")
                .anyMatch(text -> text.contains("is damaged") && text.contains("remove " + last));
        Files.delete(last);
        Files.createDirectory(last);
        assertThat(reopened().read(THREE, "db runs", false).known()).isFalse();
        assertThat(reopened().read(THREE, "db runs", true).settings().quorum())
                .as("the guard needs no lease, so none was in effect")
                .isEqualTo(Quorum.NONE);
        Files.delete(last);
        Files.write(last, new byte[64]);
        Effective idle = reopened().read(THREE, "", false);
        assertThat(idle.settings().quorum()).isEqualTo(Quorum.NONE);
        assertThat(idle.left()).as("it is said as the end of a lease").isTrue();
        assertThat(reopened().read(THREE, "db runs", false).known())
                .as("written anew")
                .isTrue();
    }

    @Test
    void whereNeitherFileCanBeReadNobodyKnowsWhatHolds() throws IOException {
        read(MAJORITY, THREE);
        Files.delete(file);
        Files.createDirectory(file);
        Path last = folder.resolve("quorum/settings");
        Files.write(last, new byte[64]);
        assertThat(reopened().read(THREE).known()).isFalse();
        Files.delete(last);
        assertThat(reopened().read(THREE).known())
                .as("nothing was in effect yet")
                .isFalse();
        Files.delete(file);
        Effective mended = read(MAJORITY, THREE);
        assertThat(mended.known()).isTrue();
        assertThat(mended.settings().quorum()).isEqualTo(Quorum.MAJORITY);
    }

    // covers QUO-092 QUO-093 QUO-094
    @Test
    void storageModeBeginsWithInitAndEndsWithExit() throws IOException {
        Effective before = read(STORAGE, TWO);
        assertThat(before.settings().quorum()).isEqualTo(Quorum.NONE);
        assertThat(before.refused()).anyMatch(text -> text.contains("qwk_storage_init"));

        assertThat(configuration.checkStorage(TWO).errors()).isEmpty();
        configuration.beginStorage();
        Effective begun = configuration.read(TWO);
        assertThat(begun.refused()).isEmpty();
        assertThat(begun.settings().quorum()).isEqualTo(Quorum.STORAGE);
        assertThat(begun.settings().storage().beats()).isEqualTo(4);

        Effective changed = read(STORAGE + "QWK_STORAGE_NUMHBEATS=9\nQUORUM_QUARANTINE_SECS=90\n", TWO);
        assertThat(changed.settings().storage().beats()).isEqualTo(4);
        assertThat(changed.settings().quarantineMillis()).isEqualTo(90_000);
        assertThat(changed.warnings()).anyMatch(text -> text.contains("next qwk_storage_init"));

        Effective away = read("QUORUM_MODE=none\n", TWO);
        assertThat(away.settings().quorum()).isEqualTo(Quorum.STORAGE);
        assertThat(away.warnings()).anyMatch(text -> text.contains("qwk_storage_exit"));
        assertThat(reopened().read(TWO).settings().quorum()).isEqualTo(Quorum.STORAGE);

        configuration.endStorage();
        assertThat(read(STORAGE, TWO).settings().quorum()).isEqualTo(Quorum.NONE);
        assertThat(reopened().read(TWO).settings().quorum()).isEqualTo(Quorum.NONE);
    }

    @Test
    void aThirdServerLeavesStorageModeAsItWasInitialised() throws IOException {
        read(STORAGE, TWO);
        configuration.beginStorage();
        configuration.read(TWO);
        Effective grown = configuration.read(THREE);
        assertThat(grown.refused()).anyMatch(text -> text.contains("QWK_STORAGE_OBJECT_C is missing"));
        assertThat(grown.settings().quorum()).isEqualTo(Quorum.STORAGE);
        assertThat(grown.settings().storage().objects()).containsOnlyKeys("A", "B");
    }

    // covers MSG-039 QUO-092
    @Test
    void anotherSetOfServersIsToldUntilItIsInitialised() throws IOException {
        String three = STORAGE + "QWK_STORAGE_OBJECT_C=/mnt/q/C\n";
        read(STORAGE, TWO);
        configuration.beginStorage();
        assertThat(configuration.read(TWO).warnings()).noneMatch(text -> text.contains("qwk_storage_init"));
        Effective grown = read(three, THREE);
        assertThat(grown.settings().storage().objects()).containsOnlyKeys("A", "B");
        assertThat(grown.refused()).anyMatch(text -> text.contains("QWK_STORAGE_OBJECT_C is missing"));
        assertThat(grown.warnings()).anyMatch(text -> text.contains("next qwk_storage_init"));
        configuration.endStorage();
        configuration.beginStorage();
        Effective begun = configuration.read(THREE);
        assertThat(begun.refused()).isEmpty();
        assertThat(begun.warnings()).noneMatch(text -> text.contains("qwk_storage_init"));
        assertThat(configuration.read(TWO).warnings())
                .as("one has left")
                .anyMatch(text -> text.contains("QWK_STORAGE_OBJECT_C belongs to no server")
                        && text.contains("then qwk_storage_init on every server"));
    }

    @Test
    void initIsRefusedForAnotherMode() throws IOException {
        Files.writeString(file, MAJORITY);
        assertThat(configuration.checkStorage(TWO).errors()).anyMatch(text -> text.contains("QUORUM_MODE"));
    }
}
