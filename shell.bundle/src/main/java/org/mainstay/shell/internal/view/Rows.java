package org.mainstay.shell.internal.view;

import java.util.List;
import java.util.Map;

/** The rows of listings; component names are the field names of the JSON documents, schema 1 (docs/commands.md). */
public final class Rows {
    /** Version of the JSON documents: rises when a field is removed or changes its meaning; readers ignore new fields. */
    public static final int SCHEMA = 1;

    private Rows() {}

    /**
     * A server.
     *
     * @param state {@code ALIVE}, {@code DEAD} or {@code UNKNOWN}
     * @param manager whether its Mainstay runs; false while only its guard answers; null if not known
     * @param address member address; null if it is no member
     * @param port its port; null if it is no member
     */
    public record ServerRow(String name, String state, Boolean manager, String address, Integer port) {}

    /** A server as {@code node list} shows it. @param version release of Mainstay that runs there; null if it does not say */
    public record NodeRow(String name, String state, Boolean manager, String address, Integer port, String version) {}

    /**
     * One direction of a comm path, as {@code from} sees it.
     *
     * @param type {@code TCP} or {@code DISK} (ADM-031); a shared disk has its device as both addresses
     * @param interval heartbeat interval in seconds
     * @param state {@code ALIVE}, {@code DEAD} or {@code UNKNOWN}
     */
    public record PathRow(
            String id,
            String type,
            String from,
            String to,
            String local,
            String remote,
            int priority,
            double interval,
            int misses,
            String state) {
        boolean disk() {
            return type.equals("DISK");
        }
    }

    /**
     * A resource instance.
     *
     * @param state one of {@code ISP ISU OSU OSF ILLSTATE UNKNOWN}
     * @param transition {@code RESTORE}, {@code REMOVE}, {@code RECOVER}, or null
     * @param progress last progress message of the transition, or null
     * @param lastKnown last known state while {@code state} is UNKNOWN, else null
     * @param failed whether it stays in service unmonitored after a failure (ADM-074)
     * @param checkedAt end of its last check, or null
     * @param changedAt last change of its state, or null
     * @param killHandles whether it can be ended there without its kit; null where nothing of it may run
     */
    public record ResourceRow(
            String tag,
            String id,
            String app,
            String type,
            String server,
            String state,
            String reason,
            int priority,
            String checkedAt,
            String transition,
            String progress,
            String lastKnown,
            boolean released,
            long epoch,
            boolean failed,
            String changedAt,
            Boolean killHandles) {}

    /** A dependency. */
    public record DependencyRow(String parent, String child) {}

    /** A configuration change over several servers that is not finished. @param state {@code PREPARED}, {@code COMMITTED} or {@code ABORTED} */
    public record OperationRow(
            String id, String coordinator, List<String> servers, List<String> tags, String description, String state) {}

    /** A kit usable on this server. */
    public record KitRow(String app, String type, String version, String title) {}

    /** An event. @param tag null if it is about a server */
    public record EventRow(
            int schema, long sequence, String at, String server, int number, String level, String tag, String text) {}

    /** What is disabled against another server (ADM-028). */
    public record RestrictionRow(String server, boolean noResourceFailover, boolean noSystemFailover) {}

    /** @param summary {@code NORMAL FAILED UNKNOWN WARNING DEGRADED} or {@code NONE DEFINED} (ADM-034 to ADM-040) */
    public record PathSummaryRow(String server, String summary, int alive, int defined) {}

    /** {@code node show --json}. @param permission role of the caller */
    public record ServerDocument(
            int schema,
            String name,
            String state,
            String permission,
            String shutdownStrategy,
            List<RestrictionRow> restrictions,
            List<PathSummaryRow> paths,
            List<String> flags) {}

    /** A scope under maintenance. @param until null: until it is ended */
    public record MaintenanceRow(String scope, String server, String until, String by) {}

    /** A change of the database. */
    public record ChangeRow(
            long sequence, String at, String who, String from, String operation, String server, List<String> rows) {}

    /** How safe the cluster is, in one sentence. @param verdict name of the verdict, as in {@code safety --json} */
    public record SafetyRow(String verdict, String summary) {}

    /** {@code status --json}. @param safety null while it is not known */
    public record StatusDocument(
            int schema,
            String server,
            String phase,
            List<ServerRow> servers,
            List<PathRow> commpaths,
            List<ResourceRow> resources,
            List<DependencyRow> dependencies,
            List<OperationRow> operations,
            List<String> problems,
            SafetyRow safety) {

        public StatusDocument withSafety(SafetyRow value) {
            return new StatusDocument(
                    schema, server, phase, servers, commpaths, resources, dependencies, operations, problems, value);
        }
    }

    /**
     * {@code resource show --json}.
     *
     * @param properties the kit's properties on {@code server}; secrets are masked
     */
    public record ResourceDocument(
            int schema,
            String tag,
            String server,
            Map<String, String> settings,
            Map<String, String> properties,
            List<ResourceRow> resources,
            List<String> parents,
            List<String> children) {}
}
