package org.mainstay.quorum.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.Peer;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.quorum.internal.config.Facts;
import org.mainstay.quorum.internal.config.Parameters;

/** A watchdog's reset is certain only when a majority says the right is over for long enough, or the witness does. */
class WatchdogSuretyTest implements Messenger {
    /** Timeout of the watchdog 10 s, 1 % and a second. */
    private static final long NEEDED = 11_100;

    private final RightBoard board = new RightBoard();
    private final Map<String, Long> answers = new HashMap<>();
    private QuorumSettings settings = settings("QUORUM_MODE=majority", "WITNESS_MODE=remote_verify");
    private long now = 1_000_000;
    private WatchdogSurety surety;

    private static QuorumSettings settings(String... lines) {
        Map<String, String> values = new HashMap<>();
        for (String line : lines) {
            int equals = line.indexOf('=');
            values.put(line.substring(0, equals), line.substring(equals + 1));
        }
        return Parameters.check(values, Facts.UNKNOWN).settings().orElseThrow();
    }

    @BeforeEach
    void open() {
        surety = new WatchdogSurety(board, () -> settings, WatchdogSuretyTest::cluster, () -> now);
        surety.messenger(this);
        board.news(new GuardNews.Link(true), now);
        board.news(new GuardNews.Watchdog("B", true), now);
    }

    @Test
    void aWatchdogThatNobodySaidIsFedResetsNothing() {
        over();
        now += NEEDED;
        answers.put("C", NEEDED);
        board.news(new GuardNews.Watchdog("B", false), now);
        assertThat(certain()).isFalse();
        board.news(new GuardNews.Watchdog("B", true), now);
        assertThat(certain()).isTrue();
    }

    private static ClusterSnapshot cluster() {
        Membership members = new Membership(
                1,
                List.of(
                        new Member("A", "10.0.1.1", 1500, "aa"),
                        new Member("B", "10.0.1.2", 1500, "bb"),
                        new Member("C", "10.0.1.3", 1500, "cc")));
        Map<String, Peer> peers = new HashMap<>();
        for (String name : List.of("B", "C")) {
            peers.put(name, new Peer(name, PeerState.ALIVE, true, Lcd.empty(name, 1), true, Map.of(), Map.of()));
        }
        Lcd own = Lcd.empty("A", 1).with(LcdSection.MEMBERSHIP, Membership.KEY, members);
        return new ClusterSnapshot(
                1, "A", ClusterSnapshot.Phase.AVAILABLE, own, peers, Map.of(), Map.of(), Map.of(), List.of());
    }

    private void over() {
        board.news(new GuardNews.Withheld("B", true), now);
        board.news(new GuardNews.Lapsed("B", true), now);
    }

    /** The first call asks the others, the second has their answers. */
    private boolean certain() {
        surety.reset("B");
        return surety.reset("B").isPresent();
    }

    @Test
    void aMajorityMustSayItForLongEnough() {
        over();
        now += NEEDED;
        answers.put("C", NEEDED - 1);
        assertThat(certain()).isFalse();
        answers.put("C", NEEDED);
        assertThat(certain()).isTrue();
        assertThat(surety.reset("B").orElseThrow()).contains("A, C");
        answers.remove("C");
        assertThat(certain()).as("C cannot be asked any more").isFalse();
    }

    @Test
    void anAnswerOfAnEarlierIncidentCountsNoMore() {
        over();
        now += NEEDED;
        answers.put("C", NEEDED);
        assertThat(certain()).isTrue();
        now += 60_000;
        answers.put("C", 0L);
        assertThat(surety.reset("B")).as("C grants it the right to run again").isEmpty();
    }

    @Test
    void theServerItselfIsNotAsked() {
        over();
        now += NEEDED;
        answers.put("B", NEEDED);
        assertThat(certain()).isFalse();
    }

    @Test
    void withheldAloneOrLapsedAloneOrALostLinkIsNothing() {
        answers.put("C", NEEDED);
        board.news(new GuardNews.Lapsed("B", true), now);
        now += NEEDED;
        assertThat(certain()).isFalse();
        board.news(new GuardNews.Withheld("B", true), now);
        assertThat(certain()).as("time counts from when both hold").isFalse();
        now += NEEDED;
        assertThat(certain()).isTrue();
        board.news(new GuardNews.Link(false), now);
        assertThat(certain()).isFalse();
    }

    @Test
    void othersAreToldHowLongItIsOver() {
        assertThat(answered()).isEqualTo("0");
        over();
        now += 700;
        assertThat(answered()).isEqualTo("700");
        board.news(new GuardNews.Withheld("B", false), now);
        assertThat(answered()).isEqualTo("0");
    }

    private String answered() {
        byte[] answer = surety.answer("B".getBytes(StandardCharsets.UTF_8))
                .toCompletableFuture()
                .join();
        return new String(answer, StandardCharsets.UTF_8);
    }

    @Test
    void withoutQuorumNothingIsCertainAndWithAWitnessItsWordIs() {
        over();
        now += NEEDED;
        answers.put("C", NEEDED);
        settings = QuorumSettings.DEFAULT;
        assertThat(certain()).isFalse();
        settings = settings("QUORUM_MODE=etcd", "WITNESS_MODE=etcd", "QUORUM_ETCD_ENDPOINTS=http://10.0.0.9:2379");
        assertThat(certain()).isFalse();
        board.news(new GuardNews.Witness("B", GuardNews.Word.FAILED, "its key is gone"), now);
        now += NEEDED;
        assertThat(certain()).isTrue();
        board.news(new GuardNews.Witness("B", GuardNews.Word.ALIVE, ""), now);
        assertThat(certain()).isFalse();
    }

    @Override
    public boolean send(String peer, String topic, byte[] payload) {
        throw new UnsupportedOperationException("only questions are asked");
    }

    @Override
    public boolean send(String peer, long session, String topic, byte[] payload) {
        return false;
    }

    @Override
    public CompletionStage<byte[]> request(String peer, String topic, byte[] payload, Duration limit) {
        Long answer = answers.get(peer);
        return answer == null
                ? CompletableFuture.failedFuture(new NoCommunicationException(peer))
                : CompletableFuture.completedFuture(Long.toString(answer).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Registration handle(String topic, Handler handler) {
        return () -> {};
    }

    @Override
    public Registration sessions(Consumer<Session> listener) {
        return () -> {};
    }
}
