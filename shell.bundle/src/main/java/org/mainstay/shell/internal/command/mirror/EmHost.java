package org.mainstay.shell.internal.command.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The disks of this machine, as the kernel tells them in {@code /proc} and {@code /sys} (EMC-117, EMC-131). */
final class EmHost {
    static final String CANNOT_OPEN = "Unable to open - SIOS DataKeeper driver might not be attached (you may need to"
            + " reboot) or this might not be a valid hard disk volume.";
    private static final Set<String> SYSTEM = Set.of("/", "/usr", "/var", "/etc");
    private static final Set<String> BOOT = Set.of("/boot", "/boot/efi", "/efi");
    private static final int SECTOR = 512;
    /** As the kernel counts devices. */
    private static final int MINOR_BITS = 20;

    private static final int EXT_MAGIC_AT = 1080;
    private static final int BTRFS_MAGIC_AT = 65_600;
    private static final int FILE_TYPE = 0170000;
    private static final int REGULAR = 0100000;
    private static final int BLOCK_DEVICE = 0060000;
    private static final int HEAD = 65_608;

    private final Path root;
    private final Path home;

    /**
     * @param root {@code /}; tests have another
     * @param home installation folder, where the intent logs are
     */
    EmHost(Path root, Path home) {
        this.root = root;
        this.home = home;
    }

    /**
     * What tells a disk from others.
     *
     * @param signature its own name of the world, or that of the file system and file of an image
     * @param offset bytes before the volume on the disk
     * @param number device number
     */
    record Identity(String signature, long offset, long number) {}

    /** A mount. @param source device */
    private record Mount(String number, Path target, String type, String source) {}

