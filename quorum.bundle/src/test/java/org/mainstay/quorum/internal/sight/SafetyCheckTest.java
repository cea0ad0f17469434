package org.mainstay.quorum.internal.sight;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.SafetyControl.SafetyNews;
import org.mainstay.cluster.SafetyControl.SafetyNews.CutOff;
import org.mainstay.cluster.SafetyControl.SafetyNews.PeerSighted;
import org.mainstay.cluster.SafetyControl.Sight;
import org.mainstay.quorum.internal.config.Addresses;
import org.mainstay.quorum.internal.config.Facts;
import org.mainstay.quorum.internal.config.Parameters;

/** COMM-050 to COMM-054 and the detection of being cut off, on a clock of its own. */
class SafetyCheckTest {
    private static final long STEP = 250;
    private static final Probe ICMP = probe("10.0.0.2", 0);
    private static final Probe SSH = probe("10.0.0.2", 22);
    private static final Probe GATEWAY = probe("10.0.0.254", 0);
    private static final Probe SWITCH = probe("10.0.0.253", 0);

    private final List<SafetyNews> news = new ArrayList<>();
    private final List<Probe> sent = new ArrayList<>();
    private final Set<Probe> answering = new HashSet<>();
    private boolean canSend = true;
    private long now = 1_000_000;
    private SafetyCheck check;
    private Set<Probe> landmarks = Set.of();

    private static Probe probe(String address, int port) {
        InetAddress literal = Addresses.literal(address).orElseThrow();
        return new Probe(literal, port);
    }

    @BeforeEach
    void open() {
        check = new SafetyCheck(
                (probe, at) -> {
                    sent.add(probe);
                    return canSend;
                },
                news::add);
        check.settings(QuorumSettings.DEFAULT);
    }

    /** Lets time pass with the path as given; probes are answered at once or never. */
    private void pass(long millis, boolean alive) {
        pass(millis, alive, alive);
    }

    /** Lets time pass. @param alive whether any path is alive @param network whether one over a network is */
    private void pass(long millis, boolean alive, boolean network) {
        for (long end = now + millis; now < end; now += STEP) {
            check.watch(List.of(new Watched("B", Set.of(ICMP, SSH), alive, network, 3_000)), landmarks, now);
            sent.clear();
            check.tick(now);
            if (canSend) {
                List.copyOf(sent).stream().filter(answering::contains).forEach(probe -> check.answered(probe, now));
            }
        }
    }

    /** Returns what was told, without what only repeats the word before. */
    private List<Sight> sights() {
        List<Sight> changes = new ArrayList<>();
        for (Sight sight : words()) {
            if (changes.isEmpty() || changes.get(changes.size() - 1) != sight) {
                changes.add(sight);
            }
        }
        return changes;
    }

    private List<Sight> words() {
        return news.stream()
                .filter(PeerSighted.class::isInstance)
                .map(each -> ((PeerSighted) each).sight())
                .toList();
    }

    private PeerSighted sighted() {
        return (PeerSighted) news.get(news.size() - 1);
    }

    // covers COMM-050
    @Test
    void aMachineThatDiesIsUnseenSinceItsFirstMissedAnswer() {
        answering.addAll(Set.of(ICMP, SSH));
        pass(120_000, true);
        answering.clear();
        pass(3_000, true);
        assertThat(sights()).isEmpty();
        pass(1_000, false);
        assertThat(sighted().sight()).isEqualTo(Sight.UNSEEN);
        assertThat(sighted().sinceMillis()).isBetween(1_500L, 3_500L);
        pass(3_000, false);
        assertThat(sights()).containsExactly(Sight.UNSEEN);
    }

    // covers COMM-051 COMM-052
    @Test
    void aMachineThatIsSeenPausesTheTakeoverAndAPathThatReturnsEndsIt() {
        answering.add(ICMP);
        pass(5_000, true);
        pass(2_000, false);
        assertThat(sights()).containsExactly(Sight.SEEN);
        pass(50_000, false);
        pass(10_000, false);
        pass(1_000, true);
        assertThat(sights()).containsExactly(Sight.SEEN, Sight.UNKNOWN);
    }

    /** The decision core forgets the word at a revival that may be too short to be noticed by the safety check. */
    @Test
    void whoIsSeenIsToldAgainWhileItLasts() {
        answering.add(ICMP);
        pass(5_000, true);
        pass(2_000, false);
        assertThat(sights()).containsExactly(Sight.SEEN);
        for (int i = 0; i < 10; i++) {
            news.clear();
            pass(SafetyCheck.SEEN_AGAIN, false);
            assertThat(words()).containsExactly(Sight.SEEN);
        }
        assertThat(sighted().sinceMillis()).as("since when it is seen").isGreaterThan(10_000);
        answering.clear();
        news.clear();
        pass(10_000, false);
        assertThat(sights()).as("not from when it is silent").endsWith(Sight.UNSEEN);
        news.clear();
        pass(10_000, false);
        assertThat(words()).as("only the veto is repeated").isEmpty();
    }

    @Test
    void onceSeenAndLaterUnseenForTheWholeLimitIsANewFailure() {
        answering.add(ICMP);
        pass(5_000, true);
        pass(20_000, false);
        answering.clear();
        pass(2_000, false);
        pass(3_000, false);
        assertThat(sights()).containsExactly(Sight.SEEN, Sight.UNSEEN);
    }

    @Test
    void aProbeThatNeverWorkedTellsNothing() {
        pass(5_000, true);
        pass(10_000, false);
        assertThat(sights()).containsExactly(Sight.UNKNOWN);
        answering.add(ICMP);
        pass(5_000, false);
        assertThat(sights()).as("an answer that was not learnt").containsExactly(Sight.UNKNOWN);
    }

