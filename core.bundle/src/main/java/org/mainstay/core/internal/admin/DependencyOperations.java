package org.mainstay.core.internal.admin;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;

/** Adds and deletes dependencies on all servers (ADM-280 to ADM-284). */
final class DependencyOperations {
    private final Job job;
    private final Locking locking;

    DependencyOperations(Job job, Locking locking) {
        this.job = job;
        this.locking = locking;
    }

    Reply create(Request.CreateDependency request) throws Refusal {
        String parent = request.parent();
        String child = request.child();
        job.instance(parent);
        job.instance(child);
        String parentBefore = Hierarchies.fingerprint(job.own(), parent);
        String childBefore = Hierarchies.fingerprint(job.own(), child);
        if (parent.equals(child)) {
            throw new Refusal(ExitCode.INVALID_ARGUMENT, "'" + parent + "' cannot depend on itself");
        }
        if (exists(parent, child)) {
            throw new Refusal(ExitCode.EXISTS, "'" + parent + "' already depends on '" + child + "'");
        }
        if (Hierarchies.withChildren(job.own(), child).contains(parent)) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + child + "' already depends on '" + parent
                            + "', directly or through others: that would be a cycle");
        }
        Map<String, String> parents = Hierarchies.everywhere(job.own(), parent);
        Map<String, String> children = Hierarchies.everywhere(job.own(), child);
        for (String server : parents.keySet()) {
            if (!children.containsKey(server)) {
                throw new Refusal(
                        ExitCode.INVALID_ARGUMENT,
                        "'" + child + "' is not extended to " + server + " as '" + parent + "' is; extend it first");
            }
        }
        checkOrder(parent, child, parents.keySet());
        job.checkReachable(parents.keySet());
        lock(parents, children, "make " + parent + " depend on " + child);
        job.checkSame(parentBefore, parent);
        job.checkSame(childBefore, child);
        for (Map.Entry<String, String> entry : parents.entrySet()) {
            checkState(entry.getKey(), entry.getValue(), children.get(entry.getKey()));
            Dependency dependency = new Dependency(entry.getValue(), children.get(entry.getKey()));
            if (job.lcd(entry.getKey())
                    .row(LcdSection.DEPENDENCIES, dependency.key())
                    .isEmpty()) {
                job.change(entry.getKey(), LcdChange.put(LcdSection.DEPENDENCIES, dependency.key(), dependency));
                job.touches(entry.getKey(), entry.getValue());
                job.touches(entry.getKey(), children.get(entry.getKey()));
            }
        }
        job.propose("make " + parent + " depend on " + child);
        return job.success("'" + parent + "' depends on '" + child + "' on " + String.join(", ", parents.keySet()));
    }

    Reply delete(Request.DeleteDependency request) throws Refusal {
        String parent = request.parent();
        String child = request.child();
        job.instance(parent);
        job.instance(child);
        String before = Hierarchies.fingerprint(job.own(), parent);
        if (!exists(parent, child)) {
            throw new Refusal(
                    ExitCode.NOT_FOUND,
                    "'" + parent + "' does not depend directly on '" + child + "'; its children: "
                            + FieldRules.names(Hierarchies.children(job.own(), parent)));
        }
        Map<String, String> parents = Hierarchies.everywhere(job.own(), parent);
        Map<String, String> children = Hierarchies.everywhere(job.own(), child);
        parents.keySet().retainAll(children.keySet());
        job.checkReachable(parents.keySet());
        lock(parents, children, "end that " + parent + " depends on " + child);
        job.checkSame(before, parent);
        for (Map.Entry<String, String> entry : parents.entrySet()) {
            Dependency dependency = new Dependency(entry.getValue(), children.get(entry.getKey()));
            if (job.lcd(entry.getKey())
                    .row(LcdSection.DEPENDENCIES, dependency.key())
                    .isPresent()) {
                job.change(entry.getKey(), LcdChange.remove(LcdSection.DEPENDENCIES, dependency.key()));
                job.touches(entry.getKey(), dependency.parent());
                job.touches(entry.getKey(), dependency.child());
            }
        }
        job.propose("end that " + parent + " depends on " + child);
        return job.success(
                "'" + parent + "' no longer depends on '" + child + "' on " + String.join(", ", parents.keySet()));
    }

    private boolean exists(String parent, String child) {
        return job.own()
                .row(LcdSection.DEPENDENCIES, new Dependency(parent, child).key())
                .isPresent();
    }

    private void lock(Map<String, String> parents, Map<String, String> children, String what) throws Refusal {
        for (String server : new TreeMap<>(parents).keySet()) {
            List<String> keys = new ArrayList<>(Hierarchies.of(job.lcd(server), parents.get(server)));
            keys.addAll(Hierarchies.of(job.lcd(server), children.get(server)));
            locking.lock(job, server, keys, what);
        }
    }

    /** Both must prefer the servers in the same order, or they would pull the hierarchy apart (ADM-282). */
    private void checkOrder(String parent, String child, Set<String> servers) throws Refusal {
        List<String> byParent = ordered(servers, Hierarchies.priorities(job.own(), parent));
        List<String> byChild = ordered(servers, Hierarchies.priorities(job.own(), child));
        if (servers.size() > 1 && !byParent.equals(byChild)) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + parent + "' prefers the servers in the order " + String.join(", ", byParent) + ", '" + child
                            + "' in the order " + String.join(", ", byChild) + "; change priorities first");
        }
    }

    private static List<String> ordered(Set<String> servers, Map<String, Integer> priorities) {
        return servers.stream()
                .sorted(Comparator.comparing((String server) -> priorities.getOrDefault(server, 1))
                        .thenComparing(server -> server))
                .toList();
    }

    private void checkState(String server, String parent, String child) throws Refusal {
        Lcd lcd = job.lcd(server);
        boolean parentRuns =
                lcd.instance(parent).filter(i -> i.state().inService()).isPresent();
        boolean childRuns = lcd.instance(child)
                .map(Instance::state)
                .filter(s -> s.inService())
                .isPresent();
        if (parentRuns && !childRuns) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + parent + "' is in service on " + server + " and '" + child + "' is not; bring '" + child
                            + "' into service there first");
        }
    }
}
