package org.mainstay.guard.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PathMonitorTest {

    private static FakeNetwork aliveNetwork(int interval, int misses) {
        FakeNetwork network = new FakeNetwork(interval, misses);
        network.run(10);
        assertThat(network.alive()).isTrue();
        network.run(interval * 5L + 7);
        network.news.clear();
        return network;
    }

    @Test
    void comesAliveWithoutWaitingForIntervals() {
        FakeNetwork network = new FakeNetwork(500, 6);
        network.run(8);
        assertThat(network.news).containsExactlyInAnyOrder("A ALIVE", "B ALIVE");
    }

    @Test
    void aPathIsNotCalledDeadBeforeOneDetectionTime() {
        FakeNetwork network = new FakeNetwork(500, 6);
        network.delivers = sent -> false;
        network.run(2999);
        assertThat(network.news).isEmpty();
        assertThat(network.a.state()).isEqualTo(PathMonitor.State.PENDING);
        network.run(2);
        assertThat(network.news).containsExactlyInAnyOrder("A DEAD", "B DEAD");
    }

    // covers COMM-031
    @Test
    void deathIsDetectedAfterTheDetectionTimeAndNotLater() {
        FakeNetwork network = aliveNetwork(50, 3);
        long lastEcho = network.history.get(network.history.size() - 1).arrives();
        network.bRuns = false;
        network.runUntil("A DEAD", 400);
        long after = (network.now - lastEcho) / FakeNetwork.MS;
        assertThat(after).isBetween(100L, 151L);
    }

    @Test
    void oneWayLossIsDeadAtBothEnds() {
        for (boolean lostFromA : List.of(true, false)) {
            FakeNetwork network = aliveNetwork(100, 3);
            network.delivers = sent -> sent.fromA() != lostFromA;
            network.run(420);
            assertThat(network.news).containsExactlyInAnyOrder("A DEAD", "B DEAD");
            network.run(5000);
            assertThat(network.news).hasSize(2);
        }
    }

    @Test
    void comesBackAtOnceWhenTheNetworkDoes() {
        FakeNetwork network = aliveNetwork(500, 6);
        network.delivers = sent -> false;
        network.run(4000);
        network.news.clear();
        network.delivers = sent -> true;
        long back = network.runUntil("A ALIVE", 600);
        assertThat(network.runUntil("B ALIVE", 20)).isLessThan(20);
        // the next heartbeat of either side starts it
        assertThat(back).isLessThanOrEqualTo(501);
    }

    // covers COMM-031
    @Test
    void randomLossBelowTheAllowedMissesKillsNothing() {
        FakeNetwork network = aliveNetwork(100, 6);
        Random random = new Random(7);
        network.delivers = sent -> random.nextInt(10) > 0;
        network.run(60_000);
        assertThat(network.news).isEmpty();
    }

    // covers COMM-030
    @Test
    void packetsAreFewAlsoWhileOneDirectionIsLost() {
        FakeNetwork network = aliveNetwork(100, 3);
        network.delivers = FakeNetwork.Sent::fromA;
        network.history.clear();
        network.run(10_000);
        // one per interval and, as answers to a peer that says it hears nothing, four more
        assertThat(network.history).hasSizeLessThanOrEqualTo(2 * 100 * 5);
        assertThat(network.history.stream().filter(FakeNetwork.Sent::fromA).count())
                .isLessThanOrEqualTo(101);
    }

    @Test
    void recordedPacketsAreNotBelievedAgain() {
        FakeNetwork network = aliveNetwork(100, 3);
        List<FakeNetwork.Sent> recorded =
                network.history.stream().filter(sent -> !sent.fromA()).toList();
        network.bRuns = false;
        for (int i = 0; i < 400; i++) {
            network.run(1);
            network.receive(network.a, recorded.get(i % recorded.size()).bytes());
            assertThat(network.lastVerdict).isEqualTo(PathMonitor.Verdict.REPLAYED);
        }
        assertThat(network.news).containsExactly("A DEAD");
    }

    @Test
    void packetsOfAnEarlierRunOfThePeerAreAnsweredAndNotBelieved() {
        FakeNetwork network = aliveNetwork(100, 3);
        List<FakeNetwork.Sent> recorded =
                network.history.stream().filter(sent -> !sent.fromA()).toList();
        network.b =
                new PathMonitor(FakeNetwork.config(false, 100, 3, FakeNetwork.KEY), 2002, network.leaseB, network.now);
        network.run(1000);
        assertThat(network.news).containsExactly("B ALIVE");
        // the old run's recording, poured in all the time, changes nothing for the new run
        for (int i = 0; i < 2000; i++) {
            network.run(1);
            network.receive(network.a, recorded.get(i % recorded.size()).bytes());
            assertThat(network.lastVerdict).isEqualTo(PathMonitor.Verdict.UNPROVEN);
        }
        assertThat(network.news).containsExactly("B ALIVE");
        assertThat(network.alive()).isTrue();
    }

    @Test
    void ownPacketsSentBackAreNotThePeer() {
        FakeNetwork network = aliveNetwork(100, 3);
        network.bRuns = false;
        int before = network.history.size();
        network.run(150);
        for (FakeNetwork.Sent sent : List.copyOf(network.history.subList(before, network.history.size()))) {
            network.receive(network.a, sent.bytes());
            assertThat(network.lastVerdict).isEqualTo(PathMonitor.Verdict.REPLAYED);
        }
        network.run(300);
        assertThat(network.news).containsExactly("A DEAD");
    }

    @Test
    void everyChangedByteIsAForgery() {
        FakeNetwork network = aliveNetwork(100, 3);
        byte[] genuine = network.history.get(network.history.size() - 1).bytes();
        PathMonitor receiver = network.history.get(network.history.size() - 1).fromA() ? network.b : network.a;
        for (int i = 8; i < genuine.length; i++) {
            byte[] changed = genuine.clone();
            changed[i] ^= 1;
            network.receive(receiver, changed);
            assertThat(network.lastVerdict).isEqualTo(PathMonitor.Verdict.FORGED);
        }
    }

    @Test
    void aRestartedGuardIsNoInterruptionForItsPeer() {
        FakeNetwork network = aliveNetwork(500, 6);
        network.bRuns = false;
        network.run(800);
        network.b =
                new PathMonitor(FakeNetwork.config(false, 500, 6, FakeNetwork.KEY), 2002, network.leaseB, network.now);
        network.bRuns = true;
        network.run(10_000);
        assertThat(network.news).containsExactly("B ALIVE");
    }

    @Test
    void keysChangeWithoutAGap() {
        FakeNetwork network = aliveNetwork(100, 3);
        network.a.reconfigure(FakeNetwork.config(true, 100, 3, FakeNetwork.OTHER_KEY), network.now);
        network.run(90);
        network.b.reconfigure(FakeNetwork.config(false, 100, 3, FakeNetwork.OTHER_KEY), network.now);
        network.run(5000);
        assertThat(network.news).isEmpty();
        assertThat(network.alive()).isTrue();
    }

    @Test
    void theOldKeyEndsAfterOneDetectionTime() {
        FakeNetwork network = aliveNetwork(100, 3);
        network.a.reconfigure(FakeNetwork.config(true, 100, 3, FakeNetwork.OTHER_KEY), network.now);
        network.run(1000);
        assertThat(network.lastVerdict).isEqualTo(PathMonitor.Verdict.FORGED);
        assertThat(network.news).containsExactlyInAnyOrder("A DEAD", "B DEAD");
    }

    @Test
    void aPauseOfThisProcessIsNotThePeersDeath() {
        FakeNetwork network = aliveNetwork(100, 3);
        network.aRuns = false;
        network.run(5000);
        assertThat(network.news).containsExactly("B DEAD");
        network.news.clear();
        network.aRuns = true;
        network.a.lostTime(5000 * FakeNetwork.MS, network.now);
        network.run(1000);
        assertThat(network.news).containsExactly("B ALIVE");
    }

    @Test
    void aPeerThatDiedDuringThePauseIsFoundAfterOneDetectionTime() {
        FakeNetwork network = aliveNetwork(100, 3);
        network.aRuns = false;
        network.bRuns = false;
        network.run(5000);
        network.aRuns = true;
        network.a.lostTime(5000 * FakeNetwork.MS, network.now);
        network.run(298);
        assertThat(network.news).isEmpty();
        network.run(4);
        assertThat(network.news).containsExactly("A DEAD");
    }

    @Test
    void echoesFromAQueueThatStoodStillDoNotCount() {
        FakeNetwork network = aliveNetwork(100, 3);
        network.delayMillis = 400;
        network.run(5000);
        assertThat(network.news).containsExactlyInAnyOrder("A DEAD", "B DEAD");
    }
}
