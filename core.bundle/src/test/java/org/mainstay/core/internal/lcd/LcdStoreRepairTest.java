package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.lcd.Lcd;

/** Repair from peers' copies when both local copies of an acknowledged commit are lost. */
class LcdStoreRepairTest {
    private static final int COMMITS = 5;

    @TempDir
    Path data;

    private MemoryDisk disk;
    private List<Lcd> versions;
    private Path pathA;
    private Path pathB;

    @BeforeEach
    void setUp() throws IOException {
        Path directory = Files.createDirectory(data.resolve("lcd"));
        MemoryDisk first = new MemoryDisk(1);
        List<MemoryDisk> out = new ArrayList<>();
        versions = Samples.history(first, data, Samples.small(first), COMMITS, out);
        disk = out.get(0);
        pathA = Journal.path(directory, 0, 'a');
        pathB = Journal.path(directory, 0, 'b');
    }

    /** Damages the record that made the version with this index in both copies. */
    private void damage(int index) {
        byte[] bytes = disk.content(pathA);
        JournalFormat format = JournalFormat.read(bytes).orElseThrow();
        int position = JournalFormat.FIRST_RECORD;
        for (int i = 0; i < index; i++) {
            position = format.recordAt(bytes, position).orElseThrow().end();
        }
        bytes[position + JournalFormat.RECORD_HEADER + 1] ^= 1;
        disk.put(pathA, bytes);
        disk.put(pathB, bytes);
    }

    private LcdStore open() throws IOException {
        return LcdStore.open(data, Samples.CODEC, "A", Samples.small(disk));
    }

    private void assertDurable(Lcd expected) throws IOException {
        try (LcdStore store = open()) {
            assertThat(store.damage()).isEmpty();
            assertThat(store.own()).isEqualTo(expected);
        }
    }

    @Test
    void damageTellsWhatIsKnown() throws IOException {
        damage(3);
        try (LcdStore store = open()) {
            Damage damage = store.damage().orElseThrow();
            assertThat(damage.lastGood()).isEqualTo(versions.get(2));
            assertThat(damage.highestSeen()).isEqualTo(versions.get(COMMITS).version());
            assertThat(damage.place()).isEqualTo("journal-0000000000");
            assertThat(damage.sentence())
                    .contains("damaged after version 7.3")
                    .contains("record 4 is damaged in both copies")
                    .contains("nothing is started here");
            assertThat(store.documents()).containsEntry("A", versions.get(2));
        }
    }

    @Test
    void peersCopyThatFillsTheGapIsContinuedInTheSameIncarnation() throws IOException {
        for (int held = 3; held <= COMMITS; held++) {
            setUpAgain();
            damage(3);
            Lcd repaired;
            try (LcdStore store = open()) {
                repaired = store.repairFrom(List.of(Lcd.empty("A", 1), versions.get(held)), Samples.ORIGIN);
                assertThat(store.damage()).isEmpty();
            }
            assertThat(repaired).as("copy of version " + held).isEqualTo(versions.get(COMMITS));
            assertDurable(versions.get(COMMITS));
        }
    }

    private void setUpAgain() throws IOException {
        LcdStoreTest.deleteAll(data.resolve("lcd"));
        setUp();
    }

    @Test
    void newIncarnationBeginsWhereTheGapStays() throws IOException {
        damage(3);
        try (LcdStore store = open()) {
            Lcd repaired = store.repairFrom(List.of(versions.get(1)), Samples.ORIGIN);
            assertThat(repaired.incarnation()).isEqualTo(8);
            assertThat(repaired.instances()).isEqualTo(versions.get(2).instances());
            assertThat(repaired.newerThan(versions.get(COMMITS))).isTrue();
            assertThat(store.history().get(store.history().size() - 1).origin()).isEqualTo(Samples.ORIGIN);
        }
    }

    @Test
    void damageOfTheLastRecordBeginsANewIncarnationEvenWithACopyThatMayBeTheNewest() throws IOException {
        damage(COMMITS);
        try (LcdStore store = open()) {
            Lcd repaired = store.repairFrom(List.of(versions.get(COMMITS)), Samples.ORIGIN);
            assertThat(repaired.incarnation()).isEqualTo(8);
            assertThat(repaired.instances()).isEqualTo(versions.get(COMMITS).instances());
            Samples.commit(store, Samples.next(repaired));
        }
    }

