package org.mainstay.mirror.internal.volume;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.mainstay.kit.ResourceInfo;

/**
 * What the properties of a volume say.
 *
 * @param device block device or disk image
 * @param mount mount point
 * @param fileSystem type; empty: to be detected
 * @param options mount options; empty: the kit's own
 * @param reservation path of a reservation area, {@link #NONE}, {@link #SCSI}, or empty: the default
 */
record Volume(Path device, Path mount, String fileSystem, String options, String reservation) {
    static final String DEVICE = "device";
    static final String MOUNT = "mount";
    static final String FILE_SYSTEM = "fstype";
    static final String OPTIONS = "options";
    static final String RESERVATION = "reservation";
    /** Value of {@link #RESERVATION}: nothing guards against a second mount. */
    static final String NONE = "none";
    /** Value of {@link #RESERVATION}: SCSI-3 persistent reservation of the device. */
    static final String SCSI = "scsi";

    private static final String AREA_SUFFIX = ".reservation";

    /** @throws IllegalArgumentException with a sentence for the operator if a property is not usable */
    static Volume of(ResourceInfo resource) {
        String reservation = resource.property(RESERVATION, "");
        if (!reservation.isEmpty() && !reservation.equals(NONE) && !reservation.equals(SCSI)) {
            absolute(RESERVATION, reservation);
        }
        Path mount = absolute(MOUNT, resource.property(MOUNT, ""));
        if (mount.getNameCount() == 0) {
            throw new IllegalArgumentException("mount: the root folder cannot be a protected mount point");
        }
        return new Volume(
                absolute(DEVICE, resource.property(DEVICE, "")),
                mount,
                resource.property(FILE_SYSTEM, ""),
                resource.property(OPTIONS, ""),
                reservation);
    }

    private static Path absolute(String field, String value) {
        try {
            Path path = Path.of(value);
            if (value.isEmpty() || !path.isAbsolute()) {
                throw new IllegalArgumentException(
                        field + ": an absolute path is needed, such as /srv/data, not '" + value + "'");
            }
            return path.normalize();
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(field + ": '" + value + "' is not a path", e);
        }
    }

    Volume withFileSystem(String type) {
        return new Volume(device, mount, type, options, reservation);
    }

    Volume withReservation(String value) {
        return new Volume(device, mount, fileSystem, options, value);
    }

    /** Returns the volume as it is mounted, where a mirror is in front of the device. */
    Volume behind(Mirrored mirrored) {
        return new Volume(mirrored.attachment(), mount, fileSystem, options, NONE);
    }

    /** Returns the area that belongs to an image file: beside it, never inside its file system. */
    Path areaBeside() {
        return device.resolveSibling(device.getFileName() + AREA_SUFFIX);
    }

    boolean readOnly() {
        return ("," + options + ",").contains(",ro,");
    }

    /** Returns the options to mount with: where the operator gave none, an error must be seen, not written over. */
    String mountOptions() {
        return options.isEmpty() && fileSystem.startsWith("ext") ? "errors=remount-ro" : options;
    }

    Map<String, String> properties() {
        return Map.of(
                DEVICE, device.toString(),
                MOUNT, mount.toString(),
                FILE_SYSTEM, fileSystem,
                OPTIONS, options,
                RESERVATION, reservation);
    }

    String suggestedTag() {
        return "Volume." + mount.getFileName();
    }
}
