package org.mainstay.core.internal.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The block devices that this server has mounted: written before the mount begins, deleted when the kernel has let go of the device. An
 * unmount leaves the mount table before it has written everything and a mount enters it at its end, so that without a record
 * nobody would know what to look at.
 *
 * <p>One file per device, named {@code major:minor}, of four lines: boot and mount namespace, the kernel's sequence number of the
 * device, the device, the mount point. A record counts only within that boot and namespace and while the device is the same. The guard
 * reads them too (its class {@code HeldDevices}).
 */
final class MountRecords {
    /** @param number {@code major:minor} */
    record Device(String number, Path source, Path target) {}

    private static final int TYPE = 0170000;
    private static final int BLOCK = 0060000;
    private static final int LINES = 4;
    private static final String TEMPORARY = ".new";

    private final Path records;
    /** How many mounts and unmounts of a device, by number, are under way here. */
    private final Map<String, Integer> underWay = new ConcurrentHashMap<>();

    /** @param records folder of the records, made when first needed */
    MountRecords(Path records) {
        this.records = records;
    }

    /** Returns the device at the path; empty if it is none. */
    static Optional<Device> device(Path source, Path target) {
        try {
            if (((Integer) Files.getAttribute(source, "unix:mode") & TYPE) != BLOCK) {
                return Optional.empty();
            }
            long number = ((Number) Files.getAttribute(source, "unix:rdev")).longValue();
            long major = (number >> 8 & 0xfff) | (number >> 32 & ~0xfffL);
            long minor = (number & 0xff) | (number >> 12 & ~0xffL) & 0xffffffffL;
            return Optional.of(new Device(major + ":" + minor, source, target));
        } catch (IOException e) {
            // no path, as the source of a network file system, or gone
            return Optional.empty();
        }
    }

    /** A mount or an unmount of the device begins here; {@link #ends} follows. */
    void begins(Device device) {
        underWay.merge(device.number(), 1, Integer::sum);
    }

    void ends(Device device) {
        underWay.computeIfPresent(device.number(), (number, count) -> count == 1 ? null : count - 1);
    }

    /** Returns whether a mount or an unmount of the device is under way here. */
    boolean underWay(Device device) {
        return underWay.containsKey(device.number());
    }

    synchronized void add(Device device) throws IOException {
        String text = String.join(
                "\n",
                place(),
                sequence(device.number()),
                device.source().toString(),
                device.target().toString());
        if (text.lines().count() != LINES) {
            throw new IOException("a device or mount point with a line feed in its name cannot be recorded");
        }
        Files.createDirectories(records);
        Path temporary = records.resolve(device.number() + TEMPORARY);
        Files.writeString(temporary, text + "\n", StandardCharsets.UTF_8);
        Files.move(
                temporary,
                records.resolve(device.number()),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /** The kernel has let go of it. */
    synchronized void delete(Device device) throws IOException {
        Files.deleteIfExists(records.resolve(device.number()));
    }

    /** Returns those of a device, or of a loop device over an image, whatever the device is called now. */
    List<Device> of(Path device) {
        Path real = LinuxStorage.real(device);
        Optional<String> number = device(device, device).map(Device::number);
        return all().stream()
                .filter(one -> {
                    Path image = Path.of(ProcFiles.text(Path.of("/sys/dev/block", one.number(), "loop/backing_file"))
                            .stripTrailing());
                    return number.equals(Optional.of(one.number()))
                            || List.of(one.source(), image).contains(device)
                            || image.equals(real);
                })
                .toList();
    }

    List<Device> all() {
        List<Device> devices = new ArrayList<>();
        String place = place();
        for (Path file : ProcFiles.list(records)) {
            String number = file.getFileName().toString();
            List<String> lines = ProcFiles.text(file).lines().toList();
            if (!number.endsWith(TEMPORARY)
                    && lines.size() == LINES
                    && lines.get(0).equals(place)
                    && lines.get(1).equals(sequence(number))) {
                devices.add(new Device(number, Path.of(lines.get(2)), Path.of(lines.get(3))));
            }
        }
        return devices;
    }

    private static String place() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip() + "/"
                    + Files.readSymbolicLink(Path.of("/proc/self/ns/mnt"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot tell this boot and mount namespace", e);
        }
    }

    /** Another file's loop device of the same number has another one. Partitions and older kernels have none. */
    private static String sequence(String number) {
        return ProcFiles.text(Path.of("/sys/dev/block", number, "diskseq")).strip();
    }
}
