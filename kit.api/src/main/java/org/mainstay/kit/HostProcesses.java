package org.mainstay.kit;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** Processes and users of this machine. */
@ProviderType
public interface HostProcesses {

    /** Signals that kits send. */
    enum Signal {
        TERM,
        INT,
        QUIT,
        KILL,
        HUP
    }

    /** Returns the command line of the process, empty if there is none with this id. */
    Optional<List<String>> commandLine(long pid);

    /** Returns the working directory of the process, empty if there is none or it cannot be read. */
    Optional<Path> directory(long pid);

    /** Returns the processes whose working directory is this one, whoever started them. */
    List<Long> workingIn(Path directory);

    /** Sends the signal. @return false if there is no such process */
    boolean signal(long pid, Signal signal);

    /** Returns the processes in the control group of the action's instance. */
    List<Long> inService();

    /** Kills every process in the control group of the action's instance and waits until it is empty. */
    Outcome endAll();

    /** Returns the name of the user who owns the file. */
    String owner(Path file);

    /** Returns whether the user exists. */
    boolean userExists(String name);
}
