package org.mainstay.itest.contract;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Machine;

/**
 * A real systemd as the first process of a machine, booted and shut down as often as a test likes. It sees the host's programs
 * and none of the host's units: what runs is systemd's own base, the journal, and what the test installs. Told to be in a
 * container, it leaves the host's loop devices and the kernel alone. One thread.
 */
public final class Systemd {
    private static final Path PROGRAM = Path.of("/lib/systemd/systemd");
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final String UNITS = Machine.HOME_PARENT + "/units";

    private final Machine machine;
    private final Path directory;
    private String bootId = "";
    private Process boot;
    private long firstProcess;

    public Systemd(Machine machine, Path directory) {
        this.machine = machine;
        this.directory = directory;
    }

    public static boolean installed() {
        return Files.isExecutable(PROGRAM) && Files.isDirectory(Path.of("/etc/systemd/system"));
    }

    /** Boots and waits until start-up is complete. */
    public void boot() {
        bootId = UUID.randomUUID().toString();
        try {
            Path script = directory.resolve("systemd-" + machine.name() + ".sh");
            Files.writeString(script, SCRIPT);
            String nest =
                    "mkdir -p /sys/fs/cgroup/os /sys/fs/cgroup/os/typed && echo $$ > /sys/fs/cgroup/os/cgroup.procs"
                            + " && exec unshare --mount --pid --fork --uts --ipc --cgroup --propagation private --mount-proc"
                            + " sh \"$@\"";
            boot = new ProcessBuilder(machine.entering(
                            List.of("sh", "-c", nest, "sh", script.toString(), bootId, UNITS, PROGRAM.toString())))
                    .redirectErrorStream(true)
                    .redirectOutput(log().toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Await.until(machine.name() + " has booted systemd", LIMIT, this::booted, this::console);
    }

    /** No unit of the host is pulled in or generated; the installed ones outlive a boot on the machine's own disk. */
    private static final String SCRIPT = """
            set -eu
            boot_id=$1; units=$2; program=$3
            mount --make-rprivate /
            umount /sys/fs/cgroup # the machine's own, which shows more than ours
            mount -t cgroup2 none /sys/fs/cgroup
            mount -t tmpfs tmpfs /run
            mkdir -p /run/lock /run/systemd/system.conf.d "$units"
            printf '[Manager]\\nDefaultEnvironment=MAINSTAY_BOOT_ID=%s\\n' "$boot_id" > /run/systemd/system.conf.d/boot.conf
            mount --bind "$units" /etc/systemd/system
            ln -sfn /dev/null /etc/systemd/system/tmp.mount
            for folder in /usr/lib/systemd/system-generators /usr/local/lib/systemd/system-generators \\
                    /etc/systemd/system-generators /usr/lib/systemd/system/*.wants /lib/systemd/system-generators \\
                    /lib/systemd/system/*.wants /var/log /var/lib/systemd; do
                [ ! -d "$folder" ] || mount -t tmpfs tmpfs "$folder"
            done
            # The host's console and kernel log are not ours.
            for device in /dev/console /dev/kmsg; do
                [ ! -e "$device" ] || mount --bind /dev/null "$device"
            done
            export container=laboratory
            exec "$program" --log-target=journal --unit=multi-user.target
            """;

    private boolean booted() {
        if (!boot.isAlive()) {
            throw new IllegalStateException("systemd ended:\n" + console());
        }
        List<Long> found = machine.processes(PROGRAM + " --log-target");
        if (found.size() != 1) {
            return false;
        }
        firstProcess = found.get(0);
        String state = run("systemctl", "is-system-running").output();
        return state.contains("running") || state.contains("degraded");
    }

    /** Runs a program on the booted system, as from a shell that no unit has started. */
    public Exec.Result run(String... command) {
        List<String> all = new ArrayList<>(List.of(
                "sh",
                "-c",
                "echo $$ > /sys/fs/cgroup/os/typed/cgroup.procs && exec nsenter -t " + firstProcess
                        + " -a env MAINSTAY_BOOT_ID=" + bootId + " \"$@\"",
                "sh"));
        all.addAll(List.of(command));
        return machine.run(LIMIT, all);
    }

    public String systemctl(String... arguments) {
        List<String> all = new ArrayList<>(List.of("systemctl", "--no-pager"));
        all.addAll(List.of(arguments));
        Exec.Result result = run(all.toArray(String[]::new));
        if (result.exitCode() != 0) {
            throw new AssertionError(String.join(" ", all) + " ended with " + result.exitCode() + "\n" + result.output()
                    + "\n" + run("journalctl", "--no-pager", "-n", "100").output() + "\n" + console());
        }
        return result.output();
    }

    /** Shuts the machine down in order and waits until systemd has ended. */
    void powerOff() {
        systemctl("poweroff");
        Await.until(machine.name() + " is shut down", LIMIT, () -> !boot.isAlive(), this::console);
    }

    private Path log() {
        return directory.resolve("systemd-" + machine.name() + ".log");
    }

    private String console() {
        try {
            return Files.readString(log());
        } catch (IOException e) {
            return "(no console: " + e.getMessage() + ")";
        }
    }
}
