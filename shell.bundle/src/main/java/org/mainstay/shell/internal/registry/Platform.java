package org.mainstay.shell.internal.registry;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.DatabaseSetup;
import org.mainstay.cluster.Enrolment;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Fencing;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.QuorumStatus;
import org.mainstay.cluster.QuorumStorage;
import org.mainstay.cluster.SafetyReport;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.shell.internal.kit.KitManager;
import org.mainstay.shell.internal.snmp.TrapSettings;

/** What commands work with. Each method fails with a message for the caller while the thing is not there. */
public interface Platform {
    Cluster cluster() throws CommandException;

    Administration administration() throws CommandException;

    EventLog events() throws CommandException;

    Enrolment enrolment() throws CommandException;

    RemoteServers remote() throws CommandException;

    /** Returns quorum, fencing and how safe the cluster is. */
    default SafetyServices safety() throws CommandException {
        throw new CommandException(
                ExitCode.SYSTEM_ERROR,
                "quorum and fencing are not there; they run with Mainstay: start it with bin/lkstart");
    }

    /** Returns mirrored volumes. */
    default Mirrors mirrors() throws CommandException {
        throw new CommandException(
                ExitCode.SYSTEM_ERROR,
                "the control of mirrors is not there; it runs with Mainstay: start it with bin/lkstart");
    }

    /** Returns the Karaf shell; there only in Karaf. */
    default KarafShell karaf() throws CommandException {
        throw new CommandException(
                ExitCode.SYSTEM_ERROR,
                "the Karaf shell is not there; it runs with Mainstay: start it with bin/lkstart");
    }

    /** Returns the kits of the servers; there only in Karaf. */
    default KitManager kitManager() throws CommandException {
        throw new CommandException(
                ExitCode.SYSTEM_ERROR, "kits can be changed only while Mainstay runs: start it with bin/lkstart");
    }

    /** Returns whether Mainstay runs here; false for the tools that work while it is stopped. */
    default boolean running() {
        return true;
    }

    /** Returns whether everything this server starts with is there, kits included. */
    boolean complete();

    /** Returns the set-up of a node, there only while Mainstay is stopped. */
    OfflineSetup setup() throws CommandException;

    /** Returns MAINSTAY_HOME. */
    Path home();

    /** Returns what keeps SNMP traps of this server from being sent, one sentence each. */
    default List<String> trapProblems() {
        return TrapSettings.read(home()).problems();
    }

    /** The services of quorum and fencing. */
    record SafetyServices(
            Fencing fencing, QuorumStorage storage, SafetyReport.Source report, QuorumStatus.Source quorum) {}

    /** Runs commands on other servers. */
    interface RemoteServers {
        /**
         * Runs a command on another server; its output goes to the context's streams.
         *
         * @return its exit code
         * @throws CommandException exit code 9 if the server cannot be reached or is lost meanwhile
         */
        int run(String server, CommandCall call, CommandContext context) throws CommandException, InterruptedException;

        /**
         * Copies files to a server, which may be this one; each appears there whole or not at all.
         *
         * @param target file, or directory that exists there; relative to LKROOT
         * @throws CommandException exit code 9 if the server cannot be reached or is lost meanwhile, 7 if the target cannot hold the files
         */
        void copy(String server, List<Path> files, String target, CommandContext context)
                throws CommandException, InterruptedException;
    }

    /** Runs lines of the Karaf shell. */
    interface KarafShell {
        /** @return 0, or the code the command ended with; what was wrong is on the context's standard error */
        int run(String line, CommandContext context);
    }

    /** Makes a node. */
    interface OfflineSetup {
        /** @return a line for the operator */
        String init(String name, String address, int port) throws CommandException;

        /** @return a line for the operator */
        String join(String name, String address, int port, String peer, String code) throws CommandException;

        /** Returns the stored database. */
        default Lcd database() throws CommandException {
            throw new CommandException(ExitCode.SYSTEM_ERROR, "the stored database cannot be read here");
        }

        /** As {@link DatabaseSetup#rewrite}. @throws CommandException exit code 3 if Mainstay runs on this server */
        default List<String> rewrite(DatabaseSetup.TextChange change, boolean dryRun)
                throws IOException, CommandException {
            throw new IOException("the stored database cannot be changed here");
        }
    }
}
