package org.mainstay.mirror.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Probe;

/** The kit against a real image, in the mount namespace the process was started in; run by {@link VolumeKitIT}. */
final class VolumeStory {
    private VolumeStory() {}

    /** @param arguments folder with {@code disk.img} (ext4) and {@code blank.img} (empty) */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Path image = folder.resolve("disk.img");
        Path mount = folder.resolve("mnt/data");
        Map<Path, String> holders = new HashMap<>();
        RealStorageHost a = new RealStorageHost("A", holders);
        VolumeKit kit = new VolumeKit(folder.resolve("fstab"), new MirrorAccess());

        TestContext blank =
                context(a, "", Map.of("device", folder.resolve("blank.img").toString(), "mount", mount.toString()));
        assertThat(kit.create(blank).refusal().orElse("accepted")).contains("no file system");

        Creation creation = kit.create(context(a, "", Map.of("device", image.toString(), "mount", mount.toString())));
        assertThat(creation.refusal()).isEmpty();
        assertThat(creation.properties()).containsEntry("fstype", "ext4");
        TestContext volume = context(a, creation.id(), creation.properties());
        assertThat(kit.probe(volume).state()).isEqualTo(Probe.State.STOPPED);

        assertThat(kit.restore(volume).message()).contains("is mounted");
        assertThat(kit.restore(volume).succeeded()).isTrue();
        assertThat(a.mounts().stream().filter(m -> m.target().equals(mount))).hasSize(1);
        assertThat(kit.probe(volume).state()).isEqualTo(Probe.State.RUNNING);
        assertThat(kit.quickCheck(volume).succeeded()).isTrue();
        assertThat(kit.deepCheck(volume).message()).contains("wrote and read");
        Files.writeString(mount.resolve("row"), "1");

        // the kernel's answer to damage: the file system gives up
        assertThat(new ProcessBuilder("mount", "-o", "remount,abort", mount.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        assertThat(kit.deepCheck(volume).succeeded()).isFalse();
        assertThat(kit.recover(volume).succeeded())
                .as("unmounted, its journal replayed, mounted")
                .isTrue();
        assertThat(kit.deepCheck(volume).succeeded()).isTrue();

        Process user =
                new ProcessBuilder("sleep", "1000").directory(mount.toFile()).start();
        assertThat(kit.remove(volume).succeeded()).isFalse();
        assertThat(holders).containsValue("A");
        user.destroyForcibly().waitFor();
        assertThat(kit.remove(volume).succeeded()).isTrue();
        assertThat(kit.probe(volume).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(holders).isEmpty();
        assertThat(Devices.mountsOf(a, image)).isEmpty();

        assertThat(new ProcessBuilder(
                                "dd", "if=/dev/zero", "of=" + image, "bs=64k", "count=4", "conv=notrunc", "status=none")
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        assertThat(kit.restore(volume).message()).contains("never repairs a file system");
        assertThat(holders).isEmpty();
        System.out.println("told");
    }

    private static TestContext context(TestHost host, String id, Map<String, String> properties) {
        return new TestContext(host, "A", id, properties);
    }
}
