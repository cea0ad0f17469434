package org.mainstay.guard.kill;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.mainstay.guard.supervise.ProcessIdentity;

/** A version 2 control group with the groups below it. */
record ControlGroup(Path folder) {

    boolean exists() {
        return Files.isDirectory(folder);
    }

    /** Returns whether no thread is left in it. The kernel says so; the list of processes leaves out those of which a thread hangs. */
    boolean isEmpty() throws IOException {
        try {
            return Files.readAllLines(folder.resolve("cgroup.events")).contains("populated 0");
        } catch (NoSuchFileException e) {
            return processes(folder).isEmpty();
        } catch (IOException e) {
            if (exists()) {
                throw e;
            }
            // removed while it was read, which only an empty one can be
            return true;
        }
    }

    /** Returns the processes in it; where the kernel lists none any more, the threads that are left. */
    List<Long> members() throws IOException {
        List<Long> processes = processes(folder);
        return processes.isEmpty() && !isEmpty() ? listed(folder, "cgroup.threads") : processes;
    }

    /** Sends KILL to all; before Linux 5.14 one by one, so that one born meanwhile is missed. */
    void kill() throws IOException {
        Path kill = folder.resolve("cgroup.kill");
        if (Files.exists(kill)) {
            Files.writeString(kill, "1");
        } else {
            killEach();
        }
    }

    /** Kills those born behind our back, where the kernel has no kill of its own. */
    void killAgain() throws IOException {
        if (!Files.exists(folder.resolve("cgroup.kill"))) {
            killEach();
        }
    }

    private void killEach() throws IOException {
        members().forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    }

    /** Returns the members with their names. */
    String names() throws IOException {
        return members().stream()
                .limit(20)
                .map(pid -> {
                    try {
                        return pid + " ("
                                + Files.readString(Path.of("/proc", pid.toString(), "comm"))
                                        .strip() + ")";
                    } catch (IOException e) {
                        return pid.toString();
                    }
                })
                .collect(Collectors.joining(", "));
    }

    private static List<Long> processes(Path group) throws IOException {
        return listed(group, "cgroup.procs").stream()
                .filter(pid -> ProcessIdentity.of(pid).isPresent())
                .toList();
    }

    /** Returns what a file of the group and of those below lists; nothing where there is no such file. */
    private static List<Long> listed(Path group, String name) throws IOException {
        List<Long> found = new ArrayList<>();
        if (!Files.isDirectory(group)) {
            return found;
        }
        Path file = group.resolve(name);
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                found.add(Long.parseLong(line.strip()));
            }
        }
        try (DirectoryStream<Path> below = Files.newDirectoryStream(group, Files::isDirectory)) {
            for (Path child : below) {
                found.addAll(listed(child, name));
            }
        }
        return found;
    }
}
