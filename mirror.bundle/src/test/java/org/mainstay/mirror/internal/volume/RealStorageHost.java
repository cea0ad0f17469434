package org.mainstay.mirror.internal.volume;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.kit.Outcome;

/** As {@link TestHost}, but mounts and loop devices are those of the machine. */
final class RealStorageHost extends TestHost {

    RealStorageHost(String server, Map<Path, String> holders) {
        super(server, holders);
    }

    private record Ended(int code, String output) {}

    private static Ended tool(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Ended(process.waitFor(), output.strip());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Outcome outcome(Ended ended) {
        return ended.code == 0 ? Outcome.success(ended.output) : Outcome.failed(ended.output);
    }

    @Override
    public List<Mount> mounts() {
        try {
            return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
                    .map(line -> line.split(" "))
                    .map(field -> new Mount(field[0], Path.of(field[1]), field[2], field[3]))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Outcome mount(Path device, Path target, String fileSystem, String options) {
        return outcome(tool(
                "mount",
                "-t",
                fileSystem,
                "-o",
                options.isEmpty() ? "rw" : options,
                "--",
                device.toString(),
                target.toString()));
    }

    @Override
    public Outcome unmount(Path target) {
        return outcome(tool("umount", "--", target.toString()));
    }

    @Override
    public Optional<Path> attachLoop(Path file) {
        Ended ended = tool("losetup", "--direct-io=on", "--show", "-f", file.toString());
        return ended.code == 0 ? Optional.of(Path.of(ended.output)) : Optional.empty();
    }

    @Override
    public Outcome detachLoop(Path device) {
        return outcome(tool("losetup", "-d", device.toString()));
    }

    @Override
    public Optional<String> fileSystem(Path device) {
        Ended ended = tool("blkid", "-p", "-s", "TYPE", "-o", "value", "--", device.toString());
        return ended.code == 0 && !ended.output.isEmpty() ? Optional.of(ended.output) : Optional.empty();
    }
}
