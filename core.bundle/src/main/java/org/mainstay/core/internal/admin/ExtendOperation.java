package org.mainstay.core.internal.admin;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
import org.mainstay.cluster.lcd.Ownership;

/** Extends a whole hierarchy to another server (ADM-240 to ADM-243). */
final class ExtendOperation {
    private static final Duration KITS_LIMIT = Duration.ofMinutes(30);

    private final Job job;
    private final Locking locking;

    ExtendOperation(Job job, Locking locking) {
        this.job = job;
        this.locking = locking;
    }

    Reply run(Request.Extend request) throws Refusal {
        job.checkServer(request.target());
        job.instance(request.tag());
        String target = request.target();
        if (target.equals(job.self())) {
            throw new Refusal(
                    ExitCode.EXISTS,
                    "'" + request.tag() + "' is already on " + target + "; name another server with --to");
        }
        String before = Hierarchies.fingerprint(job.own(), request.tag());
        Set<String> hierarchy = Hierarchies.of(job.own(), request.tag());
        for (String tag : request.properties().keySet()) {
            if (!hierarchy.contains(tag)) {
                throw new Refusal(
                        ExitCode.INVALID_ARGUMENT,
                        "'" + tag + "' is not in the hierarchy; resources: " + String.join(", ", hierarchy));
            }
        }
        Set<String> holders = holders(hierarchy);
        Set<String> concerned = new TreeSet<>(holders);
        concerned.add(target);
        job.checkReachable(concerned);
        String what = "extend " + request.tag() + " to " + target;
        for (String server : concerned) {
            locking.lock(job, server, tagsOn(server, hierarchy), what);
        }
        job.checkSame(before, request.tag());
        List<String> missing = Hierarchies.childrenFirst(job.own(), hierarchy).stream()
                .filter(tag -> !Hierarchies.everywhere(job.own(), tag).containsKey(target))
                .toList();
        if (missing.isEmpty()) {
            throw new Refusal(
                    ExitCode.EXISTS, "the hierarchy of '" + request.tag() + "' is already extended to " + target);
        }
        Map<String, Integer> priorities = new HashMap<>();
        for (String tag : missing) {
            priorities.put(tag, priority(tag, request.priority()));
        }
        job.tell("asking the kits on " + target);
        Step.Answer answer = job.peers().demand(target, question(holders, missing, request), KITS_LIMIT);
        answer.remarks().forEach(job::remark);
        collect(target, hierarchy, answer.items(), priorities);
        job.tell("storing on " + String.join(", ", concerned));
        job.propose(what);
        return job.success("extended " + String.join(", ", missing) + " to " + target);
    }

    private Set<String> holders(Set<String> hierarchy) {
        Set<String> holders = new TreeSet<>(Set.of(job.self()));
        hierarchy.forEach(
                tag -> holders.addAll(Hierarchies.everywhere(job.own(), tag).keySet()));
        return holders;
    }

    private List<String> tagsOn(String server, Set<String> hierarchy) {
        return hierarchy.stream()
                .map(tag -> Hierarchies.everywhere(job.own(), tag).getOrDefault(server, tag))
                .toList();
    }

    /** Returns the priority on the target: the given one, or the next free of 1, 10, 20, ... */
    private int priority(String tag, int given) throws Refusal {
        Map<String, Integer> used = new HashMap<>(Hierarchies.priorities(job.own(), tag));
        used.putIfAbsent(job.self(), 1);
        if (given != 0) {
            if (given < 1 || given > Equivalency.MAX_PRIORITY) {
                throw new Refusal(
                        ExitCode.INVALID_ARGUMENT,
                        "the priority must be 1 to " + Equivalency.MAX_PRIORITY + ", not " + given);
            }
            for (Map.Entry<String, Integer> entry : used.entrySet()) {
                if (entry.getValue() == given) {
                    throw new Refusal(
                            ExitCode.INVALID_ARGUMENT,
                            "'" + tag + "' has priority " + given + " on " + entry.getKey()
                                    + " already; choose another");
                }
            }
            return given;
        }
        for (int candidate = 10; candidate <= Equivalency.MAX_PRIORITY; candidate += 10) {
            if (!used.containsValue(candidate)) {
                return candidate;
            }
        }
        throw new Refusal(ExitCode.INVALID_ARGUMENT, "no priority is free for '" + tag + "'; give one with --priority");
    }

