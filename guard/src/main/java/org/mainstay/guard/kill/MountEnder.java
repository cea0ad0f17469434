package org.mainstay.guard.kill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Ticker;
import org.mainstay.guard.util.Waiting;

/**
 * Unmounts whatever it takes. A lazy unmount hides a file system that still writes, so it is allowed only after the
 * file system has been cut off from its device.
 */
final class MountEnder {
    /** Type of the file system of mainstay-attach. */
    private static final String ATTACHMENT = "fuse.mainstay";

    private static final int ROUNDS = 10;
    private static final long BETWEEN = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long DETACHED_WITHIN = TimeUnit.SECONDS.toNanos(5);

    private final Ticker ticker;
    private final Commands commands;
    private final HeldDevices held;

    MountEnder(Ticker ticker, Commands commands, HeldDevices held) {
        this.ticker = ticker;
        this.commands = commands;
        this.held = held;
    }

    /**
     * Ends every mount of the file system in this mount namespace: one that is left anywhere could go on writing.
     *
     * @param source device, or image file behind a loop device; empty: whatever is mounted there
     */
    Result end(Path target, String source) throws IOException, InterruptedException {
        List<Mounts.Mount> there = Mounts.at(target);
        if (!there.isEmpty() && !isSource(there.get(0), source)) {
            return Result.failed(
                    there.get(0).source() + " is mounted at " + target + ", not " + source + "; it is left alone");
        }
        List<Mounts.Mount> mounts = mounts(target, source);
        if (mounts.isEmpty()) {
            return unseen(target, source);
        }
        // A loop device is free when it is detached, and may be another file's then.
        List<HeldDevices.Device> disks = mounts.stream()
                .filter(mount -> Mounts.backingFile(mount.source()).isEmpty())
                .map(HeldDevices::of)
                .flatMap(Optional::stream)
                .distinct()
                .toList();
        String how = "";
        for (Mounts.Mount mount : mounts) {
            Result ended = endOne(mount);
            if (!ended.done()) {
                return ended;
            }
            how = ended.message();
        }
        for (Mounts.Mount mount : mounts) {
            List<Mounts.Mount> left = Mounts.of(mount.device());
            if (!left.isEmpty()) {
                return Result.failed(mount.source() + " is still mounted at "
                        + left.stream().map(other -> other.target().toString()).collect(Collectors.joining(", ")));
            }
        }
        Result after = afterUnmount(mounts, how);
        for (HeldDevices.Device disk : after.done() ? disks : List.<HeldDevices.Device>of()) {
            Optional<String> inUse = awaitFree(disk);
            if (inUse.isPresent()) {
                return Result.failed(inUse.get());
            }
        }
        return after;
    }

    /** The mount table shows nothing: asks about what was mounted, or is being mounted. */
    private Result unseen(Path target, String source) throws IOException, InterruptedException {
        Path real = Mounts.real(target);
        for (HeldDevices.Device device : held.recorded()) {
            boolean meant = source.isEmpty()
                    ? device.target().equals(target) || device.target().equals(real)
                    : isSource(device.source(), source);
            Optional<String> inUse = meant ? held.inUse(device) : Optional.empty();
            if (inUse.isPresent()) {
                return Result.failed(inUse.get());
            }
        }
        return Result.done("nothing is mounted at " + target);
    }

    /** Returns why the device does not become free; empty: it is. */
    private Optional<String> awaitFree(HeldDevices.Device device) throws InterruptedException {
        long deadline = ticker.nanos() + DETACHED_WITHIN;
        Optional<String> inUse = held.inUse(device);
        while (inUse.isPresent() && ticker.nanos() - deadline < 0) {
            Waiting.until(ticker, ticker.nanos() + BETWEEN);
            inUse = held.inUse(device);
        }
        return inUse;
    }

    /** Returns all mounts of what is at the target, and of the source wherever it is. */
    private static List<Mounts.Mount> mounts(Path target, String source) throws IOException {
        Set<String> devices = new TreeSet<>();
        Mounts.at(target).stream().limit(1).forEach(mount -> devices.add(mount.device()));
        List<Mounts.Mount> all = Mounts.all();
        if (!source.isEmpty()) {
            all.stream().filter(mount -> isSource(mount, source)).forEach(mount -> devices.add(mount.device()));
        }
        return all.stream().filter(mount -> devices.contains(mount.device())).toList();
    }

