package org.mainstay.guard.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Grants as heartbeats carry them. A is the holder, B the grantor. */
class PathLeaseTest {
    private final FakeNetwork network = new FakeNetwork(500, 6);

    private long bootNow() {
        return network.leaseA.now();
    }

    private void alive() {
        network.run(3000);
        assertThat(network.alive()).isTrue();
    }

    @Test
    void everyHeartbeatIsARequestAndEveryEchoAGrant() {
        network.delayMillis = 30;
        alive();
        network.leaseA.got.clear();
        network.run(5000);
        assertThat(network.leaseA.got).hasSizeGreaterThanOrEqualTo(9);
        for (FakeLease.Granted granted : network.leaseA.got) {
            assertThat(granted.peer()).isEqualTo("B");
            assertThat(granted.lease()).isEqualTo(5000);
            assertThat(granted.lossStop()).isEqualTo(10_000);
        }
        // counted from when the request was sent: two ways and up to one interval ago, not from now
        assertThat(bootNow() - network.leaseA.lastGot().at()).isBetween(60L, 1600L);
    }

    @Test
    void theGrantorRemembersALaterTimeThanTheHolderCountsFrom() {
        network.delayMillis = 200;
        alive();
        network.run(3000);
        long latestGiven = network.leaseB.lastGiven().at();
        assertThat(network.leaseA.got)
                .allSatisfy(granted -> assertThat(granted.at() + 200).isLessThanOrEqualTo(latestGiven));
    }

    @Test
    void everyHeartbeatSaysWhetherItsSenderHasALease() {
        alive();
        assertThat(network.leaseB.terms).isEqualTo(LeaseExchange.Terms.WITH_LEASE);
        network.leaseA.without = true;
        network.run(1000);
        assertThat(network.leaseB.terms).isEqualTo(LeaseExchange.Terms.WITHOUT_LEASE);
        network.leaseA.without = false;
        network.run(1000);
        assertThat(network.leaseB.terms).isEqualTo(LeaseExchange.Terms.WITH_LEASE);
    }

    @Test
    void whoWithholdsSendsNoFlag() {
        alive();
        network.leaseB.grants = false;
        network.run(100);
        network.leaseA.got.clear();
        network.run(5000);
        assertThat(network.leaseA.got).isEmpty();
        assertThat(network.alive()).as("heartbeats go on").isTrue();
    }

    @Test
    void aPeerThatDoesNotHearThisServerGetsNothingHoweverLongItAsks() {
        alive();
        network.delivers = sent -> sent.fromA();
        network.run(4000);
        assertThat(network.b.state()).isEqualTo(PathMonitor.State.DEAD);
        network.leaseB.given.clear();
        network.run(20_000);
        assertThat(network.leaseB.given).as("else it would never lapse").isEmpty();
    }

    @Test
    void aPeerThatIsNotHeardIsGrantedNothingNew() {
        alive();
        network.delivers = sent -> !sent.fromA();
        long cut = bootNow();
        network.run(20_000);
        assertThat(network.leaseB.given)
                .allSatisfy(given -> assertThat(given.at()).isLessThanOrEqualTo(cut));
        assertThat(network.leaseA.got).allSatisfy(got -> assertThat(got.at()).isLessThanOrEqualTo(cut));
    }

    @Test
    void packetsThatWaitedDuringAPauseCountFromWhenTheyWereSent() {
        network.delayMillis = 10;
        alive();
        network.aRuns = false;
        long stopped = bootNow();
        network.delivers = sent -> true;
        long before = network.history.size();
        network.run(8000);
        // what B sent meanwhile arrives all at once
        network.aRuns = true;
        network.leaseA.got.clear();
        for (FakeNetwork.Sent sent : network.history.subList((int) before, network.history.size())) {
            if (!sent.fromA()) {
                network.receive(network.a, sent.bytes());
            }
        }
        assertThat(network.leaseA.got).allSatisfy(got -> assertThat(got.at()).isLessThanOrEqualTo(stopped));
    }

    @Test
    void aReplayedPacketGrantsNothing() {
        alive();
        FakeNetwork.Sent old = network.history.stream()
                .filter(sent -> !sent.fromA())
                .reduce((first, second) -> second)
                .orElseThrow();
        network.run(1000);
        network.leaseA.got.clear();
        network.receive(network.a, old.bytes());
        assertThat(network.leaseA.got).isEmpty();
    }

    @Test
    void whatIsAnnouncedBelongsToThePacketThatIsGranted() {
        network.delayMillis = 400;
        alive();
        network.run(2000);
        network.leaseA.lease = 9000;
        network.leaseA.lossStop = 20_000;
        long changed = bootNow();
        network.leaseA.got.clear();
        network.run(3000);
        assertThat(network.leaseA.got)
                .allSatisfy(got -> assertThat(got.lease()).isEqualTo(got.at() <= changed ? 5000 : 9000))
                .anySatisfy(got -> assertThat(got.lease()).isEqualTo(5000))
                .anySatisfy(got -> assertThat(got.lossStop()).isEqualTo(20_000));
        assertThat(network.leaseB.lastGiven().lease()).isEqualTo(9000);
        assertThat(network.leaseB.lastGiven().lossStop()).isEqualTo(20_000);
    }

    @Test
    void anInstanceThatHasNotProvenItselfIsAnsweredWithoutAGrant() {
        alive();
        network.run(700);
        PathMonitor restarted =
                new PathMonitor(FakeNetwork.config(true, 500, 6, FakeNetwork.KEY), 1002, network.leaseA, network.now);
        ByteBuffer bytes = ByteBuffer.allocate(Packet.LARGEST);
        restarted.write(new Packet(), bytes, network.now);
        byte[] first = new byte[bytes.position()];
        bytes.flip().get(first);
        network.receive(network.b, first);
        assertThat(network.lastVerdict).isEqualTo(PathMonitor.Verdict.UNPROVEN);
        ByteBuffer answer = ByteBuffer.allocate(Packet.LARGEST);
        Packet packet = new Packet();
        network.b.write(packet, answer, network.now);
        assertThat(packet.echoInstance).isEqualTo(1002);
        assertThat(packet.has(Packet.GRANTS_LEASE)).isFalse();
    }

    @Test
    void thePacketKeepsItsLengthAndPlaces() {
        Packet packet = new Packet();
        packet.leaseMillis = 5001;
        packet.lossStopMillis = 10_001;
        ByteBuffer bytes = ByteBuffer.allocate(Packet.LARGEST);
        packet.writeBody(bytes);
        assertThat(bytes.position()).isEqualTo(Packet.BODY);
        assertThat(bytes.getInt(112)).isEqualTo(5001);
        assertThat(bytes.getInt(116)).isEqualTo(10_001);
        assertThat(bytes.getLong(120)).isZero();
        assertThat(bytes.getLong(128)).isZero();
    }
}
