package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.slf4j.LoggerFactory;

/** A command that hangs in the kernel, where no kill reaches it. */
@Timeout(120)
class SurvivorsIT {
    /** A file system in user space that takes requests, says so, and answers none. */
    private static final String HANGING = String.join(
            "\n",
            "import ctypes, os, struct, sys",
            "fd = os.open('/dev/fuse', os.O_RDWR)",
            "libc = ctypes.CDLL(None, use_errno=True)",
            "options = 'fd=%d,rootmode=40000,user_id=0,group_id=0' % fd",
            "if libc.mount(b'hanging', sys.argv[1].encode(), b'fuse', 0, options.encode()) != 0: sys.exit(1)",
            "print('mounted', flush=True)",
            "while True:",
            "    length, opcode, unique = struct.unpack_from('=IIQ', os.read(fd, 1 << 20))",
            "    if opcode == 26:",
            "        init = struct.pack('=IIIIHHIIHH32x', 7, 31, 131072, 0, 12, 9, 131072, 1, 32, 0)",
            "        os.write(fd, struct.pack('=IiQ', 16 + len(init), 0, unique) + init)");

    /** Its first thread ends, which then reads as a zombie; the other one hangs. */
    private static final String LEADERLESS = String.join(
            "\n",
            "import ctypes, platform, sys, threading",
            "threading.Thread(target=lambda: open(sys.argv[1])).start()",
            "ctypes.CDLL(None).syscall(60 if platform.machine() == 'x86_64' else 93, 0)");

    @TempDir
    Path folder;

    @Test
    void whatAKillDoesNotEndIsKnownUntilItHasEnded() throws Exception {
        HostFixture.needsRoot();
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs FUSE");
        Path hanging = Files.createDirectory(folder.resolve("hanging"));
        Process server = new ProcessBuilder(
                        "unshare", "-m", "--propagation", "private", "python3", "-c", HANGING, hanging.toString())
                .start();
        try (HostFixture fixture = new HostFixture(Files.createDirectory(folder.resolve("home")))) {
            assertThat(server.inputReader().readLine()).isEqualTo("mounted");
            Command command = Command.of(
                            "nsenter", "-t", String.valueOf(server.pid()), "-m", "--", "cat", hanging + "/file")
                    .timeLimit(Duration.ofSeconds(1))
                    .build();
            CommandResult looked = fixture.factory()
                    .forLook("data", ActionTime.of(Duration.ofSeconds(60)), LoggerFactory.getLogger(SurvivorsIT.class))
                    .run(command);
            assertThat(looked.errors()).contains("survive SIGKILL");
            assertThat(fixture.factory().survivors("data"))
                    .as("a check or probe changes nothing")
                    .isEmpty();
            CommandResult result = fixture.host("data").run(command);
            assertThat(result.succeeded()).isFalse();
            assertThat(result.errors()).contains("survive SIGKILL").contains("its time limit was up");
            assertThat(fixture.factory().survivors("data"))
                    .hasValueSatisfying(text -> assertThat(text).matches("[0-9]+ \\((cat|nsenter)\\)"));
            assertThat(fixture.factory().survivors("other")).isEmpty();
            // nobody holds the connection any more: what waits for it fails, and can die
            server.destroyForcibly().waitFor();
            HostFixture.await(
                    "it has ended", () -> fixture.factory().survivors("data").isEmpty());
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    @Test
    void aThreadThatHangsIsKnownAfterTheFirstOneHasEnded() throws Exception {
        HostFixture.needsRoot();
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs FUSE");
        Path hanging = Files.createDirectory(folder.resolve("hanging"));
        Process server = new ProcessBuilder(
                        "unshare", "-m", "--propagation", "private", "python3", "-c", HANGING, hanging.toString())
                .start();
        try (HostFixture fixture = new HostFixture(Files.createDirectory(folder.resolve("home")))) {
            assertThat(server.inputReader().readLine()).isEqualTo("mounted");
            CommandResult result = fixture.host("data")
                    .run(Command.of(
                                    "nsenter",
                                    "-t",
                                    String.valueOf(server.pid()),
                                    "-m",
                                    "--",
                                    "python3",
                                    "-c",
                                    LEADERLESS,
                                    hanging + "/file")
                            .timeLimit(Duration.ofSeconds(5))
                            .build());
            assertThat(result.errors()).containsPattern("survive SIGKILL, they hang in the kernel: [0-9]+");
            assertThat(fixture.factory().survivors("data"))
                    .hasValueSatisfying(text -> assertThat(text).matches("[0-9]+ \\(.*\\)"));
            server.destroyForcibly().waitFor();
            HostFixture.await(
                    "it has ended", () -> fixture.factory().survivors("data").isEmpty());
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    @Test
    void whatHangsAndHasNoNumberHangsForGood() throws Exception {
        Path programs = Files.createDirectory(folder.resolve("programs"));
        Path helper = programs.resolve("mainstay-exec");
        Files.writeString(
                helper,
                "#!/bin/sh\necho 'mainstay-exec: processes survive SIGKILL, they hang in the kernel:' >&2\nexit 123\n");
        Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path home = Files.createDirectory(folder.resolve("home"));
        try (HostFixture fixture = new HostFixture(home, programs, HostFixture.MOUNT_INFO)) {
            assertThat(fixture.factory().survivors("data")).isEmpty();
            fixture.host("data").run(Command.of("anything").build());
            assertThat(fixture.factory().survivors("data"))
                    .hasValueSatisfying(text -> assertThat(text).contains("could not be found"));
            assertThat(fixture.factory().survivors("other")).isEmpty();
        }
    }

    @Test
    void theSameExitCodeOfAProgramItselfSaysNothing() throws Exception {
        try (HostFixture fixture = new HostFixture(Files.createDirectory(folder.resolve("home")))) {
            // xargs has it, too
            CommandResult result = fixture.host("data")
                    .run(Command.of("sh", "-c", "echo no >&2; exit 123").build());
            assertThat(result.exitCode()).isEqualTo(123);
            assertThat(fixture.factory().survivors("data")).isEmpty();
        }
    }
}