    /** Returns the identity of a device or image; empty if there is none. */
    Optional<Identity> identity(Path storage) {
        try {
            if (Files.isRegularFile(storage)) {
                return Optional.of(new Identity(
                        "image " + Files.getAttribute(storage, "unix:dev") + "-"
                                + Files.getAttribute(storage, "unix:ino"),
                        0,
                        ((Number) Files.getAttribute(storage, "unix:dev")).longValue()));
            }
            Path block = block(storage);
            String[] number = text(block.resolve("dev")).split(":");
            Path disk = Files.exists(block.resolve("partition")) ? block.getParent() : block;
            String signature = "";
            for (String name : List.of("wwid", "device/wwid", "dm/uuid", "device/serial", "serial")) {
                signature = signature.isEmpty() ? text(disk.resolve(name)) : signature;
            }
            String start = text(block.resolve("start"));
            return Optional.of(new Identity(
                    signature.isEmpty() ? "none" : signature,
                    start.isEmpty() ? 0 : Long.parseLong(start) * SECTOR,
                    Long.parseLong(number[0]) << MINOR_BITS | Long.parseLong(number[1])));
        } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
            // Neither a disk nor an image: the caller says so.
            return Optional.empty();
        }
    }

    /** Returns the folder of a block device in {@code /sys}. */
    private Path block(Path device) throws IOException {
        String name = Files.exists(device)
                ? String.valueOf(device.toRealPath().getFileName())
                : String.valueOf(device.getFileName());
        return root.resolve("sys/class/block").resolve(name).toRealPath();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            // The kernel does not tell this of every disk.
            return "";
        }
    }

    /** Returns why a volume cannot be mirrored, in the original's words; nothing if it can. @param storage device, image or mount point */
    List<String> obstacles(Path storage) {
        List<Mount> mounts = mounts();
        Optional<Mount> at =
                mounts.stream().filter(mount -> mount.target().equals(storage)).reduce((first, last) -> last);
        Path device = at.map(mount -> Path.of(mount.source())).orElse(storage);
        boolean image = Files.isRegularFile(device);
        Optional<Identity> identity = identity(device);
        if (identity.isEmpty()) {
            // A network share, a folder, nothing at all.
            return List.of(CANNOT_OPEN);
        }
        List<String> reasons = new ArrayList<>();
        List<Mount> its = image
                ? List.of()
                : mounts.stream()
                        .filter(mount -> mount.number().equals(number(identity.get())))
                        .toList();
        if (its.stream().anyMatch(mount -> SYSTEM.contains(mount.target().toString()))) {
            reasons.add("System Drive");
        }
        boolean swap =
                swaps("partition").contains(device) || swaps("file").stream().anyMatch(one -> within(one, its, mounts));
        String type = at.map(Mount::type)
                .orElseGet(() -> its.isEmpty() ? fileSystem(device) : its.get(0).type());
        if (type.isEmpty() && !swap) {
            reasons.add("RAW filesystem");
        } else if (type.endsWith("fat")) {
            reasons.add("FAT filesystem");
        }
        if (its.stream().anyMatch(mount -> BOOT.contains(mount.target().toString()))) {
            reasons.add("ACTIVE partition");
        }
        if (swap) {
            reasons.add("Contains PageFile");
        }
        if (!image && removable(device)) {
            reasons.add("GetDriveType not DRIVE_FIXED");
        }
        if (within(home.resolve("data/mirror"), its, mounts)) {
            reasons.add("Contains DataKeeper bitmap files");
        }
        return reasons;
    }

    private static String number(Identity identity) {
        return (identity.number() >> MINOR_BITS) + ":" + (identity.number() & (1 << MINOR_BITS) - 1);
    }

    private boolean removable(Path device) {
        try {
            Path block = block(device);
            Path disk = Files.exists(block.resolve("partition")) ? block.getParent() : block;
            return text(disk.resolve("removable")).equals("1");
        } catch (IOException e) {
            return false;
        }
    }

    /** Says whether a file lies on one of these mounts: the deepest mount over it is one of them. */
    private static boolean within(Path file, List<Mount> these, List<Mount> all) {
        Path path = file.toAbsolutePath().normalize();
        return all.stream()
                .filter(mount -> path.startsWith(mount.target()))
                .reduce((one, other) ->
                        other.target().getNameCount() >= one.target().getNameCount() ? other : one)
                .filter(these::contains)
                .isPresent();
    }

    private List<Mount> mounts() {
        List<Mount> mounts = new ArrayList<>();
        for (String line : lines("proc/self/mountinfo")) {
            String[] halves = line.split(" - ", 2);
            String[] first = halves[0].split(" ");
            if (halves.length == 2 && first.length > 4) {
                String[] second = halves[1].split(" ");
                mounts.add(new Mount(first[2], Path.of(plain(first[4])), second[0], plain(second[1])));
            }
        }
        return mounts;
    }

    /** Returns what is swapped to. @param kind {@code partition} or {@code file} */
    private List<Path> swaps(String kind) {
        return lines("proc/swaps").stream()
                .map(line -> line.split("\\s+"))
                .filter(words -> words.length > 1 && words[1].equals(kind))
                .map(words -> Path.of(plain(words[0])))
                .toList();
    }

    /** The kernel writes blanks as octal numbers. */
    private static String plain(String text) {
        return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
    }

    private List<String> lines(String file) {
        try {
            return Files.readAllLines(root.resolve(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // As where there is none: a system without swap has no such file.
            return List.of();
        }
    }

    /** Says whether it is a file or a disk: to open anything else, such as a pipe, may take for ever. */
    private static boolean readable(Path device) {
        try {
            int type = (int) Files.getAttribute(device, "unix:mode") & FILE_TYPE;
            return type == REGULAR || type == BLOCK_DEVICE;
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns the file system on a device that is not mounted, of those that Mainstay can tell; empty: none of them. */
    static String fileSystem(Path device) {
        if (!readable(device)) {
            return "";
        }
        ByteBuffer head = ByteBuffer.allocate(HEAD);
        try (FileChannel channel = FileChannel.open(device, StandardOpenOption.READ)) {
            while (head.hasRemaining() && channel.read(head) > 0) {
                continue;
            }
        } catch (IOException e) {
            return "";
        }
        byte[] bytes = head.array();
        if ((bytes[EXT_MAGIC_AT] & 0xff) == 0x53 && (bytes[EXT_MAGIC_AT + 1] & 0xff) == 0xef) {
            return "ext";
        }
        if (has(bytes, 0, "XFSB")) {
            return "xfs";
        }
        if (has(bytes, BTRFS_MAGIC_AT, "_BHRfS_M")) {
            return "btrfs";
        }
        if (has(bytes, 3, "NTFS    ")) {
            return "ntfs";
        }
        return has(bytes, 54, "FAT") || has(bytes, 82, "FAT32") ? "vfat" : "";
    }

    private static boolean has(byte[] bytes, int at, String magic) {
        return new String(bytes, at, magic.length(), StandardCharsets.ISO_8859_1).equals(magic);
    }
}