    /**
     * Makes the file system unable to write, at once and without a look at who uses it; leaves it mounted.
     *
     * @param source as for {@link #end}
     * @param superseded another server has the storage: nothing may be written to it any more, not even by the cut
     */
    Result cut(Path target, String source, boolean superseded) throws IOException, InterruptedException {
        List<Mounts.Mount> there = Mounts.at(target);
        if (!there.isEmpty() && !isSource(there.get(0), source)) {
            return Result.failed(
                    there.get(0).source() + " is mounted at " + target + ", not " + source + "; it is left alone");
        }
        Set<String> cut = new TreeSet<>();
        for (Mounts.Mount mount : mounts(target, source)) {
            if (!cut.add(mount.device())) {
                continue;
            }
            if (superseded && !cutsWithoutWriting(mount)) {
                return Result.failed(mount.target() + " is left mounted: " + mount.fileSystem()
                        + " cannot be cut off from " + mount.source()
                        + " without writing to it, and another server has it."
                        + " Take " + mount.source() + " away from this server, or reset this server, before it writes");
            }
            Commands.Ended ended = commands.run(shutdown(mount));
            if (!ended.succeeded()) {
                return Result.failed(
                        mount.target() + " cannot be cut off from " + mount.source() + ": " + ended.summary());
            }
        }
        return Result.done(cut.isEmpty() ? "nothing is mounted at " + target : target + " is cut off from its device");
    }

    /**
     * Ends the connection of the attachment of a mirrored volume, if that is what the image lies in: whoever waits in the kernel for
     * an attachment that hangs, or for the engine behind it, gets an error, and can die. Touches no file of it.
     *
     * @param source image; the attachment is mounted at its folder, and what else is mounted there is left alone
     * @return what was done; empty: there is no attachment
     */
    Optional<String> abort(String source) throws IOException, InterruptedException {
        Path folder = source.isEmpty() ? null : Path.of(source).getParent();
        Optional<Mounts.Mount> topmost = Mounts.all().stream()
                .filter(mount -> mount.target().equals(folder))
                .findFirst();
        if (topmost.filter(mount -> mount.fileSystem().equals(ATTACHMENT)).isEmpty()) {
            return Optional.empty();
        }
        // By force: the kernel aborts the connection first; that the mount is busy, and stays, does not matter.
        // As it is written (-c): looking where links lead would wait for the attachment too.
        Commands.Ended ended = commands.run(List.of("umount", "-c", "-f", "--", folder.toString()));
        return Optional.of("the attachment at " + folder + " was aborted"
                + (ended.succeeded() ? "" : " and is still mounted: " + ended.summary()));
    }

    private Result endOne(Mounts.Mount mount) throws IOException, InterruptedException {
        String target = mount.target().toString();
        String how = "unmounted";
        Commands.Ended ended = commands.run(List.of("umount", "--", target));
        for (int round = 0; round < ROUNDS && mounted(mount); round++) {
            Map<Long, String> users = Mounts.users(mount);
            if (!users.isEmpty()) {
                how = "unmounted after killing " + text(users);
                users.keySet().stream()
                        .filter(pid -> pid != ProcessHandle.current().pid())
                        .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            }
            Waiting.until(ticker, ticker.nanos() + BETWEEN);
            boolean last = round == ROUNDS - 1;
            ended = commands.run(last ? List.of("umount", "-f", "--", target) : List.of("umount", "--", target));
        }
        return mounted(mount) ? cutOff(mount, ended.summary()) : Result.done(how);
    }

    private static boolean isSource(Mounts.Mount mount, String source) {
        return source.isEmpty() || isSource(mount.source(), source);
    }

