package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Machines of a test: network namespaces with one interface {@code eth0} each on a common switch, {@code 10.99.1.N/24} and
 * {@code fd99::N/64}. Names carry the process id, so that runs side by side do not meet.
 */
final class Namespaces implements AutoCloseable {
    private final String prefix = "mnip" + ProcessHandle.current().pid() + "-";
    private final List<String> names = new ArrayList<>();
    private final Path wrappers;

    Namespaces(Path folder, String... machines) throws IOException, InterruptedException {
        this.wrappers = folder;
        add("switch");
        ip("-n", name("switch"), "link", "add", "br0", "type", "bridge");
        ip("-n", name("switch"), "link", "set", "br0", "up");
        int number = 1;
        for (String machine : machines) {
            add(machine);
            plug(machine, "eth0");
            ip("-n", name(machine), "addr", "add", "10.99.1." + number + "/24", "dev", "eth0");
            ip("-n", name(machine), "addr", "add", "fd99::" + number + "/64", "dev", "eth0", "nodad");
            number++;
        }
    }

    private void add(String machine) throws IOException, InterruptedException {
        ip("netns", "add", name(machine));
        names.add(name(machine));
        ip("-n", name(machine), "link", "set", "lo", "up");
    }

    /** Gives the machine one more interface on the switch. */
    void plug(String machine, String card) throws IOException, InterruptedException {
        String port = machine + card;
        ip("link", "add", card, "netns", name(machine), "type", "veth", "peer", "name", port, "netns", name("switch"));
        ip("-n", name("switch"), "link", "set", port, "master", "br0", "up");
        ip("-n", name(machine), "link", "set", card, "up");
    }

    String name(String machine) {
        return prefix + machine;
    }

    /** Returns a folder of programs that act inside the machine's namespace. */
    Path programs(String machine) throws IOException {
        Path folder = Files.createDirectories(wrappers.resolve("programs-" + machine));
        for (String program : List.of("mainstay-net", "mainstay-exec")) {
            Path wrapper = folder.resolve(program);
            Files.writeString(
                    wrapper,
                    "#!/bin/sh\nexec /usr/bin/nsenter --net=/run/netns/" + name(machine) + " '"
                            + NativePrograms.folder().resolve(program) + "' \"$@\"\n");
            assertThat(wrapper.toFile().setExecutable(true)).isTrue();
        }
        return folder;
    }

    /** Runs ip(8) in the machine and returns what it prints. */
    String inside(String machine, String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("-n", name(machine)));
        all.addAll(Arrays.asList(arguments));
        return ip(all.toArray(new String[0]));
    }

    /** Returns the hardware address of the machine's interface. */
    String hardware(String machine, String card) throws IOException, InterruptedException {
        return inside(machine, "-br", "link", "show", card).split("\\s+")[2];
    }

    /** Returns the hardware address the machine believes an address to be at; empty if it knows none. */
    String neighbour(String machine, String address) throws IOException, InterruptedException {
        String[] words = inside(machine, "neigh", "show", address).split("\\s+");
        int at = Arrays.asList(words).indexOf("lladdr");
        return at < 0 ? "" : words[at + 1];
    }

    static String ip(String... arguments) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("ip"));
        line.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(line + ": " + text).isZero();
        return text;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        for (String name : names) {
            ip("netns", "del", name);
        }
    }
}
