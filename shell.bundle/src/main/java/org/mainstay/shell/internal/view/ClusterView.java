package org.mainstay.shell.internal.view;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.Activity;
import org.mainstay.cluster.ClusterSnapshot.Peer;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.shell.internal.view.Rows.DependencyRow;
import org.mainstay.shell.internal.view.Rows.EventRow;
import org.mainstay.shell.internal.view.Rows.MaintenanceRow;
import org.mainstay.shell.internal.view.Rows.OperationRow;
import org.mainstay.shell.internal.view.Rows.PathRow;
import org.mainstay.shell.internal.view.Rows.ResourceRow;
import org.mainstay.shell.internal.view.Rows.ServerRow;
import org.mainstay.shell.internal.view.Rows.StatusDocument;

/** The whole cluster as rows, from one snapshot of one server. Peers whose copy is not current are shown as UNKNOWN. */
public final class ClusterView {
    /** Priority of a resource on its only server, before it is extended. */
    private static final int FIRST_PRIORITY = 1;

    private static final String ALIVE = "ALIVE";
    private static final String DEAD = "DEAD";
    private static final String UNKNOWN = "UNKNOWN";
    private static final double MILLIS_PER_SECOND = 1000.0;

    private final ClusterSnapshot snapshot;

    public ClusterView(ClusterSnapshot snapshot) {
        this.snapshot = snapshot;
    }

    /** Returns everything. @param more problems besides those of the snapshot, one sentence each */
    public StatusDocument document(List<String> more) {
        List<String> problems = problems();
        problems.addAll(more);
        return new StatusDocument(
                Rows.SCHEMA,
                snapshot.self(),
                snapshot.phase().name(),
                servers(),
                paths(),
                resources(),
                dependencies(),
                operations(),
                problems.stream().distinct().toList(),
                null);
    }

    /** Returns what an administrator should know: what the core says, maintenance wherever it was set, and what the rows show. */
    private List<String> problems() {
        List<String> problems = new ArrayList<>(snapshot.problems());
        snapshot.peers().keySet().stream()
                .filter(peer -> onDiskOnly(paths(), snapshot.self(), peer))
                .forEach(
                        peer -> problems.add(
                                peer + " is heard over the shared disk only: no network path to it is alive."
                                        + " Nothing it may run is taken over, and changes that need it are refused; repair the networks"));
        maintenance()
                .forEach(row -> problems.add("maintenance of " + row.scope() + " on " + row.server()
                        + (row.until() == null ? "" : " until " + row.until())
                        + ": monitoring and automatic moves pause (" + row.by() + ")"));
        problems.addAll(new Problems(snapshot.self(), servers(), paths(), resources()).sentences());
        return problems;
    }

    /** Returns whether a server hears another one over a shared disk and over no network. */
    static boolean onDiskOnly(List<PathRow> paths, String from, String to) {
        List<PathRow> alive = paths.stream()
                .filter(row -> row.from().equals(from) && row.to().equals(to))
                .filter(row -> row.state().equals(ALIVE))
                .toList();
        return !alive.isEmpty() && alive.stream().allMatch(PathRow::disk);
    }

    /** Returns what is under maintenance on each server. */
    public List<MaintenanceRow> maintenance() {
        List<MaintenanceRow> rows = new ArrayList<>();
        for (String server : snapshot.servers()) {
            snapshot.lcd(server)
                    .ifPresent(lcd -> lcd.rows(LcdSection.MAINTENANCE)
                            .values()
                            .forEach(row -> rows.add(new MaintenanceRow(
                                    row.scope().startsWith("tag:")
                                            ? row.scope().substring("tag:".length())
                                            : row.scope(),
                                    server,
                                    row.until() == 0
                                            ? null
                                            : Instant.ofEpochMilli(row.until()).toString(),
                                    row.by()))));
        }
        return rows;
    }

    /** Returns the servers, this one first. */
    public List<ServerRow> servers() {
        return snapshot.servers().stream().map(this::server).toList();
    }

    private ServerRow server(String name) {
        Optional<Member> member = snapshot.own().membership().member(name);
        String address = member.map(Member::address).orElse(null);
        Integer port = member.map(Member::port).orElse(null);
        Peer peer = snapshot.peers().get(name);
        if (peer == null) {
            return new ServerRow(name, ALIVE, true, address, port);
        }
        boolean alive = peer.state() == ClusterSnapshot.PeerState.ALIVE;
        return new ServerRow(name, peer.state().name(), alive ? peer.managerPresent() : null, address, port);
    }

    /** Returns every end of every comm path: by server, then peer, then priority. */
    public List<PathRow> paths() {
        List<PathRow> rows = new ArrayList<>();
        for (String server : snapshot.servers()) {
            snapshot.lcd(server)
                    .ifPresent(lcd -> lcd.rows(LcdSection.PATHS).values().stream()
                            .sorted(java.util.Comparator.comparing(CommPath::peer)
                                    .thenComparingInt(CommPath::priority)
                                    .thenComparing(CommPath::local))
                            .forEach(path -> rows.add(path(server, path))));
        }
        return rows;
    }

