package org.mainstay.quorum.internal.sight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.Peer;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.SafetyControl.SafetyNews;
import org.mainstay.cluster.SafetyControl.Sight;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.quorum.internal.config.Facts;
import org.mainstay.quorum.internal.config.Parameters;

/** The safety check with the real program, between machines in network namespaces. */
@Timeout(180)
class LookoutIT {
    @TempDir
    private Path folder;

    private final List<SafetyNews> news = new ArrayList<>();
    private Machines machines;
    private Lookout lookout;
    private boolean alive = true;

    @BeforeEach
    void start() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "network namespaces need root");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "needs a C compiler");
        machines = new Machines("a", "b", "s");
        lookout = new Lookout(machines.program("a", folder), news::add);
        lookout.settings(Parameters.check(
                        Map.of(
                                "SAFETY_CHECK_INTERVAL_SECS", "0.2",
                                "SAFETY_CHECK_PORTS", "none",
                                "SAFETY_CHECK_ADDRESSES_B", "fd98::2",
                                "QUORUM_REFERENCE_ADDRESSES", "10.98.1.3"),
                        new Facts("A", List.of("A", "B"), 1_000))
                .settings()
                .orElse(QuorumSettings.DEFAULT));
    }

    @AfterEach
    void stop() throws Exception {
        if (lookout != null) {
            lookout.close();
        }
        if (machines != null) {
            machines.close();
        }
    }

    private ClusterSnapshot snapshot() {
        Lcd own = Lcd.empty("A", 1)
                .with(LcdSection.PATHS, "p", new CommPath("p", "B", "10.98.1.1", "10.98.1.2", 1, 100, 10));
        Peer peer = new Peer("B", PeerState.ALIVE, true, Lcd.empty("B", 1), true, Map.of(), Map.of());
        return new ClusterSnapshot(
                1,
                "A",
                ClusterSnapshot.Phase.AVAILABLE,
                own,
                Map.of("B", peer),
                Map.of("p", alive),
                Map.of(),
                Map.of(),
                List.of());
    }

    private void until(String what, BooleanSupplier reached) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (!reached.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what + "; told: " + news).isLessThan(end);
            lookout.tick(snapshot(), System.nanoTime() / 1_000_000);
            LockSupport.parkNanos(50_000_000);
        }
    }

    private boolean told(Sight sight) {
        return news.stream().anyMatch(each -> each instanceof SafetyNews.PeerSighted seen && seen.sight() == sight);
    }

    @Test
    void seenThenUnseenThenCutOff() throws Exception {
        until(
                "both addresses learnt",
                () -> lookout.counted().getOrDefault("B", List.of()).size() == 2);
        until("the reference learnt", () -> lookout.landmarksSeen().size() == 1);
        alive = false;
        until("the machine is seen", () -> told(Sight.SEEN));
        machines.cable("b", false);
        until("it is gone", () -> told(Sight.UNSEEN));
        assertThat(lookout.cutOff()).isEmpty();
        machines.cable("a", false);
        until("cut off", () -> !lookout.cutOff().isEmpty());
        assertThat(lookout.cutOff()).contains("no carrier on eth0");
        machines.cable("a", true);
        until("not cut off any more", () -> lookout.cutOff().isEmpty());
        machines.cable("s", false);
        until("cut off by the silence of the reference", () -> !lookout.cutOff().isEmpty());
        assertThat(lookout.cutOff()).contains("10.98.1.3");
    }

    @Test
    void theProgramThatDiesIsStartedAgain() throws Exception {
        until(
                "both addresses learnt",
                () -> lookout.counted().getOrDefault("B", List.of()).size() == 2);
        ProcessHandle.current()
                .descendants()
                .filter(child -> child.info().commandLine().orElse("").contains("mainstay-net echo"))
                .forEach(ProcessHandle::destroyForcibly);
        alive = false;
        until("the machine is seen again", () -> told(Sight.SEEN));
    }

    @Test
    void tcpAnswersAndRefusals() throws IOException {
        try (Knocks knocks = new Knocks();
                ServerSocket open = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Probe answering = new Probe(InetAddress.getLoopbackAddress(), open.getLocalPort());
            Probe refused;
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                refused = new Probe(InetAddress.getLoopbackAddress(), free.getLocalPort());
            }
            knocks.knock(answering, 0);
            knocks.knock(refused, 0);
            Set<Probe> answers = new HashSet<>();
            long end = System.nanoTime() + 10_000_000_000L;
            while (answers.size() < 2 && System.nanoTime() < end) {
                answers.addAll(knocks.answers(1));
            }
            assertThat(answers).containsExactlyInAnyOrder(answering, refused);
        }
    }
}
