package org.mainstay.core.internal.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.HostStorage;
import org.mainstay.kit.Outcome;

/** Mounts and block devices of the mount namespace of the service. */
final class LinuxStorage implements HostStorage {
    private static final Path MOUNT_INFO = Path.of("/proc/self/mountinfo");
    /** More mounts on top of each other than anybody makes on purpose. */
    private static final int MAX_STACK = 16;
    /** Exit code of blkid when it recognises nothing. */
    private static final int NOTHING_FOUND = 2;
    /** Exit code of mainstay-exec held. */
    private static final int HELD = 1;

    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

    private final ActionCommands runner;
    private final LoopDevices loops;
    private final MountRecords records;

    LinuxStorage(ActionCommands runner, LoopDevices loops, MountRecords records) {
        this.runner = runner;
        this.loops = loops;
        this.records = records;
    }

    @Override
    public List<Mount> mounts() {
        return table().stream()
                .map(mount -> new Mount(mount.source(), mount.target(), mount.fileSystem(), mount.options()))
                .toList();
    }

    private static List<MountInfo> table() {
        try {
            return MountInfo.read(MOUNT_INFO);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the mount table", e);
        }
    }

    /** Returns what is mounted on the folder, the topmost last. */
    private static List<MountInfo> mountedAt(Path target) {
        Path place = real(target);
        return table().stream().filter(mount -> mount.target().equals(place)).toList();
    }

