package org.mainstay.mirror.internal.volume;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostStorage;
import org.mainstay.kit.ResourceInfo;

/** What must be true of a volume on a server before it can be in service there. Changes nothing. */
final class VolumeChecks {

    /** Thrown to refuse; the message is for the operator. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean exists;

        RefusedException(String message) {
            this(message, false);
        }

        private RefusedException(String message, boolean exists) {
            super(message);
            this.exists = exists;
        }

        /** Returns the refusal as the kit's answer. */
        Creation creation() {
            return exists ? Creation.exists(getMessage()) : Creation.refused(getMessage());
        }
    }

    private final Host host;
    private final Path fstab;
    private final List<String> remarks = new ArrayList<>();

    /** @param fstab the file that says what is mounted at boot */
    VolumeChecks(Host host, Path fstab) {
        this.host = host;
        this.fstab = fstab;
    }

    /** Returns warnings for the operator, found so far. */
    List<String> remarks() {
        return remarks;
    }

    /** Checks and completes a new volume on the server that is to be its primary. */
    Volume complete(Volume volume, ResourceInfo resource, List<ResourceInfo> others) throws RefusedException {
        requireDevice(volume);
        requireUnused(volume, resource, others);
        requireMountPoint(volume);
        Volume known = detect(volume);
        warnOfFstab(known);
        return withReservation(known);
    }

    /** Checks a volume on a server it is to be extended to; the device may be in use on another server meanwhile. */
    Volume extend(Volume volume, ResourceInfo resource, List<ResourceInfo> others) throws RefusedException {
        requireDevice(volume);
        requireUnused(volume, resource, others);
        requireMountPoint(volume);
        Volume known = detect(volume);
        warnOfFstab(known);
        boolean area = !known.reservation().isEmpty()
                && !known.reservation().equals(Volume.NONE)
                && !known.reservation().equals(Volume.SCSI);
        if (area && !Files.exists(Path.of(known.reservation())) && Files.exists(known.areaBeside())) {
            // The image is reached under another name here, and so is the area beside it.
            return known.withReservation(known.areaBeside().toString());
        }
        return withReservation(known);
    }

    /** Checks the storage of a mirrored volume that has its file system already. */
    Volume own(Volume volume, ResourceInfo resource, List<ResourceInfo> others) throws RefusedException {
        blank(volume, resource, others);
        Volume known = detect(volume);
        warnOfFstab(known);
        return known;
    }

    /** Checks the storage of a further side of a mirrored volume; what is on it does not matter. */
    void blank(Volume volume, ResourceInfo resource, List<ResourceInfo> others) throws RefusedException {
        requireDevice(volume);
        requireUnused(volume, resource, others);
        Optional<String> mounted = Devices.stillMounted(host.storage(), volume.device());
        if (mounted.isPresent()) {
            throw new RefusedException("device: " + volume.device() + " is mounted on " + mounted.get()
                    + "; unmount it: from now on only its mirror may be mounted");
        }
        requireMountPoint(volume);
    }

    private void requireDevice(Volume volume) throws RefusedException {
        if (!Files.exists(volume.device())) {
            throw new RefusedException("device: there is no " + volume.device()
                    + " on this server; name a block device or a disk image that every server reaches");
        }
        if (!Devices.isImage(volume.device()) && !Devices.isBlockDevice(volume.device())) {
            throw new RefusedException("device: " + volume.device() + " is neither a block device nor an image file");
        }
        if (volume.device().startsWith(volume.mount())) {
            throw new RefusedException("device: " + volume.device() + " is below the mount point " + volume.mount()
                    + ", which would hide it");
        }
    }

    private void requireUnused(Volume volume, ResourceInfo self, List<ResourceInfo> others) throws RefusedException {
        for (ResourceInfo other : others) {
            boolean isVolume = other.application().equals(VolumeKit.APPLICATION)
                    && other.type().equals(VolumeKit.TYPE);
            if (!isVolume || other.tag().equals(self.tag()) && !self.id().isEmpty()) {
                continue;
            }
            Volume theirs = Volume.of(other);
            if (Devices.real(theirs.device()).equals(Devices.real(volume.device()))) {
                throw new RefusedException(
                        "device: " + volume.device() + " is protected already, by the resource '" + other.tag()
                                + "': use that one",
                        true);
            }
            if (theirs.mount().equals(volume.mount())) {
                throw new RefusedException("mount: " + volume.mount() + " is the mount point of the resource '"
                        + other.tag() + "'; choose another folder");
            }
        }
        for (HostStorage.Mount mount : Devices.mountsOf(host.storage(), volume.device())) {
            if (!mount.target().equals(volume.mount()) && !mount.target().equals(Devices.real(volume.mount()))) {
                throw new RefusedException("device: " + volume.device() + " is mounted on " + mount.target()
                        + "; unmount it there, or use that as mount point");
            }
        }
    }

    private void requireMountPoint(Volume volume) throws RefusedException {
        Path mount = volume.mount();
        Optional<HostStorage.Mount> present = Devices.mountAt(host.storage(), mount);
        if (present.isPresent()) {
            if (!Devices.isSame(present.get().source(), volume.device())) {
                throw new RefusedException("mount: " + present.get().source() + " is mounted on " + mount
                        + "; unmount it or choose another folder");
            }
            remarks.add(volume.device() + " is mounted on " + mount + " already and is taken over as it is");
            return;
        }
        if (Files.exists(mount) && !Files.isDirectory(mount)) {
            throw new RefusedException("mount: " + mount + " is not a folder; choose another one");
        }
        if (!Files.isDirectory(mount)) {
            return;
        }
        try (DirectoryStream<Path> content = Files.newDirectoryStream(mount)) {
            if (content.iterator().hasNext()) {
                remarks.add(
                        "the folder " + mount + " is not empty; what is in it is hidden while the volume is mounted");
            }
        } catch (IOException e) {
            throw new RefusedException("mount: " + mount + " cannot be read: " + e.getMessage());
        }
    }

    private Volume detect(Volume volume) throws RefusedException {
        Optional<String> found;
        try {
            found = host.storage().fileSystem(volume.device());
        } catch (UncheckedIOException e) {
            throw new RefusedException("device: " + volume.device() + " cannot be read: " + e.getMessage());
        }
        if (found.isEmpty()) {
            throw new RefusedException("device: there is no file system on " + volume.device()
                    + "; make one, for example with mkfs.ext4, and create the resource then");
        }
        if (!volume.fileSystem().isEmpty() && !volume.fileSystem().equals(found.get())) {
            throw new RefusedException("fstype: " + volume.device() + " holds " + found.get() + ", not "
                    + volume.fileSystem() + "; leave fstype out to use what is there");
        }
        return volume.withFileSystem(found.get());
    }

    /** The portable form of ADM-187: the boot must neither mount nor check a protected volume. */
    private void warnOfFstab(Volume volume) {
        List<String> lines;
        try {
            lines = Files.exists(fstab) ? Files.readAllLines(fstab, StandardCharsets.UTF_8) : List.of();
        } catch (IOException e) {
            remarks.add(fstab + " cannot be read; make sure it does not mount " + volume.device() + " at boot");
            return;
        }
        for (String line : lines) {
            String[] fields = line.strip().split("\\s+");
            if (line.startsWith("#") || fields.length < 4) {
                continue;
            }
            boolean same = fields[1].equals(volume.mount().toString())
                    || Devices.real(Path.of(fields[0])).equals(Devices.real(volume.device()));
            boolean automatic = !("," + fields[3] + ",").contains(",noauto,");
            boolean checked = fields.length > 5 && !fields[5].equals("0");
            if (same && (automatic || checked)) {
                remarks.add(
                        fstab + " mounts or checks " + fields[1] + " at boot; set the option noauto and pass 0 there,"
                                + " or take the line out: only Mainstay may mount a protected volume");
            }
        }
    }

    private Volume withReservation(Volume volume) throws RefusedException {
        if (volume.reservation().equals(Volume.NONE)) {
            remarks.add(
                    "no reservation: nothing on the storage stops a second server from mounting " + volume.device());
            return volume;
        }
        if (volume.reservation().equals(Volume.SCSI)) {
            return volume;
        }
        if (volume.reservation().isEmpty()) {
            return defaultReservation(volume);
        }
        Path area = Path.of(volume.reservation());
        if (area.startsWith(volume.mount())) {
            throw new RefusedException(
                    "reservation: " + area + " is inside the volume's own file system; choose a small"
                            + " partition, LUN or file outside it that every server reaches");
        }
        if (Devices.real(area).equals(Devices.real(volume.device()))) {
            throw new RefusedException(
                    "reservation: " + area + " is the volume itself; the area needs its own device or file");
        }
        return volume;
    }

    private Volume defaultReservation(Volume volume) throws RefusedException {
        if (Devices.isImage(volume.device())) {
            return volume.withReservation(volume.areaBeside().toString());
        }
        try {
            if (ScsiExclusion.supported(host, volume.device())) {
                return volume.withReservation(Volume.SCSI);
            }
        } catch (SgPersist.FailedException e) {
            throw new RefusedException("reservation: " + e.getMessage()
                    + "; name a small partition, LUN or file that every server reaches instead, or try again");
        }
        throw new RefusedException(
                "reservation: " + volume.device() + " offers no SCSI persistent reservation; name a small partition,"
                        + " LUN or file that every server reaches (at least 132 KiB), or say"
                        + " 'none' to do without");
    }
}
