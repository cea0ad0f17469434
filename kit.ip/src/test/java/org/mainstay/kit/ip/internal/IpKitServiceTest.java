package org.mainstay.kit.ip.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;

/** Service of an address: restore, remove, checks, local recovery (ADM-210 to ADM-214, OPS-061 to OPS-064). */
class IpKitServiceTest {
    private static final String VIP = "10.1.0.9";
    private static final String OTHER = "02:00:00:00:00:07";

    @TempDir
    Path home;

    private final FakeMachine machine = new FakeMachine();
    private IpKit kit;

    @BeforeEach
    void start() {
        kit = new IpKit(home, new Links(home));
        machine.card("eth0", true, true, "10.1.0.1/24");
        machine.card("eth1", true, true, "10.1.0.2/24");
    }

    private CreateContext vip(String... more) {
        String[] all = new String[more.length + 3];
        all[0] = "address=" + VIP;
        all[1] = "netmask=24";
        all[2] = "interface.found=eth0";
        System.arraycopy(more, 0, all, 3, more.length);
        return machine.context(all);
    }

    private static void succeeds(Outcome outcome) {
        assertThat(outcome.succeeded()).as(outcome.message()).isTrue();
    }

    private static String failure(Outcome outcome) {
        assertThat(outcome.succeeded()).as(outcome.message()).isFalse();
        return outcome.message();
    }

    @Test
    void anOperatorsRestoreLooksForASecondUserThenAddsAndAnnounces() {
        succeeds(kit.restore(vip("announceTimes=7")));
        assertThat(machine.log).containsExactly("probe eth0 1000", "add eth0 10.1.0.9/24", "announce eth0 7");
        assertThat(machine.holders(VIP)).containsExactly("eth0");
    }

    @Test
    void aTakeoverLooksShortly() {
        machine.takeover = true;
        machine.reason = "takeover of B";
        succeeds(kit.restore(vip()));
        assertThat(machine.log).startsWith("probe eth0 25");
    }

    @Test
    void aPlannedSwitchoverDoesNotLook() {
        machine.handedOver = true;
        succeeds(kit.restore(vip()));
        assertThat(machine.log).containsExactly("add eth0 10.1.0.9/24", "announce eth0 5");
    }

    @Test
    void theTimesAreTunable() {
        machine.tunables.put("LKIP_PROBE_MILLIS", "300");
        succeeds(kit.restore(vip()));
        assertThat(machine.log).startsWith("probe eth0 300");
        machine.tunables.put("LKIP_PROBE_MILLIS", "soon");
        succeeds(kit.remove(vip()));
        machine.log.clear();
        succeeds(kit.restore(vip()));
        assertThat(machine.log).startsWith("probe eth0 1000");
        assertThat(machine.progress).anyMatch(line -> line.contains("LKIP_PROBE_MILLIS='soon'"));
    }

    @Test
    void aSecondUserStopsARestore() {
        machine.others.put(FakeMachine.inet(VIP), OTHER);
        assertThat(failure(kit.restore(vip()))).contains(VIP, "eth0", OTHER).doesNotContain("SPLIT");
        assertThat(machine.holders(VIP)).isEmpty();
        machine.takeover = true;
        machine.reason = "takeover of B";
        assertThat(failure(kit.restore(vip()))).contains("SPLIT BRAIN", OTHER, "takeover of B");
        assertThat(machine.holders(VIP)).isEmpty();
    }

    @Test
    void restoreOfWhatRunsChangesNothing() {
        succeeds(kit.restore(vip()));
        machine.log.clear();
        succeeds(kit.restore(vip()));
        assertThat(machine.log).isEmpty();
    }