    @Test
    void whatWorkedLongAgoDoesNotCount() {
        answering.add(ICMP);
        pass(5_000, true);
        answering.clear();
        pass(PeerSight.LEARNT_FOR + 10_000, true);
        pass(5_000, false);
        assertThat(sights()).containsExactly(Sight.UNKNOWN);
    }

    @Test
    void oneAnswerInTimeIsEnough() {
        answering.addAll(Set.of(ICMP, SSH));
        pass(120_000, true);
        answering.remove(ICMP);
        pass(20_000, false);
        assertThat(sights()).containsExactly(Sight.SEEN);
        assertThat(sighted().evidence()).contains("TCP port 22");
    }

    @Test
    void aPauseOfThisServerIsNoSilenceOfTheOther() {
        answering.add(ICMP);
        pass(5_000, true);
        answering.clear();
        now += 60_000;
        pass(500, false);
        assertThat(sights())
                .as("one unanswered probe after a minute in which none was sent")
                .isEmpty();
        pass(3_000, false);
        assertThat(sighted().sight()).isEqualTo(Sight.UNSEEN);
        assertThat(sighted().sinceMillis()).isLessThan(3_000);
    }

    @Test
    void probesThatCannotBeSentAreNoSilence() {
        answering.add(ICMP);
        pass(5_000, true);
        canSend = false;
        pass(10_000, false);
        assertThat(sights()).containsExactly(Sight.UNKNOWN);
        assertThat(sighted().evidence()).contains("cannot be sent");
    }

    @Test
    void tcpProbesAreRareWhileAllIsWell() {
        answering.addAll(Set.of(ICMP, SSH));
        List<Probe> all = new ArrayList<>();
        for (int i = 0; i < 600 * 4; i++) {
            pass(STEP, true);
            all.addAll(sent);
        }
        assertThat(all.stream().filter(SSH::equals).count()).isBetween(9L, 11L);
        assertThat(all.stream().filter(ICMP::equals).count()).isEqualTo(1_200);
    }

    @Test
    void aServerWhoseGatewayAndReferencesAreSilentIsCutOff() {
        landmarks = Set.of(GATEWAY, SWITCH);
        answering.addAll(Set.of(ICMP, GATEWAY, SWITCH));
        pass(5_000, true);
        answering.clear();
        answering.add(SWITCH);
        pass(10_000, false);
        assertThat(check.cutOff()).isEmpty();
        answering.clear();
        pass(3_000, false);
        assertThat(check.cutOff()).contains("10.0.0.254", "10.0.0.253");
        pass(STEP, true);
        assertThat(check.cutOff()).isEmpty();
        assertThat(news.stream().filter(CutOff.class::isInstance).map(each -> ((CutOff) each).cutOff()))
                .containsExactly(false, true, false);
    }

    @Test
    void whoIsCutOffFromTheBeginningDoesNotSayThatItIsNot() {
        landmarks = Set.of(GATEWAY);
        pass(10_000, false);
        assertThat(news).noneMatch(CutOff.class::isInstance);
        answering.add(ICMP);
        pass(STEP, true);
        assertThat(news).contains(new CutOff(false, ""));
    }

    @Test
    void whoWasHeardOverTheDiskWasThereWhateverTheProbesSaid() {
        answering.add(ICMP);
        pass(5_000, true);
        answering.clear();
        pass(300_000, true, false);
        assertThat(sights()).isEmpty();
        pass(2_000, false);
        assertThat(sighted().sight()).isEqualTo(Sight.UNSEEN);
        assertThat(sighted().sinceMillis()).as("from the last beats on").isLessThan(5_500);
    }

    @Test
    void whoBeatsOnlyOnTheDiskStillKnowsItsGateway() {
        landmarks = Set.of(GATEWAY);
        answering.addAll(Set.of(ICMP, GATEWAY));
        pass(5_000, true);
        answering.clear();
        pass(2 * PeerSight.LEARNT_FOR, true, false);
        assertThat(check.cutOff()).isEmpty();
        pass(STEP, false);
        assertThat(check.cutOff()).as("when the disk is lost too").contains("10.0.0.254");
    }

    @Test
    void anotherIntervalForgetsNothing() {
        landmarks = Set.of(GATEWAY);
        answering.addAll(Set.of(ICMP, GATEWAY));
        pass(5_000, true);
        pass(5_000, false);
        assertThat(sights()).containsExactly(Sight.SEEN);
        check.settings(Parameters.check(Map.of("SAFETY_CHECK_INTERVAL_SECS", "1"), Facts.UNKNOWN)
                .settings()
                .orElseThrow());
        pass(30_000, false);
        assertThat(sights()).as("its probes go on answering").containsExactly(Sight.SEEN);
        answering.clear();
        pass(10_000, false);
        assertThat(sights()).containsExactly(Sight.SEEN, Sight.UNSEEN);
        assertThat(check.cutOff()).contains("10.0.0.254");
    }

    @Test
    void aGatewayThatNeverAnsweredTellsNothing() {
        landmarks = Set.of(GATEWAY);
        pass(5_000, true);
        pass(10_000, false);
        assertThat(check.cutOff()).isEmpty();
    }

    @Test
    void noCarrierOnAllCommInterfacesIsCutOff() {
        answering.add(ICMP);
        pass(5_000, true);
        check.links(Set.of("eth0", "eth1"), Set.of("eth1"));
        pass(5_000, false);
        assertThat(check.cutOff()).isEmpty();
        check.links(Set.of("eth0", "eth1"), Set.of());
        pass(STEP, false);
        assertThat(check.cutOff()).startsWith("no carrier on").contains("eth0", "eth1");
    }
}
