package org.mainstay.guard.kill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Devices of file systems that are not in the mount table. It tells less than the kernel knows: an unmount leaves it before the last
 * page is written, a mount enters it when it has succeeded, and another mount namespace has a table of its own. Whoever mounts holds
 * the device exclusively all that time, so that is asked.
 *
 * <p>Only what was mounted here is looked at: the manager records it before each mount (its class {@code MountRecords} says how). Nothing is
 * written here: the disk of the records may be what fails.
 */
final class HeldDevices {
    /** A device, by what it was mounted as. @param number {@code major:minor} */
    record Device(String number, String source, Path target) {}

    private static final int LINES = 4;
    private static final int HELD = 1;

    private final Path records;
    private final Path helper;
    private final Commands commands;

    /** @param home the installation's folder */
    HeldDevices(Path home, Commands commands) {
        this.records = home.resolve("data/run/mounts");
        this.helper = home.resolve("lib/native/mainstay-exec");
        this.commands = commands;
    }

    /** Returns what was mounted here in this boot and mount namespace and was not found free by the manager since. */
    List<Device> recorded() throws IOException {
        List<Device> found = new ArrayList<>();
        String place = place();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(records, "*[0-9]")) {
            for (Path file : files) {
                List<String> lines = read(file);
                String number = file.getFileName().toString();
                if (lines.size() == LINES
                        && lines.get(0).equals(place)
                        && lines.get(1).equals(sequence(number))) {
                    found.add(new Device(number, lines.get(2), Path.of(lines.get(3))));
                }
            }
        } catch (NoSuchFileException e) {
            // Nothing was mounted yet.
            return found;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    private static List<String> read(Path file) throws IOException {
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            // The manager has found it free meanwhile.
            return List.of();
        }
    }

    private static String place() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip() + "/"
                + Files.readSymbolicLink(Path.of("/proc/self/ns/mnt"));
    }

    /** Returns what tells a device from a later one with its number, such as another file's loop device; empty: nothing does. */
    private static String sequence(String number) {
        try {
            return Files.readString(Path.of("/sys/dev/block", number, "diskseq"))
                    .strip();
        } catch (IOException e) {
            // Partitions and older kernels have none.
            return "";
        }
    }

    /** Returns the device that is mounted, if it is one. */
    static Optional<Device> of(Mounts.Mount mount) {
        Path node = Path.of(mount.source());
        try {
            if ((((Number) Files.getAttribute(node, "unix:mode")).intValue() & 0170000) != 0060000) {
                return Optional.empty();
            }
            long number = ((Number) Files.getAttribute(node, "unix:rdev")).longValue();
            long major = (number >> 8 & 0xfff) | (number >> 32 & ~0xfffL);
            long minor = (number & 0xff) | (number >> 12 & ~0xffL) & 0xffffffffL;
            return Optional.of(new Device(major + ":" + minor, mount.source(), mount.target()));
        } catch (IOException e) {
            // Not a path, as with network file systems.
            return Optional.empty();
        }
    }

    /** Asks the kernel. Returns why the device does not count as free; empty if nothing holds it. */
    Optional<String> inUse(Device device) throws InterruptedException {
        Commands.Ended ended = commands.run(List.of(helper.toString(), "held", device.number(), device.source()));
        if (ended.succeeded()) {
            return Optional.empty();
        }
        return Optional.of(
                ended.code() == HELD
                        ? device.source() + " is not mounted at " + device.target()
                                + " any more, but still in use in the kernel: an unmount or a mount has not ended, or another"
                                + " mount namespace has it (grep -l " + device.source() + " /proc/*/mountinfo)"
                        : "it cannot be seen whether " + device.source() + ", which was mounted at " + device.target()
                                + ", is still in use: " + ended.summary());
    }
}
