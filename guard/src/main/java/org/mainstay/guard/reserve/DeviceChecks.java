package org.mainstay.guard.reserve;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Whether a device or image may be given to a comm path: what else uses it, and what it holds (COMM-020). */
final class DeviceChecks {
    private static final int TYPE_MASK = 0170000;
    private static final int BLOCK_DEVICE = 0060000;

    /** Mark of a format. @param at byte from the beginning */
    private record Mark(String what, int at, byte[] bytes) {
        static Mark text(String what, int at, String text) {
            return new Mark(what, at, text.getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static final List<Mark> MARKS = List.of(
            Mark.text("the reservation area of a volume", 0, "Mainstay reservation area"),
            new Mark("an ext2, ext3 or ext4 file system", 1024 + 0x38, new byte[] {0x53, (byte) 0xEF}),
            Mark.text("an XFS file system", 0, "XFSB"),
            Mark.text("a btrfs file system", 0x10040, "_BHRfS_M"),
            Mark.text("an NTFS file system", 3, "NTFS    "),
            Mark.text("a FAT file system", 0x36, "FAT"),
            Mark.text("a FAT file system", 0x52, "FAT32"),
            Mark.text("a volume of LVM", 512, "LABELONE"),
            Mark.text("swap space", 4086, "SWAPSPACE2"),
            Mark.text("a LUKS volume", 0, "LUKS"),
            new Mark("a member of a RAID", 4096, new byte[] {(byte) 0xFC, 0x4E, 0x2B, (byte) 0xA9}),
            Mark.text("a partition table", 512, "EFI PART"),
            new Mark("a partition table", 510, new byte[] {0x55, (byte) 0xAA}));

    private DeviceChecks() {}

    /** Refuses what is neither a block device nor an image, or what this machine uses otherwise. */
    static void requireUnused(Path device) throws IOException {
        if (!Files.exists(device)) {
            throw new IOException(device + " does not exist");
        }
        boolean block = block(device);
        if (!block && !Files.isRegularFile(device)) {
            throw new IOException(device + " is neither a block device nor an image file");
        }
        Path real = device.toRealPath();
        if (swap(real)) {
            throw new IOException(device + " is in use as swap space");
        }
        if (block) {
            String number = number((Long) Files.getAttribute(device, "unix:rdev"));
            if (mounted(number)) {
                throw new IOException(device + " is mounted");
            }
            if (held(Path.of("/sys/dev/block", number, "holders"))) {
                throw new IOException(device + " is in use by another device (LVM, RAID, multipath or encryption)");
            }
        } else if (behindLoop(real)) {
            throw new IOException(device + " is in use by a loop device; detach that, or name the loop device instead");
        }
    }

    static boolean block(Path device) throws IOException {
        return ((Integer) Files.getAttribute(device, "unix:mode") & TYPE_MASK) == BLOCK_DEVICE;
    }

    /** Returns {@code major:minor} of a device. */
    private static String number(long device) {
        long major = device >>> 8 & 0xFFF | device >>> 32 & ~0xFFFL;
        long minor = device & 0xFF | device >>> 12 & ~0xFFL;
        return major + ":" + minor;
    }

    private static boolean mounted(String number) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
            return lines.anyMatch(line -> line.split(" ")[2].equals(number));
        }
    }

    private static boolean swap(Path real) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/swaps"))) {
            return lines.anyMatch(line -> line.split("\\s")[0].equals(real.toString()));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static boolean held(Path holders) throws IOException {
        if (!Files.isDirectory(holders)) {
            return false;
        }
        try (Stream<Path> all = Files.list(holders)) {
            return all.findAny().isPresent();
        }
    }

    private static boolean behindLoop(Path real) throws IOException {
        Path devices = Path.of("/sys/block");
        if (!Files.isDirectory(devices)) {
            return false;
        }
        try (Stream<Path> all = Files.list(devices)) {
            for (Path file : all.map(each -> each.resolve("loop/backing_file")).toList()) {
                if (Files.isReadable(file) && Files.readString(file).strip().equals(real.toString())) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Returns what the beginning of a device holds, for people; empty if it is all zero. */
    static String content(ByteBuffer start) {
        for (Mark mark : MARKS) {
            byte[] there = new byte[mark.bytes().length];
            start.get(mark.at(), there);
            if (java.util.Arrays.equals(there, mark.bytes())) {
                return mark.what();
            }
        }
        for (int i = 0; i < start.limit(); i++) {
            if (start.get(i) != 0) {
                return "something (byte " + i + " is not zero)";
            }
        }
        return "";
    }
}
