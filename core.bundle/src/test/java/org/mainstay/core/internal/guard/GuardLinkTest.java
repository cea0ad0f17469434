package org.mainstay.core.internal.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.cluster.GuardControl.HandleResult;

class GuardLinkTest {
    private static final String KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    @TempDir
    Path home;

    private final List<GuardNews> news = new CopyOnWriteArrayList<>();
    private FakeGuard guard;
    private GuardLink link;

    @BeforeEach
    void begin() throws IOException {
        guard = new FakeGuard(home);
        link = new GuardLink(home);
        link.listen(news::add);
    }

    @AfterEach
    void end() throws IOException {
        link.close();
        guard.close();
    }

    private static GuardControl.HeartbeatPath path(String id) {
        return new GuardControl.HeartbeatPath(id, "B", "10.0.0.1", 1500, "10.0.0.2", 1500, 50, 3, KEY);
    }

    private void heard(String line) throws Exception {
        GuardAwait.until("the guard hears " + line, 30_000, () -> guard.heard.contains(line));
    }

    @Test
    void aLinkThatEndsLeavesNobodyWaiting() throws Exception {
        guard.close();
        CompletableFuture<List<HandleResult>> before =
                link.kill(List.of("MOUNT\t/srv/a\t/dev/x")).toCompletableFuture();
        link.close();
        assertThat(before.get(30, TimeUnit.SECONDS)).singleElement().satisfies(result -> {
            assertThat(result.done()).isFalse();
            assertThat(result.message()).contains("closed");
        });
        assertThat(link.allow(Set.of("B")).toCompletableFuture())
                .as("a question after the end")
                .isCompletedWithValueMatching(result -> !result.done());
    }

    @Test
    void everythingTheGuardHasToKnowIsSaidAgainToEveryNewOne() throws Exception {
        link.paths(List.of(path("p1")));
        link.inService(Map.of("my tag", List.of("MOUNT\t/srv/a\t/dev/x")));
        link.report(new GuardControl.ManagerReport("A", 3, 44, 0, 10, 255));
        for (int round = 0; round < 2; round++) {
            heard("0 paths 1");
            heard("path p1 B 10.0.0.1 1500 10.0.0.2 1500 50 3 " + KEY);
            heard("0 inservice 1");
            heard("handles my%20tag MOUNT%09/srv/a%09/dev/x");
            GuardAwait.until(
                    "the report",
                    30_000,
                    () -> guard.heard.stream().anyMatch(line -> line.matches("0 report A 3 44 \\d+ 0 a ff")));
            guard.heard.clear();
            if (round == 0) {
                guard.drop();
            }
        }
        GuardAwait.until("the link's end was told", 30_000, () -> news.contains(new GuardNews.Link(false)));
        assertThat(news).contains(new GuardNews.Link(true));
    }

    @Test
    void theGuardHearsThatTheDatabaseIsBeingOpenedUntilThereIsSomethingToReportOrNothingToDo() throws Exception {
        link.opening(true);
        GuardAwait.until(
                "it is told with its age",
                30_000,
                () -> guard.heard.stream().anyMatch(line -> line.matches("0 ping opening [1-9]\\d*")));
        link.opening(false);
        guard.heard.clear();
        heard("0 ping");
        link.opening(true);
        link.report(new GuardControl.ManagerReport("A", 3, 44, 0, 10, 255));
        for (int round = 0; round < 2; round++) {
            // the first report ends it: what was under way before that has been heard then
            guard.heard.clear();
            GuardAwait.until(
                    "a report", 30_000, () -> guard.heard.stream().anyMatch(line -> line.startsWith("0 report A")));
        }
        assertThat(guard.heard).noneMatch(line -> line.contains("opening"));
    }

