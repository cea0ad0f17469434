package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.mainstay.guard.control.Link;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Leaderless;

/** Kill handles against a real machine: loop devices, ext4, control groups, addresses, in a mount namespace of the guard's. */
class KillHandlesIT extends KillMachine {
    /** As the manager does before it mounts. */
    private void recorded(GuardProcess guard, String device) throws Exception {
        String number = Files.readString(Path.of("/sys/class/block", device.substring("/dev/".length()), "dev"))
                .strip();
        Path sequence = Path.of("/sys/dev/block", number, "diskseq");
        Path record =
                Files.createDirectories(guard.home.resolve("data/run/mounts")).resolve(number);
        Files.write(
                record,
                List.of(
                        Files.readString(Path.of("/proc/sys/kernel/random/boot_id"))
                                        .strip() + "/"
                                + Files.readSymbolicLink(Path.of("/proc", Long.toString(guard.pid()), "ns/mnt")),
                        Files.exists(sequence) ? Files.readString(sequence).strip() : "",
                        device,
                        mount.toString()));
    }

    private String loopDevice() throws Exception {
        return run("losetup", "-n", "-O", "NAME", "-j", image.toString()).strip();
    }

    /** Keeps the file system alive as a hung unmount does: the guard's mount table no longer has it. */
    private Process elsewhere(GuardProcess guard) throws Exception {
        Process holder =
                inside(guard, "unshare", "-m", "--propagation", "private", "sh", "-c", "echo has it; exec sleep 1000");
        assertThat(holder.inputReader().readLine()).isEqualTo("has it");
        return holder;
    }

    @Test
    void whatTheMountTableNoLongerShowsCountsAsMountedWhileTheKernelHoldsTheDevice() throws Exception {
        GuardProcess guard = mounted();
        recorded(guard, loopDevice());
        Process holder = elsewhere(guard);
        try (Link link = guard.manager()) {
            assertThat(items(link, mountHandle())).contains("9 item failed");
            assertThat(isMounted(guard)).isFalse();
            link.lines.clear();
            assertThat(items(link, mountHandle()))
                    .as("once more, when nothing is mounted any more")
                    .contains("9 item failed")
                    .contains("still%20in%20use%20in%20the%20kernel");
            holder.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
            Await.until("the kernel has let go", 30_000, () -> {
                link.lines.clear();
                return items(link, mountHandle()).contains("9 item done");
            });
        }
    }

    @Test
    void aBlockDeviceIsOutWhenTheKernelHasLetGoOfIt() throws Exception {
        assumeThat(Files.isExecutable(Path.of("/usr/bin/addpart")))
                .as("needs addpart")
                .isTrue();
        // A partition has no backing file: to the guard it is a disk like any other.
        Path disk = folder.resolve("disk");
        run("truncate", "-s", "20M", disk.toString());
        String whole = run("losetup", "-P", "--show", "-f", disk.toString()).strip();
        String device = whole + "p1";
        try {
            run("addpart", whole, "1", "2048", "32768");
            assumeThat(Files.exists(Path.of(device))).as("needs devtmpfs").isTrue();
            run("mkfs.ext4", "-q", device);
            GuardProcess guard = guard("A", "mount " + device + " '" + mount + "'");
            recorded(guard, device);
            String handle = "MOUNT%09" + mount + "%09" + device;
            Process holder = elsewhere(guard);
            try (Link link = guard.manager()) {
                assertThat(items(link, handle)).contains("9 item failed").contains("still%20in%20use");
                assertThat(isMounted(guard)).isFalse();
                holder.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
                Await.until("the kernel has let go", 30_000, () -> {
                    link.lines.clear();
                    return items(link, handle).contains("9 item done");
                });
                assertThat(inside(guard, "mount", device, mount.toString()).waitFor())
                        .isZero();
                link.lines.clear();
                assertThat(items(link, handle)).contains("9 item done");
            }
        } finally {
            run("losetup", "-d", whole);
        }
    }

    /**
     * A file system in user space whose server never answers: whoever looks at it waits. Unmounting it takes until the tool's time
     * limit, again and again.
     */
    private static final String SILENT = String.join(
            "\n",
            "import ctypes, os, sys",
            "fd = os.open('/dev/fuse', os.O_RDWR)",
            "libc = ctypes.CDLL(None, use_errno=True)",
            "options = 'fd=%d,rootmode=40000,user_id=0,group_id=0' % fd",
            "if libc.mount(b'silent', sys.argv[1].encode(), b'fuse', 0, options.encode()) != 0: sys.exit(1)",
            "print('mounted', flush=True)",
            "sys.stdin.read()");

