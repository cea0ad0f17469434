package org.mainstay.quorum.internal.sight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Machines in network namespaces, each with eth0 on a common switch: 10.98.1.N/24 and fd98::N/64. */
final class Machines implements AutoCloseable {
    private final String prefix = "mnqs" + ProcessHandle.current().pid() + "-";
    private final List<String> names = new ArrayList<>();

    Machines(String... machines) throws IOException, InterruptedException {
        add("switch");
        ip("-n", name("switch"), "link", "add", "br0", "type", "bridge");
        ip("-n", name("switch"), "link", "set", "br0", "up");
        int number = 1;
        for (String machine : machines) {
            add(machine);
            ip(
                    "link",
                    "add",
                    "eth0",
                    "netns",
                    name(machine),
                    "type",
                    "veth",
                    "peer",
                    "name",
                    port(machine),
                    "netns",
                    name("switch"));
            ip("-n", name("switch"), "link", "set", "dev", port(machine), "master", "br0", "up");
            ip("-n", name(machine), "link", "set", "eth0", "up");
            ip("-n", name(machine), "addr", "add", "10.98.1." + number + "/24", "dev", "eth0");
            ip("-n", name(machine), "addr", "add", "fd98::" + number + "/64", "dev", "eth0", "nodad");
            number++;
        }
    }

    private void add(String machine) throws IOException, InterruptedException {
        ip("netns", "add", name(machine));
        names.add(name(machine));
        ip("-n", name(machine), "link", "set", "lo", "up");
    }

    private String name(String machine) {
        return prefix + machine;
    }

    private static String port(String machine) {
        return "port-" + machine;
    }

    /** Pulls the machine's cable at the switch, or plugs it in again. */
    void cable(String machine, boolean in) throws IOException, InterruptedException {
        ip("-n", name("switch"), "link", "set", "dev", port(machine), in ? "up" : "down");
    }

    /** Returns a program that runs mainstay-net inside the machine. */
    Path program(String machine, Path folder) throws IOException, InterruptedException {
        Path real = folder.resolve("mainstay-net");
        if (!Files.exists(real)) {
            run(
                    "gcc",
                    "-std=gnu11",
                    "-O2",
                    "-Wall",
                    "-Wextra",
                    "-Werror",
                    "-D_GNU_SOURCE",
                    "-o",
                    real.toString(),
                    Path.of("../native/src/main/c/mainstay-net.c")
                            .toAbsolutePath()
                            .toString());
        }
        Path wrapper = folder.resolve("net-" + machine);
        Files.writeString(
                wrapper,
                "#!/bin/sh\nexec /usr/bin/nsenter --net=/run/netns/" + name(machine) + " '" + real + "' \"$@\"\n");
        assertThat(wrapper.toFile().setExecutable(true)).isTrue();
        return wrapper;
    }

    private static void ip(String... arguments) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("ip"));
        line.addAll(Arrays.asList(arguments));
        run(line.toArray(String[]::new));
    }

    private static void run(String... line) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(String.join(" ", line) + ": " + text).isZero();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        for (String name : names) {
            ip("netns", "del", name);
        }
    }
}
