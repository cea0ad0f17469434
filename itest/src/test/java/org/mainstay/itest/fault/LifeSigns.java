package org.mainstay.itest.fault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.mainstay.itest.lab.Machine;

/**
 * What runs on a machine, read from the kernel's own tables without asking Mainstay: addresses it answers to, file systems of
 * shared images, postmasters, test applications.
 */
public final class LifeSigns {
    private static final Path PROC = Path.of("/proc");

    private LifeSigns() {}

    /** Returns all signs of one machine, such as {@code address 10.77.1.100}; none while it is off. */
    public static Set<String> of(Machine machine) {
        Set<String> signs = new TreeSet<>();
        if (!machine.isOn()) {
            return signs;
        }
        addresses(machine).forEach(address -> signs.add("address " + address));
        mounts(machine).forEach(image -> signs.add("mount " + image));
        for (long pid : processes(machine)) {
            application(pid).ifPresent(signs::add);
        }
        return signs;
    }

    private static List<String> lines(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException e) {
            // the machine or the process has just gone: then it shows no sign
            return List.of();
        }
    }

    /** Returns the addresses the machine's kernel takes for its own. */
    public static Set<String> addresses(Machine machine) {
        Set<String> addresses = new TreeSet<>();
        String last = "";
        for (String line : lines(PROC.resolve(machine.firstProcess() + "/net/fib_trie"))) {
            String text = line.strip();
            if (text.startsWith("|-- ")) {
                last = text.substring(4);
            } else if (text.equals("/32 host LOCAL")) {
                addresses.add(last);
            }
        }
        return addresses;
    }

    /** Returns the files behind the loop devices that are mounted. */
    public static Set<String> mounts(Machine machine) {
        Set<String> files = new TreeSet<>();
        for (String line : lines(PROC.resolve(machine.firstProcess() + "/mountinfo"))) {
            String source = line.substring(line.indexOf(" - ") + 3).split(" ")[1];
            if (source.startsWith("/dev/loop")) {
                lines(Path.of("/sys/block", source.substring("/dev/".length()), "loop/backing_file"))
                        .forEach(files::add);
            }
        }
        return files;
    }

    /** Returns the processes of a machine by their ids outside of it. */
    public static Set<Long> processes(Machine machine) {
        Set<Long> pids = new TreeSet<>();
        collect(machine.cgroup(), pids);
        return pids;
    }

    private static void collect(Path group, Set<Long> pids) {
        for (String line : lines(group.resolve("cgroup.procs"))) {
            pids.add(Long.parseLong(line.strip()));
        }
        try (Stream<Path> children = Files.list(group)) {
            children.filter(Files::isDirectory).forEach(child -> collect(child, pids));
        } catch (NoSuchFileException e) {
            // the group has just gone
            return;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Optional<String> application(long pid) {
        List<String> content = lines(PROC.resolve(pid + "/cmdline"));
        if (content.isEmpty()) {
            return Optional.empty();
        }
        String[] words = content.get(0).split("\0");
        if (words[0].startsWith(App.MARK)) {
            return Optional.of("application " + words[0].substring(App.MARK.length()));
        }
        // Who only asks for the version serves nothing.
        boolean serves = words[0].endsWith("/bin/postgres") && List.of(words).contains("-D");
        return serves ? Optional.of("postmaster") : Optional.empty();
    }
}
