package org.mainstay.guard.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.guard.lease.LeaseBook.Former;
import org.mainstay.guard.lease.LeaseSettings.Mode;

class LeaseBookTest {
    private static final int L = 5000;
    private static final int S = 10_000;
    private static final long START = 100_000;

    private static LeaseSettings settings(Mode mode, int lease, int stop, String... members) {
        return new LeaseSettings(mode, "A", lease, stop, Set.of(members), "", Map.of());
    }

    private static LeaseBook book(Mode mode, String... members) {
        Set<String> all = Set.of(members);
        return new LeaseBook(settings(mode, L, S, members), Former.NOTHING, all, Map.of(), START);
    }

    private static Grant grant(long sentAt) {
        return new Grant(sentAt, L, S);
    }

    @Test
    void aMajorityIsOwnVoteAndEnoughOthers() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C", "D", "E");
        book.granted("B", grant(START + 100), START + 110);
        assertThat(book.held(START + 110)).isFalse();
        book.granted("C", grant(START + 200), START + 210);
        assertThat(book.held(START + 210)).isTrue();
        assertThat(book.until(START + 210)).as("the second newest decides").isEqualTo(START + 100 + L);
        book.granted("D", grant(START + 300), START + 310);
        assertThat(book.until(START + 310)).isEqualTo(START + 200 + L);
        assertThat(book.since()).isEqualTo(START + 210);
    }

    @Test
    void theLeaseEndsExactlyLAfterTheRequestWasSent() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        book.granted("B", grant(START), START + 400);
        assertThat(book.held(START + L - 1)).isTrue();
        assertThat(book.held(START + L)).isFalse();
        assertThat(book.until(START + L + 7000)).isEqualTo(START + L);
        assertThat(book.outBy(START + L + 7000)).isEqualTo(START + L + S);
    }

    @Test
    void aLateEchoIsWorthNothing() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        book.granted("B", grant(START), START + L);
        assertThat(book.held(START + L)).isFalse();
        book.granted("B", grant(START + L + 50_000), START + 10);
        assertThat(book.held(START + L + 50_001))
                .as("a time that has not come yet")
                .isFalse();
    }

    @Test
    void anOlderGrantNeverShortensANewerOne() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        book.granted("B", grant(START + 1000), START + 1010);
        book.granted("B", grant(START + 10), START + 1020);
        assertThat(book.until(START + 1020)).isEqualTo(START + 1000 + L);
    }

    @Test
    void aGrantOfTheLongerLeaseBeforeDoesNotHideThoseOfAShorterOne() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        book.granted("B", grant(START), START + 10);
        book.settings(settings(Mode.MAJORITY, 2000, 4000, "A", "B", "C"), true, START + 100);
        book.granted("B", grant(START + 90), START + 110);
        for (long sent = START + 200; sent <= START + 8000; sent += 200) {
            book.granted("B", new Grant(sent, 2000, 4000), sent + 10);
            assertThat(book.until(sent + 10)).isEqualTo(sent + 2000);
        }
        assertThat(book.since()).as("held without a gap").isEqualTo(START + 10);
    }

    @Test
    void whatAPeerAnnouncedOnceDelaysNoTakeoverForEver() {
        LeaseBook book = new LeaseBook(
                settings(Mode.MAJORITY, 2000, 4000, "A", "B", "C"), Former.NOTHING, Set.of("B"), Map.of(), START);
        book.recorded("B", L + S);
        assertThat(book.grant("B", START, L, S)).isTrue();
        assertThat(book.lapsesAt("B")).isEqualTo(START + Witness.period(L + S));
        long later = START + 60_000;
        assertThat(book.grant("B", later, 2000, 4000)).isTrue();
        assertThat(book.lapsesAt("B")).isEqualTo(later + Witness.period(6000));
    }

    @Test
    void aPauseLongerThanTheLeaseIsAGapEvenIfNobodyLookedMeanwhile() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        book.granted("B", grant(START), START + 10);
        assertThat(book.since()).isEqualTo(START + 10);
        // suspended for a minute; then a fresh grant comes before anything else
        book.granted("B", grant(START + 60_000), START + 60_020);
        assertThat(book.held(START + 60_020)).isTrue();
        assertThat(book.since()).isEqualTo(START + 60_020);
    }

    @Test
    void whoIsNoMemberGrantsNothing() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        book.granted("X", grant(START), START + 1);
        book.granted("A", grant(START), START + 1);
        assertThat(book.held(START + 1)).isFalse();
    }

    @Test
    void aClusterOfOneHasItsOwnMajority() {
        LeaseBook book = book(Mode.MAJORITY, "A");
        assertThat(book.held(START)).isTrue();
        assertThat(book.until(START + 77)).isEqualTo(START + 77 + L);
    }

    @Test
    void aClusterOfTwoNeedsBoth() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B");
        assertThat(book.held(START + 1)).isFalse();
        book.granted("B", grant(START + 1), START + 2);
        assertThat(book.held(START + 2)).isTrue();
    }

    @Test
    void modeNoneIsAlwaysHeldAndGrantsAllTheSame() {
        LeaseBook book = book(Mode.NONE, "A", "B");
        assertThat(book.held(START + 999_999)).isTrue();
        assertThat(book.grant("B", START + 5, L, S)).isTrue();
    }

    @Test
    void storageCountsFromTheStartOfTheConfirmedWrite() {
        LeaseBook book = book(Mode.STORAGE, "A", "B");
        assertThat(book.held(START)).isFalse();
        book.written(START + 100, START + 900);
        assertThat(book.until(START + 900)).isEqualTo(START + 100 + L);
        book.written(START + 50, START + 950);
        assertThat(book.until(START + 950)).isEqualTo(START + 100 + L);
        assertThat(book.held(START + 100 + L)).isFalse();
    }

    @Test
    void allOtherServersTogetherReplaceTheWitness() {
        LeaseBook book = book(Mode.ETCD, "A", "B", "C");
        book.granted("B", grant(START), START + 1);
        assertThat(book.held(START + 1)).as("one of two others").isFalse();
        book.granted("C", grant(START + 5), START + 6);
        assertThat(book.until(START + 6)).isEqualTo(START + L);
        assertThat(book(Mode.STORAGE, "A").held(START + 1))
                .as("nobody is not everybody")
                .isFalse();
    }

    @Test
    void aStartingGuardMayHaveGrantedJustBefore() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        long period = Witness.period(L + S);
        assertThat(period).isGreaterThanOrEqualTo((L + S) * 101 / 100);
        assertThat(book.lapsed("B", START + period)).isFalse();
        assertThat(book.lapsed("B", START + period + 1)).isTrue();
    }

    @Test
    void aGrantLapsesAfterTheLongestThatWasAnnounced() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        long heard = START + 100_000;
        assertThat(book.grant("B", heard, 8000, 20_000)).as("not recorded yet").isFalse();
        assertThat(book.toRecord(8000, 20_000, "B")).isEqualTo(28_000);
        book.recorded("B", 28_000);
        assertThat(book.grant("B", heard, 8000, 20_000)).isTrue();
        assertThat(book.lapsed("B", heard + 28_280)).isFalse();
        assertThat(book.grant("B", heard + 1, 100, 100)).as("shortened there").isTrue();
        assertThat(book.lapsed("B", heard + 28_280)).isFalse();
        assertThat(book.lapsed("B", heard + Witness.period(28_000) + 2)).isTrue();
        assertThat(new LeaseBook(book.settings(), Former.NOTHING, Set.of("B"), book.announced(), heard)
                        .lapsed("B", heard + Witness.period(28_000)))
                .as("a restart remembers what was announced")
                .isFalse();
    }

    @Test
    void whoAnnouncesLessIsWaitedForAsLongAsOwnSettingsSay() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        long heard = START + 100_000;
        book.grant("B", heard, 1000, 1000);
        assertThat(book.lapsed("B", heard + Witness.period(L + S))).isFalse();
    }

    @Test
    void withheldMeansNoGrantUntilAllowed() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        long heard = START + 100_000;
        assertThat(book.grant("B", heard, L, S)).isTrue();
        book.withhold("B");
        assertThat(book.withheld("B")).isTrue();
        assertThat(book.grant("B", heard + 9000, L, S)).isFalse();
        assertThat(book.lapsed("B", heard + Witness.period(L + S) + 1))
                .as("what is refused delays nothing")
                .isTrue();
        assertThat(book.allow("B")).isTrue();
        assertThat(book.grant("B", heard + 9000, L, S)).isTrue();
        assertThat(book.allow("X")).as("no member").isFalse();
        assertThat(book.grant("X", heard, L, S)).isFalse();
    }

    @Test
    void anotherBootAllowsNobody() {
        LeaseBook book =
                new LeaseBook(settings(Mode.MAJORITY, L, S, "A", "B"), Former.NOTHING, Set.of(), Map.of(), START);
        assertThat(book.withheld("B")).isTrue();
        assertThat(book.grant("B", START + 1, L, S)).isFalse();
    }

    @Test
    void aRestartedGuardGoesOnWithTheLeaseItHad() {
        LeaseSettings settings = settings(Mode.MAJORITY, L, S, "A", "B", "C");
        LeaseBook book = new LeaseBook(settings, new Former(START + 3000, START - 90_000), Set.of(), Map.of(), START);
        assertThat(book.held(START + 2999)).isTrue();
        assertThat(book.since()).isEqualTo(START - 90_000);
        book.granted("B", grant(START + 500), START + 600);
        assertThat(book.held(START + 4000)).isTrue();
        assertThat(book.since()).as("no gap").isEqualTo(START - 90_000);
        LeaseBook late = new LeaseBook(settings, new Former(START - 4000, START - 90_000), Set.of(), Map.of(), START);
        assertThat(late.held(START)).isFalse();
        assertThat(late.outBy(START))
                .as("the time to stop runs from the end, not from the restart")
                .isEqualTo(START - 4000 + S);
    }

    @Test
    void whatIsNotKnownOfBeforeTheStartCountsFromTheStart() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        assertThat(book.until(START + 10)).isEqualTo(START);
        assertThat(book.outBy(START + 10)).isEqualTo(START + S);
    }

    @Test
    void aShorterLeaseCountsAtOnceALongerOneOnlyForNewRequests() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        book.granted("B", grant(START), START + 1);
        book.settings(settings(Mode.MAJORITY, 9000, 20_000, "A", "B", "C"), true, START + 2);
        assertThat(book.until(START + 2)).isEqualTo(START + L);
        assertThat(book.outBy(START + 2)).as("the grantor was told S").isEqualTo(START + L + S);
        book.settings(settings(Mode.MAJORITY, 2000, S, "A", "B", "C"), true, START + 3);
        assertThat(book.until(START + 3)).isEqualTo(START + 2000);
    }

    @Test
    void aMemberMoreEndsNoLeaseAtOnce() {
        LeaseBook book = book(Mode.MAJORITY, "A");
        book.held(START + 1);
        book.settings(settings(Mode.MAJORITY, L, S, "A", "B"), true, START + 2);
        assertThat(book.until(START + 2)).as("time for B to come").isEqualTo(START + 2 + L);
        assertThat(book.held(START + 2 + L)).isFalse();
    }

    @Test
    void aRemovedMembersGrantIsVoidWhereTheRestIsAMajority() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C", "D", "E");
        book.granted("B", grant(START), START + 1);
        book.granted("C", grant(START), START + 1);
        assertThat(book.held(START + 1)).isTrue();
        book.settings(settings(Mode.MAJORITY, L, S, "A", "D", "E"), true, START + 2);
        assertThat(book.held(START + 2))
                .as("D and E are two of three and know nothing of this lease")
                .isFalse();
        assertThat(book.until(START + 3)).isEqualTo(START + 2);
        assertThat(book.grant("B", START + 4, L, S)).isFalse();
    }

    @Test
    void whereQuorumIsSwitchedOnNothingEndsBeforeTheLeaseWasHeldForTheFirstTime() {
        LeaseBook book = book(Mode.NONE, "A", "B", "C");
        book.settings(settings(Mode.MAJORITY, L, S, "A", "B", "C"), true, START + 10);
        assertThat(book.unlimited()).isTrue();
        assertThat(book.held(START + 90_000)).isTrue();
        book.granted("B", grant(START + 90_000), START + 90_001);
        assertThat(book.unlimited()).isFalse();
        assertThat(book.since()).as("no gap").isEqualTo(START);
        assertThat(book.held(START + 90_000 + L)).isFalse();
    }

    @Test
    void afterAStartWithoutRecordTheLeaseIsLostWhateverTheSettingsWere() {
        LeaseBook book = book(Mode.NONE, "A", "B", "C");
        book.settings(settings(Mode.MAJORITY, L, S, "A", "B", "C"), false, START + 10);
        assertThat(book.held(START + 10))
                .as("nothing was recorded: this may be just after a crash")
                .isFalse();
        assertThat(book.outBy(START + 20)).isEqualTo(START + 10 + S);
    }

    @Test
    void theNextEventIsWhenSomethingChangesByItself() {
        LeaseBook book = book(Mode.MAJORITY, "A", "B", "C");
        long lapse = START + Witness.period(L + S) + 1;
        assertThat(book.nextEvent(START)).isEqualTo(lapse);
        book.granted("B", grant(START + 5), START + 6);
        assertThat(book.nextEvent(START + 6)).isEqualTo(START + 5 + L);
        assertThat(book.nextEvent(lapse + 100)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void settingsTravelAsWords() {
        LeaseSettings settings = new LeaseSettings(
                Mode.ETCD, "A", L, S, Set.of("A", "B b"), "/dev/watchdog", Map.of("ETCD_ENDPOINTS", "https://x:1 y=z"));
        List<String> words = org.mainstay.guard.util.Words.parse(settings.encode());
        assertThat(LeaseSettings.parse(words)).isEqualTo(settings);
        LeaseSettings nothing = LeaseSettings.NOTHING;
        assertThat(LeaseSettings.parse(org.mainstay.guard.util.Words.parse(nothing.encode())))
                .isEqualTo(nothing);
    }
}