    @Test
    void aRestoreThatCannotServeSaysWhyAndLeavesNothing() {
        machine.unplug("eth0");
        assertThat(failure(kit.restore(vip()))).contains("eth0 has no link");
        machine.remove("eth0");
        assertThat(failure(kit.restore(vip()))).contains("eth0 does not exist");
        machine.card("eth0", false, false, "10.1.0.1/24");
        assertThat(failure(kit.restore(vip()))).contains("eth0 is down");
        machine.card("eth0", true, true, "10.1.0.1/24");
        machine.broken = "add eth0";
        assertThat(failure(kit.restore(vip()))).contains("cannot add");
        machine.broken = "announce";
        assertThat(failure(kit.restore(vip()))).contains("cannot announce");
        assertThat(machine.holders(VIP)).isEmpty();
    }

    @Test
    void anAddressThatSomebodyPutElsewhereIsNotTakenSilently() {
        machine.card("eth2", true, true, VIP + "/24");
        assertThat(failure(kit.restore(vip()))).contains("eth2");
        assertThat(kit.probe(vip()).state()).isEqualTo(Probe.State.PARTIAL);
    }

    @Test
    void theBackupInterfaceServesWhenTheMainOneIsDead() {
        machine.unplug("eth0");
        succeeds(kit.restore(vip("backupInterface=eth1")));
        assertThat(machine.holders(VIP)).containsExactly("eth1");
        assertThat(kit.probe(vip("backupInterface=eth1")).state()).isEqualTo(Probe.State.RUNNING);
    }

    @Test
    void removeTakesItOffEverywhereAndMayBeRepeated() {
        succeeds(kit.restore(vip()));
        machine.card("eth3", false, false, VIP + "/32");
        succeeds(kit.remove(vip("restoreMode=Disabled")));
        assertThat(machine.holders(VIP)).isEmpty();
        machine.log.clear();
        succeeds(kit.remove(vip()));
        assertThat(machine.log).isEmpty();
        machine.remove("eth0");
        succeeds(kit.remove(vip()));
        assertThat(kit.probe(vip()).state()).isEqualTo(Probe.State.STOPPED);
    }

    @Test
    void aRemoveThatDidNotRemoveFails() {
        succeeds(kit.restore(vip()));
        machine.broken = "remove";
        assertThat(failure(kit.remove(vip()))).contains("cannot remove");
        machine.broken = "adds again";
        assertThat(failure(kit.remove(vip()))).contains("still on eth0");
        assertThat(kit.probe(vip()).state()).isEqualTo(Probe.State.RUNNING);
    }

    // covers ADM-191 ADM-210
    @Test
    void checksNoticeALostAddressALostLinkAndASecondUser() {
        assertThat(failure(kit.quickCheck(vip()))).contains(VIP + " is not on eth0");
        succeeds(kit.restore(vip()));
        succeeds(kit.quickCheck(vip()));
        succeeds(kit.deepCheck(vip()));
        machine.others.put(FakeMachine.inet(VIP), OTHER);
        succeeds(kit.quickCheck(vip()));
        assertThat(failure(kit.deepCheck(vip()))).contains("SPLIT BRAIN", OTHER);
        machine.unplug("eth0");
        assertThat(failure(kit.quickCheck(vip()))).contains("eth0 has no link");
        assertThat(failure(kit.deepCheck(vip()))).contains("eth0 has no link");
    }

    // covers ADM-191 ADM-211 ADM-212 ADM-214 ADM-262
    @Test
    void localRecoveryTriesTheInterfaceThenTheBackup() {
        succeeds(kit.recover(vip("backupInterface=eth1")));
        assertThat(machine.holders(VIP)).as("ADM-211").containsExactly("eth0");
        machine.unplug("eth0");
        succeeds(kit.recover(vip("backupInterface=eth1")));
        assertThat(machine.holders(VIP)).as("ADM-212").containsExactly("eth1");
        machine.unplug("eth1");
        assertThat(failure(kit.recover(vip("backupInterface=eth1")))).contains("eth0 has no link", "eth1 has no link");
        assertThat(failure(kit.recover(vip()))).as("ADM-214").contains("eth0 has no link");
        assertThat(kit.descriptor().localRecovery())
                .as("asked at extend, ADM-262")
                .isTrue();
    }

