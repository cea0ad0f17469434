package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Command;
import org.mainstay.kit.HostStorage;
import org.mainstay.kit.HostStorage.Mount;
import org.mainstay.kit.Outcome;

/** Real loop devices and mounts of an image file. */
@Timeout(120)
class LinuxStorageIT {
    @TempDir
    Path folder;

    private final List<HostFixture> fixtures = new ArrayList<>();
    private HostFixture fixture;
    private HostStorage storage;
    private Path image;
    private Path target;
    private final List<Path> devices = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        HostFixture.needsRoot();
        fixture = server("A");
        storage = fixture.host("data").storage();
        image = folder.resolve("my image");
        target = Files.createDirectory(folder.resolve("my data"));
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(16 << 20);
        }
    }

    private HostFixture server(String name) throws Exception {
        HostFixture server = new HostFixture(Files.createDirectory(folder.resolve(name)));
        fixtures.add(server);
        return server;
    }

    private void makeFileSystem() {
        assertThat(fixture.host("data")
                        .run(Command.of("mkfs.ext4", "-q", image.toString()).build())
                        .errors())
                .isEmpty();
    }

    private Path attach(HostStorage by) {
        Path device = by.attachLoop(image).orElseThrow();
        devices.add(device);
        return device;
    }

    @AfterEach
    void stop() throws Exception {
        if (storage != null) {
            storage.unmount(target);
            for (Path device : devices) {
                storage.detachLoop(device);
            }
        }
        for (HostFixture one : fixtures) {
            one.close();
        }
    }

    private List<Mount> mounted() {
        return storage.mounts().stream()
                .filter(mount -> mount.target().equals(target))
                .toList();
    }

    @Test
    void mountsAndUnmountsAnImageAndMayRepeatBoth() {
        makeFileSystem();
        assertThat(storage.fileSystem(image)).contains("ext4");
        Path device = attach(storage);
        assertThat(storage.fileSystem(device)).contains("ext4");
        assertThat(storage.mount(device, target, "ext4", "noatime").succeeded()).isTrue();
        assertThat(storage.mount(device, target, "ext4", "noatime").succeeded())
                .as("once more")
                .isTrue();
        assertThat(mounted()).singleElement().satisfies(mount -> {
            assertThat(mount.source()).isEqualTo(device.toString());
            assertThat(mount.fileSystem()).isEqualTo("ext4");
            assertThat(mount.options()).contains("noatime");
        });
        assertThat(storage.unmount(target).succeeded()).isTrue();
        assertThat(storage.unmount(target).succeeded()).as("once more").isTrue();
        assertThat(mounted()).isEmpty();
        assertThat(storage.detachLoop(device).succeeded()).isTrue();
        assertThat(storage.detachLoop(device).succeeded()).as("once more").isTrue();
    }

    @Test
    void aBusyMountNamesWhoIsInTheWay() throws Exception {
        makeFileSystem();
        Path device = attach(storage);
        storage.mount(device, target, "ext4", "");
        Path file = target.resolve("open");
        Process open = new ProcessBuilder("sh", "-c", "exec 5>'" + file + "'; exec sleep 60").start();
        Process inside =
                new ProcessBuilder("sleep", "61").directory(target.toFile()).start();
        try {
            HostFixture.await("both are in the way", () -> storage.users(target).size() == 2);
            Outcome refused = storage.unmount(target);
            assertThat(refused.succeeded()).isFalse();
            assertThat(refused.message())
                    .contains(open.pid() + " (sleep)")
                    .contains(inside.pid() + " (sleep)")
                    .contains(target.toString());
            Outcome attached = storage.detachLoop(device);
            assertThat(attached.succeeded())
                    .as("a device in use is not detached")
                    .isFalse();
            assertThat(attached.message()).contains("mount " + target);
        } finally {
            open.destroyForcibly().waitFor();
            inside.destroyForcibly().waitFor();
        }
        assertThat(storage.users(target)).isEmpty();
        storage.unmount(target);
        assertThat(mounted()).isEmpty();
    }

    @Test
    void whatAnotherNamespaceKeepsIsNotUnmountedYet() throws Exception {
        makeFileSystem();
        Path device = attach(storage);
        storage.mount(device, target, "ext4", "");
        // It is gone from the table and alive in the kernel, as while an unmount flushes.
        Process holder = new ProcessBuilder(
                        "unshare", "-m", "--propagation", "private", "sh", "-c", "echo has it; exec sleep 1000")
                .start();
        try {
            assertThat(holder.inputReader().readLine()).isEqualTo("has it");
            assertThat(storage.lingering(device)).as("it is in the table").isEmpty();
            Outcome unmounted = storage.unmount(target);
            assertThat(mounted()).isEmpty();
            assertThat(unmounted.succeeded()).isFalse();
            assertThat(unmounted.message()).contains(device.toString()).contains("still in use in the kernel");
            assertThat(storage.unmount(target).succeeded()).as("once more").isFalse();
            HostFixture again = server("A again");
            assertThat(again.host("data").storage().lingering(device))
                    .as("another server's")
                    .isEmpty();
            assertThat(storage.lingering(device)).singleElement().satisfies(mount -> {
                assertThat(mount.source()).isEqualTo(device.toString());
                assertThat(mount.target()).isEqualTo(target);
            });
        } finally {
            holder.destroyForcibly().waitFor();
        }
        HostFixture.await("the kernel has let go", () -> storage.unmount(target).succeeded());
        assertThat(storage.lingering(device)).isEmpty();
        assertThat(folder.resolve("A/data/run/mounts")).isEmptyDirectory();
    }

    /** Goes on with a server whose helper notes what it looks at, and does as the files wait, old and hang say. */
    private void watched() throws Exception {
        Path programs = Files.createDirectory(folder.resolve("programs"));
        Path helper = programs.resolve("mainstay-exec");
        Files.writeString(
                helper,
                String.join(
                        "\n",
                        "#!/bin/sh",
                        "cd '" + programs + "'",
                        "if [ \"$1\" = held ]; then",
                        "  echo \"$3\" >> looks",
                        "  [ ! -e old ] || { echo 'mainstay-exec: usage: mainstay-exec run|serve -- PROGRAM' >&2; exit 125; }",
                        "  [ ! -e hang ] || { echo 'mainstay-exec: processes survive SIGKILL, they hang in the kernel: "
                                + ProcessHandle.current().pid() + "' >&2; exit 123; }",
                        "fi",
                        "case \"$*\" in *'-- mount -i'*) while [ -e wait ]; do sleep 0.05; done;; esac",
                        "exec '" + NativePrograms.folder().resolve("mainstay-exec") + "' \"$@\"",
                        ""));
        Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwxr-xr-x"));
        fixture = new HostFixture(Files.createDirectory(folder.resolve("W")), programs, HostFixture.MOUNT_INFO);
        fixtures.add(fixture);
        storage = fixture.host("data").storage();
    }

    private List<String> looks() throws Exception {
        Path looks = folder.resolve("programs/looks");
        return Files.exists(looks) ? Files.readAllLines(looks) : List.of();
    }

    @Test
    void onlyTheDeviceAskedAboutIsLookedAtAndTwiceBeforeItCountsAsInUse() throws Exception {
        watched();
        makeFileSystem();
        Path device = attach(storage);
        storage.mount(device, target, "ext4", "");
        Process holder = new ProcessBuilder(
                        "unshare", "-m", "--propagation", "private", "sh", "-c", "echo has it; exec sleep 1000")
                .start();
        try {
            assertThat(holder.inputReader().readLine()).isEqualTo("has it");
            assertThat(storage.unmount(target).succeeded()).isFalse();
            Files.delete(folder.resolve("programs/looks"));
            assertThat(storage.lingering(Path.of("/dev/loop-control"))).isEmpty();
            assertThat(storage.lingering(folder.resolve("another image"))).isEmpty();
            assertThat(looks()).as("looks for other devices").isEmpty();
            assertThat(storage.lingering(image)).as("by its image").hasSize(1);
            assertThat(looks()).containsExactly(device.toString(), device.toString());
        } finally {
            holder.destroyForcibly().waitFor();
        }
        HostFixture.await(
                "the kernel has let go", () -> storage.lingering(device).isEmpty());
        assertThat(folder.resolve("W/data/run/mounts")).isEmptyDirectory();
    }

    @Test
    void aDeviceThatIsBeingMountedHereIsNotLookedAt() throws Exception {
        watched();
        makeFileSystem();
        Path device = attach(storage);
        Path waits = Files.createFile(folder.resolve("programs/wait"));
        Path records = folder.resolve("W/data/run/mounts");
        CompletableFuture<Outcome> mounting =
                CompletableFuture.supplyAsync(() -> storage.mount(device, target, "ext4", ""));
        try {
            HostFixture.await(
                    "it is recorded",
                    () -> ProcFiles.list(records).stream()
                            .anyMatch(file -> !file.toString().endsWith(".new")));
            assertThat(fixture.host("data").storage().lingering(device)).hasSize(1);
            assertThat(looks()).isEmpty();
            assertThat(mounting).isNotDone();
        } finally {
            Files.delete(waits);
        }
        assertThat(mounting.get(60, TimeUnit.SECONDS).message()).contains("is mounted on");
        assertThat(storage.lingering(device)).isEmpty();
        assertThat(records).isNotEmptyDirectory();
    }

    @Test
    void aHelperThatCannotLookLeavesTheMountTableToDecideAndALookThatHangsChangesNothing() throws Exception {
        watched();
        makeFileSystem();
        Path device = attach(storage);
        storage.mount(device, target, "ext4", "");
        Path hang = Files.createFile(folder.resolve("programs/hang"));
        Outcome unseen = storage.unmount(target);
        assertThat(unseen.succeeded()).isFalse();
        assertThat(unseen.message()).contains("cannot be seen whether");
        assertThat(storage.lingering(device)).hasSize(1);
        assertThat(fixture.factory().survivors("data")).isEmpty();
        Files.delete(hang);
        Path old = Files.createFile(folder.resolve("programs/old"));
        assertThat(storage.lingering(device)).isEmpty();
        assertThat(storage.unmount(target).succeeded()).isTrue();
        Files.delete(old);
        assertThat(folder.resolve("W/data/run/mounts"))
                .as("a helper that can look may still")
                .isNotEmptyDirectory();
    }

    @Test
    void aMountThatFailedLeavesNoRecord() {
        Path device = attach(storage);
        assertThat(storage.mount(device, target, "ext4", "").succeeded())
                .as("nothing is on it")
                .isFalse();
        assertThat(storage.lingering(device)).isEmpty();
        assertThat(folder.resolve("A/data/run/mounts")).isEmptyDirectory();
    }

    @Test
    void aMountBelowIsInTheWayToo() throws Exception {
        makeFileSystem();
        storage.mount(attach(storage), target, "ext4", "");
        Path below = Files.createDirectory(target.resolve("below"));
        assertThat(storage.mount(Path.of("tmpfs"), below, "tmpfs", "").succeeded())
                .isTrue();
        assertThat(storage.unmount(target).message()).contains("mount " + below);
        assertThat(storage.unmount(below).succeeded()).isTrue();
    }

    @Test
    void oneServerUsesItsDeviceAgainAndNeverAnotherServers() throws Exception {
        Path mine = attach(storage);
        assertThat(attach(storage)).isEqualTo(mine);
        HostStorage other = server("B").host("data").storage();
        Path theirs = attach(other);
        assertThat(theirs)
                .as("the same image on the same kernel, but another server")
                .isNotEqualTo(mine);
        assertThat(Files.readString(Path.of("/sys/block", mine.getFileName().toString(), "loop/dio"))
                        .strip())
                .as("direct I/O")
                .isEqualTo("1");
        assertThat(other.detachLoop(theirs).succeeded()).isTrue();
        assertThat(attach(storage)).isEqualTo(mine);
    }

    @Test
    void aDeviceThatNowServesAnotherFileIsNotUsedAgain() throws Exception {
        Path mine = attach(storage);
        fixture.host("data").run(Command.of("losetup", "-d", mine.toString()).build());
        Path foreign = folder.resolve("foreign");
        try (RandomAccessFile file = new RandomAccessFile(foreign.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        fixture.host("data")
                .run(Command.of("losetup", mine.toString(), foreign.toString()).build());
        devices.add(mine);
        assertThat(attach(storage)).isNotEqualTo(mine);
    }

    @Test
    void wrongInputsAreRefusedWithTheirReason() throws Exception {
        assertThat(storage.fileSystem(image)).as("nothing on it").isEmpty();
        assertThatThrownBy(() -> storage.fileSystem(folder.resolve("none")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("none");
        assertThatThrownBy(() -> storage.attachLoop(folder.resolve("none")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("none");
        assertThat(storage.mount(image, target, "ext4", "noatime,loop").message())
                .contains("'loop'");
        assertThat(storage.mount(image, folder.resolve("none"), "ext4", "").message())
                .contains("mount point");
        Path device = attach(storage);
        assertThat(storage.mount(device, target, "ext4", "").message()).contains("cannot mount " + device);
        makeFileSystem();
        storage.mount(device, target, "ext4", "");
        assertThat(storage.mount(Path.of("/dev/none"), target, "ext4", "").message())
                .contains(target + " is in use", device.toString());
    }
}
