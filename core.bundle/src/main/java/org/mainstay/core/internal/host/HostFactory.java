package org.mainstay.core.internal.host;

import java.util.Locale;
import java.util.Optional;
import org.mainstay.cluster.GuardControl;
import org.mainstay.kit.Host;
import org.mainstay.kit.KillHandle;
import org.slf4j.Logger;

/** Makes the {@link Host} an action works through. Thread-safe. */
public interface HostFactory extends AutoCloseable {

    /**
     * Returns the machine, bound to one action.
     *
     * @param tag tag of the instance; its control group is named after it. Empty when there is no instance (forms): then
     *     commands that start what is to stay in service are refused
     * @param time the action's time limit and cancellation; commands end with it
     * @param log where commands that failed are noted, in detail at DEBUG
     */
    Host forAction(String tag, ActionTime time, Logger log);

    /** As {@link #forAction}, for what only looks: what its commands leave hanging is not among the {@link #survivors}. */
    Host forLook(String tag, ActionTime time, Logger log);

    /**
     * Returns the kill handle of the processes of the instance, recorded with it before each restore. Empty where no version 2
     * control group can be used: then only the kit can end them and {@link #limitation} says so.
     */
    Optional<KillHandle> processHandle(String tag);

    /**
     * Returns what commands of actions of the instance left that hangs in the kernel, as {@code pid (name)}; empty if nothing. It may still take
     * effect, so the instance is not out of service.
     */
    Optional<String> survivors(String tag);

    /** Returns in one sentence what this machine lacks for full protection of processes, for {@code status}; empty if nothing. */
    Optional<String> limitation();

    /** Drops what is kept for an instance that no longer exists: its empty control group. Processes in it are left alone. */
    void forget(String tag);

    /** Ends the threads that read output of commands. */
    @Override
    void close();

    /**
     * Returns the factory for the operating system this runs on.
     *
     * @param guard carries out reservations of shared storage
     * @throws UnsupportedOperationException on a platform without an implementation
     */
    static HostFactory create(HostSettings settings, GuardControl guard) {
        String system = System.getProperty("os.name", "");
        if (system.toLowerCase(Locale.ROOT).startsWith("linux")) {
            return new LinuxHostFactory(settings, guard);
        }
        throw new UnsupportedOperationException("Mainstay cannot protect resources on '" + system
                + "' yet: this release has the Linux implementation only");
    }
}
