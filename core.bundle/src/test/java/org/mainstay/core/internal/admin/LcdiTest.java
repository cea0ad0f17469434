package org.mainstay.core.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Restriction;
import org.mainstay.core.internal.node.MemoryFolder;
import org.mainstay.core.internal.node.TestCluster;
import org.mainstay.core.internal.node.TestNode;

/** What commands of the LCDI do over two servers (spec/02 B3 to B7, C, FLG-010). */
@Timeout(90)
class LcdiTest {
    @TempDir(factory = MemoryFolder.class)
    Path directory;

    private TestCluster cluster;
    private TestNode a;
    private TestNode b;

    @BeforeEach
    void start() throws Exception {
        cluster = new TestCluster(directory, 2).withPaths();
        a = cluster.node("A");
        b = cluster.node("B");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static void ok(Reply reply) {
        assertThat(reply.exitCode()).as(reply.toString()).isZero();
    }

    private static Reply edit(TestNode node, LcdEdit edit) throws Exception {
        return node.submit(new Request.Edit(edit));
    }

    private static LcdEdit instance(String tag) {
        return new LcdEdit.AddInstance("test", "fake", tag, "id-" + tag, "", InstanceSettings.DEFAULT);
    }

    private static Request remove(List<String> roots, List<String> tags, String application) {
        return new Request.RemoveInstances(roots, tags, application, "", true, false);
    }

    private void pair(String tag) throws Exception {
        ok(edit(a, instance(tag)));
        ok(edit(b, instance(tag)));
        ok(a.submit(new Request.CreateEquivalency("A", tag, "B", tag, 0, 0)));
    }

    // covers CMD-012 CMD-226 CMD-227 CMD-250 CMD-251 CMD-252 CMD-253 CMD-254 CMD-255
    @Test
    void aLifeCycleByTheLcdiAlone() throws Exception {
        pair("ip");
        pair("web");
        for (TestNode node : List.of(a, b)) {
            ok(edit(node, new LcdEdit.AddDependency("web", "ip")));
        }
        assertThat(b.own().rows(LcdSection.EQUIVALENCIES)).isEqualTo(a.own().rows(LcdSection.EQUIVALENCIES));
        assertThat(a.own().rows(LcdSection.EQUIVALENCIES).values())
                .extracting(row -> row.priority() + " " + row.otherPriority())
                .containsOnly("1 10");
        ok(a.submit(new Request.BringInService("web", false, true, false)));
        assertThat(a.runs("web") && a.runs("ip")).isTrue();
        ok(b.submit(new Request.BringInService("web", false, true, false)));
        assertThat(b.runs("web") && b.runs("ip")).isTrue();
        assertThat(a.runs("web") || a.runs("ip")).isFalse();
        cluster.powerCut("B");
        cluster.await("A takes over", () -> a.state("web") == InstanceState.ISP && a.runs("web"));
    }

    @Test
    void whoAskedIsKnownOnEveryServer() throws Exception {
        pair("ip");
        for (TestNode node : List.of(a, b)) {
            cluster.await(
                    node.name() + " records who asked and for what",
                    () -> node.audit().stream()
                            .filter(change -> change.server().equals(node.name()))
                            .filter(change -> change.rows().stream().anyMatch(row -> row.startsWith("equivalencies/")))
                            .anyMatch(change -> change.who().equals("root")
                                    && change.from().equals("test")
                                    && change.rows().stream()
                                            .anyMatch(row -> row.endsWith(" (COMMITTED eqv_create ip)"))));
        }
    }

    @Test
    void equivalenciesAreRefusedWhereTheyMakeNoSense() throws Exception {
        pair("ip");
        assertThat(a.submit(new Request.CreateEquivalency("A", "ip", "B", "ip", 0, 0))
                        .exitCode())
                .isEqualTo(ExitCode.EXISTS);
        assertThat(a.submit(new Request.CreateEquivalency("B", "ip", "A", "ip", 0, 0))
                        .exitCode())
                .isEqualTo(ExitCode.EXISTS);
        ok(edit(a, instance("web")));
        assertThat(a.submit(new Request.CreateEquivalency("A", "web", "B", "web", 0, 0))
                        .exitCode())
                .isEqualTo(ExitCode.NOT_FOUND);
        ok(edit(b, instance("web")));
        assertThat(a.submit(new Request.CreateEquivalency("A", "web", "B", "web", 5, 5))
                        .exitCode())
                .isEqualTo(ExitCode.INVALID_ARGUMENT);
        assertThat(a.submit(new Request.CreateEquivalency("A", "web", "B", "web", 1025, 5))
                        .exitCode())
                .isEqualTo(ExitCode.INVALID_ARGUMENT);
        assertThat(a.submit(new Request.CreateEquivalency("A", "web", "A", "ip", 1, 5))
                        .exitCode())
                .isEqualTo(ExitCode.INVALID_ARGUMENT);
        ok(a.submit(new Request.BringInService("web", false, true, false)));
        ok(b.submit(new Request.BringInService("web", false, true, false)));
        assertThat(a.submit(new Request.CreateEquivalency("A", "web", "B", "web", 1, 5))
                        .exitCode())
                .as("both run: CMD-226")
                .isEqualTo(ExitCode.IN_USE);
    }

    // covers CMD-270 CMD-271 CMD-272
    @Test
    void anEquivalencyEndsOnBothServersAndNothingStarts() throws Exception {
        pair("ip");
        ok(a.submit(new Request.BringInService("ip", false, true, false)));
        assertThat(a.submit(new Request.DeleteEquivalency("A", "nosuch", "B", "ip"))
                        .exitCode())
                .isEqualTo(ExitCode.NOT_FOUND);
        ok(b.submit(new Request.DeleteEquivalency("B", "ip", "A", "ip")));
        assertThat(a.own().rows(LcdSection.EQUIVALENCIES)).isEmpty();
        cluster.await("B too", () -> b.own().rows(LcdSection.EQUIVALENCIES).isEmpty());
        assertThat(a.runs("ip")).isTrue();
        assertThat(b.runs("ip")).isFalse();
        assertThat(b.own().instances().get("ip").ownership().wanted()).isEqualTo(org.mainstay.cluster.lcd.Wanted.OUT);
    }

    // covers CMD-170 CMD-171 CMD-172 CMD-173 CMD-174 CMD-175 CMD-176 CMD-177 CMD-181
    @Test
    void instancesGoWithWhatDependsOnThem() throws Exception {
        pair("ip");
        pair("disk");
        pair("web");
        ok(edit(a, new LcdEdit.AddDependency("web", "ip")));
        ok(edit(a, new LcdEdit.AddDependency("web", "disk")));
        ok(a.submit(new Request.BringInService("web", false, true, false)));
        Reply refused = a.submit(remove(List.of(), List.of("ip"), ""));
        assertThat(refused.exitCode()).as("in service with an equivalent").isEqualTo(ExitCode.IN_USE);
        ok(a.submit(new Request.TakeOutOfService("ip", false, false, false)));
        ok(a.submit(new Request.TakeOutOfService("disk", false, false, false)));
        Reply reply = a.submit(remove(List.of(), List.of("ip"), ""));
        ok(reply);
        assertThat(reply.remarks()).containsExactly("web", "ip");
        assertThat(a.kit().calls()).contains("delete web", "delete ip");
        assertThat(a.own().instances().keySet()).containsExactly("disk");
        assertThat(b.own().instances().keySet()).as("only this database").contains("web", "ip", "disk");
        cluster.await(
                "B has no equivalencies but disk's",
                () -> b.own().rows(LcdSection.EQUIVALENCIES).size() == 1);
        assertThat(a.submit(remove(List.of(), List.of("nosuch"), "")).exitCode())
                .isEqualTo(ExitCode.NOT_FOUND);
    }

    @Test
    void aSubHierarchyEndsWhereSomethingElseNeedsIt() throws Exception {
        for (String tag : List.of("web", "ip", "disk", "other")) {
            ok(edit(a, instance(tag)));
        }
        ok(edit(a, new LcdEdit.AddDependency("web", "ip")));
        ok(edit(a, new LcdEdit.AddDependency("web", "disk")));
        ok(edit(a, new LcdEdit.AddDependency("other", "disk")));
        assertThat(a.submit(remove(List.of(), List.of("disk"), "nosuch")).remarks())
                .isEmpty();
        ok(a.submit(remove(List.of("web"), List.of(), "")));
        assertThat(a.own().instances().keySet()).containsExactlyInAnyOrder("disk", "other");
    }

    // covers CMD-102 CMD-103 CMD-282
    @Test
    void anApplicationTakesItsTypesAndInstancesAlong() throws Exception {
        for (TestNode node : List.of(a, b)) {
            ok(edit(node, new LcdEdit.AddApplication("web")));
            ok(edit(node, new LcdEdit.AddType("web", "page")));
            ok(edit(node, new LcdEdit.AddInstance("web", "page", "home", "/", "", InstanceSettings.DEFAULT)));
        }
        ok(a.submit(new Request.CreateEquivalency("A", "home", "B", "home", 0, 0)));
        assertThat(a.submit(new Request.RemoveType("web", "nosuch")).exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(a.submit(new Request.RemoveType("nosuch", "")).exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        ok(a.submit(new Request.RemoveType("web", "")));
        assertThat(a.own().instances()).isEmpty();
        assertThat(a.own().rows(LcdSection.TYPES).keySet()).noneMatch(key -> key.startsWith("web/"));
        cluster.await(
                "no equivalency left",
                () -> b.own().rows(LcdSection.EQUIVALENCIES).isEmpty());
        ok(b.submit(new Request.RemoveType("web", "page")));
        assertThat(b.own().rows(LcdSection.TYPES)).containsKey("web/").doesNotContainKey("web/page");
    }

    @Test
    void whatAKitBringsStaysAndWhatRunsIsNotForgotten() throws Exception {
        ok(a.create("ip"));
        assertThat(a.runs("ip")).isTrue();
        for (Request.RemoveType request :
                List.of(new Request.RemoveType("test", ""), new Request.RemoveType("test", "fake"))) {
            Reply refused = a.submit(request);
            assertThat(refused.exitCode()).isEqualTo(ExitCode.IN_USE);
            assertThat(refused.message()).contains("comes with an installed recovery kit");
        }
        assertThat(a.state("ip")).isEqualTo(InstanceState.ISP);
        ok(edit(a, new LcdEdit.AddApplication("web")));
        ok(edit(a, new LcdEdit.AddType("web", "page")));
        ok(edit(a, new LcdEdit.AddInstance("web", "page", "home", "/", "", InstanceSettings.DEFAULT)));
        ok(edit(a, new LcdEdit.SetState("home", InstanceState.ISP, "", false)));
        assertThat(a.submit(new Request.RemoveType("web", "")).message()).contains("'home' is in service on A");
        ok(edit(a, new LcdEdit.SetState("home", InstanceState.OSU, "", false)));
        assertThat(a.submit(new Request.RemoveType("web", "page")).message())
                .contains("'home' is in service on A or not certainly stopped");
        ok(a.submit(new Request.ConfirmStopped("home", "A")));
        ok(a.submit(new Request.RemoveType("web", "")));
        assertThat(a.own().instance("home")).isEmpty();
    }

    // covers ADM-220 ADM-222 ADM-224 ADM-226 ADM-228 CMD-450
    @Test
    void prioritiesOfAHierarchyChangeEverywhereOrNowhere() throws Exception {
        ok(a.create("disk"));
        ok(a.create("db", "needs", "disk"));
        ok(a.submit(new Request.Extend("db", "B", 0, Map.of())));
        ok(a.submit(new Request.SetPriorities("db", Map.of("A", 10, "B", 1))));
        for (TestNode node : List.of(a, b)) {
            cluster.await(
                    "swapped on " + node.name(),
                    () -> node.own().rows(LcdSection.EQUIVALENCIES).values().stream()
                            .allMatch(row -> row.priority() == 10 && row.otherPriority() == 1));
        }
        assertThat(a.submit(new Request.SetPriorities("db", Map.of("A", 1))).exitCode())
                .isEqualTo(ExitCode.INVALID_ARGUMENT);
        assertThat(a.submit(new Request.SetPriorities("db", Map.of("A", 1025))).exitCode())
                .isEqualTo(ExitCode.INVALID_ARGUMENT);
        assertThat(a.submit(new Request.SetPriorities("db", Map.of("C", 5))).exitCode())
                .isEqualTo(ExitCode.NOT_FOUND);
        cluster.powerCut("B");
        cluster.await(
                "A is alone",
                () -> a.snapshot().peers().get("B").state() == org.mainstay.cluster.ClusterSnapshot.PeerState.DEAD);
        assertThat(a.submit(new Request.SetPriorities("db", Map.of("A", 1, "B", 10)))
                        .exitCode())
                .isEqualTo(ExitCode.NO_COMMUNICATION);
    }

    // covers FLG-010 FLG-011 CMD-451 ADM-114
    @Test
    void oneGlobalActionAtATimeAndItsFlagShowsEverywhere() throws Exception {
        long pid = ProcessHandle.current().pid();
        Reply taken = a.submit(new Request.TakeLocks(pid, "By_hand", 1));
        ok(taken);
        assertThat(taken.message()).matches("!action!\\d{5,}!\\d{9,}!A:By_hand");
        assertThat(a.own().rows(LcdSection.FLAGS)).containsKey(taken.message());
        assertThat(b.own().rows(LcdSection.FLAGS)).containsKey(taken.message());
        Reply second = b.submit(new Request.TakeLocks(4711, "Other", 1));
        assertThat(second.exitCode()).isEqualTo(ExitCode.IN_USE);
        assertThat(second.message()).contains(taken.message());
        var waiting = b.submitLater(new Request.CreateResource("fake", "db", Map.of("id", "db")));
        ok(a.submit(new Request.ReleaseLocks(pid)));
        ok(waiting.get(30, java.util.concurrent.TimeUnit.SECONDS));
        assertThat(b.runs("db")).isTrue();
        cluster.await("no flag is left", () -> noLock(a) && noLock(b));
        assertThat(a.submit(new Request.ReleaseLocks(pid)).exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    }

    private static boolean noLock(TestNode node) {
        return node.own().rows(LcdSection.FLAGS).keySet().stream().noneMatch(flag -> flag.startsWith("!action!"));
    }

    @Test
    void theLockOfADeadProcessAndOfADeadServerEnds() throws Exception {
        ok(a.submit(new Request.TakeLocks(2_000_000_000L, "Gone", 1)));
        cluster.await("the process is gone", () -> noLock(a) && noLock(b));
        ok(b.submit(new Request.TakeLocks(ProcessHandle.current().pid(), "Killed", 1)));
        cluster.kill("B");
        cluster.await("the server is gone", () -> noLock(a));
        cluster.start("B");
        cluster.await("nothing is left", () -> TestCluster.available(b) && noLock(b));
    }

    // covers CMD-040 CMD-041 CMD-042 CMD-043 CMD-046 CMD-047 CMD-048 FLG-030 FLG-031 FLG-032 FLG-034
    @Test
    void globalScriptsRunAroundServiceOperations() throws Exception {
        script(a, "prerestore.ksh");
        script(a, "postrestore");
        script(b, "postrestore.sh");
        pair("ip");
        ok(b.submit(new Request.BringInService("ip", false, true, false)));
        a.ran().clear();
        b.ran().clear();
        ok(a.submit(new Request.BringInService("ip", false, true, false)));
        assertThat(a.ran()).containsExactly("prerestore.ksh", "postrestore");
        assertThat(b.ran()).as("it was there before: FLG-031").containsExactly("postrestore.sh");
        assertThat(flags(a)).noneMatch(flag -> flag.startsWith("!restore"));
        a.ran().clear();
        ok(a.submit(new Request.WithoutGlobalScripts(new Request.BringInService("ip", false, true, false))));
        assertThat(a.ran()).isEmpty();

        assertThat(a.submit(new Request.GlobalScripts("restore", true, List.of()))
                        .exitCode())
                .as("nothing is due")
                .isEqualTo(ExitCode.INVALID_ARGUMENT);
        ok(a.submit(new Request.GlobalScripts("restore", false, List.of("x"))));
        assertThat(flags(a)).contains("!restore");
        ok(a.submit(new Request.TakeLocks(ProcessHandle.current().pid(), "Region", 1)));
        ok(a.submit(new Request.GlobalScripts("restore", true, List.of("-m"))));
        assertThat(flags(a)).doesNotContain("!restore");
        assertThat(a.ran()).containsExactly("prerestore.ksh x", "postrestore -m");
        assertThat(a.submit(new Request.GlobalScripts("nosuch", false, List.of()))
                        .exitCode())
                .isEqualTo(ExitCode.SYNTAX);
    }

    private static List<String> flags(TestNode node) {
        return List.copyOf(node.own().rows(LcdSection.FLAGS).keySet());
    }

    private static void script(TestNode node, String name) throws Exception {
        Path actions = node.home().resolve("subsys/shop/actions");
        Files.createDirectories(actions);
        Path script = actions.resolve(name);
        Files.writeString(script, "#!/bin/sh\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
    }

    @Test
    void maintenanceEndsByItselfAndIsKnownEverywhere() throws Exception {
        pair("ip");
        assertThat(a.submit(new Request.SetMaintenance("tag:ip", "", true, 7200))
                        .message())
                .matches(".* until \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d: monitoring and automatic moves pause");
        ok(a.submit(new Request.SetMaintenance("tag:ip", "", true, 0)));
        cluster.await("on both", () -> b.own().rows(LcdSection.MAINTENANCE).containsKey("tag:ip"));
        ok(b.submit(new Request.SetMaintenance("tag:ip", "", false, 0)));
        assertThat(a.submit(new Request.SetMaintenance("tag:ip", "", false, 0)).exitCode())
                .isEqualTo(ExitCode.NOT_FOUND);
        ok(a.submit(new Request.SetMaintenance("server", "B", true, 2)));
        assertThat(b.own().rows(LcdSection.MAINTENANCE)).containsKey("server");
        assertThat(a.own().rows(LcdSection.MAINTENANCE)).isEmpty();
        cluster.await(
                "its time is over", () -> b.own().rows(LcdSection.MAINTENANCE).isEmpty());
        ok(a.submit(new Request.SetMaintenance("cluster", "", true, 0)));
        cluster.await("everywhere", () -> b.own().rows(LcdSection.MAINTENANCE).containsKey("cluster"));
    }

    // covers ADM-060 ADM-063 ADM-071 ADM-072 ADM-075
    @Test
    void propertiesOfAServer() throws Exception {
        ok(a.submit(new Request.SetServer(Optional.of(true), Map.of("B", new Restriction("B", true, true)))));
        assertThat(flags(a)).contains("shutdown_switchover");
        assertThat(a.own().rows(LcdSection.RESTRICTIONS)).containsKey("B");
        ok(a.submit(new Request.SetServer(Optional.of(false), Map.of("B", new Restriction("B", false, false)))));
        assertThat(flags(a)).doesNotContain("shutdown_switchover");
        assertThat(a.own().rows(LcdSection.RESTRICTIONS)).isEmpty();
        assertThat(a.submit(new Request.SetServer(Optional.empty(), Map.of("A", new Restriction("A", true, false))))
                        .exitCode())
                .isEqualTo(ExitCode.INVALID_ARGUMENT);
    }
}
