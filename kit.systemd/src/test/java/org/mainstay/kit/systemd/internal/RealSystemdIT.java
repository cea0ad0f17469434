package org.mainstay.kit.systemd.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** The kit with a real systemd as the first process of namespaces of its own, in a control group of its own. */
class RealSystemdIT {
    private static final Path PROGRAM = Path.of("/lib/systemd/systemd");

    @TempDir
    Path folder;

    private Path group;
    private Process boot;
    private long first;
    private Path systemctl;
    private SystemdKit kit;
    private KitBench bench;

    @BeforeEach
    void bootSystemd() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root: namespaces");
        Assumptions.assumeTrue(Files.isExecutable(PROGRAM), "systemd is not installed");
        Path root = List.of(Path.of("/sys/fs/cgroup"), Path.of("/sys/fs/cgroup/unified")).stream()
                .filter(path ->
                        Files.exists(path.resolve("cgroup.procs")) && Files.exists(path.resolve("cgroup.controllers")))
                .findFirst()
                .orElse(null);
        Assumptions.assumeTrue(root != null, "there are no version 2 control groups");
        group = root.resolve("mainstay-systemd-test-" + ProcessHandle.current().pid());
        Files.createDirectories(group);
        Files.createDirectories(folder.resolve("units"));
        write("app.service", "[Service]\nExecStart=/bin/sleep infinity\nRestart=always\n");
        write("broken.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n");
        write(
                "slow.service",
                "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
                        + "ExecStart=/bin/sh -c 'until [ -e /run/go ]; do sleep 0.1; done'\n");
        write(
                "waiting.service",
                "[Unit]\nAfter=slow.service\nRequires=slow.service\n[Service]\nExecStart=/bin/sleep infinity\n");
        Path script = folder.resolve("boot.sh");
        Files.writeString(script, SCRIPT);
        boot = new ProcessBuilder(
                        "sh",
                        "-c",
                        "echo $$ > \"$0\"/cgroup.procs && exec unshare --mount --pid --fork --uts --ipc --net --cgroup"
                                + " --propagation private --mount-proc sh \"$@\"",
                        group.toString(),
                        script.toString(),
                        folder.resolve("units").toString(),
                        PROGRAM.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("console").toFile())
                .start();
        await("systemd runs", () -> boot.toHandle().children().findFirst().isPresent() || !boot.isAlive());
        assertThat(boot.isAlive()).as(console()).isTrue();
        first = boot.toHandle().children().findFirst().orElseThrow().pid();
        systemctl = script(
                "systemctl", "exec nsenter -t " + first + " -m -p -u -i -n -C env -u LD_LIBRARY_PATH systemctl \"$@\"");
        kit = new SystemdKit(
                systemctl.toString(),
                Path.of("/proc/" + first + "/root/run/systemd/system"),
                List.of(group),
                Path.of("/proc"));
        bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")));
        await(
                "systemd has started up",
                () -> console(systemctl, "is-system-running").matches("(?s).*(running|degraded).*"));
    }

    private static final String SCRIPT = """
            set -eu
            units=$1; program=$2
            mount --make-rprivate /
            if mountpoint -q /sys/fs/cgroup; then mount -t tmpfs tmpfs /sys/fs; mkdir -p /sys/fs/cgroup; fi
            mount -t cgroup2 none /sys/fs/cgroup
            mount -t tmpfs tmpfs /run
            mkdir -p /run/lock
            mount --bind "$units" /etc/systemd/system
            ln -sfn /dev/null /etc/systemd/system/tmp.mount
            for folder in /usr/lib/systemd/system-generators /usr/local/lib/systemd/system-generators \\
                    /etc/systemd/system-generators /usr/lib/systemd/system/*.wants /lib/systemd/system-generators \\
                    /lib/systemd/system/*.wants /var/log /var/lib/systemd; do
                [ ! -d "$folder" ] || mount -t tmpfs tmpfs "$folder"
            done
            for device in /dev/console /dev/kmsg; do
                [ ! -e "$device" ] || mount --bind /dev/null "$device"
            done
            export container=laboratory
            exec "$program" --log-target=journal --unit=multi-user.target
            """;

    private void write(String unit, String text) throws IOException {
        Files.writeString(folder.resolve("units").resolve(unit), text);
    }

    private Path script(String name, String text) throws IOException {
        Path script = folder.resolve(name);
        Files.writeString(script, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script;
    }

    private String console() {
        try {
            return Files.readString(folder.resolve("console"));
        } catch (IOException e) {
            return "(no console: " + e + ")";
        }
    }

    private static String console(Path program, String... arguments) {
        List<String> line = new ArrayList<>(List.of(program.toString()));
        line.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
            return new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        } catch (IOException e) {
            return String.valueOf(e);
        }
    }

    private void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what + "\n" + console()).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    @AfterEach
    void shutDown() throws Exception {
        if (bench != null) {
            bench.close();
        }
        if (group != null && Files.isDirectory(group)) {
            Files.writeString(group.resolve("cgroup.kill"), "1");
            assertThat(boot.waitFor(60, TimeUnit.SECONDS)).isTrue();
            await("the control groups are empty", () -> removed(group));
        }
    }

    private static boolean removed(Path folder) {
        try (var files = Files.walk(folder)) {
            files.filter(Files::isDirectory)
                    .sorted(java.util.Comparator.reverseOrder())
                    .forEach(path -> path.toFile().delete());
        } catch (IOException | java.io.UncheckedIOException e) {
            // groups vanish while they are listed; asked again until the deadline
            return !Files.exists(folder);
        }
        return !Files.exists(folder);
    }

    @Test
    void keepsTheContractOfKits() {
        KitContract.on(bench, kit).verify(bench.create("app", Map.of("unit", "app")));
    }

    @Test
    void aKilledServiceIsLeftToMainstayAndItsControlGroupEndsIt() throws Exception {
        ResourceInfo app = KitContract.withState(bench.create("app", Map.of("unit", "app")), true);
        assertThat(kit.restore(bench.context(app)).succeeded()).isTrue();
        Path handle =
                Path.of(kit.killHandles(bench.context(app)).get(0).arguments().get(0));
        assertThat(handle.resolve("cgroup.procs")).exists();
        // what the guard does with the handle; without the drop-in systemd would start it again
        Files.writeString(handle.resolve("cgroup.kill"), "1");
        await("the check notices", () -> !kit.quickCheck(bench.context(app)).succeeded());
        assertThat(kit.probe(bench.context(app)).state()).isEqualTo(Probe.State.STOPPED);
        Outcome recovered = kit.recover(bench.context(app));
        assertThat(recovered.succeeded()).as(String.valueOf(recovered)).isTrue();
        assertThat(kit.remove(bench.context(app)).succeeded()).isTrue();
    }

    /** systemd keeps the start of a unit that waits for others, whoever has given up asking: by then it may run elsewhere. */
    @Test
    void aStartThatStillWaitsNeverHappensAfterARemove() throws Exception {
        ResourceInfo waiting =
                KitContract.withState(bench.create("waiting", Map.of("unit", "waiting", "timeLimit", "5")), true);
        Outcome started = kit.restore(bench.context(waiting));
        assertThat(started.message()).contains("did not start", "not within timeLimit");
        assertThat(console(systemctl, "list-jobs", "--no-pager")).contains("waiting.service");
        assertThat(kit.probe(bench.context(waiting)).state()).isEqualTo(Probe.State.PARTIAL);
        Outcome removed = kit.remove(bench.context(waiting));
        assertThat(removed.succeeded()).as(String.valueOf(removed)).isTrue();
        assertThat(kit.probe(bench.context(waiting)).state()).isEqualTo(Probe.State.STOPPED);
        Files.createFile(Path.of("/proc/" + first + "/root/run/go"));
        await(
                "what it waited for is there",
                () -> console(systemctl, "is-active", "slow.service").startsWith("active"));
        await(
                "systemd has nothing more to do",
                () -> console(systemctl, "list-jobs", "--no-pager").contains("No jobs"));
        assertThat(console(systemctl, "is-active", "waiting.service")).startsWith("inactive");
        assertThat(kit.restore(bench.context(waiting)).succeeded()).isTrue();
        assertThat(kit.remove(bench.context(waiting)).succeeded()).isTrue();
    }

    @Test
    void aBrokenUnitAndAMissingOneAreNamed() {
        ResourceInfo broken = bench.create("broken", Map.of("unit", "broken.service"));
        assertThat(kit.restore(bench.context(broken)).message()).contains("did not start", "broken.service");
        assertThat(bench.tryCreate("none", Map.of("unit", "none-such"))
                        .refusal()
                        .orElse(""))
                .contains("not-found");
    }
}
