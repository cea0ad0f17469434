package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Restriction;

/** Which servers may run a hierarchy, and why others may not. */
final class Eligibility {
    private final Step step;
    private final Knowledge knowledge;

    Eligibility(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
    }

    /**
     * Returns why a server may not run the resources; empty if it may.
     *
     * @param tags own tags
     * @param tried servers on which it failed in this chain
     */
    String obstacle(String server, Collection<String> tags, Collection<String> tried) {
        boolean self = server.equals(step.self());
        if (!self && step.peer(server).standing().phase() == Phase.STOPPING) {
            return "Mainstay is being stopped on " + server;
        }
        if (self && !step.mayStart()) {
            return step.whyNot();
        }
        if (!self
                && step.settings.safety().leased()
                && !step.peer(server).standing().right()) {
            return server + " has no right to run resources";
        }
        Set<String> kits = kits(server);
        for (String tag : tags) {
            Instance instance = knowledge.instanceOn(server, tag);
            if (instance == null) {
                return tag + " is not extended to " + server;
            }
            if (!kits.contains(instance.typeKey())) {
                return notUsable(instance, server);
            }
            if (instance.ownership().failures() >= step.settings.failureLimit()) {
                return tag + " has failed " + instance.ownership().failures() + " times on " + server + " (limit "
                        + step.settings.failureLimit() + "); repair it, then 'mainstay resource in-service " + tag
                        + " --on " + server + "'";
            }
            if (instance.state() == InstanceState.OSF) {
                return tag + " has failed on " + server + ": " + instance.reason();
            }
        }
        if (tried.contains(server)) {
            return "it has just failed on " + server;
        }
        return restriction(server, tags);
    }

    /**
     * Returns why resources in service on a server cannot be taken out there: without its kit nothing of a hierarchy is stopped,
     * rather than a part of it (I8); empty if they can.
     *
     * @param tags own tags
     */
    String unremovable(String server, Collection<String> tags) {
        Set<String> kits = kits(server);
        for (String tag : tags) {
            Instance instance = knowledge.instanceOn(server, tag);
            if (instance != null && instance.state().inService() && !kits.contains(instance.typeKey())) {
                return tag + " cannot be taken out of service on " + server + ": the recovery kit " + instance.typeKey()
                        + " is not usable there; install it first";
            }
        }
        return "";
    }

    private Set<String> kits(String server) {
        return server.equals(step.self())
                ? step.kits
                : step.peer(server).standing().kits();
    }

    private static String notUsable(Instance instance, String server) {
        return "the recovery kit " + instance.typeKey() + " is not usable on " + server;
    }

    /** Returns which kit of the resources a server lacks; empty if it has all of them. */
    String missingKit(String server, Collection<String> tags) {
        Set<String> kits = kits(server);
        for (String tag : tags) {
            Instance instance = knowledge.instanceOn(server, tag);
            if (instance != null && !kits.contains(instance.typeKey())) {
                return notUsable(instance, server);
            }
        }
        return "";
    }

    private String restriction(String server, Collection<String> tags) {
        for (String tag : tags) {
            String previous = knowledge.newestOwner(tag);
            if (previous.isEmpty() || previous.equals(server)) {
                continue;
            }
            Instance there = knowledge.instanceOn(previous, tag);
            Restriction restriction = step.lcd(previous)
                    .row(LcdSection.RESTRICTIONS, server)
                    .orElse(new Restriction(server, false, false));
            if (previous.equals(step.self()) || !knowledge.down(previous)) {
                boolean failed = there.state() == InstanceState.OSF
                        || there.ownership().failures() > 0 && !there.state().inService();
                if (failed && restriction.noResourceFailover()) {
                    // ADM-072
                    return "resource failover from " + previous + " to " + server + " is disabled";
                }
                continue;
            }
            if (!Knowledge.occupied(step.lcd(previous), there)) {
                continue;
            }
            if (restriction.noSystemFailover()) {
                // ADM-071
                return "system failover from " + previous + " to " + server + " is disabled";
            }
            if (step.lcd(server)
                    .row(LcdSection.FLAGS, "!nofailover!" + previous)
                    .isPresent()) {
                return "the flag !nofailover!" + previous + " is set on " + server;
            }
        }
        return "";
    }

    /** Returns the other servers that could be given the resources now, best priority first. */
    List<String> targets(Collection<String> tags, Collection<String> tried) {
        return byPriority(tags, knowledge::ready, tried);
    }

    /** Returns the other servers that are expected to start the resources before this one, best priority first. */
    List<String> better(Collection<String> tags) {
        int mine = priority(tags, step.self());
        return byPriority(tags, this::expected, List.of()).stream()
                .filter(server -> priority(tags, server) < mine)
                .toList();
    }

    private boolean expected(String server) {
        Phase phase = step.peer(server).standing().phase();
        return knowledge.usable(server) && (phase == Phase.AVAILABLE || phase == Phase.STARTING);
    }

    private List<String> byPriority(
            Collection<String> tags, java.util.function.Predicate<String> wanted, Collection<String> tried) {
        return step.topology().sharers(tags, step.self()).stream()
                .filter(wanted)
                .filter(server -> obstacle(server, tags, tried).isEmpty())
                .sorted(Comparator.comparingInt((String server) -> priority(tags, server))
                        .thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    /** Returns how many servers of a hierarchy have a better priority than this one. */
    int rank(Collection<String> tags) {
        int mine = priority(tags, step.self());
        return (int) step.topology().sharers(tags, step.self()).stream()
                .filter(server -> priority(tags, server) < mine)
                .count();
    }

    /** Returns the priority of a server for a hierarchy: that of its first root. */
    int priority(Collection<String> tags, String server) {
        var roots = step.topology().roots(tags);
        String tag = roots.isEmpty() ? tags.iterator().next() : roots.first();
        return step.topology().priority(tag, server);
    }

    /** Returns whether resource failover to every other server of the hierarchy is disabled (ADM-074). */
    boolean allRestricted(Collection<String> tags) {
        var sharers = step.topology().sharers(tags, step.self());
        return !sharers.isEmpty()
                && sharers.stream()
                        .allMatch(server -> step.own()
                                .row(LcdSection.RESTRICTIONS, server)
                                .map(Restriction::noResourceFailover)
                                .orElse(false));
    }
}
