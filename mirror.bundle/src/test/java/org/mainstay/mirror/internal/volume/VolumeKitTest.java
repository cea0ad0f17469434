package org.mainstay.mirror.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Creation;
import org.mainstay.kit.HostStorage;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.StorageReservation;

class VolumeKitTest {
    @TempDir
    Path folder;

    private final Map<Path, String> holders = new HashMap<>();
    private TestHost a;
    private TestHost b;
    private VolumeKit kit;
    private Path image;
    private Path mount;
    private Path area;

    @BeforeEach
    void image() throws IOException {
        a = new TestHost("A", holders);
        b = new TestHost("B", holders);
        image = Files.createFile(folder.resolve("disk.img"));
        area = folder.resolve("disk.img.reservation");
        mount = folder.resolve("mnt/data");
        for (TestHost host : List.of(a, b)) {
            host.fileSystems.put(image, "ext4");
        }
        kit = new VolumeKit(folder.resolve("fstab"), new MirrorAccess());
    }

    private TestContext asked(TestHost host, String... more) {
        Map<String, String> answers = new HashMap<>(Map.of("device", image.toString(), "mount", mount.toString()));
        for (int i = 0; i < more.length; i += 2) {
            answers.put(more[i], more[i + 1]);
        }
        return new TestContext(host, host.server, "", answers);
    }

    private TestContext existing(TestHost host, String... more) {
        Creation creation = kit.create(asked(host, more));
        assertThat(creation.refusal()).isEmpty();
        host.done.clear();
        return new TestContext(host, host.server, creation.id(), creation.properties());
    }

    private String refusal(TestContext context) {
        return kit.create(context).refusal().orElse("accepted");
    }

    // covers ADM-185
    @Test
    void createCompletesWhatWasNotSaid() {
        Creation creation = kit.create(asked(a));
        assertThat(creation.refusal()).isEmpty();
        assertThat(creation.id()).isEqualTo(mount.toString());
        assertThat(creation.suggestedTag()).contains("Volume.data");
        assertThat(creation.properties()).containsEntry("fstype", "ext4").containsEntry("reservation", area.toString());
        assertThat(a.done).containsExactly("initialise disk.img.reservation");
        assertThat(Files.exists(mount)).isFalse();
    }

    @Test
    void createRefusesWhatCannotWorkAndNamesTheField() throws IOException {
        assertThat(refusal(asked(a, "device", "/nowhere/x"))).startsWith("device: there is no /nowhere/x");
        assertThat(refusal(asked(a, "device", "disk.img"))).startsWith("device: an absolute path is needed");
        assertThat(refusal(asked(a, "device", folder.toString()))).contains("neither a block device nor an image");
        assertThat(refusal(asked(a, "mount", "/"))).startsWith("mount: the root folder");
        assertThat(refusal(asked(a, "mount", image.toString()))).contains("is below the mount point");
        Path file = Files.createFile(folder.resolve("file"));
        assertThat(refusal(asked(a, "mount", file.toString()))).contains("is not a folder");
        assertThat(refusal(asked(a, "fstype", "xfs"))).startsWith("fstype:").contains("holds ext4");
        assertThat(refusal(asked(a, "reservation", "area"))).startsWith("reservation: an absolute path");
        assertThat(refusal(asked(a, "reservation", mount.resolve("area").toString())))
                .contains("inside the volume's own");
        assertThat(refusal(asked(a, "reservation", image.toString()))).contains("is the volume itself");
        assertThat(refusal(asked(a, "reservation", "scsi"))).contains("sg_persist");
        a.fileSystems.clear();
        assertThat(refusal(asked(a))).contains("no file system on").contains("mkfs.ext4");
        assertThat(a.done).isEmpty();
    }

    @Test
    void createRefusesWhatIsInUse() {
        a.mounted.add(new HostStorage.Mount(image.toString(), Path.of("/elsewhere"), "ext4", "rw"));
        assertThat(refusal(asked(a))).contains("is mounted on /elsewhere");
        a.mounted.clear();
        a.mounted.add(new HostStorage.Mount("/dev/sdz1", mount, "ext4", "rw"));
        assertThat(refusal(asked(a))).contains("/dev/sdz1 is mounted on");
        a.mounted.clear();
        TestContext second = asked(a);
        second.others.add(new ResourceInfo(
                "A",
                "old",
                "/srv/old",
                "filesys",
                "volume",
                Map.of("device", image.toString(), "mount", "/srv/old"),
                true));
        assertThat(refusal(second)).contains("protected already, by the resource 'old'");
        TestContext third = asked(a);
        third.others.add(new ResourceInfo(
                "A",
                "old",
                mount.toString(),
                "filesys",
                "volume",
                Map.of("device", "/dev/x", "mount", mount.toString()),
                true));
        assertThat(refusal(third)).contains("is the mount point of the resource 'old'");
    }