    private PathRow path(String from, CommPath path) {
        return new PathRow(
                path.id(),
                path.disk() ? "DISK" : "TCP",
                from,
                path.peer(),
                path.local(),
                path.remote(),
                path.priority(),
                path.intervalMillis() / MILLIS_PER_SECOND,
                path.misses(),
                pathState(from, path.id()));
    }

    private String pathState(String from, String id) {
        Peer peer = snapshot.peers().get(from);
        Boolean alive;
        if (peer == null) {
            alive = snapshot.paths().get(id);
        } else if (peer.current()) {
            alive = peer.paths().get(id);
        } else {
            alive = null;
        }
        if (alive == null) {
            return UNKNOWN;
        }
        return alive ? ALIVE : DEAD;
    }

    /** Returns every instance on every server: by tag, then server, this one first. */
    public List<ResourceRow> resources() {
        List<ResourceRow> rows = new ArrayList<>();
        List<String> servers = snapshot.servers();
        for (String server : servers) {
            snapshot.lcd(server)
                    .ifPresent(lcd ->
                            lcd.instances().values().forEach(instance -> rows.add(resource(server, lcd, instance))));
        }
        rows.sort(java.util.Comparator.comparing(ResourceRow::tag)
                .thenComparingInt(row -> servers.indexOf(row.server())));
        return rows;
    }

    private ResourceRow resource(String server, Lcd lcd, Instance instance) {
        Peer peer = snapshot.peers().get(server);
        boolean current = peer == null || peer.current();
        Map<String, Activity> activities = peer == null ? snapshot.activities() : peer.activities();
        Map<String, Long> checks = peer == null ? snapshot.checkedAt() : peer.checkedAt();
        Activity activity = current ? activities.get(instance.tag()) : null;
        String state = instance.state().name();
        return new ResourceRow(
                instance.tag(),
                instance.id(),
                instance.application(),
                instance.type(),
                server,
                current ? state : InstanceState.UNKNOWN.name(),
                instance.reason(),
                priority(lcd, server, instance.tag()),
                time(checks.getOrDefault(instance.tag(), 0L)),
                activity == null ? null : activity.transition(),
                activity == null || activity.progress().isEmpty() ? null : activity.progress(),
                current ? null : state,
                instance.ownership().released(),
                instance.ownership().epoch(),
                instance.failed(),
                time(instance.changedAt()),
                mayRun(instance) ? !instance.ownership().killHandles().isEmpty() : null);
    }

    /** The handles are recorded by each restore: what does not run says nothing of the next time. */
    private static boolean mayRun(Instance instance) {
        return instance.state().inService() || !instance.ownership().released();
    }

    /** Returns the priority of an instance from the equivalencies of its server; 1 before it is extended. */
    public static int priority(Lcd lcd, String server, String tag) {
        for (Equivalency row : lcd.rows(LcdSection.EQUIVALENCIES).values()) {
            if (row.server().equals(server) && row.tag().equals(tag)) {
                return row.priority();
            }
            if (row.otherServer().equals(server) && row.otherTag().equals(tag)) {
                return row.otherPriority();
            }
        }
        return FIRST_PRIORITY;
    }

    /** Returns the dependencies of all servers, each once, by parent and child. */
    public List<DependencyRow> dependencies() {
        Set<DependencyRow> rows = new LinkedHashSet<>();
        for (String server : snapshot.servers()) {
            snapshot.lcd(server).ifPresent(lcd -> {
                for (Dependency row : lcd.rows(LcdSection.DEPENDENCIES).values()) {
                    rows.add(new DependencyRow(row.parent(), row.child()));
                }
            });
        }
        return rows.stream()
                .sorted(java.util.Comparator.comparing(DependencyRow::parent).thenComparing(DependencyRow::child))
                .toList();
    }

    /** Returns the operations that are not finished here. */
    public List<OperationRow> operations() {
        return snapshot.own().rows(LcdSection.OPERATIONS).values().stream()
                .map(ClusterView::operation)
                .toList();
    }

    private static OperationRow operation(Operation row) {
        return new OperationRow(
                row.id(),
                row.coordinator(),
                row.participants(),
                row.tags(),
                row.description(),
                row.state().name());
    }

    public static EventRow event(ClusterEvent event) {
        return new EventRow(
                Rows.SCHEMA,
                event.sequence(),
                event.at().toString(),
                event.server(),
                event.number(),
                event.level().name(),
                event.tag().isEmpty() ? null : event.tag(),
                event.text());
    }

    /** Returns a time of the database as ISO-8601 UTC, or null for 0. */
    public static String time(long millis) {
        return millis == 0 ? null : Instant.ofEpochMilli(millis).toString();
    }
}
