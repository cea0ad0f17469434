package org.mainstay.quorum.internal.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.Peer;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.Fencing.LevelDevice;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.SafetyReport;
import org.mainstay.cluster.SafetyReport.Outcome;
import org.mainstay.cluster.SafetyReport.Verdict;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.quorum.internal.config.Facts;
import org.mainstay.quorum.internal.config.Parameters;

/** "What happens if A loses power, if the link is cut, if both", by mode. */
class AssessmentTest {
    private static final Set<String> NOBODY = Set.of();

    private static ClusterSnapshot cluster(boolean shared, String... names) {
        Lcd own = Lcd.empty("A", 1)
                .with(LcdSection.PATHS, "p", new CommPath("p", "B", "10.0.1.1", "10.0.1.2", 1, 500, 6));
        if (shared) {
            Equivalency row = new Equivalency("A", "pg", "B", "pg", 1, 10);
            own = own.with(LcdSection.EQUIVALENCIES, row.key(), row);
        }
        Map<String, Peer> peers = new HashMap<>();
        for (String name : names) {
            peers.put(name, new Peer(name, PeerState.ALIVE, true, Lcd.empty(name, 1), true, Map.of(), Map.of()));
        }
        return new ClusterSnapshot(
                1, "A", ClusterSnapshot.Phase.AVAILABLE, own, peers, Map.of(), Map.of(), Map.of(), List.of());
    }

    private static QuorumSettings settings(String... lines) {
        Map<String, String> values = new HashMap<>();
        for (String line : lines) {
            int equals = line.indexOf('=');
            values.put(line.substring(0, equals), line.substring(equals + 1));
        }
        return Parameters.check(values, Facts.UNKNOWN).settings().orElseThrow();
    }

    private static LevelDevice agent(String server, boolean usable) {
        return new LevelDevice(server, 1, "power-" + server, "agent", "fence_ipmilan", usable, "");
    }

    private static SafetyReport report(
            ClusterSnapshot cluster, QuorumSettings settings, Set<String> independent, LevelDevice... levels) {
        return Assessment.of(cluster, new Means(settings, List.of(levels), Map.of("B", 2), independent, true, true));
    }

