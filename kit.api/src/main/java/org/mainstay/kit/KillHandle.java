package org.mainstay.kit;

import java.util.List;
import java.util.Objects;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A way to end a part of a resource on this machine without its kit. Executed by Mainstay or by its guard, in the order
 * address off, processes killed, unmount, device off. Immutable; its text form is stored in the configuration database.
 */
@ProviderType
public final class KillHandle {

    /** What a handle acts on. The names are part of the stored text form. */
    public enum Kind {
        /** {@code interface, address/prefix}: the address is taken off the interface. */
        ADDRESS,
        /** {@code path of a version 2 cgroup}: every process in it is killed. */
        CGROUP,
        /**
         * {@code mount point, source[, reservation]}: forced unmount, lazily as the last resort with the device cut first. The
         * reservation is the path of an area, and then cut at once when another server has taken that, or {@code scsi}: the
         * device itself refuses the writes of a server whose right was taken.
         */
        MOUNT,
        /** {@code device node, backing file}: a loop device is detached. */
        LOOP_DEVICE
    }

    private final Kind kind;
    private final List<String> arguments;

    private KillHandle(Kind kind, List<String> arguments) {
        this.kind = Objects.requireNonNull(kind, "kind");
        this.arguments = List.copyOf(arguments);
        for (String argument : this.arguments) {
            if (argument.indexOf('\t') >= 0 || argument.indexOf('\n') >= 0) {
                throw new IllegalArgumentException("a kill handle cannot hold tabs or line ends: '" + argument + "'");
            }
        }
    }

    public static KillHandle address(String networkInterface, String addressWithPrefix) {
        return new KillHandle(Kind.ADDRESS, List.of(networkInterface, addressWithPrefix));
    }

    public static KillHandle cgroup(String path) {
        return new KillHandle(Kind.CGROUP, List.of(path));
    }

    public static KillHandle mount(String mountPoint, String source) {
        return new KillHandle(Kind.MOUNT, List.of(mountPoint, source));
    }

    public static KillHandle loopDevice(String device, String backingFile) {
        return new KillHandle(Kind.LOOP_DEVICE, List.of(device, backingFile));
    }

    /** Reads the text form. @throws IllegalArgumentException if it is not one */
    public static KillHandle parse(String text) {
        List<String> parts = List.of(text.split("\t", -1));
        return new KillHandle(Kind.valueOf(parts.get(0)), parts.subList(1, parts.size()));
    }

    public Kind kind() {
        return kind;
    }

    public List<String> arguments() {
        return arguments;
    }

    /** Returns the text form: kind and arguments separated by tabs. */
    public String encode() {
        return kind + (arguments.isEmpty() ? "" : "\t" + String.join("\t", arguments));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KillHandle && encode().equals(((KillHandle) other).encode());
    }

    @Override
    public int hashCode() {
        return encode().hashCode();
    }

    @Override
    public String toString() {
        return encode().replace('\t', ' ');
    }
}
