package org.mainstay.shell.internal.snmp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.shell.internal.event.Catalog;
import org.mainstay.shell.internal.event.Sentences;

/** Each of the product's traps has its event, and only those events make traps. */
class TrapTableTest {
    private static final Path MIB = Path.of("../dist/src/main/distribution/include/LifeKeeper-MIB.txt");
    private static final int MIRROR = 20250;
    private static final String STORAGE = "the right to its storage is lost: ";

    private static ClusterEvent event(int number, String tag, String text) {
        return new ClusterEvent(1, Instant.EPOCH, "A", number, ClusterEvent.Level.INFORMATION, tag, text);
    }

    private static List<Trap> traps(int number, String tag, String text) {
        return TrapTable.of(event(number, tag, text));
    }

    private static Trap trap(int number, Object... variables) {
        TreeMap<Integer, String> all = new TreeMap<>();
        for (int i = 0; i < variables.length; i += 2) {
            all.put((Integer) variables[i], (String) variables[i + 1]);
        }
        return new Trap(number, all);
    }

    // covers SNMP-010 SNMP-011 SNMP-012 SNMP-030
    @Test
    void aServerStartsAndStops() {
        assertThat(traps(20100, "", "Mainstay is ready on A")).containsExactly(trap(100, 1, "Mainstay is ready on A"));
        assertThat(traps(20111, "", "Mainstay is being stopped on A"))
                .containsExactly(trap(101, 1, "Mainstay is being stopped on A"));
        assertThat(traps(20101, "", "Mainstay was stopped on A"))
                .containsExactly(trap(102, 1, "Mainstay was stopped on A"));
        String full = "Mainstay was stopped on A, and nothing could be stored: no space left";
        assertThat(traps(20101, "", full)).containsExactly(trap(102, 1, full));
        assertThat(traps(20101, "", "B did not confirm that it leaves the resources of A alone"))
                .as("a remark before the stop")
                .isEmpty();
    }

    // covers SNMP-013 SNMP-014 SNMP-015 SNMP-032 SNMP-033
    @Test
    void anOperatorMovesResources() {
        String begun = "switchover of ip, pg from B to A";
        assertThat(traps(20131, "", begun)).containsExactly(trap(110, 1, begun));
        String done = "switchover to A is complete, in service: ip, pg";
        assertThat(traps(20180, "", done)).containsExactly(trap(111, 1, done, 3, "ip, pg"));
        String failed = "switchover to A is complete, not in service: ip, pg";
        assertThat(traps(20181, "", failed)).containsExactly(trap(112, 1, failed, 4, "ip, pg"));
        assertThat(traps(20131, "", "A takes over ip, pg from B: B is shut down"))
                .as("nobody asked for it")
                .isEmpty();
        assertThat(traps(20131, "", "B does not take over ip, pg: Mainstay does not run on B"))
                .isEmpty();
        assertThat(traps(20132, "", "automatic switchback of ip to B")).isEmpty();
    }

    // covers SNMP-016 SNMP-017 SNMP-018 SNMP-032 SNMP-033
    @Test
    void aServerDies() {
        String dead = "COMM_DOWN: all comm paths from A to B are dead";
        assertThat(traps(20103, "", dead)).containsExactly(trap(120, 1, dead));
        String done = "takeover by A is complete, in service: ip, pg";
        assertThat(traps(20182, "", done)).containsExactly(trap(121, 1, done, 3, "ip, pg"));
        String failed = "takeover by A is complete, not in service: pg";
        assertThat(traps(20183, "", failed)).containsExactly(trap(122, 1, failed, 4, "pg"));
    }

    // covers SNMP-019 SNMP-020 SNMP-021 SNMP-031
    @Test
    void aResourceFails() {
        String check = "quickCheck of pg on A failed: refused";
        assertThat(traps(20126, "pg", check)).containsExactly(trap(130, 1, check, 2, "pg"));
        String storage = "failover of pg from A: " + STORAGE + "held by B";
        assertThat(traps(20129, "pg", storage)).containsExactly(trap(130, 1, storage, 2, "pg"));
        assertThat(traps(20129, "pg", "failover of pg from A: quickCheck failed: refused"))
                .as("its recovery began when the check failed")
                .isEmpty();
        String repaired = "pg was recovered on A: restarted";
        assertThat(traps(20127, "pg", repaired)).containsExactly(trap(132, 1, repaired, 2, "pg"));
        String notRepaired = "local recovery of pg on A failed: refused";
        assertThat(traps(20128, "pg", notRepaired)).containsExactly(trap(131, 1, notRepaired, 2, "pg"));
        for (int number : List.of(20133, 20134)) {
            assertThat(traps(number, "pg", "some reason")).containsExactly(trap(131, 1, "some reason", 2, "pg"));
        }
    }