    @Test
    void localRecoveryDoesNotFightForAnAddress() {
        succeeds(kit.restore(vip()));
        machine.others.put(FakeMachine.inet(VIP), OTHER);
        machine.log.clear();
        assertThat(failure(kit.recover(vip()))).contains(OTHER);
        assertThat(machine.log).noneMatch(line -> line.startsWith("announce"));
    }

    // covers ADM-264 OPS-061
    @Test
    void inModeDisabledNothingIsConfiguredOrWatched() {
        CreateContext disabled = vip("restoreMode=Disabled");
        succeeds(kit.restore(disabled));
        succeeds(kit.quickCheck(disabled));
        succeeds(kit.deepCheck(disabled));
        succeeds(kit.recover(disabled));
        assertThat(machine.log).isEmpty();
        assertThat(kit.killHandles(disabled)).isEmpty();
        assertThat(kit.probe(disabled).state()).isEqualTo(Probe.State.STOPPED);
        machine.inService = true;
        assertThat(kit.probe(vip("restoreMode=Disabled")).state()).isEqualTo(Probe.State.RUNNING);
    }

    @Test
    void killHandlesCoverEveryInterfaceItMayBeOn() {
        assertThat(kit.killHandles(vip("backupInterface=eth1")))
                .containsExactly(KillHandle.address("eth0", "10.1.0.9/24"), KillHandle.address("eth1", "10.1.0.9/24"));
    }

    @Test
    void aMachineThatCannotBeLookedAtIsUnknown() {
        machine.broken = "interfaces";
        assertThat(kit.probe(vip()).state()).isEqualTo(Probe.State.UNKNOWN);
    }

    private void pingList(String text) throws IOException {
        Path folder = Files.createDirectories(home.resolve("Subsys/comm/Resources/ip"));
        Files.writeString(folder.resolve("pinglist.vip"), text);
    }

    // covers OPS-062 OPS-063 OPS-064
    @Test
    void thePingListIsTestedAfterARestoreAndInTheQuickCheck() throws IOException {
        pingList("# gateways\n\n10.1.0.250\nnonsense\nfd00::1\n10.1.0.251\n");
        machine.answering.add(FakeMachine.inet("10.1.0.251"));
        succeeds(kit.restore(vip()));
        succeeds(kit.quickCheck(vip()));
        assertThat(machine.log)
                .as("one after the other until one answers")
                .endsWith("ping 10.1.0.250", "ping 10.1.0.251", "ping 10.1.0.250", "ping 10.1.0.251");
        assertThat(machine.progress).anyMatch(line -> line.contains("nonsense"));
        machine.answering.clear();
        assertThat(failure(kit.quickCheck(vip()))).contains("10.1.0.250", "10.1.0.251");
        succeeds(kit.remove(vip()));
        assertThat(failure(kit.restore(vip()))).contains("ping list");
        assertThat(machine.holders(VIP)).as("not left half in service").isEmpty();
    }

    /** Somebody wanted it to be asked: a deep check that cannot must not say that all is well. */
    @Test
    void aPingListThatCannotBeReadFailsTheDeepCheckOnly() throws IOException {
        Path folder = Files.createDirectories(home.resolve("subsys/comm/resources/ip"));
        Path list = Files.write(folder.resolve("pinglist.vip"), new byte[] {(byte) 0xff, (byte) 0xfe, '\n'});
        succeeds(kit.restore(vip()));
        succeeds(kit.quickCheck(vip()));
        assertThat(failure(kit.deepCheck(vip()))).contains("pinglist.vip", "cannot be read");
        Files.writeString(list, "10.1.0.250\n");
        machine.answering.add(FakeMachine.inet("10.1.0.250"));
        succeeds(kit.deepCheck(vip()));
    }

    @Test
    void aPingListWithoutUsableLinesCountsAsAbsent() throws IOException {
        pingList("# nothing\nnonsense\n");
        succeeds(kit.restore(vip()));
        assertThat(machine.log).noneMatch(line -> line.startsWith("ping"));
        assertThat(machine.progress).anyMatch(line -> line.contains("no usable address"));
    }
}