    static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            // a stale mount cannot be looked at; its name is still its name
            return path.toAbsolutePath().normalize();
        }
    }

    @Override
    public Outcome mount(Path device, Path target, String fileSystem, String options) {
        if (Arrays.stream(options.split(",")).anyMatch(option -> option.equals("loop") || option.startsWith("loop="))) {
            return Outcome.failed(
                    "the mount option 'loop' is not allowed: it may share one loop device with another server;"
                            + " attach the image as a loop device first");
        }
        if (!Files.isDirectory(target)) {
            return Outcome.failed("the mount point " + target + " is not a folder on this server; create it");
        }
        List<MountInfo> present = mountedAt(target);
        if (!present.isEmpty()) {
            MountInfo top = present.get(present.size() - 1);
            return real(Path.of(top.source())).equals(real(device))
                    ? Outcome.success(device + " is mounted on " + target)
                    : Outcome.failed(target + " is in use: " + top.source() + " is mounted there; unmount it or choose"
                            + " another mount point");
        }
        List<String> arguments = new ArrayList<>(List.of("-i"));
        if (!fileSystem.isEmpty()) {
            arguments.addAll(List.of("-t", fileSystem));
        }
        if (!options.isEmpty()) {
            arguments.addAll(List.of("-o", options));
        }
        arguments.addAll(List.of("--", device.toString(), target.toString()));
        Optional<MountRecords.Device> noted = MountRecords.device(device, real(target));
        CommandResult result;
        try {
            // Before, because a mount that hangs is not in the table.
            noted.ifPresent(records::begins);
            note(noted);
            result = runner.run("mount", arguments.toArray(new String[0]));
        } catch (UncheckedIOException e) {
            return Outcome.failed("cannot record that " + device + " is mounted: "
                    + e.getCause().getMessage());
        } finally {
            noted.ifPresent(records::ends);
        }
        if (result.succeeded()) {
            return Outcome.success(device + " is mounted on " + target);
        }
        noted.filter(one -> !shown(one)).ifPresent(this::inUse);
        return Outcome.failed("cannot mount " + device + " on " + target + ": " + result.summary(), result.errors());
    }

    /** Writes nothing that is written already: the disk may hang, which must not keep anything in service. */
    private void note(Optional<MountRecords.Device> device) {
        if (device.isPresent() && !records.all().contains(device.get())) {
            try {
                records.add(device.get());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Returns why a device that is not in the mount table does not count as free; empty if it is, and its record goes. */
    private Optional<String> inUse(MountRecords.Device device) {
        CommandResult look = look(device);
        if (look.exitCode() == HELD) {
            return Optional.of(device.source() + " is not mounted on " + device.target()
                    + " any more, but still in use in the kernel: an unmount or a mount has not ended, or another mount"
                    + " namespace has it; find it with: grep -l " + device.source() + " /proc/*/mountinfo");
        }
        if (look.exitCode() == ActionCommands.UNABLE) {
            runner.log()
                    .warn(
                            "{}: the helper in lib/native is of an older release and cannot look whether {} is still in use: the mount"
                                    + " table decides; unpack lib/native of this release",
                            runner.tag(),
                            device.source());
            return Optional.empty();
        }
        if (!look.succeeded()) {
            return Optional.of("it cannot be seen whether " + device.source() + ", which was mounted on "
                    + device.target() + ", is still in use: " + look.summary());
        }
        try {
            records.delete(device);
            if (records.underWay(device)) {
                // Somebody has relied on it meanwhile.
                records.add(device);
            }
        } catch (IOException e) {
            // It is looked at once more the next time.
            runner.log().warn("cannot delete the record of the mount of {}", device.source(), e);
        }
        return Optional.empty();
    }

    /** What looks, too, has the device for a moment (another action, the guard): "in use" is believed when it is said twice. */
    private CommandResult look(MountRecords.Device device) {
        // A look could make a mount of ours fail that is just about to take it.
        CommandResult busy = new CommandResult(HELD, "", "it is being mounted or unmounted here");
        if (records.underWay(device)) {
            return busy;
        }
        CommandResult first = runner.held(device.number(), device.source());
        if (first.exitCode() != HELD || !runner.time().pause(LOOK_AGAIN) || records.underWay(device)) {
            return first;
        }
        return runner.held(device.number(), device.source());
    }

    /** Returns whether the mount table has the device. */
    private static boolean shown(MountRecords.Device device) {
        return table().stream()
                .map(MountInfo::source)
                .filter(source -> source.startsWith("/"))
                .flatMap(source -> MountRecords.device(Path.of(source), device.target()).stream())
                .anyMatch(mounted -> mounted.number().equals(device.number()));
    }

    @Override
    public List<Mount> lingering(Path device) {
        return records.of(device).stream()
                .filter(one -> !shown(one) && inUse(one).isPresent())
                .map(one -> new Mount(one.source().toString(), one.target(), "", ""))
                .toList();
    }

    @Override
    public Outcome unmount(Path target) {
        for (int i = 0; i < MAX_STACK; i++) {
            List<MountInfo> present = mountedAt(target);
            if (present.isEmpty()) {
                return left(target);
            }
            Path source = Path.of(present.get(present.size() - 1).source());
            CommandResult result = unmount(target, MountRecords.device(source, real(target)));
            if (!result.succeeded()) {
                List<String> users = users(target);
                String who = users.isEmpty() ? "" : "; in use by " + String.join(", ", users);
                return Outcome.failed("cannot unmount " + target + ": " + result.summary() + who, result.errors());
            }
        }
        return Outcome.failed("something mounts " + target + " again and again; find out what and stop it");
    }

    private CommandResult unmount(Path target, Optional<MountRecords.Device> device) {
        device.ifPresent(records::begins);
        try {
            note(device);
        } catch (UncheckedIOException e) {
            // A full disk must not either.
            runner.log().warn("cannot record the mount on {}", target, e);
        }
        try {
            return runner.run("umount", "-i", "--", target.toString());
        } finally {
            device.ifPresent(records::ends);
        }
    }

    /** What is not in the table any more may not be written yet, and may be in the table of another namespace. */
    private Outcome left(Path target) {
        Path place = real(target);
        for (MountRecords.Device device : records.all()) {
            Optional<String> inUse = device.target().equals(place) && !shown(device) ? inUse(device) : Optional.empty();
            if (inUse.isPresent()) {
                return Outcome.failed(inUse.get());
            }
        }
        return Outcome.success("nothing is mounted on " + target);
    }

    @Override
    public List<String> users(Path target) {
        Path place = real(target);
        return new StorageUsers(Path.of("/proc"), table()).of(place);
    }

    @Override
    public Optional<Path> attachLoop(Path file) {
        return loops.attach(file, runner);
    }

    @Override
    public Outcome detachLoop(Path device) {
        return loops.detach(device, runner);
    }

    @Override
    public Optional<String> fileSystem(Path device) {
        if (!Files.exists(device)) {
            // blkid answers as if nothing were on it
            throw new UncheckedIOException(new IOException("there is no " + device + " on this server"));
        }
        CommandResult result = runner.run("blkid", "-p", "-s", "TYPE", "-o", "value", "--", device.toString());
        if (result.exitCode() == NOTHING_FOUND && result.errors().isBlank()
                || result.output().isBlank() && result.succeeded()) {
            return Optional.empty();
        }
        if (!result.succeeded()) {
            throw new UncheckedIOException(new IOException("cannot look at " + device + ": " + result.summary()));
        }
        return Optional.of(result.output().strip());
    }
}
