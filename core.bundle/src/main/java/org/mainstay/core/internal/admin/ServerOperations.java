package org.mainstay.core.internal.admin;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Maintenance;
import org.mainstay.cluster.lcd.Restriction;

/** Priorities of a hierarchy, maintenance, and the properties of a server. */
final class ServerOperations {
    static final String SHUTDOWN_SWITCHOVER = "shutdown_switchover";

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

    private final Job job;
    private final Locking locking;

    ServerOperations(Job job, Locking locking) {
        this.job = job;
        this.locking = locking;
    }

    /** One change over all servers: no provisional values are needed, as none of them is ever seen half done (ADM-226). */
    Reply priorities(Request.SetPriorities request) throws Refusal {
        job.instance(request.tag());
        String before = Hierarchies.fingerprint(job.own(), request.tag());
        Set<String> hierarchy = Hierarchies.of(job.own(), request.tag());
        Set<String> servers = new TreeSet<>();
        hierarchy.forEach(
                tag -> servers.addAll(Hierarchies.everywhere(job.own(), tag).keySet()));
        for (Map.Entry<String, Integer> entry : request.priorities().entrySet()) {
            job.checkServer(entry.getKey());
            if (!servers.contains(entry.getKey())) {
                throw new Refusal(
                        ExitCode.NOT_FOUND,
                        "'" + request.tag() + "' is not extended to " + entry.getKey() + "; it is on "
                                + String.join(", ", servers));
            }
            if (entry.getValue() < 1 || entry.getValue() > Equivalency.MAX_PRIORITY) {
                throw new Refusal(
                        ExitCode.INVALID_ARGUMENT,
                        "a priority is 1 to " + Equivalency.MAX_PRIORITY + ", 1 is best, not " + entry.getValue());
            }
        }
        job.checkReachable(servers);
        for (String server : servers) {
            List<String> tags = hierarchy.stream()
                    .map(tag -> Hierarchies.everywhere(job.own(), tag).getOrDefault(server, tag))
                    .toList();
            locking.lock(job, server, tags, "priorities of " + request.tag());
        }
        job.checkSame(before, request.tag());
        Set<String> seen = new HashSet<>();
        for (String server : servers) {
            for (Equivalency pair :
                    job.lcd(server).rows(LcdSection.EQUIVALENCIES).values()) {
                boolean its = hierarchy.stream()
                        .anyMatch(tag -> pair.tag()
                                .equals(Hierarchies.everywhere(job.own(), tag).get(pair.server())));
                if (its) {
                    change(server, pair, request.priorities());
                    seen.add(pair.key());
                }
            }
        }
        if (seen.isEmpty()) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + request.tag() + "' is on one server only; priorities exist between servers");
        }
        job.propose("priorities of " + request.tag());
        return job.success("priorities of the hierarchy of '" + request.tag() + "': " + text(request.tag()));
    }

    private void change(String server, Equivalency pair, Map<String, Integer> priorities) throws Refusal {
        int first = priorities.getOrDefault(pair.server(), pair.priority());
        int second = priorities.getOrDefault(pair.otherServer(), pair.otherPriority());
        if (first == second) {
            // ADM-228
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    pair.server() + " and " + pair.otherServer() + " would both have priority " + first + " for '"
                            + pair.tag() + "'; each server needs its own");
        }
        Equivalency changed =
                new Equivalency(pair.server(), pair.tag(), pair.otherServer(), pair.otherTag(), first, second);
        job.change(server, LcdChange.put(LcdSection.EQUIVALENCIES, changed.key(), changed));
        job.touches(server, server.equals(pair.server()) ? pair.tag() : pair.otherTag());
    }

    private String text(String tag) {
        Map<String, Integer> now = new TreeMap<>(Hierarchies.priorities(job.own(), tag));
        return now.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(java.util.stream.Collectors.joining(", "));
    }

    // ---- maintenance

    Reply maintenance(Request.SetMaintenance request) throws Refusal {
        Set<String> servers = new TreeSet<>();
        String scope = request.scope();
        Map<String, String> keys = new TreeMap<>();
        if (scope.equals("cluster")) {
            servers.addAll(job.snapshot().servers());
        } else if (scope.equals("server")) {
            job.checkServer(request.server());
            servers.add(request.server());
        } else {
            String tag = scope.substring(scope.indexOf(':') + 1);
            job.instance(tag);
            Hierarchies.everywhere(job.own(), tag).forEach((server, there) -> keys.put(server, "tag:" + there));
            servers.addAll(keys.keySet());
        }
        for (String server : List.copyOf(servers)) {
            if (!job.peers().reachable(server)) {
                if (scope.equals("server")) {
                    job.checkReachable(servers);
                }
                servers.remove(server);
                job.remark(server + " cannot be reached: nothing was changed there");
            }
        }
        long until = request.seconds() == 0
                ? 0
                : job.node().config().clock().millis() + TimeUnit.SECONDS.toMillis(request.seconds());
        boolean any = false;
        for (String server : servers) {
            String key = keys.getOrDefault(server, scope);
            boolean there = job.lcd(server).row(LcdSection.MAINTENANCE, key).isPresent();
            any |= there;
            if (request.on()) {
                job.change(server, LcdChange.put(LcdSection.MAINTENANCE, key, new Maintenance(key, until, job.who())));
            } else if (there) {
                job.change(server, LcdChange.remove(LcdSection.MAINTENANCE, key));
            }
        }
        String what = words(request);
        if (!request.on() && !any) {
            throw new Refusal(ExitCode.NOT_FOUND, "there is no maintenance of " + what);
        }
        job.propose("maintenance of " + what + (request.on() ? " begins" : " ends"));
        return job.success("maintenance of " + what + (request.on() ? " begun" : " ended")
                + (request.on() ? end(until) + ": monitoring and automatic moves pause" : ""));
    }

    /** In the time of this server, as its operator reads clocks. */
    private static String end(long until) {
        return until == 0 ? " until it is ended" : " until " + TIME.format(Instant.ofEpochMilli(until));
    }

    private static String words(Request.SetMaintenance request) {
        return switch (request.scope()) {
            case "cluster" -> "the cluster";
            case "server" -> request.server();
            default -> "'" + request.scope().substring(request.scope().indexOf(':') + 1) + "'";
        };
    }

    // ---- properties of this server

    Reply server(Request.SetServer request) throws Refusal {
        List<LcdChange<?>> changes = new ArrayList<>();
        boolean set = job.own().row(LcdSection.FLAGS, SHUTDOWN_SWITCHOVER).isPresent();
        if (request.switchOver().isPresent() && request.switchOver().get() != set) {
            changes.add(
                    set
                            ? LcdChange.remove(LcdSection.FLAGS, SHUTDOWN_SWITCHOVER)
                            : LcdChange.put(LcdSection.FLAGS, SHUTDOWN_SWITCHOVER, new Flag(SHUTDOWN_SWITCHOVER)));
        }
        for (Restriction restriction : request.restrictions().values()) {
            job.checkServer(restriction.server());
            if (restriction.server().equals(job.self())) {
                throw new Refusal(
                        ExitCode.INVALID_ARGUMENT,
                        "failover restrictions are against other servers, not " + job.self() + " itself");
            }
            boolean none = !restriction.noSystemFailover() && !restriction.noResourceFailover();
            changes.add(
                    none
                            ? LcdChange.remove(LcdSection.RESTRICTIONS, restriction.server())
                            : LcdChange.put(LcdSection.RESTRICTIONS, restriction.server(), restriction));
        }
        if (!changes.isEmpty()) {
            job.changeOwn("properties of " + job.self(), changes);
        }
        return job.success("changed the properties of " + job.self());
    }
}