    @Test
    void gapOfTwoIsFilledAsFarAsItIsKnown() throws IOException {
        damage(4);
        damage(2);
        try (LcdStore store = open()) {
            assertThat(store.own()).isEqualTo(versions.get(1));
            Lcd repaired = store.repairFrom(List.of(versions.get(2)), Samples.ORIGIN);
            assertThat(repaired.instances()).isEqualTo(versions.get(3).instances());
            assertThat(repaired.incarnation()).isEqualTo(8);
        }
    }

    @Test
    void operatorMayAcceptTheLastGoodVersion() throws IOException {
        damage(3);
        Lcd repaired;
        try (LcdStore store = open()) {
            repaired = store.repairFrom(List.of(), Samples.ORIGIN);
            assertThat(repaired.instances()).isEqualTo(versions.get(2).instances());
            assertThatThrownBy(() -> store.repairFrom(List.of(), Samples.ORIGIN))
                    .isInstanceOf(IllegalStateException.class);
        }
        assertDurable(repaired);
    }

    @Test
    void copyOfAnotherServerIsRefused() throws IOException {
        damage(3);
        try (LcdStore store = open()) {
            assertThatThrownBy(() -> store.repairFrom(List.of(Lcd.empty("B", 9)), Samples.ORIGIN))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("copy of B's database cannot repair that of A");
            assertThat(store.damage()).isPresent();
        }
    }

    @Test
    void repairThatCannotBeWrittenLeavesTheStoreDamagedAndCanBeRepeated() throws IOException {
        damage(3);
        try (LcdStore store = open()) {
            disk.faultAt(MemoryDisk.Fault.NO_SPACE, disk.operations() + 5, 3);
            assertThatThrownBy(() -> store.repairFrom(List.of(versions.get(COMMITS)), Samples.ORIGIN))
                    .isInstanceOf(LcdStoreException.class)
                    .hasMessageContaining("free space");
            assertThat(store.damage()).isPresent();
            assertThat(store.own()).isEqualTo(versions.get(2));
            disk.faultAt(MemoryDisk.Fault.NO_SPACE, Long.MAX_VALUE, 0);
            assertThat(store.repairFrom(List.of(versions.get(COMMITS)), Samples.ORIGIN))
                    .isEqualTo(versions.get(COMMITS));
        }
        assertDurable(versions.get(COMMITS));
    }

    @Test
    void powerCutDuringARepairLeavesItDamagedOrRepaired() throws IOException {
        for (int at = 0; at < 45; at++) {
            setUpAgain();
            damage(3);
            disk.faultAt(MemoryDisk.Fault.POWER, disk.operations() + at, 1);
            boolean done = false;
            try (LcdStore store = open()) {
                store.repairFrom(List.of(versions.get(COMMITS)), Samples.ORIGIN);
                done = true;
            } catch (LcdStoreException e) {
                assertThat(e.kind()).isEqualTo(LcdStoreException.Kind.FAILED);
            }
            disk = disk.afterPowerCut();
            try (LcdStore store = open()) {
                Lcd expected = store.damage().isPresent() ? versions.get(2) : versions.get(COMMITS);
                assertThat(store.own()).as("power cut at " + at).isEqualTo(expected);
                assertThat(done && store.damage().isPresent())
                        .as("repair lost at " + at)
                        .isFalse();
            }
        }
    }

    @Test
    void failureAtAnyStepOfARepairThenAPowerCutLeavesItDamagedAsBeforeOrRepaired() throws IOException {
        for (MemoryDisk.Fault fault : List.of(MemoryDisk.Fault.NO_SPACE, MemoryDisk.Fault.FORCE_FAILS)) {
            for (int at = 0; at < 45; at++) {
                setUpAgain();
                damage(3);
                String what = fault + " at " + at;
                MemoryDisk found;
                boolean done = false;
                try (LcdStore store = open()) {
                    disk.faultAt(fault, disk.operations() + at, 1);
                    try {
                        store.repairFrom(List.of(versions.get(COMMITS)), Samples.ORIGIN);
                        done = true;
                    } catch (LcdStoreException e) {
                        assertThat(e.kind()).as(what).isEqualTo(LcdStoreException.Kind.FAILED);
                    }
                    found = disk.afterPowerCut();
                }
                disk = found;
                try (LcdStore store = open()) {
                    if (done || store.damage().isEmpty()) {
                        assertThat(store.damage()).as(what).isEmpty();
                        assertThat(store.own()).as(what).isEqualTo(versions.get(COMMITS));
                    } else {
                        assertThat(store.own()).as(what).isEqualTo(versions.get(2));
                        assertThat(store.damage().orElseThrow().reason())
                                .as(what)
                                .contains("record 4 is damaged");
                    }
                }
            }
        }
    }
}
