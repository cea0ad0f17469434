package org.mainstay.kit.systemd.internal;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Processes that a unit has left behind. What cannot be looked at is an error, never "nothing is left". */
final class Leftovers {
    private static final String PROCESSES = "cgroup.procs";
    /** Groups may go away while they are looked at; so often in a row only if something is wrong. */
    private static final int LOOKS = 10;

    private boolean vanished;
    private final List<String> found = new ArrayList<>();

    private Leftovers() {}

    /**
     * Returns the processes in a control group and below; none if there is no such group.
     *
     * @throws IOException if some part of it could not be looked at
     */
    static List<String> inGroup(Path group) throws IOException {
        for (int look = 0; look < LOOKS && Files.isDirectory(group); look++) {
            Leftovers one = new Leftovers();
            one.walk(group);
            if (!one.vanished || !one.found.isEmpty()) {
                return one.found;
            }
        }
        if (Files.isDirectory(group)) {
            throw new IOException("whether processes are left in " + group
                    + " cannot be told: parts of it go away while" + " they are looked at");
        }
        return List.of();
    }

    private void walk(Path group) throws IOException {
        try {
            found.addAll(Files.readAllLines(group.resolve(PROCESSES)));
            try (DirectoryStream<Path> below = Files.newDirectoryStream(group, Files::isDirectory)) {
                for (Path one : below) {
                    walk(one);
                }
            }
        } catch (NoSuchFileException e) {
            vanished = true;
        } catch (DirectoryIteratorException e) {
            endedUnless(group, e.getCause());
        } catch (IOException e) {
            endedUnless(group, e);
        }
    }

    /** The kernel has errors of its own for a group that goes away while it is read. */
    private void endedUnless(Path group, IOException e) throws IOException {
        if (Files.isDirectory(group)) {
            throw new IOException("whether processes are left in " + group + " cannot be told: " + e, e);
        }
        vanished = true;
    }

    /**
     * Returns the processes that the kernel counts to a control group or one below it, in whichever hierarchy: for machines without
     * version 2 groups.
     *
     * @param proc where the kernel shows processes
     * @throws IOException if it does not
     */
    static List<String> byProcess(Path proc, String group) throws IOException {
        List<String> all = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                if (belongs(process, group)) {
                    all.add(process.getFileName().toString());
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return all;
    }

    private static boolean belongs(Path process, String group) throws IOException {
        try {
            for (String line : Files.readAllLines(process.resolve("cgroup"))) {
                String[] parts = line.split(":", 3);
                if (parts.length == 3 && (parts[2].equals(group) || parts[2].startsWith(group + "/"))) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            if (Files.exists(process.resolve("cgroup"))) {
                throw new IOException(
                        "to which unit process " + process.getFileName() + " belongs cannot be told: " + e, e);
            }
            // it has ended meanwhile
            return false;
        }
    }
}