    @Test
    void newsReachListenersInOrderAndLateListenersHearThePresentState() throws Exception {
        heard("manager 1 " + ProcessHandle.current().pid());
        for (String line : List.of(
                "* path p1 B alive",
                "* path p1 B alive",
                "* peer B boot-1 present 7 8",
                "* path p1 B dead",
                "* lost /a%20b taken",
                "* futureword 1 2",
                "* notice hello%20there",
                "* notice 18154%20W%20went%20back")) {
            guard.send(line);
        }
        List<GuardNews> expected = List.of(
                new GuardNews.Link(true),
                new GuardNews.PathState("p1", "B", true),
                new GuardNews.PeerInfo("B", "boot-1", true, 7, 8),
                new GuardNews.PathState("p1", "B", false),
                new GuardNews.ReservationLost("/a b", "taken"),
                new GuardNews.Notice(0, ClusterEvent.Level.WARNING, "hello there"),
                new GuardNews.Notice(18154, ClusterEvent.Level.WARNING, "went back"));
        GuardAwait.until("all news", 30_000, () -> news.size() >= expected.size());
        assertThat(news).containsExactlyElementsOf(expected);
        List<GuardNews> late = new CopyOnWriteArrayList<>();
        link.listen(late::add);
        GuardAwait.until("the present state", 30_000, () -> late.size() == 3);
        assertThat(late)
                .containsExactly(
                        new GuardNews.Link(true),
                        new GuardNews.PathState("p1", "B", false),
                        new GuardNews.PeerInfo("B", "boot-1", true, 7, 8));
    }

    @Test
    void aRequestTheDeadGuardDidNotAnswerIsAskedOfTheNextOne() throws Exception {
        var result = link.reservation("claim", "/srv/area", true).toCompletableFuture();
        heard("1 reservation claim /srv/area force");
        guard.heard.clear();
        guard.answers =
                line -> line.equals("1 reservation claim /srv/area force") ? List.of("1 ok held%20now") : List.of();
        guard.drop();
        assertThat(result.get(30, TimeUnit.SECONDS)).isEqualTo(new HandleResult(true, "held now"));
    }

