package org.mainstay.itest.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** Removes what laboratories left whose process died before it could clean up. */
final class Leftovers {

    private Leftovers() {}

    static void clean(Path records) {
        if (!Files.isDirectory(records)) {
            return;
        }
        try (Stream<Path> files = Files.list(records)) {
            files.toList().forEach(Leftovers::cleanOne);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void cleanOne(Path record) {
        String prefix = record.getFileName().toString();
        try {
            List<String> lines = Files.readAllLines(record);
            if (ownerLives(lines)) {
                return;
            }
            for (String line : lines) {
                if (line.startsWith("process ")) {
                    endMachine(line.substring("process ".length()));
                }
            }
            Lab.removeCgroups(prefix);
            for (String line : Exec.run("ip", "netns", "list").output().split("\n")) {
                String namespace = line.split(" ")[0];
                if (namespace.startsWith(prefix)) {
                    endProcesses(namespace);
                    Exec.run("ip", "netns", "del", namespace);
                }
            }
            for (String line : lines) {
                if (line.startsWith("directory ")) {
                    detachLoops(line.substring("directory ".length()));
                    Lab.deleteTree(Path.of(line.substring("directory ".length())));
                }
            }
            Files.deleteIfExists(record);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean ownerLives(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith("owner "))
                .map(line -> Long.parseLong(line.substring("owner ".length())))
                .anyMatch(pid -> ProcessHandle.of(pid).isPresent());
    }

    /** Ends a machine's first process; a process id that belongs to something else by now is left alone. */
    private static void endMachine(String pid) throws IOException {
        Path comm = Path.of("/proc", pid, "comm");
        if (Files.exists(comm) && Files.readString(comm).strip().equals("machine")) {
            Exec.run("kill", "-9", pid);
            Await.until("machine " + pid + " is gone", Duration.ofSeconds(10), () -> !Files.exists(comm));
        }
    }

    /** Ends what runs in a network namespace outside of the machines, such as a client. */
    private static void endProcesses(String namespace) {
        for (String pid : Exec.run("ip", "netns", "pids", namespace).output().split("\\s+")) {
            if (!pid.isEmpty()) {
                Exec.run("kill", "-9", pid);
            }
        }
    }

    private static void detachLoops(String directory) {
        for (String line :
                Exec.run("losetup", "-l", "-n", "-O", "NAME,BACK-FILE").output().split("\n")) {
            String[] parts = line.strip().split("\\s+", 2);
            if (parts.length == 2 && parts[1].startsWith(directory)) {
                Exec.run("losetup", "-d", parts[0]);
            }
        }
    }
}
