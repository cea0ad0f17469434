package org.mainstay.quorum.internal.fence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.Peer;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.SafetyControl.SafetyNews.FenceFinished;
import org.mainstay.cluster.lcd.Lcd;

/** Fencing with agents that run: a script with the agents' contract, and the real fence_dummy where it is installed. */
class FencingServiceTest implements FencingService.Outside {
    private static final Caller ADMIN = new Caller("root", Caller.Role.ADMINISTRATOR, "A bin");

    @TempDir
    private Path etc;

    @TempDir
    private Path data;

    private final BlockingQueue<FenceFinished> answers = new LinkedBlockingQueue<>();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final AtomicReference<Optional<String>> reset = new AtomicReference<>(Optional.empty());
    private PeerState peer = PeerState.DEAD;
    private TestAgent agent;
    private int request;
    private volatile boolean fed = true;
    private FencingService service;

    @BeforeEach
    void open() throws IOException {
        agent = new TestAgent(etc);
        service = new FencingService(etc.resolve("fencing"), data, this, () -> System.nanoTime() / 1_000_000);
    }

    @AfterEach
    void close() {
        service.close();
    }

    @Override
    public ClusterSnapshot snapshot() {
        Lcd lcd = Lcd.empty("B", 1);
        return new ClusterSnapshot(
                1,
                "A",
                ClusterSnapshot.Phase.AVAILABLE,
                Lcd.empty("A", 1),
                Map.of("B", new Peer("B", peer, true, lcd, true, Map.of(), Map.of())),
                Map.of(),
                Map.of(),
                Map.of(),
                List.of());
    }

    @Override
    public void event(int number, Level level, String text) {
        events.add(number + " " + text);
    }

    @Override
    public void finished(FenceFinished answer) {
        answers.add(answer);
    }

    @Override
    public Optional<String> reset(String server) {
        return reset.get();
    }

    @Override
    public boolean fed(String server) {
        return fed;
    }

    @Override
    public long wallMillis() {
        return 1_700_000_000_000L;
    }

    private void configure(String... sections) throws IOException {
        Files.writeString(etc.resolve("fencing"), String.join("\n", sections));
        assertThat(service.refresh()).isTrue();
    }

    private FenceFinished fence() throws InterruptedException {
        service.fence("B", "fence-" + request++, "a test");
        return answer();
    }

    private FenceFinished answer() throws InterruptedException {
        FenceFinished answer = answers.poll(60, TimeUnit.SECONDS);
        assertThat(answer).isNotNull();
        return answer;
    }

    private List<org.mainstay.cluster.Fencing.Test> test() throws Exception {
        return service.test("", line -> {}).toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void offCountsWhenTheStatusSaysOff() throws Exception {
        configure(agent.section("power-b", 1));
        assertThat(service.covered()).containsExactly("B");
        FenceFinished answer = fence();
        assertThat(answer)
                .extracting(FenceFinished::peer, FenceFinished::confirmed)
                .containsExactly("B", true);
        assertThat(answer.evidence()).contains("power-b", "status says off");
        assertThat(agent.calls()).contains("off  args:0", "status  args:0").doesNotContain("on  ");
        assertThat(events).anyMatch(text -> text.startsWith("20211 B is fenced"));
    }

    @Test
    void anAgentThatLiesDoesNotFence() throws Exception {
        configure(agent.hopeless("power-b", 1, "option.mode=lie"));
        FenceFinished answer = fence();
        assertThat(answer.confirmed()).isFalse();
        assertThat(answer.evidence()).contains("off succeeded, but its status still says on");
        assertThat(events).anyMatch(text -> text.startsWith("20212 B could not be fenced"));
    }

    @Test
    void aWrongPasswordDoesNotFenceAndIsNeverShown() throws Exception {
        agent.secret("wrong-one", "rw-------");
        configure(agent.section("power-b", 1));
        FenceFinished answer = fence();
        assertThat(answer.confirmed()).isFalse();
        assertThat(answer.evidence()).contains("login failed with ***").doesNotContain("wrong-one");
        assertThat(test().get(0).passed()).isFalse();
    }

    @Test
    void aHangingAgentIsEndedWithItsChildrenAndTheNextLevelIsTried() throws Exception {
        configure(
                agent.hopeless("first", 1, "option.mode=hang", "option.plug=1"),
                agent.section("second", 2, "option.plug=2"));
        FenceFinished answer = fence();
        assertThat(answer.confirmed()).isTrue();
        assertThat(answer.evidence()).contains("second");
        assertThat(runs(agent.child())).isFalse();
        assertThat(service.levels())
                .anyMatch(level -> level.device().equals("first")
                        && !level.usable()
                        && level.remark().contains("took too long"));
    }

    /** A process that ended but was not waited for yet runs no more. */
    private static boolean runs(long pid) {
        try {
            return !Files.readString(Path.of("/proc/" + pid + "/stat"))
                    .replaceAll("^.*\\) ", "")
                    .startsWith("Z");
        } catch (IOException e) {
            // it is gone, perhaps while its state was read
            return false;
        }
    }

    @Test
    void allDevicesOfALevelMustConfirm() throws Exception {
        configure(
                agent.section("supply-1", 1, "option.plug=1"),
                agent.hopeless("supply-2", 1, "option.plug=2", "option.mode=lie"));
        assertThat(fence().confirmed()).isFalse();
        configure(agent.section("supply-1", 1, "option.plug=1"), agent.section("supply-2", 1, "option.plug=2"));
        assertThat(fence().confirmed()).isTrue();
    }

    @Test
    void cycleSwitchesOnAgainAfterOffIsCertain() throws Exception {
        configure(agent.section("power-b", 1, "action=cycle"));
        assertThat(fence().confirmed()).isTrue();
        // The answer does not wait for it.
        while (!agent.calls().contains("\non ")) {
            assertThat(new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS)).isFalse();
        }
        assertThat(agent.calls()).containsSubsequence("off ", "status ", "on ");
    }

