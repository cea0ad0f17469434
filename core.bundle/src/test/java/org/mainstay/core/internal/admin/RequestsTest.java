package org.mainstay.core.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.core.internal.node.MemoryFolder;
import org.mainstay.core.internal.node.TestCluster;
import org.mainstay.core.internal.node.TestNode;
import org.mainstay.kit.Field;

/** Requests with bad input: exit code of CMD-010 and a sentence that says what is allowed; nothing is changed. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestsTest {
    private TestCluster cluster;
    private TestNode a;

    @BeforeAll
    void start(@TempDir(factory = MemoryFolder.class) Path directory) throws Exception {
        cluster = new TestCluster(directory, 2).withPaths();
        a = cluster.node("A");
        assertThat(a.create("disk", "id", "d1").exitCode()).isZero();
        a.install("lonely", "1.0");
        assertThat(a.submit(new Request.CreateResource("lonely", "alone", Map.of()))
                        .exitCode())
                .isZero();
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private void refused(Request request, int exitCode, String... words) throws Exception {
        var before = a.own();
        Reply reply = a.submit(request);
        assertThat(reply.exitCode()).as(reply.toString()).isEqualTo(exitCode);
        assertThat(reply.message()).contains(words);
        assertThat(a.own().instances().keySet()).isEqualTo(before.instances().keySet());
        assertThat(a.own().rows(org.mainstay.cluster.lcd.LcdSection.EQUIVALENCIES))
                .isEqualTo(before.rows(org.mainstay.cluster.lcd.LcdSection.EQUIVALENCIES));
    }

    @Test
    void unknownKitNamesTheUsableOnes() throws Exception {
        refused(new Request.CreateResource("oracle", "", Map.of()), 7, "oracle", "fake");
    }

    @Test
    void unknownKeyNamesTheAllowedOnes() throws Exception {
        refused(new Request.CreateResource("fake", "x", Map.of("colour", "red")), 5, "colour", "size", "mode");
    }

    @Test
    void valuesAreCheckedByKind() throws Exception {
        refused(new Request.CreateResource("fake", "x", Map.of("size", "11")), 5, "size", "1 to 10");
        refused(new Request.CreateResource("fake", "x", Map.of("size", "big")), 5, "size", "whole number");
        refused(new Request.CreateResource("fake", "x", Map.of("mode", "medium")), 5, "mode", "fast, slow");
        refused(new Request.CreateResource("fake", "x", Map.of("id", "a\nb")), 5, "control characters");
    }

    // covers ADM-118
    @Test
    void tagsAreAsciiAndUnique() throws Exception {
        refused(new Request.CreateResource("fake", "größe", Map.of()), 5, "ASCII");
        refused(new Request.CreateResource("fake", "disk", Map.of("id", "d2")), 4, "disk", "A");
        refused(new Request.CreateResource("fake", "other", Map.of("id", "d1")), 4, "disk", "d1");
    }

    @Test
    void unknownServersAndTagsNameTheKnownOnes() throws Exception {
        refused(new Request.Extend("disk", "C", 0, Map.of()), 7, "'C'", "A, B");
        refused(new Request.Extend("nothing", "B", 0, Map.of()), 7, "nothing", "disk");
        refused(new Request.BringInService("nothing", false, true, false), 7, "nothing", "disk");
        refused(new Request.CreateDependency("disk", "nothing"), 7, "nothing");
        refused(new Request.ConfirmStopped("disk", "C"), 7, "'C'");
        refused(new Request.PerformAction("disk", "explode", java.util.List.of()), 7, "explode", "polish");
    }

    @Test
    void extendRefusesWhatCannotWorkThere() throws Exception {
        refused(new Request.Extend("disk", "A", 0, Map.of()), 4, "already on A");
        refused(new Request.Extend("disk", "B", 2000, Map.of()), 5, "1 to 1024");
        refused(new Request.Extend("disk", "B", 1, Map.of()), 5, "priority 1 on A");
        refused(new Request.Extend("alone", "B", 0, Map.of()), 7, "test/lonely", "B");
        refused(new Request.Extend("disk", "B", 0, Map.of("disk", Map.of("size", "0"))), 5, "size", "B: disk");
        refused(new Request.Extend("disk", "B", 0, Map.of("web", Map.of())), 5, "'web'", "disk");
    }

    // covers ADM-235
    @Test
    void settingsAreChecked() throws Exception {
        refused(new Request.SetResource("disk", Map.of("quickCheck", "700000")), 5, "quickCheck", "604800");
        refused(new Request.SetResource("disk", Map.of("init", "later")), 5, "AUTORES_ISP");
        refused(new Request.SetResource("disk", Map.of("switchback", "x")), 5, "INTELLIGENT");
        refused(new Request.SetResource("disk", Map.of("weight", "1")), 5, "weight", "quickCheck");
        refused(new Request.SetResource("disk", Map.of("priority", "5")), 5, "only");
        refused(new Request.SetResource("disk", Map.of()), 2, "NAME=VALUE");
    }

    // covers COMM-007
    @Test
    void pathsAreCheckedBeforeAnythingIsChanged() throws Exception {
        refused(new Request.CreatePath("C", "10.0.0.1", "10.0.0.3", 1, 500, 6), 7, "'C'");
        refused(new Request.CreatePath("A", "10.0.0.1", "10.0.0.1", 1, 500, 6), 5, "another server");
        refused(new Request.CreatePath("B", "somewhere", "10.0.0.2", 2, 500, 6), 5, "--local", "somewhere");
        refused(new Request.CreatePath("B", "10.0.0.300", "10.0.0.2", 2, 500, 6), 5, "--local");
        refused(new Request.CreatePath("B", "10.9.9.9", "10.0.0.2", 2, 500, 6), 5, "A: 10.9.9.9", "10.0.0.1");
        refused(new Request.CreatePath("B", "127.0.0.1", "10.9.9.9", 2, 500, 6), 5, "B: 10.9.9.9", "10.0.0.2");
        refused(new Request.CreatePath("B", "10.0.0.1", "fe80::1", 2, 500, 6), 5, "IPv6");
        refused(new Request.CreatePath("B", "10.0.0.1", "10.0.0.2", 2, 10, 6), 5, "0.05 to 15");
        refused(new Request.CreatePath("B", "10.0.0.1", "10.0.0.2", 2, 500, 6), 4, "already");
        refused(new Request.CreatePath("B", "127.0.0.1", "10.0.0.2", 1, 500, 6), 5, "priority 1");
        refused(new Request.DeletePath("B", "10.7.7.7", ""), 7, "10.0.0.1 - 10.0.0.2");
    }

    // covers COMM-010
    @Test
    void diskPathsAreCheckedBeforeAnythingIsChanged() throws Exception {
        refused(new Request.CreatePath("B", "/dev/one", "/dev/other", 61, 500, 6), 5, "same device");
        refused(new Request.CreatePath("B", "/dev/one", "/dev/one", 61, 500, 2), 5, "3 to 99");
        refused(new Request.CreatePath("B", "/dev/one", "/dev/one", 1, 500, 6), 5, "comes after all others");
        // This test's guard knows no disks: the refusal of a guard ends it.
        refused(new Request.CreatePath("B", "/dev/one", "/dev/one", 61, 500, 6), 5, "A: this guard");
        refused(new Request.DeletePath("B", "/dev/one", "/dev/one"), 7, "10.0.0.1 - 10.0.0.2");
    }

    // covers ADM-081 COMM-002
    @Test
    void aDiskPathIsForTwoServersOnly(@TempDir(factory = MemoryFolder.class) Path other) throws Exception {
        try (TestCluster three = new TestCluster(other, 3)) {
            Reply reply = three.node("A").submit(new Request.CreatePath("B", "/dev/one", "/dev/one", 61, 500, 6));
            assertThat(reply.exitCode()).as(reply.toString()).isEqualTo(5);
            assertThat(reply.message()).contains("exactly two servers, this one has 3");
        }
    }

    // covers ADM-083 COMM-003
    @Test
    void aSinglePathIsWarnedOf() throws Exception {
        Reply reply = a.submit(new Request.DeletePath("B", "10.0.0.1", "10.0.0.2"));
        assertThat(reply.exitCode()).as(reply.toString()).isZero();
        reply = a.submit(new Request.CreatePath("B", "10.0.0.1", "10.0.0.2", 1, 100, 3));
        assertThat(reply.exitCode()).as(reply.toString()).isZero();
        assertThat(reply.remarks()).anyMatch(remark -> remark.contains("only comm path"));
    }

    // covers ADM-010 ADM-011 ADM-012 CMD-011
    @Test
    void rolesAreEnforced() throws Exception {
        Caller guest = new Caller("eve", Caller.Role.GUEST, "test");
        Caller operator = new Caller("op", Caller.Role.OPERATOR, "test");
        assertThat(a.submitAs(guest, new Request.BringInService("disk", false, true, false))
                        .message())
                .contains("permission denied", "eve");
        assertThat(a.submitAs(operator, new Request.CreateResource("fake", "y", Map.of()))
                        .message())
                .contains("permission denied", "administrator");
        assertThat(a.submitAs(operator, new Request.BringInService("disk", false, true, false))
                        .exitCode())
                .isZero();
    }

    @Test
    void formsAreOfferedToWizards() {
        assertThat(a.administration().kits()).anyMatch(kit -> kit.type().equals("fake"));
        assertThat(a.administration().form("fake", false, Map.of()).orElseThrow())
                .anyMatch(
                        field -> field.name().equals("mode") && field.choices().contains("slow"));
        assertThat(a.administration().form("nothing", false, Map.of())).isEmpty();
    }

    /** An empty form would mean that no property is a secret. */
    @Test
    void aKitThatCannotSayItsFormHasNone() {
        CountDownLatch ended = new CountDownLatch(1);
        List<Supplier<List<Field>>> broken = List.of(
                () -> {
                    throw new IllegalStateException("no form today");
                },
                () -> null,
                () -> {
                    awaitEnd(ended);
                    return List.of();
                });
        try {
            for (Supplier<List<Field>> form : broken) {
                a.kit().answerForm(form);
                assertThat(a.administration().form("fake", false, Map.of())).isEmpty();
            }
        } finally {
            ended.countDown();
            a.kit().answerForm(null);
        }
        assertThat(a.administration().form("fake", false, Map.of())).isPresent();
    }

    private static void awaitEnd(CountDownLatch ended) {
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void kitActionsRunWithTheirArguments() throws Exception {
        Reply reply = a.submit(new Request.PerformAction("disk", "polish", java.util.List.of("-h", "7")));
        assertThat(reply.exitCode()).as(reply.toString()).isZero();
        assertThat(a.kit().calls()).contains("polish disk [-h, 7]");
    }

    @Test
    void serversAreNotRemovedWhileTheyAreNeeded() throws Exception {
        refused(new Request.RemoveNode("A", false), 5, "itself");
        refused(new Request.RemoveNode("Z", false), 7, "'Z'");
    }

    @Test
    void kitsThatAskForTheImpossibleAreRefused() throws Exception {
        refused(new Request.CreateResource("fake", "db", Map.of("needs", "ghost")), 3, "ghost");
    }

    // covers ADM-241 COMM-001
    @Test
    void extendNeedsACommPathAndNotJustAMember(@TempDir(factory = MemoryFolder.class) Path other) throws Exception {
        try (TestCluster pathless = new TestCluster(other, 2)) {
            TestNode node = pathless.node("A");
            assertThat(node.create("disk").exitCode()).isZero();
            Reply reply = node.submit(new Request.Extend("disk", "B", 0, Map.of()));
            assertThat(reply.exitCode()).isEqualTo(9);
            assertThat(reply.message()).contains("B: no comm path to A is alive", "commpath create");
        }
    }

    @Test
    void aRequestAfterTheEndIsAnswered(@TempDir(factory = MemoryFolder.class) Path single) throws Exception {
        try (TestCluster alone = new TestCluster(single, 1)) {
            TestNode node = alone.node("A");
            var administration = node.administration();
            alone.kill("A");
            Reply reply = administration
                    .submit(new Request.CreateResource("fake", "x", Map.of()), TestNode.ROOT, line -> {})
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
            assertThat(reply.succeeded()).isFalse();
        }
    }
}
