package org.mainstay.kit;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The machine, as far as kits need it: the platform boundary. Bound to the action it was handed to, so that every command
 * ends with the action's time limit. Safe for use by several threads of one action.
 *
 * <p>Once the action's time is over or it was cancelled, every call is refused with a {@link
 * java.util.concurrent.CancellationException}: code that comes back late must not start what was just stopped. What an action
 * starts past its host (through a client library) is not held back: look at {@link ActionContext#cancelled} before each such step.
 */
@ProviderType
public interface Host {

    /**
     * Runs a program without a shell and waits for it.
     *
     * @return exit code and captured output; a program that could not be started or ran out of time is reported there too,
     *     never as an exception
     */
    CommandResult run(Command command);

    /** Returns addresses, interfaces and reachability. */
    HostNetwork network();

    /** Returns mounts and block devices. */
    HostStorage storage();

    /** Returns processes and users. */
    HostProcesses processes();

    /** Returns the exclusive claims on shared storage (design.md section 7, the volume's reservation area). */
    StorageReservation reservation();

    /** Returns the platform this host is. */
    KitDescriptor.Platform platform();
}
