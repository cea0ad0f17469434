package org.mainstay.itest.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A set of machines joined by networks, in one folder; closing it removes all of it. One thread. */
public final class Lab implements AutoCloseable {
    private static final Path RECORDS = Path.of("/run/mainstay-lab");
    private static final int CLIENT_NUMBER = 200;
    private static final long MACHINE_DISK_BYTES = 1L << 30;

    private final String prefix;
    private final Path directory;
    private final Path cgroupRoot;
    private final int networks;
    private final Map<String, Server> servers = new LinkedHashMap<>();
    private final List<AutoCloseable> attached = new ArrayList<>();
    private boolean clientReady;

    private Lab(String prefix, Path directory, Path cgroupRoot, int networks) {
        this.prefix = prefix;
        this.directory = directory;
        this.cgroupRoot = cgroupRoot;
        this.networks = networks;
    }

    /**
     * Opens a laboratory.
     *
     * @param networks how many networks join all machines; network n is 10.77.n.0/24
     * @throws LabException if this is not root, or the machine lacks what it needs
     */
    public static Lab open(int networks) {
        if (!"root".equals(System.getProperty("user.name"))) {
            throw new LabException("the laboratory needs root for network and mount namespaces; run it with sudo");
        }
        Leftovers.clean(RECORDS);
        String prefix =
                "ms" + Long.toString(ProcessHandle.current().pid(), 36) + Long.toString(System.nanoTime() % 1296, 36);
        try {
            Files.createDirectories(RECORDS);
            Path directory = Files.createTempDirectory("mainstay-lab-");
            Lab lab = new Lab(prefix, directory, findCgroupRoot(), networks);
            lab.remember("owner", ProcessHandle.current().pid() + "");
            lab.remember("directory", directory.toString());
            lab.makeSwitch();
            return lab;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path findCgroupRoot() throws IOException {
        try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mounts"))) {
            return mounts.map(line -> line.split(" "))
                    .filter(fields -> fields[2].equals("cgroup2"))
                    .map(fields -> Path.of(fields[1]))
                    .findFirst()
                    .orElseThrow(() -> new LabException("the laboratory needs a mounted version 2 cgroup file system"));
        }
    }

    /** Ends what is left in the control groups of a laboratory's machines and removes them. */
    static void removeCgroups(String prefix) throws IOException {
        List<Path> machines;
        try (Stream<Path> groups = Files.list(findCgroupRoot())) {
            machines = groups.filter(one -> one.getFileName().toString().startsWith(prefix + "-"))
                    .toList();
        }
        for (Path group : machines) {
            Machine.endGroup(group);
        }
    }

    private void makeSwitch() {
        Exec.run("ip", "netns", "add", switchNamespace()).orThrow();
        for (int network = 1; network <= networks; network++) {
            inSwitch("ip", "link", "add", "br" + network, "type", "bridge").orThrow();
            inSwitch("ip", "link", "set", "br" + network, "up").orThrow();
        }
    }

    public String prefix() {
        return prefix;
    }

    /** Returns the folder of everything this laboratory writes. */
    public Path directory() {
        return directory;
    }

    int networks() {
        return networks;
    }

    Path cgroupRoot() {
        return cgroupRoot;
    }

    String switchNamespace() {
        return prefix + "sw";
    }

    /** Writes down what must be cleaned up if this process dies. */
    void remember(String kind, String what) {
        try {
            Files.writeString(
                    RECORDS.resolve(prefix),
                    kind + " " + what + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Exec.Result inSwitch(String... command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", switchNamespace()));
        all.addAll(List.of(command));
        return Exec.run(java.time.Duration.ofMinutes(1), all);
    }

    /** Adds a server with the distribution unpacked on its own disk, powered on, Mainstay not started. */
    public Server addServer(String name, Path distribution) {
        Path disk = directory.resolve(name + ".img");
        makeDisk(disk, MACHINE_DISK_BYTES);
        Server server = new Server(new Machine(this, name, servers.size() + 1, disk), directory);
        servers.put(name, server);
        server.machine().powerOn();
        server.install(distribution);
        return server;
    }

    /** Makes an image with an ext4 file system. */
    static void makeDisk(Path image, long bytes) {
        try (var file = new java.io.RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Exec.run("mkfs.ext4", "-q", "-E", "lazy_itable_init=1,lazy_journal_init=1", image.toString())
                .orThrow();
    }

    public Server server(String name) {
        return servers.get(name);
    }

    public List<Server> servers() {
        return List.copyOf(servers.values());
    }

    /** Returns the command line that runs a program at the client's place: a machine of its own on all networks. */
    public List<String> atClient(List<String> command) {
        String namespace = prefix + "cl";
        if (!clientReady) {
            Exec.run("ip", "netns", "add", namespace).orThrow();
            for (int network = 1; network <= networks; network++) {
                Exec.run(
                                "ip",
                                "link",
                                "add",
                                "client" + network,
                                "netns",
                                switchNamespace(),
                                "type",
                                "veth",
                                "peer",
                                "name",
                                "eth" + (network - 1),
                                "netns",
                                namespace)
                        .orThrow();
                inSwitch("ip", "link", "set", "client" + network, "master", "br" + network, "up")
                        .orThrow();
                Exec.run(
                                "ip",
                                "-n",
                                namespace,
                                "address",
                                "add",
                                "10.77." + network + "." + CLIENT_NUMBER + "/24",
                                "dev",
                                "eth" + (network - 1))
                        .orThrow();
                Exec.run("ip", "-n", namespace, "link", "set", "eth" + (network - 1), "up")
                        .orThrow();
            }
            Exec.run("ip", "-n", namespace, "link", "set", "lo", "up").orThrow();
            clientReady = true;
        }
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(command);
        return all;
    }

    /** Closes the given thing before the laboratory goes away. */
    public <T extends AutoCloseable> T attach(T thing) {
        attached.add(0, thing);
        return thing;
    }

    @Override
    public void close() {
        List<String> failures = new ArrayList<>();
        attached.forEach(thing -> attempt(failures, () -> {
            try {
                thing.close();
            } catch (Exception e) {
                throw new LabException("closing " + thing + ": " + e);
            }
        }));
        servers.values().forEach(server -> attempt(failures, server.machine()::powerOff));
        attempt(
                failures,
                () -> Exec.run("ip", "netns", "del", switchNamespace()).orThrow());
        if (clientReady) {
            attempt(
                    failures,
                    () -> Exec.run("ip", "netns", "del", prefix + "cl").orThrow());
        }
        attempt(failures, () -> deleteTree(directory));
        if (!failures.isEmpty()) {
            throw new LabException("the laboratory left something behind:\n" + String.join("\n", failures));
        }
        attempt(failures, () -> {
            try {
                Files.deleteIfExists(RECORDS.resolve(prefix));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void attempt(List<String> failures, Runnable step) {
        try {
            step.run();
        } catch (LabException | UncheckedIOException e) {
            failures.add(e.getMessage());
        }
    }

    static void deleteTree(Path root) {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (NoSuchFileException e) {
            // Two laboratories may clean the same leftovers at the same time: the other one goes on.
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (UncheckedIOException e) {
            if (!(e.getCause() instanceof NoSuchFileException)) {
                throw e;
            }
        }
    }
}
