package org.mainstay.core.internal.admin;

import java.time.Duration;
import java.util.LinkedHashSet;
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
import org.mainstay.cluster.lcd.ResourceType;

/**
 * Commands of the LCDI that concern more than one database: an equivalency is one record that both servers hold, so whatever
 * makes or ends one changes both or none.
 */
final class LcdiOperations {
    private static final Duration KITS_LIMIT = Duration.ofHours(1);

    private final Job job;
    private final Locking locking;

    LcdiOperations(Job job, Locking locking) {
        this.job = job;
        this.locking = locking;
    }

    // ---- equivalencies

    Reply create(Request.CreateEquivalency request) throws Refusal {
        job.checkServer(request.server());
        job.checkServer(request.otherServer());
        if (request.server().equals(request.otherServer())) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "an equivalency is between two servers, and both are " + request.server()
                            + "; name the other with -S");
        }
        Set<String> servers = new TreeSet<>(List.of(request.server(), request.otherServer()));
        job.checkReachable(servers);
        locking.lock(job, request.server(), List.of(request.tag()), "eqv_create");
        locking.lock(job, request.otherServer(), List.of(request.otherTag()), "eqv_create");
        Instance one = instance(request.server(), request.tag());
        Instance two = instance(request.otherServer(), request.otherTag());
        checkNew(request);
        if (one.state().inService() && two.state().inService()) {
            // CMD-226
            throw new Refusal(
                    ExitCode.IN_USE,
                    "'" + request.tag() + "' is in service on " + request.server() + " and '" + request.otherTag()
                            + "' on " + request.otherServer() + ": take one of them out of service first");
        }
        Equivalency pair = withPriorities(request);
        for (String server : servers) {
            job.change(server, LcdChange.put(LcdSection.EQUIVALENCIES, pair.key(), pair));
            job.touches(server, server.equals(request.server()) ? request.tag() : request.otherTag());
        }
        job.propose("eqv_create " + request.tag());
        return job.success("");
    }

    private Instance instance(String server, String tag) throws Refusal {
        return job.lcd(server)
                .instance(tag)
                .orElseThrow(() -> new Refusal(
                        ExitCode.NOT_FOUND,
                        "there is no resource '" + tag + "' on " + server + "; see 'ins_list -d " + server + "'"));
    }

    private void checkNew(Request.CreateEquivalency request) throws Refusal {
        for (Equivalency row : Hierarchies.equivalencies(job.lcd(request.server()), request.tag())) {
            boolean here = row.server().equals(request.server());
            String partner = here ? row.otherServer() : row.server();
            if (partner.equals(request.otherServer())) {
                throw new Refusal(
                        ExitCode.EXISTS,
                        "'" + request.tag() + "' on " + request.server() + " has an equivalent on " + partner
                                + " already: '" + (here ? row.otherTag() : row.tag()) + "'");
            }
        }
    }

    private Equivalency withPriorities(Request.CreateEquivalency request) throws Refusal {
        Map<String, Integer> known =
                new TreeMap<>(Hierarchies.priorities(job.lcd(request.otherServer()), request.otherTag()));
        known.putAll(Hierarchies.priorities(job.lcd(request.server()), request.tag()));
        int first = request.priority() != 0
                ? request.priority()
                : known.getOrDefault(request.server(), known.containsValue(1) ? free(known.values(), 10) : 1);
        known.put(request.server(), first);
        int second = request.otherPriority() != 0
                ? request.otherPriority()
                : known.getOrDefault(request.otherServer(), free(known.values(), 10));
        checkPriority(first);
        checkPriority(second);
        known.remove(request.otherServer());
        for (Map.Entry<String, Integer> entry : known.entrySet()) {
            if (entry.getValue() == second || !entry.getKey().equals(request.server()) && entry.getValue() == first) {
                // CMD-227
                throw new Refusal(
                        ExitCode.INVALID_ARGUMENT,
                        "priority " + entry.getValue() + " belongs to " + entry.getKey()
                                + " already: each server needs its own");
            }
        }
        return new Equivalency(
                request.server(), request.tag(), request.otherServer(), request.otherTag(), first, second);
    }

    private static int free(java.util.Collection<Integer> used, int from) {
        int candidate = from;
        while (used.contains(candidate)) {
            candidate += 10;
        }
        return candidate;
    }

    private static void checkPriority(int priority) throws Refusal {
        if (priority < 1 || priority > Equivalency.MAX_PRIORITY) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "a priority is 1 to " + Equivalency.MAX_PRIORITY + ", 1 is best, not " + priority);
        }
    }

    Reply delete(Request.DeleteEquivalency request) throws Refusal {
        job.checkServer(request.server());
        job.checkServer(request.otherServer());
        Lcd lcd = job.lcd(request.server());
        Equivalency pair = lcd.rows(LcdSection.EQUIVALENCIES).values().stream()
                .filter(row -> matches(row, request))
                .findFirst()
                .orElseThrow(() -> new Refusal(
                        ExitCode.NOT_FOUND,
                        "there is no equivalency of '" + request.tag() + "' on " + request.server() + " and '"
                                + request.otherTag() + "' on " + request.otherServer() + "; see 'eqv_list'"));
        Set<String> servers = new TreeSet<>(List.of(request.server(), request.otherServer()));
        job.checkReachable(servers);
        for (String server : servers) {
            String tag = server.equals(pair.server()) ? pair.tag() : pair.otherTag();
            locking.lock(job, server, List.of(tag), "eqv_remove");
            job.change(server, LcdChange.remove(LcdSection.EQUIVALENCIES, pair.key()));
            job.touches(server, tag);
        }
        job.propose("eqv_remove " + request.tag());
        return job.success("");
    }

    private static boolean matches(Equivalency row, Request.DeleteEquivalency request) {
        boolean forth = row.server().equals(request.server())
                && row.tag().equals(request.tag())
                && row.otherServer().equals(request.otherServer())
                && row.otherTag().equals(request.otherTag());
        boolean back = row.server().equals(request.otherServer())
                && row.tag().equals(request.otherTag())
                && row.otherServer().equals(request.server())
                && row.otherTag().equals(request.tag());
        return forth || back;
    }

    // ---- instances

    Reply remove(Request.RemoveInstances request) throws Refusal {
        List<String> doomed = new InstanceSelection(job.own()).select(request);
        if (doomed.isEmpty()) {
            return job.success("");
        }
        job.checkReachable(partners(job.own(), doomed));
        if (!request.recursive()) {
            locking.lock(job, job.self(), doomed, "ins_remove");
        }
        checkSelection(doomed, new InstanceSelection(job.own()).select(request));
        checkIdle(job.own(), doomed);
        GlobalScripts scripts = new GlobalScripts(job);
        boolean global = request.globalScripts() && scripts.any("delete");
        if (global) {
            scripts.before("delete", List.of());
        }
        job.peers()
                .demand(job.self(), new Step.Run("delete", doomed), KITS_LIMIT)
                .remarks()
                .forEach(job::tell);
        // A delete action takes its time: what was brought into service meanwhile is not forgotten.
        Lcd own = job.own();
        checkIdle(own, doomed);
        drop(own, doomed);
        job.propose("ins_remove " + String.join(", ", doomed));
        doomed.forEach(job.node().hosts()::forget);
        if (global) {
            scripts.after("delete", List.of(), false);
        }
        doomed.forEach(job::remark);
        return job.success("");
    }

    /** @throws Refusal 8 if others would go than those that are locked */
    private static void checkSelection(List<String> locked, List<String> now) throws Refusal {
        if (!locked.equals(now)) {
            throw new Refusal(ExitCode.IN_USE, "the resources were changed by somebody else meanwhile; try again");
        }
    }

    private Set<String> partners(Lcd own, List<String> tags) {
        Set<String> servers = new TreeSet<>();
        for (String tag : tags) {
            servers.addAll(Hierarchies.everywhere(own, tag).keySet());
        }
        servers.remove(own.server());
        return servers;
    }

    /** What runs here and could run elsewhere must not be forgotten here: the other servers would take it for stopped (I1). */
    private static void checkIdle(Lcd own, List<String> tags) throws Refusal {
        for (String tag : tags) {
            Instance instance = own.instance(tag).orElse(null);
            if (instance != null
                    && held(instance)
                    && !Hierarchies.equivalencies(own, tag).isEmpty()) {
                throw new Refusal(
                        ExitCode.IN_USE,
                        "'" + tag + "' is in service on " + own.server()
                                + (instance.state().inService() ? "" : " or not certainly stopped")
                                + " and has equivalents on other servers; take it out of service first: perform_action -t "
                                + tag + " -a remove");
            }
        }
    }

    private void drop(Lcd own, List<String> tags) {
        for (Dependency row : own.rows(LcdSection.DEPENDENCIES).values()) {
            if (tags.contains(row.parent()) || tags.contains(row.child())) {
                job.change(own.server(), LcdChange.remove(LcdSection.DEPENDENCIES, row.key()));
            }
        }
        for (String tag : tags) {
            for (Equivalency pair : Hierarchies.equivalencies(own, tag)) {
                boolean first = pair.server().equals(own.server());
                String partner = first ? pair.otherServer() : pair.server();
                for (String server : List.of(own.server(), partner)) {
                    job.change(server, LcdChange.remove(LcdSection.EQUIVALENCIES, pair.key()));
                }
                job.touches(partner, first ? pair.otherTag() : pair.tag());
            }
            job.change(own.server(), LcdChange.remove(LcdSection.INSTANCES, tag));
            job.touches(own.server(), tag);
        }
    }

    /**
     * Removes an application or type with everything under it (CMD-102, CMD-282). Whatever runs would be forgotten and go on
     * running: nothing of it may be in service; and what an installed kit brings stays.
     */
    Reply removeType(Request.RemoveType request) throws Refusal {
        if (ofKit(request, false)) {
            throw stays(request);
        }
        Lcd before = job.own();
        List<ResourceType> rows = before.rows(LcdSection.TYPES).values().stream()
                .filter(row -> row.application().equals(request.application()))
                .filter(row -> request.type().isEmpty() || row.type().equals(request.type()))
                .toList();
        List<String> tags = ofType(before, request);
        if (rows.isEmpty() && tags.isEmpty()) {
            throw notThere(request);
        }
        Set<String> concerned = new LinkedHashSet<>(partners(before, tags));
        job.checkReachable(concerned);
        locking.lock(job, job.self(), tags, "remove " + request.application());
        Lcd own = job.own();
        checkSelection(tags, ofType(own, request));
        checkStopped(own, tags);
        drop(own, tags);
        rows.forEach(row -> job.change(own.server(), LcdChange.remove(LcdSection.TYPES, row.key())));
        job.propose("remove " + request.application() + (request.type().isEmpty() ? "" : "/" + request.type()));
        tags.forEach(job.node().hosts()::forget);
        return job.success("");
    }

    private static List<String> ofType(Lcd lcd, Request.RemoveType request) {
        return lcd.instances().values().stream()
                .filter(instance -> instance.application().equals(request.application()))
                .filter(instance -> request.type().isEmpty() || instance.type().equals(request.type()))
                .map(Instance::tag)
                .toList();
    }

    private static void checkStopped(Lcd own, List<String> tags) throws Refusal {
        for (String tag : tags) {
            Instance instance = own.instance(tag).orElse(null);
            if (instance != null && held(instance)) {
                throw new Refusal(
                        ExitCode.IN_USE,
                        "'" + tag + "' is in service on " + own.server()
                                + (instance.state().inService() ? "" : " or not certainly stopped")
                                + "; take it out of service first: perform_action -t " + tag + " -a remove");
            }
        }
    }

    private static boolean held(Instance instance) {
        return instance.state().inService() || !instance.ownership().released();
    }

    /** Returns whether an installed kit brings what is to be removed; directories of scripts count on request only. */
    private boolean ofKit(Request.RemoveType request, boolean scripts) {
        String key = request.application() + "/" + request.type();
        return job.node().kits().all().stream()
                .filter(one -> scripts || !one.script())
                .anyMatch(one -> request.type().isEmpty()
                        ? one.key().startsWith(request.application() + "/")
                        : one.key().equals(key));
    }

    private static String name(Request.RemoveType request) {
        return request.type().isEmpty()
                ? "application '" + request.application() + "'"
                : "type '" + request.type() + "' of '" + request.application() + "'";
    }

    private static Refusal stays(Request.RemoveType request) {
        return new Refusal(
                ExitCode.IN_USE,
                "the " + name(request) + " comes with an installed recovery kit; it goes when the kit is uninstalled");
    }

    private Refusal notThere(Request.RemoveType request) {
        if (ofKit(request, true)) {
            return stays(request);
        }
        return new Refusal(
                ExitCode.NOT_FOUND,
                "there is no " + name(request) + " here; "
                        + (request.type().isEmpty()
                                ? "'app_list' shows the applications"
                                : "'typ_list' shows the types"));
    }
}