    @Test
    void anUnmountThatHangsHoldsUpNoOtherHierarchy() throws Exception {
        assumeThat(Files.isWritable(Path.of("/dev/fuse"))).as("needs FUSE").isTrue();
        Path silent = Files.createDirectories(folder.resolve("silent"));
        GuardProcess guard = mounted();
        Process server = inside(guard, "python3", "-c", SILENT, silent.toString());
        assertThat(server.inputReader().readLine()).isEqualTo("mounted");
        String hanging = "MOUNT%09" + silent + "%09silent";
        try (Link link = guard.manager()) {
            link.send("1 inservice 2");
            link.send("handles X " + hanging + " HIERARCHY%09X");
            link.send("handles Y " + mountHandle() + " HIERARCHY%09Y");
            link.send("2 kill " + hanging);
            long begun = System.nanoTime();
            assertThat(items(link, mountHandle())).startsWith("9 item done");
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun))
                    .isLessThan(10);
            assertThat(isMounted(guard)).isFalse();
            assertThat(link.lines).as("the other one still hangs").noneMatch(line -> line.startsWith("2 "));
        } finally {
            // nobody holds the connection any more: everything that waits for it fails
            server.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
    }

    /** As an attachment whose engine hangs: takes requests, says so, and answers none. */
    private static final String HANGING = String.join(
            "\n",
            "import ctypes, os, struct, sys",
            "fd = os.open('/dev/fuse', os.O_RDWR)",
            "libc = ctypes.CDLL(None, use_errno=True)",
            "options = 'fd=%d,rootmode=40000,user_id=0,group_id=0' % fd",
            "where = sys.argv[1].encode()",
            "if libc.mount(b'mainstay', where, b'fuse.mainstay', 0, options.encode()) != 0: sys.exit(1)",
            "print('mounted', flush=True)",
            "while True:",
            "    length, opcode, unique = struct.unpack_from('=IIQ', os.read(fd, 1 << 20))",
            "    if opcode == 26:",
            "        init = struct.pack('=IIIIHHIIHH32x', 7, 31, 131072, 0, 12, 9, 131072, 1, 32, 0)",
            "        os.write(fd, struct.pack('=IiQ', 16 + len(init), 0, unique) + init)",
            "    elif opcode == 1:",
            "        print('asked', flush=True)");

    private Process hanging(GuardProcess guard, Path folder) throws Exception {
        Process server = inside(guard, "python3", "-c", HANGING, folder.toString());
        assertThat(server.inputReader().readLine()).isEqualTo("mounted");
        return server;
    }

    private static Path controlGroup(String name) throws IOException {
        Path root = Files.exists(Path.of("/sys/fs/cgroup/cgroup.procs"))
                ? Path.of("/sys/fs/cgroup")
                : Path.of("/sys/fs/cgroup/unified");
        assumeThat(Files.isWritable(root)).as("needs a version 2 control group").isTrue();
        return Files.createDirectories(
                root.resolve(name + "-" + ProcessHandle.current().pid()));
    }

    /** The second thread waits for a file system that does not answer; the first one sleeps, and ends when it is killed. */
    private static final String TWO_THREADS = String.join(
            "\n",
            "import sys, threading, time",
            "threading.Thread(target=open, args=(sys.argv[1],)).start()",
            "time.sleep(1000)");

    @Test
    void aProcessOfWhichOneThreadHangsInTheKernelHasNotEnded() throws Exception {
        assumeThat(Files.isWritable(Path.of("/dev/fuse"))).as("needs FUSE").isTrue();
        Path group = controlGroup("mngt");
        Path silent = Files.createDirectories(folder.resolve("silent")).toRealPath();
        GuardProcess guard = guard("A", ":");
        Process server = hanging(guard, silent);
        try {
            String start = "echo $$ > '" + group + "/cgroup.procs'; exec python3 -c \"$0\" '" + silent + "/volume'";
            Process program = inside(guard, "sh", "-c", start, TWO_THREADS);
            assertThat(server.inputReader().readLine()).isEqualTo("asked");
            try (Link link = guard.manager()) {
                assertThat(items(link, "CGROUP%09" + group))
                        .contains("item failed")
                        .contains("they%20wait%20in%20the%20kernel")
                        .contains(program.pid() + "%20(python3)");
                assertThat(Leaderless.isZombie(program.pid())).isTrue();
                link.lines.clear();
                // nobody holds the connection any more: what waits for it fails
                server.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
                assertThat(program.waitFor(30, TimeUnit.SECONDS)).isTrue();
                assertThat(items(link, "CGROUP%09" + group)).contains("item done");
            }
        } finally {
            server.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            Await.until(
                    "the group is empty",
                    30_000,
                    () -> Files.readString(group.resolve("cgroup.events")).contains("populated 0"));
            Files.delete(group);
        }
    }

    @Test
    void processesThatWaitForAnAttachmentThatHangsDieAndNoOtherAttachmentDoes() throws Exception {
        assumeThat(Files.isWritable(Path.of("/dev/fuse"))).as("needs FUSE").isTrue();
        Path group = controlGroup("mnga");
        Path silent = Files.createDirectories(folder.resolve("silent")).toRealPath();
        Path others = Files.createDirectories(folder.resolve("others")).toRealPath();
        GuardProcess guard = guard("A", ":");
        Process other = hanging(guard, others);
        Process server = hanging(guard, silent);
        try {
            Process reader = inside(
                    guard, "sh", "-c", "echo $$ > '" + group + "/cgroup.procs'; exec cat '" + silent + "/volume'");
            assertThat(server.inputReader().readLine()).isEqualTo("asked");
            try (Link link = guard.manager()) {
                String result = items(
                        link, "CGROUP%09" + group + " MOUNT%09" + folder.resolve("mnt") + "%09" + silent + "/volume");
                assertThat(result).contains("item done 1%20processes%20killed").doesNotContain("failed");
            }
            assertThat(reader.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(other.isAlive()).as("only the volume's own is aborted").isTrue();
            assertThat(Files.readString(guard.home.resolve("data/log/guard.log")))
                    .contains("the attachment at " + silent + " was aborted")
                    .doesNotContain("the attachment at " + others);
        } finally {
            // nobody holds the connections any more: everything that waits for them fails
            server.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            other.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            Await.until(
                    "the group is empty",
                    30_000,
                    () -> Files.readString(group.resolve("cgroup.procs")).isBlank());
            Files.delete(group);
        }
    }

    @Test
    void aMountIsTakenAwayWithItsLoopDevice() throws Exception {
        GuardProcess guard = mounted();
        assertThat(isMounted(guard)).isTrue();
        try (Link link = guard.manager()) {
            assertThat(items(link, mountHandle())).contains("9 item done").contains("detached");
            assertThat(isMounted(guard)).isFalse();
            assertThat(attached()).isFalse();
            link.lines.clear();
            assertThat(items(link, mountHandle())).contains("nothing%20is%20mounted");
        }
    }

    @Test
    void processesInTheWayAreKilled() throws Exception {
        GuardProcess guard = mounted();
        Process user = inside(guard, "sh", "-c", "cd '" + mount + "' && touch busy && exec sleep 1000");
        Await.until(
                "busy",
                30_000,
                () -> inside(guard, "test", "-e", mount.resolve("busy").toString())
                                .waitFor()
                        == 0);
        try (Link link = guard.manager()) {
            assertThat(items(link, mountHandle())).contains("9 item done").contains("(sleep)");
            assertThat(isMounted(guard)).isFalse();
            assertThat(user.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(attached()).isFalse();
        }
    }

    @Test
    void aMountThatCannotBeFreedIsCutOffBeforeItIsHidden() throws Exception {
        GuardProcess guard = mounted();
        // something the guard can neither see in /proc nor kill: another mount below
        assertThat(inside(guard, "sh", "-c", "mkdir '" + mount + "/below' && mount -t tmpfs none '" + mount + "/below'")
                        .waitFor())
                .isZero();
        try (Link link = guard.manager()) {
            String result = items(link, mountHandle());
            assertThat(isMounted(guard)).isFalse();
            // the tmpfs keeps the cut-off file system alive until it is gone itself: what counts is that nothing is
            // written any more
            assertThat(result).matches("(?s).*(cut%20off|cannot%20be%20detached|detached).*");
        }
    }

    @Test
    void whatIsMountedThereOfSomebodyElseIsLeftAlone() throws Exception {
        GuardProcess guard = mounted();
        try (Link link = guard.manager()) {
            assertThat(items(link, "MOUNT%09" + mount + "%09/srv/another.img"))
                    .contains("9 item failed")
                    .contains("left%20alone");
            assertThat(isMounted(guard)).isTrue();
        }
    }

    @Test
    void aControlGroupIsEmptiedAndTheOrderIsKept() throws Exception {
        Path group = controlGroup("mngd");
        Path child = group.resolve("child");
        Files.createDirectories(child);
        try {
            GuardProcess guard = mounted();
            // a process in the way of the mount that also forks children: the group goes first, so the mount is free
            Process service = inside(
                    guard,
                    "sh",
                    "-c",
                    "echo $$ > '" + child + "/cgroup.procs'; cd '" + mount
                            + "'; trap '' TERM; touch ready; (sleep 1000 & sleep 1000 & wait) & wait");
            Await.until(
                    "runs",
                    30_000,
                    () -> inside(guard, "test", "-e", mount.resolve("ready").toString())
                                    .waitFor()
                            == 0);
            run("ip", "addr", "add", "127.99.1.1/32", "dev", "lo");
            try (Link link = guard.manager()) {
                String result = items(link, mountHandle() + " CGROUP%09" + group + " ADDRESS%09lo%09127.99.1.1/32");
                String[] lines = result.split("\n");
                assertThat(lines[0]).contains("item done").doesNotContain("killing");
                assertThat(lines[1]).matches(".*item done [3-9]%20processes%20killed.*");
                assertThat(lines[2]).contains("item done").contains("taken%20off");
                assertThat(service.waitFor(30, TimeUnit.SECONDS)).isTrue();
                assertThat(run("ip", "addr", "show", "dev", "lo")).doesNotContain("127.99.1.1");
                link.lines.clear();
                assertThat(items(
                                link,
                                "CGROUP%09" + group + " ADDRESS%09lo%09127.99.1.1/32 ADDRESS%09mngd-none%0910.0.0.1/8"))
                        .doesNotContain("failed");
            }
        } finally {
            Await.until(
                    "the group is empty",
                    30_000,
                    () -> Files.readString(child.resolve("cgroup.procs")).isBlank());
            Files.delete(child);
            Files.delete(group);
        }
    }

    @Test
    void everyMountOfTheFileSystemEndsAlsoBelowASymbolicLink() throws Exception {
        Path other = Files.createDirectories(folder.resolve("other"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
        GuardProcess guard = mounted();
        assertThat(inside(guard, "mount", "--bind", mount.toString(), other.toString())
                        .waitFor())
                .isZero();
        try (Link manager = guard.manager()) {
            assertThat(items(manager, "MOUNT%09" + link.resolve("mnt") + "%09" + image))
                    .contains("9 item done");
            assertThat(Files.readString(Path.of("/proc", Long.toString(guard.pid()), "mountinfo")))
                    .doesNotContain(mount.toString())
                    .doesNotContain(other.toString());
            assertThat(attached()).isFalse();
        }
    }

    @Test
    void whoLosesItsReservationIsCutOffAndKilledWithoutAManager() throws Exception {
        Path area = folder.resolve("image.reservation");
        GuardProcess a = mounted();
        GuardProcess b = guard("B", "");
        Process writer = inside(
                a, "sh", "-c", "cd '" + mount + "' && touch ready && while :; do echo x >> data; sleep 0.05; done");
        try (Link linkA = a.manager()) {
            linkA.ask("1", "report A 1 1 0 0 0 0");
            assertThat(linkA.ask("2", "reservation initialise " + area + " -")).startsWith("2 ok");
            assertThat(linkA.ask("3", "reservation claim " + area + " -")).startsWith("3 ok");
            assertThat(linkA.ask("4", "inservice 1\nhandles vol HIERARCHY%09vol " + mountHandle() + "%09" + area))
                    .startsWith("4 ok");
        }
        try (Link linkB = b.manager()) {
            linkB.ask("1", "report B 1 1 0 0 0 0");
            assertThat(linkB.ask("2", "reservation claim " + area + " force")).startsWith("2 ok");
        }
        Await.until("the writer is dead", 20_000, () -> !writer.isAlive());
        Await.until("unmounted", 20_000, () -> !isMounted(a));
        Await.until(
                "said",
                30_000,
                () -> Files.readString(a.home.resolve("data/log/guard.log")).contains("is cut off from its device"));
        try (Link again = a.manager()) {
            assertThat(again.ask("5", "reservation release " + area + " -")).startsWith("5 ok");
            assertThat(again.ask("6", "reservation check " + area + " -")).contains("held%20by%20B");
        }
    }

    @Test
    void aKilledHolderIsSucceededByTheStandbyThatWatched() throws Exception {
        Path area = folder.resolve("image.reservation");
        GuardProcess a = guard("A", "");
        GuardProcess b = guard("B", "");
        try (Link linkA = a.manager();
                Link linkB = b.manager()) {
            linkA.ask("1", "report A 1 1 0 0 0 0");
            linkB.ask("1", "report B 1 1 0 0 0 0");
            assertThat(linkA.ask("2", "reservation initialise " + area + " -")).startsWith("2 ok");
            assertThat(linkB.ask("2", "reservation observe " + area + " -")).startsWith("2 ok");
            assertThat(linkA.ask("3", "reservation claim " + area + " -")).startsWith("3 ok");
            assertThat(linkB.ask("3", "reservation claim " + area + " -"))
                    .startsWith("3 failed")
                    .contains("held%20by%20A");
            a.killNow();
            assertThat(linkB.ask("4", "reservation claim " + area + " -")).startsWith("4 ok");
            GuardProcess again = guard("A", "");
            try (Link linkAgain = again.manager()) {
                // it resumed its old claim from disk, looked, and found the newer one
                assertThat(linkAgain.ask("1", "reservation check " + area + " -"))
                        .contains("held%20by%20B");
                Await.until(
                        "recorded",
                        30_000,
                        () -> Files.readString(again.home.resolve("data/log/guard.log"))
                                .contains("taken over by B"));
            }
        }
    }
}
