package org.mainstay.kit;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** Mounts and block devices of this machine. */
@ProviderType
public interface HostStorage {

    /**
     * A mounted file system.
     *
     * @param source device node or other source
     * @param target mount point
     * @param fileSystem type, such as {@code ext4}
     * @param options as the kernel lists them
     */
    record Mount(String source, Path target, String fileSystem, String options) {}

    /** Returns what is mounted in the mount namespace of the service. */
    List<Mount> mounts();

    /**
     * Returns what this server mounted of the device, or began to mount, that is not among {@link #mounts()} while the kernel still holds
     * it, or cannot say: an unmount that has not written everything, a mount that hangs, another mount namespace. It may be
     * written to yet. File system and options are empty.
     *
     * @param device block device, or image behind a loop device; no other device is looked at
     */
    List<Mount> lingering(Path device);

    /** Mounts; never checks or repairs the file system beyond its own journal replay (OPS-095). */
    Outcome mount(Path device, Path target, String fileSystem, String options);

    /**
     * Unmounts; if it is busy the failure names the processes in the way. Succeeds if nothing is mounted there, and nothing that was is
     * {@link #lingering}.
     */
    Outcome unmount(Path target);

    /** Returns a loop device over the file, attaching one with direct I/O if there is none in this machine. */
    Optional<Path> attachLoop(Path file);

    /** Detaches the loop device; succeeds if it is not attached. */
    Outcome detachLoop(Path device);

    /** Returns the processes that hold the mount point or device open, as {@code pid (name)}. */
    List<String> users(Path target);

    /** Returns the file system type on the device or in the image, empty if there is none that is known. */
    Optional<String> fileSystem(Path device);
}