    private Step.Extend question(Set<String> holders, List<String> missing, Request.Extend request) {
        List<Step.Item> items = new ArrayList<>();
        for (String tag : missing) {
            Instance instance = job.own().instances().get(tag);
            items.add(new Step.Item(
                    tag,
                    instance.id(),
                    instance.application(),
                    instance.type(),
                    instance.kitVersion(),
                    instance.settings(),
                    instance.properties(),
                    request.properties().getOrDefault(tag, Map.of()),
                    Hierarchies.children(job.own(), tag)));
        }
        return new Step.Extend(job.operation(), List.copyOf(holders), items);
    }

    private void collect(String target, Set<String> hierarchy, List<Step.Item> items, Map<String, Integer> priorities)
            throws Refusal {
        Lcd there = job.lcd(target);
        Map<String, LcdChange<?>> types = new LinkedHashMap<>();
        Set<String> onTarget = new TreeSet<>();
        hierarchy.stream()
                .filter(tag -> Hierarchies.everywhere(job.own(), tag).containsKey(target))
                .forEach(onTarget::add);
        for (Step.Item item : items) {
            Instance instance = newInstance(item);
            CreateOperation.typeRows(there, instance).forEach(row -> types.put(row.key(), row));
            job.change(target, LcdChange.put(LcdSection.INSTANCES, item.tag(), instance));
            job.touches(target, item.tag());
            onTarget.add(item.tag());
            equivalencies(target, item.tag(), priorities.get(item.tag()));
        }
        types.values().forEach(row -> job.change(target, row));
        for (Dependency dependency : job.own().rows(LcdSection.DEPENDENCIES).values()) {
            if (onTarget.contains(dependency.parent()) && onTarget.contains(dependency.child())) {
                String parent = there(target, dependency.parent());
                String child = there(target, dependency.child());
                Dependency copy = new Dependency(parent, child);
                if (there.row(LcdSection.DEPENDENCIES, copy.key()).isEmpty()) {
                    job.change(target, LcdChange.put(LcdSection.DEPENDENCIES, copy.key(), copy));
                }
            }
        }
    }

    private String there(String target, String tag) {
        return Hierarchies.everywhere(job.own(), tag).getOrDefault(target, tag);
    }

    /** The new instance joins the group: it knows its epoch and whether it is wanted, and holds nothing. */
    private Instance newInstance(Step.Item item) {
        Ownership group = job.own().instances().get(item.tag()).ownership();
        Ownership joined =
                new Ownership(group.epoch(), group.owner(), group.wanted(), group.wantedRevision(), true, List.of(), 0);
        return Instance.create(item.tag(), item.id(), item.application(), item.type())
                .withProperties(item.properties(), item.kitVersion())
                .withSettings(item.settings())
                .withOwnership(joined);
    }

    /** One record per pair of servers; both hold it. The first server of a record is the one that was there first. */
    private void equivalencies(String target, String tag, int priority) {
        Map<String, Integer> known = new HashMap<>(Hierarchies.priorities(job.own(), tag));
        known.putIfAbsent(job.self(), 1);
        Hierarchies.everywhere(job.own(), tag).forEach((holder, tagThere) -> {
            Equivalency pair = new Equivalency(holder, tagThere, target, tag, known.getOrDefault(holder, 1), priority);
            job.change(holder, LcdChange.put(LcdSection.EQUIVALENCIES, pair.key(), pair));
            job.change(target, LcdChange.put(LcdSection.EQUIVALENCIES, pair.key(), pair));
            job.touches(holder, tagThere);
        });
    }
}