    /** @param mounted what is mounted: a device, which may be a loop device over the source */
    private static boolean isSource(String mounted, String source) {
        if (mounted.equals(source)) {
            return true;
        }
        Optional<String> backing = Mounts.backingFile(mounted);
        if (backing.isPresent() && backing.get().equals(source)) {
            return true;
        }
        try {
            Path real = Path.of(source).toRealPath();
            return real.equals(Path.of(backing.orElse(mounted)).toRealPath());
        } catch (IOException e) {
            // The image or device is not reachable any more: names decide.
            return false;
        }
    }

    private static boolean mounted(Mounts.Mount mount) throws IOException {
        return Mounts.at(mount.target()).contains(mount);
    }

    private static String text(Map<Long, String> users) {
        return users.entrySet().stream()
                .limit(20)
                .map(user -> user.getKey() + " (" + user.getValue() + ")")
                .collect(Collectors.joining(", "));
    }

    /** Makes the file system unable to write, then takes it out of sight. */
    private Result cutOff(Mounts.Mount mount, String busy) throws IOException, InterruptedException {
        String target = mount.target().toString();
        Commands.Ended cut = commands.run(shutdown(mount));
        if (!cut.succeeded() && !readOnly(mount)) {
            return Result.failed("cannot unmount " + target + " (" + busy + ") nor cut it off from " + mount.source()
                    + " (" + cut.summary() + "); in the way: " + text(Mounts.users(mount)));
        }
        Commands.Ended lazy = commands.run(List.of("umount", "-l", "--", target));
        return mounted(mount)
                ? Result.failed(target + " is cut off from its device but still mounted: " + lazy.summary())
                : Result.done("cut off from its device and taken out of sight; in the way was: " + busy);
    }

    private static List<String> shutdown(Mounts.Mount mount) {
        String target = mount.target().toString();
        return switch (mount.fileSystem()) {
            // Gives up the journal and refuses every further write.
            case "ext2", "ext3", "ext4" -> List.of("mount", "-o", "remount,abort", "--", target);
            case "xfs" -> List.of("xfs_io", "-x", "-c", "shutdown", target);
            // Writes what is dirty.
            default -> List.of("mount", "-o", "remount,ro", "--", target);
        };
    }

    private static boolean cutsWithoutWriting(Mounts.Mount mount) {
        return Set.of("ext2", "ext3", "ext4", "xfs").contains(mount.fileSystem());
    }

    private static boolean readOnly(Mounts.Mount mount) {
        return Files.exists(mount.target()) && !Files.isWritable(mount.target());
    }

    private Result afterUnmount(List<Mounts.Mount> mounts, String how) throws InterruptedException {
        String text = how;
        for (Mounts.Mount mount : mounts) {
            Optional<String> backing = Mounts.backingFile(mount.source());
            if (backing.isPresent()) {
                Result detached = detach(mount.source(), backing.get());
                if (!detached.done()) {
                    return detached;
                }
                text += ", " + detached.message();
            }
        }
        Mounts.Mount last = mounts.get(mounts.size() - 1);
        return Result.done(last.source() + " " + text + " from " + last.target()
                + (mounts.size() == 1 ? "" : " and " + (mounts.size() - 1) + " more"));
    }

    /** Detaches a loop device if it is over that file. */
    Result detach(String device, String file) throws InterruptedException {
        Optional<String> backing = Mounts.backingFile(device);
        if (backing.isEmpty()) {
            return Result.done(device + " is not attached");
        }
        if (!file.isEmpty() && !backing.get().equals(file)) {
            return Result.done(device + " belongs to " + backing.get() + " now and is left alone");
        }
        Commands.Ended ended = commands.run(List.of("losetup", "-d", device));
        long deadline = ticker.nanos() + DETACHED_WITHIN;
        // The kernel lets go when the last user of the device has closed it.
        while (Mounts.backingFile(device).equals(backing)) {
            if (ticker.nanos() - deadline >= 0) {
                return Result.failed(device + " cannot be detached from " + backing.get() + ": "
                        + (ended.succeeded() ? "something still uses it" : ended.summary()));
            }
            Waiting.until(ticker, ticker.nanos() + BETWEEN);
        }
        return Result.done(device + " detached");
    }
}