    @Test
    void whatIsGivenUpCallsNoAgentAnyMore() throws Exception {
        configure(
                agent.hopeless("power-b", 1, "option.mode=lie").replace("retries=0", "retries=9"),
                agent.section("other", 2));
        service.fence("B", "one", "a test");
        while (!agent.calls().contains("off ")) {
            assertThat(new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS)).isFalse();
        }
        service.fence("B", "two", "it waits for its turn");
        service.giveUp("two");
        service.giveUp("one");
        service.giveUp("never begun");
        FenceFinished first = answer();
        assertThat(first.request()).isEqualTo("one");
        assertThat(first.confirmed()).isFalse();
        FenceFinished second = answer();
        assertThat(second.request()).isEqualTo("two");
        assertThat(second.confirmed()).isFalse();
        assertThat(second.evidence()).contains("given up before the device was called");
        assertThat(agent.calls().lines().filter(call -> call.startsWith("off"))).hasSize(1);
        assertThat(fence().request()).as("the next one is not given up").isEqualTo("fence-0");
    }

    @Test
    void retriesAreMade() throws Exception {
        configure(agent.hopeless("power-b", 1, "option.mode=lie").replace("retries=0", "retries=1"));
        assertThat(fence().evidence()).contains("tried 2 times");
        assertThat(agent.calls().lines().filter(call -> call.startsWith("off"))).hasSize(2);
    }

    @Test
    void aTestAsksMonitorAndStatusAndSwitchesNothing() throws Exception {
        configure(agent.section("power-b", 1), "[person]\nserver=B\nlevel=2\nagent=manual\n");
        assertThat(test())
                .extracting(org.mainstay.cluster.Fencing.Test::device, org.mainstay.cluster.Fencing.Test::passed)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("power-b", true),
                        org.assertj.core.groups.Tuple.tuple("person", true));
        assertThat(agent.calls()).contains("monitor", "status").doesNotContain("off");
    }

    @Test
    void aSecretThatOthersMayReadIsNotUsed() throws Exception {
        agent.secret("right", "rw-r--r--");
        configure(agent.section("power-b", 1));
        assertThat(fence().evidence()).contains("chmod 600");
        assertThat(agent.calls()).isEmpty();
    }

    @Test
    void whatTheAgentDoesNotKnowIsNamed() throws Exception {
        configure(agent.section("power-b", 1, "option.port=3"));
        assertThat(fence().evidence()).contains("has no parameter 'port'");
        configure(agent.section("power-b", 1).replace("option.ip=10.0.9.2\n", ""));
        assertThat(fence().evidence()).contains("needs option.ip");
        configure(agent.section("power-b", 1).replace("option.ip=", "option.ipaddr="));
        assertThat(fence().confirmed()).isTrue();
    }

    @Test
    void anUnusableFileChangesNothingAndSaysSo() throws Exception {
        configure(agent.section("power-b", 1));
        configure(agent.section("power-b", 1), "[other]\nserver=C\nagent=fence_x\noption.password=geheim\n");
        assertThat(service.covered()).containsExactly("B");
        assertThat(service.problems())
                .anyMatch(text -> text.contains("looks like a password") && text.contains("etc/fencing line"));
        assertThat(events).anyMatch(text -> text.startsWith("20214"));
        try (FencingService restarted =
                new FencingService(etc.resolve("fencing"), data, this, () -> System.nanoTime() / 1_000_000)) {
            restarted.refresh();
            assertThat(restarted.covered()).containsExactly("B");
        }
    }

    @Test
    void nothingConfiguredIsAnsweredToo() throws Exception {
        service.refresh();
        assertThat(fence().evidence()).contains("no fencing is configured for B");
    }

    @Test
    void aWatchdogCountsOnlyWhileItsServerSaysThatItIsFed() throws Exception {
        configure("[dog]\nserver=B\nagent=watchdog\ntimeout=1\n");
        assertThat(service.levels()).singleElement().matches(level -> level.usable());
        fed = false;
        assertThat(service.levels())
                .singleElement()
                .matches(
                        level -> !level.usable() && level.remark().contains("B does not say that its watchdog is fed"));
        var tests = service.test("", text -> {}).toCompletableFuture().get(20, TimeUnit.SECONDS);
        assertThat(tests).singleElement().matches(test -> !test.passed());
    }

    @Test
    void theWatchdogConfirmsWithEvidenceOnly() throws Exception {
        configure("[dog]\nserver=B\nagent=watchdog\ntimeout=1\n");
        assertThat(service.covered()).containsExactly("B");
        assertThat(fence().confirmed()).isFalse();
        reset.set(Optional.of("unfed for 11 s after its right to run ended"));
        assertThat(fence().confirmed()).isTrue();
    }

    @Test
    void anOperatorsWordCountsAndIsOnRecord() throws Exception {
        configure("[person]\nserver=B\nagent=manual\n");
        assertThat(service.covered()).isEmpty();
        assertThat(fence().evidence()).contains("mainstay fencing acknowledge B");
        Reply reply = service.acknowledge("B", ADMIN, "pulled\nthe plug")
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
        assertThat(reply.succeeded()).isTrue();
        FenceFinished answer = answer();
        assertThat(answer.confirmed()).isTrue();
        assertThat(answer.evidence()).contains("root", "A bin");
        assertThat(service.acknowledgements()).singleElement().satisfies(word -> {
            assertThat(word.server()).isEqualTo("B");
            assertThat(word.user()).isEqualTo("root");
            assertThat(word.at()).isEqualTo(wallMillis());
            assertThat(word.remark()).isEqualTo("pulled the plug");
        });
    }

    @Test
    void wordsThatCannotBeTrueAreRefused() throws Exception {
        assertThat(code("A", ADMIN)).isEqualTo(ExitCode.INVALID_ARGUMENT);
        assertThat(code("X", ADMIN)).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(code("B", new Caller("op", Caller.Role.OPERATOR, "A bin"))).isEqualTo(ExitCode.SYSTEM_ERROR);
        peer = PeerState.ALIVE;
        assertThat(code("B", ADMIN)).isEqualTo(ExitCode.IN_USE);
        assertThat(service.acknowledgements()).isEmpty();
        assertThat(answers).isEmpty();
    }

    private int code(String server, Caller caller) throws Exception {
        return service.acknowledge(server, caller, "")
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS)
                .exitCode();
    }

    @Test
    void theRealDummyAgent() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/sbin/fence_dummy")), "package fence-agents is not installed");
        Path status = data.resolve("status");
        Files.writeString(status, "on");
        configure("[dummy]\nserver=B\nagent=fence_dummy\noption.status_file=" + status + "\ntimeout=20\nretries=0\n");
        assertThat(test()).allMatch(org.mainstay.cluster.Fencing.Test::passed);
        assertThat(fence().confirmed()).isTrue();
        assertThat(Files.readString(status)).isEqualTo("off");
    }
}
