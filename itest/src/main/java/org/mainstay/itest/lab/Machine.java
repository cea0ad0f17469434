package org.mainstay.itest.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * One machine of the laboratory: namespaces for network, mounts, processes, host name, IPC and control groups, and a disk of its
 * own mounted at {@link #HOME_PARENT}. Its first process holds it together; when that is killed, everything on it dies at once.
 */
public class Machine {
    /** Where the machine's own disk is mounted. */
    public static final String HOME_PARENT = "/opt";

    private static final long FS_IOC_SHUTDOWN = 0x8004587dL;
    private static final int NO_LOG_FLUSH = 2;

    private final Lab lab;
    private final String name;
    private final int number;
    private final Path disk;
    private Process holder;
    private long firstProcess;
    private String bootId = "";

    Machine(Lab lab, String name, int number, Path disk) {
        this.lab = lab;
        this.name = name;
        this.number = number;
        this.disk = disk;
    }

    public String name() {
        return name;
    }

    /** Returns the machine's address on a network, counted from 1. */
    public String address(int network) {
        return "10.77." + network + "." + number;
    }

    public boolean isOn() {
        Process now = holder;
        return now != null && now.isAlive();
    }

    /** Returns the id of the machine's first process, as seen from outside; it means nothing while the machine is off. */
    public long firstProcess() {
        return firstProcess;
    }

    String namespace() {
        return lab.prefix() + name;
    }

    /** Returns the control group of everything on this machine, as seen from outside. */
    public Path cgroup() {
        return lab.cgroupRoot().resolve(lab.prefix() + "-" + name);
    }

    /** Starts the machine with its cables plugged in and a new boot id. Mainstay is not started. */
    public void powerOn() {
        if (isOn()) {
            throw new LabException(name + " is on already");
        }
        bootId = UUID.randomUUID().toString();
        Exec.run("ip", "netns", "add", namespace()).orThrow();
        for (int network = 1; network <= lab.networks(); network++) {
            plug(network);
        }
        try {
            Files.createDirectories(cgroup());
            Path boot = lab.directory().resolve("boot-" + name + ".sh");
            Files.writeString(boot, bootScript());
            holder = new ProcessBuilder(
                            "sh",
                            "-c",
                            "echo $$ > \"$1\"/cgroup.procs && shift && exec \"$@\"",
                            "sh",
                            cgroup().toString(),
                            "ip",
                            "netns",
                            "exec",
                            namespace(),
                            "unshare",
                            "--mount",
                            "--pid",
                            "--fork",
                            "--uts",
                            "--ipc",
                            "--cgroup",
                            "--propagation",
                            "private",
                            "--mount-proc",
                            "sh",
                            boot.toString(),
                            name,
                            disk.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(
                            lab.directory().resolve("boot-" + name + ".log").toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Await.until(name + " is on", Duration.ofSeconds(20), this::booted, this::bootLog);
        lab.remember("process", String.valueOf(firstProcess));
    }

    private static String bootScript() {
        return """
                set -eu
                hostname "$1"
                mount --make-rprivate /
                mount -t cgroup2 none /sys/fs/cgroup
                mount -t tmpfs tmpfs /srv
                mkdir -p /srv/pg
                mount -o loop "$2" /opt
                ip link set lo up
                exec perl -e '$SIG{CHLD} = "IGNORE"; $0 = "machine"; sleep while 1'
                """;
    }

    private String bootLog() {
        try {
            return Files.readString(lab.directory().resolve("boot-" + name + ".log"));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    private boolean booted() {
        if (!holder.isAlive()) {
            throw new LabException(name + " did not boot:\n" + bootLog());
        }
        Path children =
                Path.of("/proc", String.valueOf(holder.pid()), "task", String.valueOf(holder.pid()), "children");
        try {
            String first = Files.readString(children).strip();
            if (first.isEmpty() || first.contains(" ")) {
                return false;
            }
            firstProcess = Long.parseLong(first);
            return Files.readString(Path.of("/proc", first, "comm")).strip().equals("machine");
        } catch (IOException e) {
            // not there yet
            return false;
        }
    }

    /** Plugs a network cable in; the address is configured as at boot. */
    public void plug(int network) {
        String port = port(network);
        Exec.run(
                        "ip",
                        "link",
                        "add",
                        port,
                        "netns",
                        lab.switchNamespace(),
                        "type",
                        "veth",
                        "peer",
                        "name",
                        "eth" + (network - 1),
                        "netns",
                        namespace())
                .orThrow();
        lab.inSwitch("ip", "link", "set", port, "master", "br" + network, "up").orThrow();
        inNetwork("ip", "address", "add", address(network) + "/24", "dev", "eth" + (network - 1))
                .orThrow();
        inNetwork("ip", "link", "set", "eth" + (network - 1), "up").orThrow();
    }

    private String port(int network) {
        return name + network;
    }

    /** Pulls or restores a cable at the switch: the machine loses its carrier. */
    public void cable(int network, boolean connected) {
        lab.inSwitch("ip", "link", "set", port(network), connected ? "up" : "down")
                .orThrow();
    }

    /**
     * Stops or continues all processes of the machine at once, as a hypervisor does that suspends it: clocks go on. What its
     * kernel does (answers to ARP and ping, writing back) goes on here, unlike there.
     */
    public void freeze(boolean frozen) {
        try {
            Files.writeString(cgroup().resolve("cgroup.freeze"), frozen ? "1" : "0", StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String wanted = "frozen " + (frozen ? 1 : 0);
        Await.until(
                name + " is " + wanted,
                Duration.ofSeconds(20),
                () -> cgroupEvents().contains(wanted));
    }

    private List<String> cgroupEvents() {
        try {
            return Files.readAllLines(cgroup().resolve("cgroup.events"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a program in the machine's network namespace only. */
    public Exec.Result inNetwork(String... command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace()));
        all.addAll(List.of(command));
        return Exec.run(Duration.ofMinutes(1), all);
    }

    /** Runs a program on the machine. */
    public Exec.Result run(String... command) {
        return run(Duration.ofMinutes(5), List.of(command));
    }

    /** Runs a program on the machine. */
    public Exec.Result run(Duration limit, List<String> command) {
        return Exec.run(limit, entering(command));
    }

    /** Returns the command line that runs a program on this machine, from outside. */
    public List<String> entering(List<String> command) {
        if (!isOn()) {
            throw new LabException(name + " is off");
        }
        List<String> all = new ArrayList<>(List.of(
                "sh",
                "-c",
                "echo $$ > \"$1\"/cgroup.procs && shift && exec \"$@\"",
                "sh",
                cgroup().toString(),
                "nsenter",
                "-t",
                String.valueOf(firstProcess),
                "-a",
                "env",
                "MAINSTAY_BOOT_ID=" + bootId));
        all.addAll(command);
        return all;
    }

    /**
     * Returns the ids, as this machine sees them, of processes whose command line holds the text. Their children are not among
     * them: until it runs a program of its own, a child shows the command line of its parent.
     */
    public List<Long> processes(String text) {
        Map<Long, Long> parents = new LinkedHashMap<>();
        for (String line : run("ps", "axww", "-o", "pid=,ppid=,args=").orThrow().split("\n")) {
            String[] parts = line.strip().split("\\s+", 3);
            if (parts.length == 3 && parts[2].contains(text) && !parts[2].startsWith("ps axww")) {
                parents.put(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
            }
        }
        return parents.keySet().stream()
                .filter(pid -> !parents.containsKey(parents.get(pid)))
                .toList();
    }

    /** Sends a signal to a process by its id on this machine. */
    public void signal(long pid, String signal) {
        run("kill", "-" + signal, String.valueOf(pid)).orThrow();
    }

    /**
     * Cuts the power: what its file systems had not written to their disks is gone, all its processes die at once, its network is
     * gone. Only a shut-down file system loses data here: ending processes alone would unmount cleanly.
     */
    public void powerCut() {
        Set<String> devices = loopDevices();
        shutDownFileSystems();
        endProcesses();
        Exec.run("ip", "netns", "del", namespace()).orThrow();
        unplug();
        detach(devices);
        holder = null;
    }

    /** Turns the machine off without losing anything. */
    void powerOff() {
        if (holder == null) {
            return;
        }
        Set<String> devices = isOn() ? loopDevices() : Set.of();
        endProcesses();
        Exec.run("ip", "netns", "del", namespace());
        unplug();
        detach(devices);
    }

    /** The kernel takes its time to clear a namespace that is gone: the switch's ends of its cables are removed at once. */
    private void unplug() {
        for (int network = 1; network <= lab.networks(); network++) {
            lab.inSwitch("ip", "link", "del", port(network));
        }
    }

    private void endProcesses() {
        abortFuse();
        try {
            endGroup(cgroup());
            holder.waitFor(20, TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted");
        }
    }

    /**
     * A process that serves a file system waits for itself when it is killed while something is under way, as it would not if the
     * power went: what waits is answered with an error first. Only what was mounted on this machine; the host's own is seen here
     * too. The switch for it is mounted where nobody else sees it.
     */
    private void abortFuse() {
        Set<String> connections = fuse(String.valueOf(firstProcess));
        connections.removeAll(fuse("self"));
        for (String connection : connections) {
            Exec.run(
                    "unshare",
                    "--mount",
                    "sh",
                    "-c",
                    "mount -t fusectl none /sys/fs/fuse/connections && echo 1 > /sys/fs/fuse/connections/$1/abort",
                    "sh",
                    connection);
        }
    }

    /** Returns the numbers of the file systems that processes serve, as a process sees them; none if it is gone. */
    private static Set<String> fuse(String process) {
        Set<String> connections = new LinkedHashSet<>();
        try {
            for (String line : Files.readAllLines(Path.of("/proc", process, "mountinfo"))) {
                if (line.contains(" - fuse ") || line.contains(" - fuse.")) {
                    connections.add(line.split(" ")[2].split(":")[1]);
                }
            }
        } catch (IOException e) {
            connections.clear();
        }
        return connections;
    }

    /** Ends all processes of a control group and removes it. */
    static void endGroup(Path group) throws IOException {
        // Again and again: a command that was just entering the machine may come after the first time.
        Await.until("the processes of " + group + " are gone", Duration.ofSeconds(20), () -> isRemoved(group));
    }

    private static boolean isRemoved(Path group) {
        try {
            Files.writeString(group.resolve("cgroup.kill"), "1", StandardOpenOption.WRITE);
            if (!Files.readString(group.resolve("cgroup.events")).contains("populated 0")) {
                return false;
            }
            removeCgroups(group);
            return true;
        } catch (NoSuchFileException e) {
            // Another laboratory cleans the same leftovers.
            return true;
        } catch (FileSystemException e) {
            if (String.valueOf(e.getReason()).contains("busy")) {
                return false;
            }
            throw new UncheckedIOException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void removeCgroups(Path group) throws IOException {
        try (var children = Files.list(group)) {
            for (Path child : children.filter(Files::isDirectory).toList()) {
                removeCgroups(child);
            }
        }
        Files.delete(group);
    }

    private List<String[]> mountsOnLoop() {
        List<String[]> mounts = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(Path.of("/proc", String.valueOf(firstProcess), "mountinfo"))) {
                String[] fields = line.split(" ");
                String[] source = line.substring(line.indexOf(" - ") + 3).split(" ");
                if (source[1].startsWith("/dev/loop")) {
                    mounts.add(new String[] {source[1], fields[4]});
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return mounts;
    }

    private Set<String> loopDevices() {
        Set<String> devices = new LinkedHashSet<>();
        mountsOnLoop().forEach(mount -> devices.add(mount[0]));
        return devices;
    }

    private void shutDownFileSystems() {
        String script = "my $how = pack('L', " + NO_LOG_FLUSH
                + "); for (@ARGV) { open(my $d, '<', $_) or die qq($_: $!); ioctl($d, " + FS_IOC_SHUTDOWN
                + ", $how) or die qq($_: $!) }";
        // a loop device appears once per mount of it; one shut-down of each file system is enough
        Set<String> seen = new LinkedHashSet<>();
        List<String> command =
                new ArrayList<>(List.of("nsenter", "-t", String.valueOf(firstProcess), "-m", "perl", "-e", script));
        for (String[] mount : mountsOnLoop()) {
            if (seen.add(mount[0])) {
                command.add(mount[1]);
            }
        }
        if (!seen.isEmpty()) {
            Exec.run(Duration.ofSeconds(30), command).orThrow();
        }
    }

    /** Loop devices are the host's: those of a machine that is off would linger. */
    private static void detach(Set<String> devices) {
        devices.forEach(device -> Exec.run("losetup", "-d", device));
    }
}
