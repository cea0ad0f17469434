package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Log;

class QuarantineTest {
    @TempDir
    Path folder;

    private long now = 1_000_000;
    private final List<String> said = Collections.synchronizedList(new ArrayList<>());
    private Log log;
    private Quarantine quarantine;

    @BeforeEach
    void begin() {
        log = new Log(folder.resolve("log"));
        quarantine = make("boot-1");
    }

    @AfterEach
    void end() throws InterruptedException {
        log.close();
    }

    private Quarantine make(String bootId) {
        return new Quarantine(
                () -> now,
                folder.resolve("quarantine"),
                bootId,
                new Quarantine.Effects() {
                    @Override
                    public void begin() {
                        said.add("silent");
                    }

                    @Override
                    public void end(boolean restart) {
                        said.add(restart ? "speaks, Karaf again" : "speaks");
                    }
                },
                said::add,
                log);
    }

    // covers QUO-013
    @Test
    void lastsItsTime() throws Exception {
        assertThat(quarantine.ask(300_000).done()).isTrue();
        Await.until("silent", 30_000, () -> said.contains("silent"));
        assertThat(said).contains("* quarantine 1300000");
        now += 299_999;
        quarantine.look();
        assertThat(quarantine.active()).isTrue();
        now += 1;
        quarantine.look();
        assertThat(quarantine.active()).isFalse();
        assertThat(said).endsWith("speaks, Karaf again", "* quarantine 0");
        assertThat(make("boot-1").resume()).isFalse();
    }

    @Test
    void survivesARestartOfTheGuardNotOfTheMachine() {
        quarantine.ask(300_000);
        now += 100_000;
        Quarantine restarted = make("boot-1");
        assertThat(restarted.resume()).isTrue();
        assertThat(restarted.leftMillis()).isEqualTo(200_000);
        assertThat(make("boot-2").resume()).isFalse();
        now += 200_000;
        assertThat(make("boot-1").resume()).isFalse();
    }

    @Test
    void oneDamagedCopyCostsNothingAndTheFormOfBeforeIsRead() throws Exception {
        quarantine.ask(300_000);
        Files.write(folder.resolve("quarantine"), new byte[16]);
        Quarantine restarted = make("boot-1");
        assertThat(restarted.resume()).isTrue();
        assertThat(restarted.damage()).contains("is damaged");
        assertThat(restarted.damage()).as("said once").isEmpty();
        Files.delete(folder.resolve("quarantine.2"));
        Files.writeString(folder.resolve("quarantine"), "boot-1 1300000\n");
        Quarantine former = make("boot-1");
        assertThat(former.resume()).isTrue();
        assertThat(former.leftMillis()).isEqualTo(300_000);
    }

    @Test
    void oneThatCannotBeReadIsOverAndThatIsSaid() throws Exception {
        quarantine.ask(300_000);
        Files.write(folder.resolve("quarantine"), new byte[16]);
        Files.write(folder.resolve("quarantine.2"), new byte[16]);
        Quarantine restarted = make("boot-1");
        assertThat(restarted.resume()).isFalse();
        assertThat(restarted.damage()).contains("it is over if there was one");
        restarted.forget();
        Quarantine next = make("boot-1");
        assertThat(next.resume()).isFalse();
        assertThat(next.damage()).isEmpty();
    }

    @Test
    void zeroEndsIt() {
        assertThat(quarantine.ask(0).message()).contains("no quarantine");
        quarantine.ask(1000);
        assertThat(quarantine.ask(0).done()).isTrue();
        assertThat(quarantine.active()).isFalse();
        assertThat(quarantine.end(true)).isFalse();
    }

    @Test
    void aGuardThatEndsOnPurposeLeavesNoneBehind() {
        quarantine.ask(1000);
        quarantine.forget();
        assertThat(make("boot-1").resume()).isFalse();
    }

    @Test
    void nonsenseAndAFullDiskAreRefused() {
        assertThat(quarantine.ask(-1).done()).isFalse();
        assertThat(quarantine.ask(Quarantine.LONGEST_MILLIS + 1).message()).contains("QUORUM_QUARANTINE_SECS");
        Quarantine nowhere = new Quarantine(() -> now, folder.resolve("missing/quarantine"), "b", null, said::add, log);
        assertThat(nowhere.ask(1000).message()).contains("cannot be recorded");
        assertThat(nowhere.active()).isFalse();
    }
}
