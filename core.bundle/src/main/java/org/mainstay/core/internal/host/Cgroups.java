package org.mainstay.core.internal.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The version 2 control groups of this installation: one per instance, outside any service unit's group, named
 * {@code <cgroup2>/mainstay/<server>-<8 hex digits of the SHA-256 of the installation's real path>/<tag, percent-encoded>}.
 * Thread-safe; holds no state but the place.
 */
final class Cgroups {
    private static final Duration POLL = Duration.ofMillis(5);

    private final Path base;

    private Cgroups(Path base) {
        this.base = base;
    }

    /**
     * Finds the version 2 hierarchy and checks that groups can be made in it.
     *
     * @param mountInfo normally {@code /proc/self/mountinfo}
     * @throws IOException with the reason why control groups cannot be used
     */
    static Cgroups find(Path mountInfo, String server, Path home) throws IOException {
        List<MountInfo> mounts = MountInfo.read(mountInfo);
        Path root = mounts.stream()
                .filter(mount -> mount.fileSystem().equals("cgroup2"))
                .map(MountInfo::target)
                .findFirst()
                .orElseThrow(() -> new IOException("no version 2 control group hierarchy is mounted on this machine"));
        Path base = root.resolve("mainstay").resolve(installation(server, home));
        Files.createDirectories(base);
        if (!Files.isWritable(base)) {
            throw new IOException("control groups below " + base + " cannot be changed by this user");
        }
        return new Cgroups(base);
    }

    /** Returns the folder of the instance's group; it need not exist. */
    Path of(String tag) {
        return base.resolve(encode(tag));
    }

    /** Returns the group of the output relays, which is no instance's: a leading dot is never part of an encoded tag. */
    Path relays() {
        return base.resolve(".relays");
    }

    /** Returns the processes in the group and below it; empty if there is no such group. */
    static List<Long> members(Path group) {
        List<Long> pids = new ArrayList<>();
        for (Path folder : withChildren(group)) {
            for (String line : readLines(folder.resolve("cgroup.procs"))) {
                long pid = Long.parseLong(line.strip());
                if (pid > 0) {
                    pids.add(pid);
                }
            }
        }
        return pids;
    }

    /** Returns whether no process is left in the group or below; true if there is no such group. */
    static boolean isEmpty(Path group) {
        List<String> events = readLines(group.resolve("cgroup.events"));
        return events.isEmpty() ? members(group).isEmpty() : events.contains("populated 0");
    }

    /**
     * Kills every process in the group, also those that fork meanwhile, and waits until it is empty.
     *
     * @return whether it is empty
     */
    static boolean kill(Path group, Duration wait) throws InterruptedException {
        long end = System.nanoTime() + wait.toNanos();
        while (!isEmpty(group)) {
            try {
                Files.writeString(group.resolve("cgroup.kill"), "1");
            } catch (IOException e) {
                // before Linux 5.14: one by one, until nobody is left to fork
                members(group).forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            }
            if (System.nanoTime() > end) {
                return isEmpty(group);
            }
            new CountDownLatch(1).await(POLL.toMillis(), TimeUnit.MILLISECONDS);
        }
        return true;
    }

    /** Removes the group and those below it if nobody is in them; does nothing else. */
    static void removeEmpty(Path group) {
        List<Path> folders = withChildren(group);
        folders.sort(Comparator.comparingInt(Path::getNameCount).reversed());
        for (Path folder : folders) {
            // a plain rmdir refuses when somebody is in it
            folder.toFile().delete();
        }
    }

    /** Removes the installation's folder if it holds no instance's group; made again when it is needed. */
    void removeIfUnused() {
        relays().toFile().delete();
        base.toFile().delete();
    }

    private static List<Path> withChildren(Path group) {
        if (!Files.isDirectory(group)) {
            return new ArrayList<>();
        }
        try (Stream<Path> tree = Files.walk(group)) {
            return new ArrayList<>(tree.filter(Files::isDirectory).toList());
        } catch (IOException | UncheckedIOException e) {
            // a group below was removed while it was walked: what counts is the group itself
            return new ArrayList<>(List.of(group));
        }
    }

    private static List<String> readLines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.US_ASCII);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            if (!Files.exists(file.getParent())) {
                return List.of();
            }
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** Encodes everything but ASCII letters, digits, dash and underscore (and a dot that is not first) as %XX of UTF-8. */
    static String encode(String name) {
        StringBuilder out = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain =
                    c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '_' || (c == '.' && out.length() > 0));
            out.append(plain ? String.valueOf(c) : String.format("%%%02X", (int) c));
        }
        return out.toString();
    }

    /** Returns the name of this installation on this machine: the server's name and a digest of where it is installed. */
    static String installation(String server, Path home) throws IOException {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(home.toRealPath().toString().getBytes(StandardCharsets.UTF_8));
            return encode(server) + "-" + HexFormat.of().formatHex(hash, 0, 4);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
