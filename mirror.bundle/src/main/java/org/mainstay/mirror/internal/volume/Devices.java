package org.mainstay.mirror.internal.volume;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.mainstay.kit.HostStorage;

/** What is a device, what is an image, and whether a mount is of one of them. */
final class Devices {
    private static final int TYPE = 0170000;
    private static final int BLOCK = 0060000;

    private Devices() {}

    static boolean isImage(Path device) {
        return Files.isRegularFile(device);
    }

    static boolean isBlockDevice(Path device) {
        try {
            return ((Integer) Files.getAttribute(device, "unix:mode") & TYPE) == BLOCK;
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns what is mounted there, the topmost if there are several. */
    static Optional<HostStorage.Mount> mountAt(HostStorage storage, Path target) {
        Path real = real(target);
        List<HostStorage.Mount> found = storage.mounts().stream()
                .filter(mount -> mount.target().equals(target) || mount.target().equals(real))
                .toList();
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(found.size() - 1));
    }

    /** Returns where else the device is mounted in this mount namespace. */
    static List<HostStorage.Mount> mountsOf(HostStorage storage, Path device) {
        return storage.mounts().stream()
                .filter(mount -> mount.source().startsWith("/") && isSame(mount.source(), device))
                .toList();
    }

    /** Returns why the device counts as in use although it is not mounted; empty if it does not. */
    static Optional<String> lingering(HostStorage storage, Path device) {
        return storage.lingering(device).stream()
                .map(mount -> device + " is not mounted on " + mount.target() + " any more, but " + mount.source()
                        + " is still in use in the kernel: an unmount or a mount has not ended, or another mount namespace has"
                        + " it; find it with: grep -l " + mount.source() + " /proc/*/mountinfo")
                .findFirst();
    }

    /** Returns where the device, or a loop device over the image, is mounted, by name or by device number; empty: nowhere. */
    static Optional<String> stillMounted(HostStorage storage, Path device) {
        List<HostStorage.Mount> named = mountsOf(storage, device);
        if (!named.isEmpty()) {
            return Optional.of(named.get(0).target().toString());
        }
        if (!isBlockDevice(device)) {
            return Optional.empty();
        }
        // A source can be called otherwise than the device, such as /dev/root.
        long number = ((Number) number(device)).longValue();
        String wanted = (((number >> 8) & 0xfff) | ((number >> 32) & ~0xfffL)) + ":"
                + ((number & 0xff) | ((number >> 12) & ~0xffL));
        try {
            return Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.ISO_8859_1).stream()
                    .map(line -> line.split(" "))
                    .filter(fields -> fields.length > 4 && fields[2].equals(wanted))
                    .map(fields -> fields[4])
                    .findFirst();
        } catch (IOException e) {
            return Optional.of("an unknown place: /proc/self/mountinfo cannot be read (" + e.getMessage() + ")");
        }
    }

    /** Resolves the symbolic links of as much of the path as there is. */
    static Path resolved(Path path) {
        Path parent = path.getParent();
        return Files.exists(path) || parent == null
                ? real(path)
                : resolved(parent).resolve(path.getFileName());
    }

    /** Returns whether a mount's source is the device, or a loop device over the image. */
    static boolean isSame(String source, Path device) {
        Path mounted = Path.of(source);
        Path real = real(device);
        if (mounted.equals(device) || real(mounted).equals(real)) {
            return true;
        }
        Optional<Path> backing = backingFile(mounted);
        if (backing.isPresent()) {
            return backing.get().equals(device) || backing.get().equals(real);
        }
        return isBlockDevice(device) && isBlockDevice(mounted) && number(device).equals(number(mounted));
    }

    private static Object number(Path device) {
        try {
            return Files.getAttribute(device, "unix:rdev");
        } catch (IOException e) {
            return new Object();
        }
    }

    /** Returns the file behind a loop device. */
    static Optional<Path> backingFile(Path device) {
        Path name = device.getFileName();
        Path attribute = Path.of("/sys/block", name == null ? "none" : name.toString(), "loop/backing_file");
        try {
            return Optional.of(Path.of(Files.readString(attribute).stripTrailing()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path;
        }
    }
}
