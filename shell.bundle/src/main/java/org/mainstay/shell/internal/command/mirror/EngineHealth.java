package org.mainstay.shell.internal.command.mirror;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.TunablesFile;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.shell.internal.command.mirror.MirrorHealth.Finding;
import org.mainstay.shell.internal.command.mirror.MirrorHealth.Level;

/** What is wrong with the mirror engine of this server: its process, its files, and the way to others (MIR-260). Changes nothing. */
final class EngineHealth {
    private static final String WINDOW = "MIRROR_CURRENCY_MS";
    /** As the kernel tells the flags of a process: PF_MEMALLOC_NOIO and PF_LOCAL_THROTTLE, which are the I/O flusher's. */
    private static final long FLUSHER = 0x0008_0000L | 0x0010_0000L;

    private static final int FLAGS_FIELD = 6;
    private static final long LEAST_SPACE = 16L << 20;
    private static final int REACH_MILLIS = 2_000;
    private static final Path FOLDER = Path.of("data/mirror");

    private final Path processes;
    private final Path home;
    private final Reach reach;
    private final List<Finding> findings = new ArrayList<>();
    private final String self;

    /** Says whether something listens at an address. @return why not; empty: it does */
    @FunctionalInterface
    interface Reach {
        String to(String host, int port);
    }

    /** @param processes {@code /proc}; @param home installation folder */
    EngineHealth(Path processes, Path home, String self, Reach reach) {
        this.processes = processes;
        this.home = home;
        this.self = self;
        this.reach = reach;
    }

