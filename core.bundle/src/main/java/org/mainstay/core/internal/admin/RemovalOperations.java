package org.mainstay.core.internal.admin;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.ServiceRequest;

/** Unextend (ADM-270) and delete (ADM-290). */
final class RemovalOperations {
    private static final Duration KITS_LIMIT = Duration.ofHours(1);

    private final Job job;
    private final Locking locking;

    RemovalOperations(Job job, Locking locking) {
        this.job = job;
        this.locking = locking;
    }

    /** Removes the whole hierarchy from one server where it is not in service. */
    Reply unextend(Request.Unextend request) throws Refusal {
        job.checkServer(request.target());
        job.instance(request.tag());
        String target = request.target();
        String before = Hierarchies.fingerprint(job.own(), request.tag());
        Set<String> hierarchy = Hierarchies.of(job.own(), request.tag());
        Map<String, List<String>> everywhere = everywhere(hierarchy);
        if (!everywhere.containsKey(target)) {
            throw new Refusal(
                    ExitCode.NOT_FOUND,
                    "'" + request.tag() + "' is not extended to " + target + "; it is on "
                            + String.join(", ", everywhere.keySet()));
        }
        if (everywhere.size() == 1) {
            throw new Refusal(
                    ExitCode.IN_USE,
                    target + " is the only server that has '" + request.tag() + "'; use 'mainstay resource delete'");
        }
        job.checkReachable(everywhere.keySet());
        String what = "unextend " + request.tag() + " from " + target;
        lock(everywhere, what);
        job.checkSame(before, request.tag());
        Lcd there = job.lcd(target);
        checkAlone(there, everywhere.get(target));
        for (String tag : everywhere.get(target)) {
            checkOut(there, tag, "switch it over or take it out of service first");
        }
        List<String> parentsFirst = parentsFirst(there, everywhere.get(target));
        job.tell("asking the kits on " + target + " to clean up");
        job.peers()
                .demand(target, new Step.Run("unextend", parentsFirst), KITS_LIMIT)
                .remarks()
                .forEach(job::remark);
        dropInstances(target, there, everywhere.get(target));
        for (Map.Entry<String, List<String>> entry : everywhere.entrySet()) {
            dropPairs(entry.getKey(), entry.getValue(), target);
        }
        job.propose(what);
        return job.success("'" + request.tag() + "' and its hierarchy are no longer on " + target);
    }

    /** Deletes a resource and all above it from all servers. */
    Reply delete(Request.DeleteResource request) throws Refusal {
        job.instance(request.tag());
        String before = Hierarchies.fingerprint(job.own(), request.tag());
        Set<String> doomed = Hierarchies.withParents(job.own(), request.tag());
        Map<String, List<String>> everywhere = everywhere(doomed);
        job.checkReachable(everywhere.keySet());
        String what = "delete " + request.tag();
        lock(everywhere, what);
        job.checkSame(before, request.tag());
        if (request.inService() == Request.DeleteResource.InService.REFUSE) {
            for (Map.Entry<String, List<String>> entry : everywhere.entrySet()) {
                for (String tag : entry.getValue()) {
                    checkOut(
                            job.lcd(entry.getKey()),
                            tag,
                            "take it out of service first, or use --stop or --leave-running");
                }
            }
        } else if (request.inService() == Request.DeleteResource.InService.STOP) {
            job.ask(new ServiceRequest.TakeOutOfService(request.tag(), false, false, false));
        }
        for (Map.Entry<String, List<String>> entry : everywhere.entrySet()) {
            Lcd lcd = job.lcd(entry.getKey());
            checkAlone(lcd, entry.getValue());
            if (request.inService() != Request.DeleteResource.InService.LEAVE_RUNNING) {
                Step.Run run = new Step.Run("delete", parentsFirst(lcd, entry.getValue()));
                job.peers().demand(entry.getKey(), run, KITS_LIMIT).remarks().forEach(job::remark);
            }
        }
        for (Map.Entry<String, List<String>> entry : everywhere.entrySet()) {
            dropInstances(entry.getKey(), job.lcd(entry.getKey()), entry.getValue());
            dropPairs(entry.getKey(), entry.getValue(), null);
        }
        job.propose(what);
        doomed.forEach(job.node().hosts()::forget);
        return job.success("deleted " + String.join(", ", doomed) + " from " + String.join(", ", everywhere.keySet())
                + (request.inService() == Request.DeleteResource.InService.LEAVE_RUNNING
                        ? "; what ran was left running"
                        : ""));
    }

