package org.mainstay.core.internal.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Outcome;

/**
 * The loop devices this server attached. The kernel has one list of loop devices for all mount namespaces, so that a device
 * over the same file may belong to another server on the same machine: only a device that this server's own record names is
 * ever used again. A record counts only within the boot it was written in and while the device is over that very file.
 */
final class LoopDevices {
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final Path records;

    /** @param records folder of the records, one file per device, made when first needed */
    LoopDevices(Path records) {
        this.records = records;
    }

    synchronized Optional<Path> attach(Path file, ActionCommands runner) {
        Path real;
        String identity;
        try {
            real = file.toRealPath();
            identity = identity(real);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the image file " + file + "; it must exist on this server", e);
        }
        for (Path record : ProcFiles.list(records)) {
            Path device = Path.of("/dev", record.getFileName().toString());
            if (ProcFiles.text(record).equals(recordText(identity)) && backs(device, identity, runner)) {
                return Optional.of(device);
            }
        }
        CommandResult result = runner.run("losetup", "--direct-io=on", "--show", "-f", "--", real.toString());
        if (!result.succeeded()) {
            throw new UncheckedIOException(new IOException(
                    "cannot attach a loop device with direct I/O over " + file + ": " + result.summary()));
        }
        Path device = Path.of(result.output().strip());
        try {
            write(device, recordText(identity));
        } catch (IOException e) {
            // without its record the device could never be used again or told from another server's
            runner.run("losetup", "-d", device.toString());
            throw new UncheckedIOException("cannot record the loop device " + device + " in " + records, e);
        }
        return Optional.of(device);
    }

    synchronized Outcome detach(Path device, ActionCommands runner) {
        if (isAttached(device)) {
            CommandResult result = runner.run("losetup", "-d", device.toString());
            if (!result.succeeded() && isAttached(device)) {
                return Outcome.failed("cannot detach " + device + ": " + result.summary());
            }
            // the kernel says yes to a busy device too and detaches it when its last user is gone
            if (isAttached(device)) {
                return Outcome.failed(device + " is still in use and is detached when that ends: "
                        + String.join(", ", usersOf(device)));
            }
        }
        try {
            Files.deleteIfExists(records.resolve(device.getFileName().toString()));
        } catch (IOException e) {
            return Outcome.failed(device + " is detached, but its record in " + records + " cannot be deleted: " + e);
        }
        return Outcome.success(device + " is not attached");
    }

    private static List<String> usersOf(Path device) {
        try {
            return new StorageUsers(Path.of("/proc"), MountInfo.read(Path.of("/proc/self/mountinfo"))).of(device);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the mount table", e);
        }
    }

    private static boolean isAttached(Path device) {
        return Files.exists(Path.of("/sys/block", device.getFileName().toString(), "loop/backing_file"));
    }

    private static boolean backs(Path device, String identity, ActionCommands runner) {
        if (!isAttached(device)) {
            return false;
        }
        CommandResult result =
                runner.run("losetup", "--list", "--noheadings", "-O", "BACK-MAJ:MIN,BACK-INO", "--", device.toString());
        return result.succeeded()
                && result.output().strip().replaceAll(" +", " ").equals(identity);
    }

    /** Returns {@code major:minor inode} as losetup prints it. */
    private static String identity(Path file) throws IOException {
        long dev = ((Number) Files.getAttribute(file, "unix:dev")).longValue();
        long inode = ((Number) Files.getAttribute(file, "unix:ino")).longValue();
        long major = (dev >> 8 & 0xfff) | (dev >> 32 & ~0xfffL);
        long minor = (dev & 0xff) | (dev >> 12 & ~0xffL) & 0xffffffffL;
        return major + ":" + minor + " " + inode;
    }

    private static String recordText(String identity) {
        return ProcFiles.text(BOOT_ID).strip() + " " + identity + "\n";
    }

    private void write(Path device, String text) throws IOException {
        Files.createDirectories(records);
        Path record = records.resolve(device.getFileName().toString());
        Path temporary = records.resolveSibling(record.getFileName() + ".new");
        try {
            Files.deleteIfExists(temporary);
            Files.writeString(temporary, text, StandardCharsets.US_ASCII);
            Files.move(temporary, record, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (NoSuchFileException e) {
            throw new IOException("the folder " + records + " vanished", e);
        }
    }
}
