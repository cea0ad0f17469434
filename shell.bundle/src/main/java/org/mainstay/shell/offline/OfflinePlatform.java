package org.mainstay.shell.offline;

import java.nio.file.Path;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.Enrolment;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Platform;

/** What there is while Mainstay is stopped: the set-up of a node, and help. */
final class OfflinePlatform implements Platform {
    private final Path home;
    private final Interruption interruption;

    OfflinePlatform(Path home, Interruption interruption) {
        this.home = home;
        this.interruption = interruption;
    }

    private static CommandException stopped() {
        return new CommandException(
                ExitCode.SYSTEM_ERROR, "Mainstay is not running on this server; start it with bin/lkstart");
    }

    @Override
    public Cluster cluster() throws CommandException {
        throw stopped();
    }

    @Override
    public Administration administration() throws CommandException {
        throw stopped();
    }

    @Override
    public EventLog events() throws CommandException {
        throw stopped();
    }

    @Override
    public Enrolment enrolment() throws CommandException {
        throw stopped();
    }

    @Override
    public RemoteServers remote() throws CommandException {
        throw stopped();
    }

    @Override
    public boolean running() {
        return false;
    }

    @Override
    public boolean complete() {
        return false;
    }

    @Override
    public OfflineSetup setup() throws CommandException {
        return NodeMaker.installed(home, interruption);
    }

    @Override
    public Path home() {
        return home;
    }
}