    private Map<String, List<String>> everywhere(Set<String> tags) {
        Map<String, List<String>> result = new TreeMap<>();
        for (String tag : tags) {
            Hierarchies.everywhere(job.own(), tag)
                    .forEach((server, there) -> result.computeIfAbsent(server, name -> new ArrayList<>())
                            .add(there));
        }
        return result;
    }

    private void lock(Map<String, List<String>> everywhere, String what) throws Refusal {
        for (Map.Entry<String, List<String>> entry : everywhere.entrySet()) {
            locking.lock(job, entry.getKey(), entry.getValue(), what);
        }
    }

    private static void checkOut(Lcd lcd, String tag, String advice) throws Refusal {
        Instance instance = lcd.instance(tag).orElse(null);
        if (instance == null) {
            return;
        }
        if (instance.state().inService()) {
            throw new Refusal(ExitCode.IN_USE, "'" + tag + "' is in service on " + lcd.server() + "; " + advice);
        }
        if (!instance.ownership().released()) {
            throw new Refusal(
                    ExitCode.IN_USE,
                    "it is not certain that '" + tag + "' is stopped on " + lcd.server()
                            + "; take it out of service again there, or 'mainstay resource confirm-stopped " + tag
                            + " --on " + lcd.server() + "'");
        }
    }

    /** On another server a resource may have parents that are not known here: they would be left without it. */
    private static void checkAlone(Lcd lcd, List<String> tags) throws Refusal {
        for (Dependency dependency : lcd.rows(LcdSection.DEPENDENCIES).values()) {
            if (tags.contains(dependency.child()) && !tags.contains(dependency.parent())) {
                throw new Refusal(
                        ExitCode.IN_USE,
                        "'" + dependency.parent() + "' depends on '" + dependency.child() + "' on " + lcd.server()
                                + "; delete that dependency first");
            }
        }
    }

    private static List<String> parentsFirst(Lcd lcd, List<String> tags) {
        List<String> order = new ArrayList<>(Hierarchies.childrenFirst(lcd, new TreeSet<>(tags)));
        Collections.reverse(order);
        return order;
    }

    private void dropInstances(String server, Lcd lcd, List<String> tags) {
        for (Dependency dependency : lcd.rows(LcdSection.DEPENDENCIES).values()) {
            if (tags.contains(dependency.parent()) || tags.contains(dependency.child())) {
                job.change(server, LcdChange.remove(LcdSection.DEPENDENCIES, dependency.key()));
            }
        }
        for (String tag : tags) {
            job.change(server, LcdChange.remove(LcdSection.INSTANCES, tag));
            job.touches(server, tag);
        }
    }

    /** Removes equivalencies of the tags on a server; with a partner only those with it, or all on the partner itself. */
    private void dropPairs(String server, List<String> tags, String partner) throws Refusal {
        Lcd lcd = job.lcd(server);
        for (String tag : tags) {
            for (Equivalency pair : Hierarchies.equivalencies(lcd, tag)) {
                if (partner == null
                        || pair.server().equals(partner)
                        || pair.otherServer().equals(partner)) {
                    job.change(server, LcdChange.remove(LcdSection.EQUIVALENCIES, pair.key()));
                    job.touches(server, tag);
                }
            }
        }
    }
}