    // covers MIR-253
    @Test
    void createWarnsOfWhatAnOperatorShouldKnow() throws IOException {
        Files.writeString(folder.resolve("fstab"), "# x\n" + image + " " + mount + " ext4 defaults 0 2\n");
        Files.createDirectories(mount);
        Files.createFile(mount.resolve("old file"));
        assertThat(kit.create(asked(a, "reservation", "none")).remarks())
                .anySatisfy(remark -> assertThat(remark).contains("noauto and pass 0"))
                .anySatisfy(remark -> assertThat(remark).contains("is not empty"))
                .anySatisfy(remark -> assertThat(remark).contains("no reservation"));
        Files.writeString(folder.resolve("fstab"), image + " " + mount + " ext4 noauto 0 0\n");
        assertThat(kit.create(asked(a)).remarks())
                .noneSatisfy(remark -> assertThat(remark).contains("fstab"));
    }

    // covers ADM-180 OPS-010
    @Test
    void restoreClaimsBeforeItMountsAndRemoveReleasesLast() {
        TestContext context = existing(a);
        assertThat(kit.restore(context).succeeded()).isTrue();
        assertThat(a.done).containsExactly("claim", "attach", "mount disk.img ext4 errors=remount-ro");
        assertThat(kit.probe(context).state()).isEqualTo(Probe.State.RUNNING);
        assertThat(kit.quickCheck(context).succeeded()).isTrue();
        a.done.clear();
        assertThat(kit.restore(context).succeeded()).isTrue();
        assertThat(a.done).containsExactly("claim");
        a.done.clear();
        assertThat(kit.remove(context).succeeded()).isTrue();
        assertThat(a.done).containsExactly("unmount", "release");
        assertThat(kit.remove(context).succeeded()).isTrue();
        assertThat(kit.probe(context).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(holders).isEmpty();
    }

    // covers OPS-011
    @Test
    void aVolumeOfAnotherServerIsNotMounted() {
        TestContext onA = existing(a);
        kit.restore(onA);
        TestContext onB =
                new TestContext(b, "B", onA.resource().id(), onA.resource().properties());
        Outcome refused = kit.restore(onB);
        assertThat(refused.succeeded()).isFalse();
        assertThat(refused.message()).contains("held by A").contains("perform_action -t data -a forceReservation");
        assertThat(b.mounted).isEmpty();
        kit.remove(onA);
        assertThat(kit.restore(onB).succeeded()).isTrue();
    }

    @Test
    void onlyTheOperatorForces() {
        TestContext onA = existing(a);
        kit.restore(onA);
        TestContext onB =
                new TestContext(b, "B", onA.resource().id(), onA.resource().properties());
        assertThat(kit.perform("forceReservation", List.of(), onB).succeeded()).isTrue();
        assertThat(kit.restore(onB).succeeded()).isTrue();
        Outcome check = kit.quickCheck(onA);
        assertThat(check.succeeded()).isFalse();
        assertThat(check.message()).contains("with B");
        assertThat(kit.perform("dance", List.of(), onB).succeeded()).isFalse();
    }

    @Test
    void aFailedMountLeavesNothingAndTellsTheOperatorWhatToDo() {
        TestContext context = existing(a);
        a.mountAnswer = Outcome.failed("wrong fs type, bad superblock");
        Outcome failed = kit.restore(context);
        assertThat(failed.succeeded()).isFalse();
        assertThat(failed.message())
                .contains("bad superblock")
                .contains("never repairs a file system")
                .contains("fsck");
        assertThat(holders).isEmpty();
        assertThat(a.done).endsWith("release");
    }

    // covers OPS-014 OPS-016
    @Test
    void aBusyUnmountIsRepeatedForAWhileAndKeepsTheReservation() {
        TestContext context = existing(a);
        kit.restore(context);
        a.busyUnmounts = 3;
        assertThat(kit.remove(context).succeeded()).isTrue();
        kit.restore(context);
        a.busyUnmounts = 1000;
        Outcome failed = kit.remove(context);
        assertThat(failed.succeeded()).isFalse();
        assertThat(failed.message()).contains("12 (postgres)");
        assertThat(holders).containsEntry(area, "A");
        a.busyUnmounts = 1000;
        context.pausesLeft = 2;
        a.done.clear();
        assertThat(kit.remove(context).succeeded()).isFalse();
        assertThat(a.done).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void checksSeeWhatHappenedToTheMount() {
        TestContext context = existing(a);
        kit.restore(context);
        HostStorage.Mount good = a.mounted.get(0);
        a.mounted.set(0, new HostStorage.Mount(good.source(), mount, "ext4", "ro,relatime"));
        assertThat(kit.quickCheck(context).message()).contains("read-only");
        a.mounted.set(0, new HostStorage.Mount("/dev/other", mount, "ext4", "rw"));
        assertThat(kit.quickCheck(context).message()).contains("/dev/other is mounted");
        assertThat(kit.probe(context).state()).isEqualTo(Probe.State.UNKNOWN);
        a.mounted.clear();
        assertThat(kit.quickCheck(context).message()).contains("nothing is mounted");
        a.mounted.add(new HostStorage.Mount(image.toString(), Path.of("/elsewhere"), "ext4", "rw"));
        assertThat(kit.probe(context).state()).isEqualTo(Probe.State.PARTIAL);
    }

    @Test
    void deepCheckWritesAndReads() throws IOException {
        TestContext context = existing(a);
        kit.restore(context);
        assertThat(kit.deepCheck(context).succeeded()).isTrue();
        assertThat(Files.size(mount.resolve(ContentCheck.FILE))).isEqualTo(4096);
        Files.delete(mount.resolve(ContentCheck.FILE));
        Files.createDirectory(mount.resolve(ContentCheck.FILE));
        assertThat(kit.deepCheck(context).succeeded()).isFalse();
    }

    @Test
    void extendChecksTheTargetAndBeginsToObserve() throws IOException {
        TestContext onA = existing(a);
        TestContext onB =
                new TestContext(b, "B", onA.resource().id(), onA.resource().properties());
        Creation extended = kit.extend(onB);
        assertThat(extended.refusal()).isEmpty();
        assertThat(b.done).containsExactly("observe");
        Files.delete(area);
        assertThat(kit.extend(onB).refusal().orElse("accepted"))
                .contains("reservation area")
                .contains("every server");
    }

    @Test
    void anImageReachedUnderAnotherNameHasItsAreaThere() throws IOException {
        TestContext onA = existing(a);
        Path other = Files.createDirectories(folder.resolve("nfs"));
        Path sameImage = Files.createFile(other.resolve("disk.img"));
        Path sameArea = Files.createFile(other.resolve("disk.img.reservation"));
        Files.delete(area);
        b.fileSystems.put(sameImage, "ext4");
        Map<String, String> answers = new HashMap<>(onA.resource().properties());
        answers.put("device", sameImage.toString());
        Creation extended = kit.extend(new TestContext(b, "B", onA.resource().id(), answers));
        assertThat(extended.properties()).containsEntry("reservation", sameArea.toString());
    }

    @Test
    void withoutAReservationNothingIsAskedOfTheGuard() {
        TestContext context = existing(a, "reservation", "none");
        kit.restore(context);
        kit.quickCheck(context);
        kit.remove(context);
        assertThat(a.done).noneMatch(step -> step.matches("claim|release|observe|check"));
    }

    @Test
    void deleteTakesTheAreaAlongUnlessSomebodyHoldsIt() {
        TestContext context = existing(a);
        kit.restore(context);
        assertThat(kit.delete(context).message()).contains("stays");
        assertThat(Files.exists(area)).isTrue();
        kit.remove(context);
        kit.delete(context);
        assertThat(Files.exists(area)).isFalse();
    }

    /** What the kit does hangs on codes; the words are the guard's own. */
    @Test
    void anAreaThatGuardsThisMachineOnlyIsRemarked() {
        assertThat(kit.create(asked(a)).remarks()).isEmpty();
        a.initialiseCode = StorageReservation.THIS_MACHINE_ONLY;
        assertThat(kit.create(asked(a)).remarks()).containsExactly("ready");
    }

    @Test
    void deleteKeepsAnAreaOfWhichNobodyKnows() {
        TestContext context = existing(a);
        a.checkAnswer = Outcome.failed("the guard did not answer");
        assertThat(kit.delete(context).message()).contains("stays");
        assertThat(Files.exists(area)).isTrue();
    }

    @Test
    void anUnusableTunableIsWarnedOfOnceAndTheDefaultCounts() {
        TestContext context = existing(a);
        kit.restore(context);
        context.progress.clear();
        context.tunables.put("VOLUME_CHECK_SECS", "soon");
        for (int i = 0; i < 3; i++) {
            assertThat(kit.deepCheck(context).succeeded()).isTrue();
        }
        assertThat(context.progress)
                .singleElement()
                .asString()
                .contains("VOLUME_CHECK_SECS=soon")
                .contains("20 is used");
        context.tunables.put("VOLUME_CHECK_SECS", "0");
        kit.deepCheck(context);
        context.tunables.put("VOLUME_CHECK_SECS", "5");
        kit.deepCheck(context);
        assertThat(context.progress).hasSize(2);
    }

    @Test
    void allServersOfAVolumeShareTheRandomPartOfTheirKeys() {
        TestContext onA = existing(a);
        String drawn = onA.resource().property("reservationId", "");
        assertThat(drawn).matches("[4-7c-f][0-9a-f]{7}");
        TestContext onB =
                new TestContext(b, "B", onA.resource().id(), onA.resource().properties());
        assertThat(kit.extend(onB).properties()).containsEntry("reservationId", drawn);
    }

    @Test
    void theKillHandleNamesMountAndImage() {
        assertThat(kit.killHandles(existing(a)))
                .containsExactly(KillHandle.parse("MOUNT\t" + mount + "\t" + image + "\t" + area));
        assertThat(kit.killHandles(existing(a, "reservation", "none")))
                .containsExactly(KillHandle.mount(mount.toString(), image.toString()));
        assertThat(kit.killHandles(asked(a, "reservation", "scsi")))
                .as("whoever reads it must not take it for an area")
                .containsExactly(KillHandle.parse("MOUNT\t" + mount + "\t" + image + "\tscsi"));
    }

    @Test
    void theKillHandleNamesWhereTheMountReallyIs() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), Files.createDirectories(folder.resolve("real")));
        TestContext context = existing(a, "mount", link.resolve("data").toString());
        assertThat(kit.killHandles(context).get(0).arguments().get(0))
                .isEqualTo(folder.resolve("real/data").toString());
    }

    @Test
    void aMountElsewhereKeepsTheReservation() {
        TestContext context = existing(a);
        kit.restore(context);
        a.mounted.add(new HostStorage.Mount(image.toString(), Path.of("/elsewhere"), "ext4", "rw"));
        Outcome failed = kit.remove(context);
        assertThat(failed.succeeded()).isFalse();
        assertThat(failed.message()).contains("/elsewhere").contains("reservation is kept");
        assertThat(holders).containsEntry(area, "A");
        a.mounted.clear();
        assertThat(kit.remove(context).succeeded()).isTrue();
        assertThat(holders).isEmpty();
    }

    @Test
    void whatTheKernelStillHoldsIsNotStoppedAndKeepsTheReservation() {
        TestContext context = existing(a);
        kit.restore(context);
        a.mounted.clear();
        a.lingering.add(new HostStorage.Mount("/dev/sdz1", Path.of("/elsewhere"), "", ""));
        assertThat(kit.probe(context).state()).as("another volume's device").isEqualTo(Probe.State.STOPPED);
        a.lingering.add(new HostStorage.Mount(image.toString(), mount, "", ""));
        assertThat(kit.probe(context).state()).isEqualTo(Probe.State.PARTIAL);
        assertThat(kit.probe(context).message()).contains("still in use in the kernel");
        Outcome failed = kit.remove(context);
        assertThat(failed.succeeded()).isFalse();
        assertThat(failed.message()).contains("still in use in the kernel").contains("reservation is kept");
        assertThat(holders).containsEntry(area, "A");
        a.lingering.clear();
        assertThat(kit.remove(context).succeeded()).isTrue();
        assertThat(holders).isEmpty();
    }

    @Test
    void aMountThatFailedAndStillHangsKeepsTheReservation() {
        TestContext context = existing(a);
        a.mountAnswer = Outcome.failed("mount was stopped");
        a.lingering.add(new HostStorage.Mount(image.toString(), mount, "", ""));
        Outcome failed = kit.restore(context);
        assertThat(failed.message()).contains("mount was stopped").contains("reservation is kept");
        assertThat(holders).containsEntry(area, "A");
    }

    @Test
    void whatTheGuardHasEndedIsRemovedAndStaysReleased() {
        TestContext context = existing(a);
        kit.restore(context);
        a.mounted.clear();
        holders.put(area, "B");
        assertThat(kit.remove(context).succeeded()).isTrue();
        assertThat(holders).containsEntry(area, "B");
    }
}