    private static Outcome outcome(SafetyReport report, String fault) {
        return report.faults().stream()
                .filter(each -> each.fault().contains(fault))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + fault + " in " + report.faults()))
                .outcome();
    }

    @Test
    void twoServersWithNothingMayRunTwiceWhenTheLinksAreCut() {
        SafetyReport report = report(cluster(true, "B"), QuorumSettings.DEFAULT, NOBODY);
        assertThat(report.verdict()).isEqualTo(Verdict.BY_SIGHT);
        assertThat(outcome(report, "A or B loses power")).isEqualTo(Outcome.TAKEN_OVER);
        assertThat(outcome(report, "links between")).isEqualTo(Outcome.TWICE);
        assertThat(report.advice()).anyMatch(text -> text.contains("SAFETY_CHECK_ADDRESSES_B"));
    }

    // covers COMM-022
    @Test
    void aSharedDiskKeepsEverythingWhereItIsUntilAServerDies() {
        ClusterSnapshot bare = cluster(true, "B");
        CommPath disk = new CommPath("d", "B", "/dev/shared", "/dev/shared", 61, 500, 6);
        ClusterSnapshot cluster = new ClusterSnapshot(
                1,
                "A",
                ClusterSnapshot.Phase.AVAILABLE,
                bare.own().with(LcdSection.PATHS, "d", disk),
                bare.peers(),
                Map.of(),
                Map.of(),
                Map.of(),
                List.of());
        SafetyReport report = report(cluster, QuorumSettings.DEFAULT, NOBODY);
        assertThat(outcome(report, "links between")).isEqualTo(Outcome.STAYS);
        assertThat(outcome(report, "then A or B loses power")).isEqualTo(Outcome.TAKEN_OVER);
        SafetyReport quorum = report(cluster, settings("QUORUM_MODE=majority", "WITNESS_MODE=remote_verify"), NOBODY);
        assertThat(outcome(quorum, "links between")).isEqualTo(Outcome.STAYS);
        assertThat(outcome(quorum, "then A or B loses power")).isEqualTo(Outcome.DOWN);
    }

    @Test
    void anotherWayToSeeTheOtherKeepsItWhereItIs() {
        SafetyReport report = report(cluster(true, "B"), QuorumSettings.DEFAULT, Set.of("B"));
        assertThat(outcome(report, "links between")).isEqualTo(Outcome.STAYS);
        assertThat(outcome(report, "then A or B loses power")).isEqualTo(Outcome.TAKEN_OVER);
    }

    @Test
    void fencingOfAllIsAGuaranteeAndOneThatDoesNotWorkIsNone() {
        assertThat(report(cluster(true, "B"), QuorumSettings.DEFAULT, NOBODY, agent("A", true), agent("B", true))
                        .verdict())
                .isEqualTo(Verdict.GUARANTEED);
        SafetyReport half =
                report(cluster(true, "B"), QuorumSettings.DEFAULT, NOBODY, agent("A", true), agent("B", false));
        assertThat(half.verdict()).isEqualTo(Verdict.BY_SIGHT);
        assertThat(half.summary()).contains("no fencing for B");
        assertThat(half.advice()).anyMatch(text -> text.contains("configure fencing for B"));
    }

    @Test
    void aPersonIsNoGuaranteeAndAWatchdogIsOneOnlyWithALease() {
        LevelDevice dogA = new LevelDevice("A", 1, "dog-a", "watchdog", "", true, "");
        LevelDevice dogB = new LevelDevice("B", 1, "dog-b", "watchdog", "", true, "");
        LevelDevice man = new LevelDevice("B", 1, "man", "manual", "", true, "");
        assertThat(report(cluster(true, "B"), QuorumSettings.DEFAULT, NOBODY, dogA, dogB)
                        .verdict())
                .isEqualTo(Verdict.BY_SIGHT);
        assertThat(report(cluster(true, "B"), QuorumSettings.DEFAULT, NOBODY, agent("A", true), man)
                        .verdict())
                .isEqualTo(Verdict.BY_SIGHT);
        String mode = "QUORUM_MODE=etcd";
        QuorumSettings etcd = settings(mode, "WITNESS_MODE=etcd", "QUORUM_ETCD_ENDPOINTS=http://10.0.0.9:2379");
        assertThat(report(cluster(true, "B"), etcd, NOBODY, dogA, dogB).verdict())
                .as("there is none here")
                .isEqualTo(Verdict.UNLESS_PAUSED);
        QuorumSettings watched = settings(
                mode,
                "WITNESS_MODE=etcd",
                "QUORUM_ETCD_ENDPOINTS=http://10.0.0.9:2379",
                "WATCHDOG_DEVICE=/dev/watchdog");
        assertThat(report(cluster(true, "B"), watched, NOBODY, dogA, dogB).verdict())
                .isEqualTo(Verdict.GUARANTEED);
        SafetyReport agents = report(cluster(true, "B"), etcd, NOBODY, agent("A", true), agent("B", true));
        assertThat(agents.verdict()).as("a takeover needs no fencing there").isEqualTo(Verdict.UNLESS_PAUSED);
        assertThat(agents.summary()).contains("4 s and its fencing fails at the same time");
    }

    @Test
    void majorityOfThreeSurvivesOneAndStopsWithTwo() {
        QuorumSettings majority = settings("QUORUM_MODE=majority", "WITNESS_MODE=remote_verify");
        SafetyReport report = report(cluster(true, "B", "C"), majority, NOBODY);
        assertThat(report.verdict()).isEqualTo(Verdict.UNLESS_PAUSED);
        assertThat(outcome(report, "A or B or C loses power")).isEqualTo(Outcome.TAKEN_OVER);
        assertThat(outcome(report, "links of one server")).isEqualTo(Outcome.TAKEN_OVER);
        assertThat(outcome(report, "then A or B or C loses power")).isEqualTo(Outcome.DOWN);
        assertThat(report.faults().get(0).seconds()).isEqualTo(15.2);
        assertThat(report.modes()).anyMatch(text -> text.contains("others wait 15.2 s"));
        SafetyReport five = report(cluster(true, "B", "C", "D", "E"), majority, NOBODY);
        assertThat(outcome(five, "then A or B or C or D or E loses power")).isEqualTo(Outcome.TAKEN_OVER);
    }

    @Test
    void aWitnessOutsideKeepsTwoServersGoing() {
        QuorumSettings storage = settings("QUORUM_MODE=storage", "WITNESS_MODE=storage", "QWK_STORAGE_TYPE=file");
        SafetyReport report = report(cluster(true, "B"), storage, NOBODY);
        assertThat(report.verdict()).isEqualTo(Verdict.UNLESS_PAUSED);
        assertThat(outcome(report, "links between")).isEqualTo(Outcome.STAYS);
        assertThat(outcome(report, "then A or B loses power")).isEqualTo(Outcome.TAKEN_OVER);
        assertThat(report.faults().get(0).seconds()).isEqualTo(30.0);
        assertThat(outcome(report, "witness cannot be reached")).isEqualTo(Outcome.STAYS);
    }

    @Test
    void nothingSharedAndASingleServer() {
        assertThat(report(cluster(false, "B"), QuorumSettings.DEFAULT, NOBODY).verdict())
                .isEqualTo(Verdict.NOTHING_SHARED);
        assertThat(outcome(report(cluster(false), QuorumSettings.DEFAULT, NOBODY), "A loses power"))
                .isEqualTo(Outcome.DOWN);
    }

    private static final String DEVICE = "MOUNT\t/srv/data\t/dev/sdb1\tscsi";
    private static final String AREA = "MOUNT\t/srv/data\t/img/data\t/img/data.reservation";
    private static final String ADDRESS = "ADDRESS\teth0\t10.0.0.100/24";

    /** Two servers; what is named runs on A, is shared with B, and ends by the handle that follows its name. */
    private static ClusterSnapshot running(List<Dependency> dependencies, String... tagsAndHandles) {
        Lcd own = cluster(false, "B").own();
        for (int i = 0; i < tagsAndHandles.length; i += 2) {
            String tag = tagsAndHandles[i];
            Instance instance = Instance.create(tag, tag, "test", "test")
                    .withState(InstanceState.ISP, "runs", 0)
                    .withOwnership(Ownership.NONE.withKillHandles(List.of("CGROUP\t/" + tag, tagsAndHandles[i + 1])));
            Equivalency row = new Equivalency("A", tag, "B", tag, 1, 10);
            own = own.with(instance).with(LcdSection.EQUIVALENCIES, row.key(), row);
        }
        for (Dependency row : dependencies) {
            own = own.with(LcdSection.DEPENDENCIES, row.key(), row);
        }
        return new ClusterSnapshot(
                1,
                "A",
                ClusterSnapshot.Phase.AVAILABLE,
                own,
                cluster(false, "B").peers(),
                Map.of(),
                Map.of(),
                Map.of(),
                List.of());
    }

    private static SafetyReport report(ClusterSnapshot cluster) {
        return report(cluster, QuorumSettings.DEFAULT, NOBODY);
    }

    private static String remark(SafetyReport report, String tag) {
        return report.resources().stream()
                .filter(each -> each.tag().equals(tag))
                .map(SafetyReport.Resource::remark)
                .reduce("", String::concat);
    }

    private static String text(SafetyReport report, String fault) {
        return report.faults().stream()
                .filter(each -> each.fault().contains(fault))
                .map(SafetyReport.Fault::what)
                .reduce("", String::concat);
    }

    @Test
    void aReservationAreaRefusesASecondMountAndGuaranteesNothing() {
        SafetyReport report = report(running(List.of(new Dependency("db", "vol")), "db", "CGROUP\t/x", "vol", AREA));
        assertThat(report.verdict()).isEqualTo(Verdict.BY_SIGHT);
        assertThat(report.summary()).contains("not proof against an owner that stands still");
        assertThat(remark(report, "vol")).contains("refused while the holder renews");
        assertThat(remark(report, "db")).isEqualTo(remark(report, "vol"));
        assertThat(outcome(report, "links between")).isEqualTo(Outcome.STAYS);
        assertThat(text(report, "links between")).contains("not proof against an owner that stands still");
        assertThat(outcome(report, "then A or B loses power")).isEqualTo(Outcome.TAKEN_OVER);
        SafetyReport quorum = report(
                running(List.of(), "vol", AREA),
                settings("QUORUM_MODE=majority", "WITNESS_MODE=remote_verify"),
                NOBODY);
        assertThat(quorum.verdict()).isEqualTo(Verdict.UNLESS_PAUSED);
        assertThat(quorum.summary()).contains("not proof against an owner that stands still");
    }

    @Test
    void aReservedDeviceProtectsWhatNeedsItAndYieldsToWhoTakesOver() {
        List<Dependency> chain = List.of(new Dependency("site", "db"), new Dependency("db", "vol"));
        SafetyReport report = report(running(chain, "site", "CGROUP\t/x", "db", "CGROUP\t/y", "vol", DEVICE));
        assertThat(report.verdict()).isEqualTo(Verdict.GUARANTEED);
        assertThat(report.summary())
                .isEqualTo(
                        "never two that write, whatever fails: all shared resources in service use reserved devices (SCSI-3)");
        assertThat(remark(report, "site")).contains("refuses the writes of an owner that was replaced");
        assertThat(outcome(report, "links between")).isEqualTo(Outcome.TAKEN_OVER);
        assertThat(text(report, "links between")).contains("the device refuses what the old owner writes");
        assertThat(report(running(List.of(), "vol", "MOUNT\t/srv/data\t/dev/sdb1"))
                        .verdict())
                .as("a mount that names no reservation")
                .isEqualTo(Verdict.BY_SIGHT);
    }

    @Test
    void whatLiesBesideAVolumeIsNotProtectedByIt() {
        List<Dependency> rows = List.of(new Dependency("db", "vol"), new Dependency("db", "ip"));
        for (String reservation : List.of(DEVICE, AREA)) {
            SafetyReport report = report(running(rows, "db", "CGROUP\t/x", "vol", reservation, "ip", ADDRESS));
            assertThat(report.verdict()).as(reservation).isEqualTo(Verdict.BY_SIGHT);
            assertThat(report.summary()).doesNotContain("area");
            assertThat(remark(report, "ip")).isEmpty();
            assertThat(remark(report, "db")).isNotEmpty();
            assertThat(outcome(report, "links between")).isEqualTo(Outcome.TWICE);
        }
    }

    @Test
    void noDeviceStopsAnAddressFromAnswering() {
        List<Dependency> rows = List.of(new Dependency("ip", "vol"));
        SafetyReport device = report(running(rows, "ip", ADDRESS, "vol", DEVICE));
        assertThat(device.verdict()).isEqualTo(Verdict.BY_SIGHT);
        assertThat(remark(device, "ip")).contains("an address is on two servers until");
        assertThat(outcome(device, "links between")).isEqualTo(Outcome.TWICE);
        SafetyReport area = report(running(rows, "ip", ADDRESS, "vol", AREA));
        assertThat(outcome(area, "links between"))
                .as("it comes after a mount that is refused")
                .isEqualTo(Outcome.STAYS);
    }

    @Test
    void devicesAndAreasTogetherAreNoGuaranteeAndEachIsToldOf() {
        SafetyReport report = report(running(List.of(), "one", DEVICE, "two", AREA));
        assertThat(report.verdict()).isEqualTo(Verdict.BY_SIGHT);
        assertThat(outcome(report, "links between")).isEqualTo(Outcome.TAKEN_OVER);
        assertThat(text(report, "links between")).contains("reserved device (SCSI-3)", "what has a reservation area");
        assertThat(outcome(report, "then A or B loses power")).isEqualTo(Outcome.TAKEN_OVER);
    }

    @Test
    void whoIsSeenElsewhereKeepsItAndFencingIsToldOfFirst() {
        ClusterSnapshot cluster = running(List.of(), "vol", DEVICE);
        SafetyReport seen = report(cluster, QuorumSettings.DEFAULT, Set.of("B"));
        assertThat(outcome(seen, "links between")).isEqualTo(Outcome.STAYS);
        assertThat(text(seen, "links between")).contains("reserved device").doesNotContain("twice");
        SafetyReport fenced = report(cluster, QuorumSettings.DEFAULT, NOBODY, agent("A", true), agent("B", true));
        assertThat(fenced.summary()).isEqualTo("never twice, whatever fails: every server can be fenced");
    }
}