    /** A console looks for the end of what began with a tag. */
    // covers SNMP-020 SNMP-021 SNMP-031
    @Test
    void aHierarchyThatMovedIsToldResourceByResource() {
        String done = "recovery on A is complete, in service: ip, pg";
        assertThat(traps(20184, "", done)).containsExactly(trap(132, 1, done, 2, "ip"), trap(132, 1, done, 2, "pg"));
        String failed = "recovery on A is complete, not in service: ip, pg";
        assertThat(traps(20185, "", failed))
                .containsExactly(trap(131, 1, failed, 2, "ip"), trap(131, 1, failed, 2, "pg"));
    }

    // covers SNMP-022 SNMP-023 SNMP-024
    @Test
    void aMirrorChangesItsState() {
        Map<String, Integer> states = Map.of(
                "mirroring",
                1,
                "resynchronising",
                2,
                "broken (USER)",
                3,
                "paused (CONNECTION)",
                4,
                "waiting for the target",
                5);
        states.forEach((words, number) -> {
            String text = "mirror of data to B at 10.0.0.2:1501: " + words;
            assertThat(traps(MIRROR, "data", text))
                    .containsExactly(trap(150, 1, "mirror state " + number + ": " + text));
        });
        String split = "mirror of data to B at [fd00::2]:1501: paused (SPLIT_BRAIN)";
        assertThat(traps(MIRROR, "data", split))
                .containsExactly(trap(150, 1, "mirror state 4: " + split), trap(160, 1, "split brain: " + split));
    }

    @Test
    void otherEventsAreNotSent() {
        assertThat(Catalog.all().keySet().stream().filter(TrapTable::knows).count())
                .isEqualTo(TrapTable.rows().stream()
                        .map(TrapTable.Row::event)
                        .distinct()
                        .count());
        assertThat(traps(20120, "pg", "pg is in service on A")).isEmpty();
        assertThat(traps(20105, "", "comm path p1 to B is alive")).isEmpty();
        assertThat(traps(99, "", "a text of a script")).isEmpty();
    }

    /** A row whose sentence nobody writes would never be sent. */
    @Test
    void sentencesAreThoseOfTheSources() throws IOException {
        for (TrapTable.Row row : TrapTable.rows()) {
            if (row.event() == MIRROR) {
                assertThat(Files.readString(Path.of(
                                "../mirror.bundle/src/main/java/org/mainstay/mirror/internal/node/EventReader.java")))
                        .contains("\"mirror of \"", "\" to \"");
            } else if (!row.sentence().isEmpty()) {
                ClusterEvent event = event(row.event(), "x", row.sentence().replaceAll("\\{[a-z]+\\}", "x"));
                assertThat(Sentences.text(event, "ja")).as(row.sentence()).doesNotEndWith(" - " + event.text());
            }
        }
        assertThat(Files.readString(
                        Path.of("../core.bundle/src/main/java/org/mainstay/core/decision/rule/Failover.java")))
                .contains(STORAGE);
    }

    // covers SNMP-002 SNMP-004
    @Test
    void theMibNamesEveryTrapAndVariable() throws IOException {
        String mib = Files.readString(MIB);
        TreeSet<Integer> named = new TreeSet<>();
        Matcher match = Pattern.compile(
                        "^\\w+ NOTIFICATION-TYPE\\s+OBJECTS \\{ lkTrapMessage(, \\w+)? }.*?::= \\{ lkTraps (\\d+) }",
                        Pattern.MULTILINE | Pattern.DOTALL)
                .matcher(mib);
        while (match.find()) {
            named.add(Integer.parseInt(match.group(2)));
        }
        TreeSet<Integer> sent = new TreeSet<>();
        TrapTable.rows().forEach(row -> sent.add(row.trap()));
        assertThat(sent)
                .containsExactly(100, 101, 102, 110, 111, 112, 120, 121, 122, 130, 131, 132, 150, 160)
                .isEqualTo(named);
        assertThat(mib)
                .contains("{ enterprises 7359 }", "{ lkVendor 1 }", "{ lifekeeper 0 }")
                .contains("(SIZE (0.." + TrapMessage.MOST_BYTES + "))");
        for (int variable = Trap.MESSAGE; variable <= Trap.FAILED; variable++) {
            assertThat(mib).contains("::= { lifekeeper " + variable + " }");
        }
    }
}
