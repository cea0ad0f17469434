package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Maintenance;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.cluster.lcd.Promise;

/** Values of the stopped database (CMD-350 to CMD-357). */
class LcdRewriteTest {
    @TempDir
    Path data;

    private final LcdDatabaseSetup setup = new LcdDatabaseSetup();

    private Lcd made() throws IOException {
        Equivalency pair = new Equivalency("A", "web", "B", "web", 1, 10);
        Dependency needs = new Dependency("web", "ip");
        Lcd lcd = Lcd.empty("A", 1)
                .with(
                        LcdSection.MEMBERSHIP,
                        Membership.KEY,
                        new Membership(1, List.of(new Member("A", "10.0.0.1", 1500, "aa"))))
                .with(Instance.create("web", "/srv/web", "gen", "app")
                        .withInfo("10.0.0.1 and 10.0.0.10")
                        .withProperties(Map.of("address", "10.0.0.1"), "1.0"))
                .with(Instance.create("ip", "10.0.0.1", "comm", "ip"))
                .with(LcdSection.EQUIVALENCIES, pair.key(), pair)
                .with(LcdSection.DEPENDENCIES, needs.key(), needs)
                .committed();
        LcdStore.create(data, lcd, new Origin("root", "test", 0, ""));
        return lcd;
    }

    private static String word(String text, String from, String to) {
        return text.replaceAll("(?<![\\w.-])" + java.util.regex.Pattern.quote(from) + "(?![\\w.-])", to);
    }

    @Test
    void textsChangeEverywhereAndKeysFollow() throws IOException {
        made();
        List<String> changes =
                setup.rewrite(data, (field, text) -> word(word(text, "web", "site"), "10.0.0.1", "10.0.0.9"), false);
        assertThat(changes).anyMatch(line -> line.contains("web -> site"));
        Lcd after = setup.read(data);
        assertThat(after.instances().keySet()).containsExactly("ip", "site");
        assertThat(after.instance("site").orElseThrow().info()).isEqualTo("10.0.0.9 and 10.0.0.10");
        assertThat(after.instance("site").orElseThrow().properties()).containsEntry("address", "10.0.0.9");
        assertThat(after.rows(LcdSection.EQUIVALENCIES).keySet()).containsExactly("A\tsite\tB\tsite");
        assertThat(after.rows(LcdSection.DEPENDENCIES).keySet()).containsExactly("site\tip");
        assertThat(after.membership().members().get(0).address()).isEqualTo("10.0.0.9");
    }