    @Test
    void killAnswersOneResultForEachHandle() throws Exception {
        guard.answers = line -> line.startsWith("1 kill")
                ? List.of("1 item done gone", "1 item failed busy%20(12)", "1 ok -")
                : List.of();
        assertThat(link.kill(List.of("CGROUP\t/x", "MOUNT\t/y\t/z"))
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS))
                .containsExactly(new HandleResult(true, "gone"), new HandleResult(false, "busy (12)"));
        assertThat(guard.heard).contains("1 kill CGROUP%09/x MOUNT%09/y%09/z");
    }

    @Test
    void aGuardThatIsAwayIsAFailureWithAReasonAndNeverAnException() throws Exception {
        guard.close();
        HandleResult result = link.reservation("check", "/srv/area", false)
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        assertThat(result.done()).isFalse();
        assertThat(result.message()).contains("did not answer 'reservation'").contains("guard.log");
    }

    @Test
    void rubbishFromTheGuardCostsTheConnectionOnly() throws Exception {
        heard("manager 1 " + ProcessHandle.current().pid());
        guard.heard.clear();
        guard.send("* path");
        heard("manager 1 " + ProcessHandle.current().pid());
    }

    @Test
    void aDeadGuardIsStartedWithItsOwnCommandLine() throws Exception {
        heard("manager 1 " + ProcessHandle.current().pid());
        Files.createDirectories(home.resolve("data/guard"));
        Files.createDirectories(home.resolve("data/log"));
        Files.writeString(home.resolve("data/guard/command"), "sh\0-c\0echo \"$0\" > started\0a word\0");
        long died = System.nanoTime();
        guard.close();
        GuardAwait.until("it is started", 30_000, () -> Files.exists(home.resolve("started")));
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - died)).isLessThan(20_000);
        GuardAwait.until(
                "with its words",
                30_000,
                () -> Files.readString(home.resolve("started")).equals("a word\n"));
    }

    @Test
    void aGuardThatWasToldToEndIsNotStartedAgain() throws Exception {
        Files.createDirectories(home.resolve("data/guard"));
        Files.createDirectories(home.resolve("data/log"));
        Files.writeString(home.resolve("data/guard/command"), "touch\0started\0");
        guard.answers = line -> line.startsWith("1 stopping everything") ? List.of("1 ok -") : List.of();
        assertThat(link.stopping(true)
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS)
                        .done())
                .isTrue();
        guard.close();
        GuardAwait.until("the link is down", 30_000, () -> news.contains(new GuardNews.Link(false)));
        long down = System.nanoTime();
        GuardAwait.until("time to start it", 30_000, () -> System.nanoTime() - down > 300_000_000L);
        assertThat(Files.exists(home.resolve("started"))).isFalse();
    }

    private static GuardControl.LeaseSettings lease() {
        return new GuardControl.LeaseSettings(
                GuardControl.LeaseSettings.Mode.STORAGE,
                "A",
                10_000,
                10_000,
                Set.of("B", "A"),
                "/dev/watchdog",
                Map.of("QWK_STORAGE_TYPE", "file", "NO_PROXY", "a b"));
    }

    @Test
    void theLeaseIsSaidToEveryNewGuardAndARefusalIsTheGuards() throws Exception {
        String line = "lease STORAGE A 10000 10000 /dev/watchdog 2 A B NO_PROXY=a%20b QWK_STORAGE_TYPE=file";
        guard.answers = said -> said.equals("1 " + line) ? List.of("1 failed too%20short") : List.of();
        assertThat(link.lease(lease()).toCompletableFuture().get(30, TimeUnit.SECONDS))
                .isEqualTo(new HandleResult(false, "too short"));
        guard.heard.clear();
        guard.drop();
        heard("0 " + line);
    }

    @Test
    void newsOfTheLeaseArePresentStateUntilTheLinkIsDown() throws Exception {
        heard("manager 1 " + ProcessHandle.current().pid());
        for (String line : List.of(
                "* lease held 5000 100 granted%20by%20B",
                "* lapsed B yes",
                "* withheld B no",
                "* witness B failed unchanged",
                "* quarantine 0",
                "* lapsed B no",
                "* lease lost 5000 0 nobody")) {
            guard.send(line);
        }
        GuardNews lost = new GuardNews.Lease(GuardNews.Right.LOST, 5000, 0, "nobody");
        GuardAwait.until("all news", 30_000, () -> news.contains(lost));
        assertThat(news)
                .contains(
                        new GuardNews.Lease(GuardNews.Right.HELD, 5000, 100, "granted by B"),
                        new GuardNews.Lapsed("B", true));
        List<GuardNews> late = new CopyOnWriteArrayList<>();
        link.listen(late::add);
        GuardAwait.until("the present state", 30_000, () -> late.size() == 6);
        assertThat(late)
                .containsExactlyInAnyOrder(
                        new GuardNews.Link(true),
                        lost,
                        new GuardNews.Lapsed("B", false),
                        new GuardNews.Withheld("B", false),
                        new GuardNews.Witness("B", GuardNews.Word.FAILED, "unchanged"),
                        new GuardNews.Quarantine(0));
        guard.drop();
        GuardAwait.until("down", 30_000, () -> late.contains(new GuardNews.Link(false)));
        List<GuardNews> later = new CopyOnWriteArrayList<>();
        link.listen(later::add);
        GuardAwait.until("said", 30_000, () -> !later.isEmpty());
        assertThat(later).as("nobody says it any more").allMatch(said -> said instanceof GuardNews.Link);
    }

    @Test
    void grantsAndQuarantineAreAsked() throws Exception {
        guard.answers = line -> line.contains(" withhold ")
                ? List.of("1 item B lapsed 77", "1 item C granted 88", "1 ok recorded")
                : line.matches("[23] .*") ? List.of(line.charAt(0) + " ok -") : List.of();
        assertThat(link.withhold(Set.of("C", "B"))
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS)
                        .done())
                .isTrue();
        assertThat(link.allow(Set.of("B"))
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS)
                        .done())
                .isTrue();
        assertThat(link.quarantine(300_000)
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS)
                        .done())
                .isTrue();
        assertThat(guard.heard).contains("1 withhold B C", "2 allow B", "3 quarantine 300000");
    }

    @Test
    void storageSetupTellsHowFarItIs() throws Exception {
        List<String> progress = new CopyOnWriteArrayList<>();
        guard.answers = line -> line.equals("1 witness init")
                ? List.of("1 item progress waiting%20for%20B", "1 ok initialised")
                : List.of();
        assertThat(link.witnessSetup(true, progress::add).toCompletableFuture().get(30, TimeUnit.SECONDS))
                .isEqualTo(new HandleResult(true, "initialised"));
        GuardAwait.until("progress", 30_000, () -> progress.equals(List.of("waiting for B")));
    }

    @Test
    void theBootClockIsTheKernels() {
        long before = BootTime.millis();
        assertThat(BootTime.millis()).isBetween(before, before + 60_000);
    }
}
