package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.control.Link;

/** Guards that end what is mounted from an image, each in a mount namespace of its own. */
abstract class KillMachine {
    @TempDir
    Path folder;

    final List<GuardProcess> guards = new ArrayList<>();
    final List<Process> processes = new ArrayList<>();
    Path image;
    Path mount;

    @BeforeEach
    void image() throws Exception {
        assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
        image = folder.resolve("image");
        mount = folder.resolve("mnt");
        Files.createDirectories(mount);
        run("truncate", "-s", "16M", image.toString());
        run("mkfs.ext4", "-q", image.toString());
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
        }
        for (GuardProcess guard : guards) {
            guard.close();
        }
        // the namespace has ended with its processes; a loop device may need a moment more
        if (image != null) {
            for (String line :
                    run("losetup", "-n", "-O", "NAME", "-j", image.toString()).split("\n")) {
                if (!line.isBlank()) {
                    run("losetup", "-d", line.strip());
                }
            }
        }
    }

    static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as("%s: %s", String.join(" ", command), output)
                .isZero();
        return output;
    }

    GuardProcess guard(String name, String prepare) throws Exception {
        Path home = folder.resolve(name);
        NativeHelper.compile("mainstay-exec", Files.createDirectories(home.resolve("lib/native")));
        GuardProcess guard = new GuardProcess(home, prepare, "--no-manager");
        guards.add(guard);
        return guard.awaitReady();
    }

    GuardProcess mounted() throws Exception {
        return guard("A", "device=$(losetup --show -f '" + image + "')\nmount \"$device\" '" + mount + "'");
    }

    /** Runs a program in the guard's mount namespace. */
    Process inside(GuardProcess guard, String... command) throws IOException {
        List<String> all = new ArrayList<>(List.of("nsenter", "-t", Long.toString(guard.pid()), "-m", "--"));
        all.addAll(List.of(command));
        Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
        processes.add(process);
        return process;
    }

    boolean isMounted(GuardProcess guard) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(guard.pid()), "mountinfo"))) {
            return lines.anyMatch(line -> line.contains(" " + mount + " "));
        }
    }

    boolean attached() throws Exception {
        return !run("losetup", "-n", "-O", "NAME", "-j", image.toString()).isBlank();
    }

    static String items(Link link, String handles) throws Exception {
        link.ask("9", "kill " + handles);
        return String.join(
                "\n",
                link.lines.stream().filter(line -> line.startsWith("9 item")).toList());
    }

    String mountHandle() {
        return "MOUNT%09" + mount + "%09" + image;
    }
}