    @Test
    void aTrialAndARefusalChangeNothing() throws IOException {
        Lcd before = made();
        assertThat(setup.rewrite(data, (field, text) -> word(text, "web", "site"), true))
                .isNotEmpty();
        assertThat(setup.rewrite(data, (field, text) -> text, false)).isEmpty();
        assertThatThrownBy(() -> setup.rewrite(data, (field, text) -> word(text, "A", "X"), false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'A', a member of the cluster")
                .hasMessageContaining("need not be the name of the host");
        assertThatThrownBy(() -> setup.rewrite(data, (field, text) -> field.equals("tag") ? "\u00e9" : text, false))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no valid database");
        assertThat(setup.read(data).instances()).isEqualTo(before.instances());
    }

    /** {@code lkstop -f} leaves resources running: what ends them was made under the old names (I4). */
    @Test
    void whatEndsSomethingThatMayStillRunIsLeftAsItIs() throws IOException {
        Lcd lcd = made();
        Instance web = lcd.instance("web").orElseThrow();
        List<String> handles = List.of("cgroup /sys/fs/cgroup/mainstay/A-12345678/web", "address 10.0.0.1 dev eth0");
        store(lcd.with(web.withOwnership(web.ownership().withKillHandles(handles)))
                .committed());
        setup.rewrite(data, (field, text) -> word(word(text, "web", "site"), "10.0.0.1", "10.0.0.9"), false);
        Instance site = setup.read(data).instance("site").orElseThrow();
        assertThat(site.ownership().killHandles()).isEqualTo(handles);
        assertThat(site.properties()).containsEntry("address", "10.0.0.9");
    }

    // covers CMD-354
    @Test
    void tagsStayEverywhereOrChangeEverywhere() throws IOException {
        Map<String, String> places = new TreeMap<>(Map.of("A", "web", "B", "web"));
        Promise promise = new Promise(places, 5, "B");
        Maintenance pause = new Maintenance("tag:web", 0, "root");
        Handover move =
                new Handover("1", "A", "B", Map.of("web", 6L), Handover.Step.REMOVING, "of web, by root", List.of());
        Instance named = Instance.create("other", "web-id", "gen", "app")
                .withProperties(Map.of("tag", "web", "state", "web", "id", "web"), "1.0");
        Operation operation = new Operation(
                "2",
                "A",
                List.of("A"),
                List.of("web"),
                "extend web",
                Operation.State.PREPARED,
                List.of(
                        LcdChange.put(LcdSection.INSTANCES, "web", Instance.create("web", "1", "gen", "app")),
                        LcdChange.remove(LcdSection.DEPENDENCIES, "web\tip")));
        store(made().with(LcdSection.PROMISES, Promise.key(places), promise)
                .with(LcdSection.MAINTENANCE, "tag:web", pause)
                .with(LcdSection.HANDOVERS, "1", move)
                .with(LcdSection.OPERATIONS, "2", operation)
                .with(named)
                .committed());

        // as with -T: a property is text, whatever its name
        setup.rewrite(data, (field, text) -> field.equals("tag") ? text : word(text, "web", "kept"), false);
        Lcd kept = setup.read(data);
        assertThat(kept.instances()).containsOnlyKeys("web", "ip", "other");
        assertThat(kept.rows(LcdSection.PROMISES)).containsExactly(Map.entry(Promise.key(places), promise));
        assertThat(kept.rows(LcdSection.MAINTENANCE)).containsExactly(Map.entry("tag:web", pause));
        assertThat(kept.row(LcdSection.HANDOVERS, "1").orElseThrow().reason()).isEqualTo("of kept, by root");
        assertThat(kept.row(LcdSection.OPERATIONS, "2").orElseThrow().changes()).isEqualTo(operation.changes());
        assertThat(kept.instance("other").orElseThrow().properties())
                .isEqualTo(Map.of("tag", "kept", "state", "kept", "id", "kept"));

        setup.rewrite(data, (field, text) -> word(text, "web", "site"), false);
        Lcd after = setup.read(data);
        assertThat(after.rows(LcdSection.PROMISES)).containsOnlyKeys("A:site,B:site");
        assertThat(after.rows(LcdSection.PROMISES).get("A:site,B:site").places())
                .isEqualTo(Map.of("A", "site", "B", "site"));
        assertThat(after.row(LcdSection.MAINTENANCE, "tag:site").orElseThrow().scope())
                .isEqualTo("tag:site");
        assertThat(after.row(LcdSection.HANDOVERS, "1").orElseThrow().epochs()).isEqualTo(Map.of("site", 6L));
        assertThat(after.row(LcdSection.OPERATIONS, "2").orElseThrow().changes())
                .extracting(LcdChange::key)
                .containsExactly("site", "site\tip");
    }

    // covers CMD-357
    @Test
    void powerCutsAndFailuresAtEveryOperationOfTheDiskChangeAllOrNothing() throws IOException {
        Files.createDirectory(data.resolve("lcd"));
        MemoryDisk sound = new MemoryDisk(1);
        LcdStore.create(data, Samples.own(), Samples.ORIGIN, Samples.CODEC, Samples.small(sound));
        long operations = -sound.operations();
        assertThat(renamed(sound)).isTrue();
        operations += sound.operations();
        assertThat(operations).isGreaterThan(5);
        boolean changed = false;
        for (MemoryDisk.Fault fault : MemoryDisk.Fault.values()) {
            for (long at = 0; at < operations; at++) {
                MemoryDisk disk = new MemoryDisk(at);
                LcdStore.create(data, Samples.own(), Samples.ORIGIN, Samples.CODEC, Samples.small(disk));
                long begun = disk.operations();
                disk.faultAt(fault, begun + at, fault == MemoryDisk.Fault.POWER ? 1 : Integer.MAX_VALUE);
                boolean said = renamed(disk);
                MemoryDisk found = fault == MemoryDisk.Fault.POWER ? disk.afterPowerCut() : disk.copy();
                try (LcdStore store = LcdStore.open(data, Samples.CODEC, "A", Samples.small(found))) {
                    String what = fault + " at operation " + at;
                    assertThat(store.damage()).as(what).isEmpty();
                    Lcd own = store.own();
                    boolean after = own.instances().containsKey("vip2");
                    assertThat(own.instances()).as(what).hasSize(1);
                    assertThat(own.rows(LcdSection.DEPENDENCIES).keySet())
                            .as(what)
                            .containsExactly(after ? "vip2\tx" : "vip\tx");
                    assertThat(after || !said)
                            .as(what + ": what was said to be done is done")
                            .isTrue();
                    changed |= after;
                }
            }
        }
        assertThat(changed).isTrue();
    }

    private boolean renamed(MemoryDisk disk) {
        try {
            LcdDatabaseSetup there = new LcdDatabaseSetup(Clock.systemUTC(), Samples.small(disk));
            return !there.rewrite(data, (field, text) -> word(text, "vip", "vip2"), false)
                    .isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    private void store(Lcd lcd) throws IOException {
        try (LcdStore store = LcdStore.open(data, new LcdCodec(), "A")) {
            store.commit(List.of(DocumentChange.replace(lcd)), new Origin("root", "test", 0, ""));
        }
    }
}