    /** Connects, and closes at once. */
    static String connect(String host, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), REACH_MILLIS);
            return "";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Returns nothing where this server has no mirrored volume. */
    List<Finding> look(ClusterSnapshot snapshot) {
        List<Instance> own = mirrored(snapshot.own().instances().values());
        if (own.isEmpty()) {
            return findings;
        }
        process();
        files(own);
        window();
        return findings;
    }

    private static List<Instance> mirrored(Iterable<Instance> all) {
        List<Instance> mirrored = new ArrayList<>();
        for (Instance one : all) {
            if (!one.properties().getOrDefault("mirror", "").isEmpty()) {
                mirrored.add(one);
            }
        }
        return mirrored;
    }

    private static String name(Instance instance) {
        return instance.properties().getOrDefault("mirror-volume", instance.tag());
    }

    private void add(Level level, String volume, String text) {
        findings.add(new Finding(level, self, volume, text));
    }

    private void process() {
        if (!Files.exists(home.resolve(FOLDER).resolve("engine"))) {
            add(
                    Level.ERROR,
                    "",
                    "the guard was not told to start the mirror engine: " + FOLDER + "/engine is missing; see"
                            + " data/log/mainstay.log");
            return;
        }
        Optional<Path> engine = engine();
        if (engine.isEmpty()) {
            add(Level.ERROR, "", "the mirror engine does not run: see data/log/mirror-engine.log and guard.log");
            return;
        }
        try {
            String stat = Files.readString(engine.get().resolve("stat"), StandardCharsets.ISO_8859_1);
            // The second field is the name in brackets, which may hold anything.
            long flags =
                    Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[FLAGS_FIELD]);
            if ((flags & FLUSHER) != FLUSHER) {
                add(
                        Level.WARNING,
                        "",
                        "the mirror engine is no I/O flusher, so that writing back memory may wait for itself:"
                                + " Mainstay needs the capability CAP_SYS_RESOURCE");
            }
            if (!Files.readString(engine.get().resolve("oom_score_adj")).strip().equals("-1000")) {
                add(
                        Level.WARNING,
                        "",
                        "the mirror engine may be ended when memory is short: Mainstay needs the capability"
                                + " CAP_SYS_RESOURCE");
            }
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            add(Level.WARNING, "", "what the mirror engine may do is not known: " + e.getMessage());
        }
    }

    private Optional<Path> engine() {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(processes, "[0-9]*")) {
            for (Path one : all) {
                if (isEngine(one)) {
                    return Optional.of(one);
                }
            }
        } catch (IOException e) {
            add(Level.WARNING, "", processes + " cannot be read: " + e.getMessage());
        }
        return Optional.empty();
    }

    private boolean isEngine(Path process) {
        try {
            List<String> line = List.of(Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)
                    .split("\0"));
            int at = line.indexOf("org.mainstay.mirror.engine.MirrorEngineMain");
            // FOLDER and SERVER follow "run"; another installation has another server.
            return at >= 0 && line.size() > at + 3 && line.get(at + 3).equals(self);
        } catch (IOException e) {
            // It has ended.
            return false;
        }
    }

    private void files(List<Instance> own) {
        Path folder = home.resolve(FOLDER);
        for (Instance one : own) {
            Path configuration = folder.resolve(name(one) + ".volume");
            try {
                for (String line :
                        Files.exists(configuration) ? Files.readAllLines(configuration) : List.<String>of()) {
                    if (line.matches("mirror\\.[^=]+=\\S+:[0-9]+ .*")) {
                        String peer = line.substring("mirror.".length(), line.indexOf('='));
                        log(one, configuration, peer);
                        reach(one, peer, line.substring(line.indexOf('=') + 1).split(" ")[0]);
                    }
                }
            } catch (IOException e) {
                add(Level.ERROR, one.tag(), configuration + " cannot be read: " + e.getMessage());
            }
        }
        if (!Files.isDirectory(folder)) {
            // Nobody told the guard to start an engine: said above.
            return;
        }
        try {
            long free = Files.getFileStore(folder).getUsableSpace();
            if (free < LEAST_SPACE) {
                add(
                        Level.ERROR,
                        "",
                        "only " + (free >> 10) + " KiB are free for the mirrors' state and intent logs in " + folder);
            }
        } catch (IOException e) {
            add(Level.ERROR, "", "the space in " + folder + " is not known: " + e.getMessage());
        }
    }

    private void log(Instance one, Path configuration, String peer) throws IOException {
        String place = Files.readAllLines(configuration).stream()
                .filter(line -> line.startsWith("logs="))
                .map(line -> line.substring("logs=".length()))
                .findFirst()
                .orElse("");
        if (place.isEmpty()) {
            add(
                    Level.NOTE,
                    one.tag(),
                    "has no intent log for " + peer + ": every resynchronisation after a crash is full");
        } else if (!Files.isRegularFile(Path.of(place, name(one) + "." + peer + ".bitmap"))) {
            add(
                    Level.ERROR,
                    one.tag(),
                    "its intent log for " + peer + " is not in " + place
                            + ": the next resynchronisation is full; see data/log/mirror-engine.log");
        }
    }

    private void window() {
        try {
            Map<String, String> tunables = TunablesFile.read(home.resolve("etc/default/LifeKeeper"));
            String given = tunables.getOrDefault(WINDOW, "");
            if (!given.isEmpty() && !given.matches("[0-9]{1,7}")) {
                add(Level.WARNING, "", WINDOW + "=" + given + " is not a number of milliseconds and is not taken");
            } else if (!given.isEmpty() && Long.parseLong(given) == 0) {
                add(Level.WARNING, "", WINDOW + "=0: no target counts as current, so none takes over by itself");
            }
        } catch (IOException e) {
            add(Level.WARNING, "", "the tunables cannot be read: " + e.getMessage());
        }
    }

    /** @param address as the engine has it, {@code HOST:PORT}: what a stored job says of the pair counts */
    private void reach(Instance one, String peer, String address) {
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon).replaceAll("^\\[|\\]$", "");
        String problem = reach.to(host, Integer.parseInt(address.substring(colon + 1)));
        if (!problem.isEmpty()) {
            add(
                    Level.ERROR,
                    one.tag(),
                    "the mirror engine of " + peer + " cannot be reached at " + address + ": " + problem);
        }
    }
}
