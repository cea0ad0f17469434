package org.mainstay.shell.internal.wiring;

import java.nio.file.Path;
import java.util.List;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.Enrolment;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Fencing;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.QuorumStatus;
import org.mainstay.cluster.QuorumStorage;
import org.mainstay.cluster.SafetyReport;
import org.mainstay.shell.internal.kit.KitManager;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Platform;
import org.mainstay.shell.internal.snmp.TrapForwarder;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.osgi.util.tracker.ServiceTracker;

/**
 * The services of core, comm and quorum as they come and go: a command fails with a message while its service is away, and the doors
 * stay open while a bundle is replaced.
 */
final class TrackedPlatform implements Platform, AutoCloseable {
    /** Karaf's sign that the features it starts with are installed. */
    private static final String BOOT_FINISHED = "org.apache.karaf.features.BootFinished";

    private final ServiceTracker<Cluster, Cluster> cluster;
    private final ServiceTracker<Administration, Administration> administration;
    private final ServiceTracker<EventLog, EventLog> events;
    private final ServiceTracker<Enrolment, Enrolment> enrolment;
    private final ServiceTracker<Fencing, Fencing> fencing;
    private final ServiceTracker<QuorumStorage, QuorumStorage> storage;
    private final ServiceTracker<SafetyReport.Source, SafetyReport.Source> report;
    private final ServiceTracker<QuorumStatus.Source, QuorumStatus.Source> quorum;
    private final ServiceTracker<Mirrors, Mirrors> mirrors;
    private final ServiceTracker<KitManager, KitManager> kits;
    private final ServiceTracker<Object, Object> bootFinished;
    private final FrameworkStartLevel startLevel;
    private final int lastStartLevel;
    private volatile RemoteServers remote;
    private volatile KarafShell karaf;
    private volatile TrapForwarder traps;

    TrackedPlatform(BundleContext context) {
        this.cluster = new ServiceTracker<>(context, Cluster.class, null);
        this.administration = new ServiceTracker<>(context, Administration.class, null);
        this.events = new ServiceTracker<>(context, EventLog.class, null);
        this.enrolment = new ServiceTracker<>(context, Enrolment.class, null);
        this.fencing = new ServiceTracker<>(context, Fencing.class, null);
        this.storage = new ServiceTracker<>(context, QuorumStorage.class, null);
        this.report = new ServiceTracker<>(context, SafetyReport.Source.class, null);
        this.quorum = new ServiceTracker<>(context, QuorumStatus.Source.class, null);
        this.mirrors = new ServiceTracker<>(context, Mirrors.class, null);
        this.kits = new ServiceTracker<>(context, KitManager.class, null);
        this.bootFinished = new ServiceTracker<>(context, BOOT_FINISHED, null);
        this.startLevel = context.getBundle(Constants.SYSTEM_BUNDLE_ID).adapt(FrameworkStartLevel.class);
        String beginning = context.getProperty(Constants.FRAMEWORK_BEGINNING_STARTLEVEL);
        this.lastStartLevel = beginning == null ? 1 : Integer.parseInt(beginning.strip());
        bootFinished.open();
        cluster.open();
        administration.open();
        events.open();
        enrolment.open();
        fencing.open();
        storage.open();
        report.open();
        quorum.open();
        mirrors.open();
        kits.open();
    }

    /** Sets the Karaf shell; null while there is none. */
    void karaf(KarafShell value) {
        karaf = value;
    }

    @Override
    public KarafShell karaf() throws CommandException {
        return present(karaf, "the Karaf shell");
    }

    /** Sets what sends SNMP traps; null while there are no events. */
    void traps(TrapForwarder value) {
        traps = value;
    }

    @Override
    public List<String> trapProblems() {
        TrapForwarder present = traps;
        return present == null ? Platform.super.trapProblems() : present.problems();
    }

    /** Sets the remote door; null while there is none. */
    void remote(RemoteServers value) {
        remote = value;
    }

    @Override
    public Cluster cluster() throws CommandException {
        return present(cluster.getService(), "the cluster's core");
    }

    @Override
    public Administration administration() throws CommandException {
        return present(administration.getService(), "the cluster's core");
    }

    @Override
    public EventLog events() throws CommandException {
        return present(events.getService(), "the event log");
    }

    @Override
    public Enrolment enrolment() throws CommandException {
        return present(enrolment.getService(), "the communication between servers");
    }

    @Override
    public SafetyServices safety() throws CommandException {
        String what = "quorum and fencing";
        return new SafetyServices(
                present(fencing.getService(), what),
                present(storage.getService(), what),
                present(report.getService(), what),
                present(quorum.getService(), what));
    }

    @Override
    public Mirrors mirrors() throws CommandException {
        return present(mirrors.getService(), "the control of mirrors");
    }

    @Override
    public KitManager kitManager() throws CommandException {
        return present(kits.getService(), "the management of kits");
    }

    @Override
    public RemoteServers remote() throws CommandException {
        return present(remote, "the communication between servers");
    }

    /** The features are installed and every bundle was told to start: kits come after this bundle in both respects. */
    @Override
    public boolean complete() {
        return bootFinished.getService() != null && startLevel.getStartLevel() >= lastStartLevel;
    }

    @Override
    public OfflineSetup setup() throws CommandException {
        throw new CommandException(
                ExitCode.IN_USE, "Mainstay runs on this server; this works only after bin/lkstop, from bin/");
    }

    @Override
    public Path home() {
        return Path.of("");
    }

    private static <T> T present(T service, String what) throws CommandException {
        if (service == null) {
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR, what + " is not there yet or is being replaced; try again in a moment");
        }
        return service;
    }

    @Override
    public void close() {
        bootFinished.close();
        cluster.close();
        administration.close();
        events.close();
        enrolment.close();
        fencing.close();
        storage.close();
        report.close();
        quorum.close();
        mirrors.close();
        kits.close();
    }
}
