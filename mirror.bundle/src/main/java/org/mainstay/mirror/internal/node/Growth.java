package org.mainstay.mirror.internal.node;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.volume.Mirrored;

/**
 * Makes the volume of a source here larger, with what stands on it: the engine, the attachment, which connects again and is a larger
 * file then, and its loop device. The file system is the operator's.
 */
final class Growth {
    /** Who asked from another server waits no longer than 5 s. */
    private static final long FOLLOWS_MILLIS = 2_000;

    private static final long LOOK_MILLIS = 20;
    private static final long TOOL_MILLIS = 2_000;

    private final EngineLink engine;
    private final Path processes;
    private final Path blocks;
    private final Tool tool;

    /** A program of the system. @return what it complained about; empty: it succeeded */
    @FunctionalInterface
    interface Tool {
        String run(String... line) throws IOException, InterruptedException;
    }

    Growth(EngineLink engine) {
        this(engine, Path.of("/proc"), Path.of("/sys/block"), Growth::execute);
    }

    /** @param blocks folder with the block devices, as {@code /sys/block} */
    Growth(EngineLink engine, Path processes, Path blocks, Tool tool) {
        this.engine = engine;
        this.processes = processes;
        this.blocks = blocks;
        this.tool = tool;
    }

    /** @param words {@code resize VOLUME BYTES} */
    EngineLink.Answer grow(Lcd own, List<String> words) throws IOException {
        Optional<Mirrored> found = Volumes.named(own, words.get(1));
        if (found.isEmpty()) {
            return new EngineLink.Answer(
                    ExitCode.NOT_FOUND, List.of("there is no mirrored volume " + words.get(1) + " here"));
        }
        Mirrored volume = found.get();
        if (replaced(volume)) {
            return new EngineLink.Answer(
                    8,
                    List.of("the attachment of " + volume.tag()
                            + " runs a program from before an update, which cannot follow a"
                            + " change of the size: take " + volume.tag()
                            + " out of service and bring it in again first"));
        }
        EngineLink.Answer answer = engine.send(words.toArray());
        if (!answer.done()) {
            return answer;
        }
        long size = Long.parseLong(answer.text().strip());
        try {
            Map<String, String> properties =
                    own.instance(volume.tag()).orElseThrow().properties();
            return new EngineLink.Answer(
                    0, List.of(volume.tag() + " has " + size + " bytes now", follow(volume, size, properties)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new EngineLink.Answer(ExitCode.SYSTEM_ERROR, List.of("interrupted"));
        }
    }

    /** Says whether the program of the attachment is not the installed one any more. */
    private boolean replaced(Mirrored volume) throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(processes, "[0-9]*")) {
            for (Path process : all) {
                if (attaches(process, volume)
                        && Files.readSymbolicLink(process.resolve("exe"))
                                .toString()
                                .endsWith(" (deleted)")) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean attaches(Path process, Mirrored volume) {
        try {
            List<String> line =
                    List.of(Files.readString(process.resolve("cmdline")).split("\0"));
            return line.get(0).endsWith("/mainstay-attach")
                    && line.contains(volume.folder().toString());
        } catch (IOException e) {
            // It has ended.
            return false;
        }
    }

    private String follow(Mirrored volume, long size, Map<String, String> properties)
            throws IOException, InterruptedException {
        if (!Files.isRegularFile(volume.attachment())) {
            return "it is shown when " + volume.tag() + " is brought into service";
        }
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FOLLOWS_MILLIS);
        while (Files.size(volume.attachment()) < size) {
            if (System.nanoTime() - end > 0) {
                return "its attachment does not show it yet; give the command again, and see data/log/mirror-engine.log";
            }
            new CountDownLatch(1).await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }
        List<String> devices = loops(volume.attachment());
        for (String device : devices) {
            String problem = tool.run("losetup", "-c", device);
            if (!problem.isEmpty()) {
                return device + " does not show it: " + problem + "; give the command again, or take " + volume.tag()
                        + " out of service and bring it in again";
            }
        }
        return devices.isEmpty()
                ? volume.attachment() + " shows it"
                : devices.get(0) + " shows it; the file system follows with: "
                        + fileSystem(
                                properties.getOrDefault("fstype", ""),
                                devices.get(0),
                                properties.getOrDefault("mount", ""));
    }

    private static String fileSystem(String type, String device, String mount) {
        return switch (type) {
            case "ext2", "ext3", "ext4" -> "resize2fs " + device;
            case "xfs" -> "xfs_growfs " + mount;
            case "btrfs" -> "btrfs filesystem resize max " + mount;
            default -> "the tool of " + (type.isEmpty() ? "that file system" : type) + ", on " + device;
        };
    }

    private List<String> loops(Path attachment) throws IOException {
        List<String> devices = new ArrayList<>();
        List<String> names =
                List.of(attachment.toString(), attachment.toRealPath().toString());
        try (DirectoryStream<Path> all = Files.newDirectoryStream(blocks, "loop*")) {
            for (Path one : all) {
                Path backing = one.resolve("loop/backing_file");
                if (Files.exists(backing)
                        && names.contains(Files.readString(backing).strip())) {
                    devices.add("/dev/" + one.getFileName());
                }
            }
        }
        return devices;
    }

    private static String execute(String... line) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(line)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .start();
        try {
            if (!process.waitFor(TOOL_MILLIS, TimeUnit.MILLISECONDS)) {
                return line[0] + " does not end";
            }
            String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            return process.exitValue() == 0 ? "" : line[0] + " ended with " + process.exitValue() + ": " + said.strip();
        } finally {
            process.destroyForcibly();
        }
    }
}
