package org.mainstay.shell.internal.command.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mainstay.cluster.Administration.FormField;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Restriction;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Platform;
import org.mainstay.shell.internal.view.Masking;

/**
 * The configuration of the cluster: what an administrator decided, and nothing that Mainstay finds out by itself (states, epochs).
 *
 * @param schema 1
 * @param servers by name
 * @param paths comm paths, one entry for both directions
 * @param resources by tag
 */
public record ConfigDocument(
        int schema,
        Map<String, ServerPart> servers,
        List<PathPart> paths,
        Map<String, ResourcePart> resources,
        List<DependencyPart> dependencies) {
    static final int SCHEMA = 1;

    /** A server. @param shutdownStrategy {@code stay} or {@code switch-over} */
    public record ServerPart(String shutdownStrategy, List<RestrictionPart> restrictions, List<String> flags) {}

    /** Failover restrictions against a server. */
    public record RestrictionPart(String server, boolean noSystemFailover, boolean noResourceFailover) {}

    /** A comm path. */
    public record PathPart(
            String from, String to, String local, String remote, int priority, int intervalMillis, int misses) {}

    /** A resource. @param settings on every server that has none of its own @param on by server */
    public record ResourcePart(
            String application, String type, Map<String, String> settings, Map<String, InstancePart> on) {}

    /**
     * A resource on a server.
     *
     * @param priority 1 is best
     * @param found what the kit's form does not have: the kit finds it by itself when the resource is created or extended; null if there
     *     is nothing
     * @param settings those that differ from the resource's; null if none does
     */
    public record InstancePart(
            int priority,
            String id,
            String info,
            Map<String, String> properties,
            Map<String, String> found,
            Map<String, String> settings) {
        /** Returns the properties with what the kit found. */
        Map<String, String> all() {
            Map<String, String> all = new TreeMap<>(found == null ? Map.of() : found);
            all.putAll(properties);
            return all;
        }

        Map<String, String> ownSettings() {
            return settings == null ? Map.of() : settings;
        }
    }

    /** A dependency. */
    public record DependencyPart(String parent, String child) {}

    /** Returns the present configuration; secrets are masked. */
    static ConfigDocument of(ClusterSnapshot snapshot, Platform platform, boolean secrets) throws CommandException {
        Map<String, ServerPart> servers = new TreeMap<>();
        Map<String, ResourcePart> resources = new TreeMap<>();
        TreeSet<String> dependencies = new TreeSet<>();
        Map<String, PathPart> paths = new TreeMap<>();
        for (String name : snapshot.servers()) {
            Lcd lcd = snapshot.lcd(name).orElseThrow();
            servers.put(name, server(lcd));
            for (Instance instance : lcd.instances().values()) {
                ResourcePart part =
                        resources.computeIfAbsent(instance.tag(), tag -> resource(instance, settings(snapshot, tag)));
                part.on().put(name, instance(lcd, instance, part.settings(), platform, secrets));
            }
            for (Dependency row : lcd.rows(LcdSection.DEPENDENCIES).values()) {
                dependencies.add(row.key());
            }
            for (CommPath path : lcd.rows(LcdSection.PATHS).values()) {
                paths.putIfAbsent(
                        path.id(),
                        new PathPart(
                                name,
                                path.peer(),
                                path.local(),
                                path.remote(),
                                path.priority(),
                                path.intervalMillis(),
                                path.misses()));
            }
        }
        List<DependencyPart> pairs = dependencies.stream()
                .map(key -> key.split("\t"))
                .map(pair -> new DependencyPart(pair[0], pair[1]))
                .toList();
        // A shared disk comes after the networks: that is the order in which they can be made.
        List<PathPart> ordered = new ArrayList<>(paths.values());
        ordered.sort(java.util.Comparator.comparing(path -> CommPath.disk(path.local())));
        return new ConfigDocument(SCHEMA, servers, ordered, resources, pairs);
    }

    private static ServerPart server(Lcd lcd) {
        List<RestrictionPart> restrictions = new ArrayList<>();
        for (Restriction row : lcd.rows(LcdSection.RESTRICTIONS).values()) {
            restrictions.add(new RestrictionPart(row.server(), row.noSystemFailover(), row.noResourceFailover()));
        }
        boolean moves = lcd.row(LcdSection.FLAGS, "shutdown_switchover").isPresent();
        List<String> flags = lcd.rows(LcdSection.FLAGS).keySet().stream()
                .filter(flag -> !flag.startsWith("!") && !flag.equals("shutdown_switchover"))
                .toList();
        return new ServerPart(moves ? "switch-over" : "stay", restrictions, flags);
    }

    private static ResourcePart resource(Instance instance, Map<String, String> settings) {
        return new ResourcePart(instance.application(), instance.type(), settings, new TreeMap<>());
    }

    /** Returns the settings of the first server; local recovery can be switched off later, but not always on. */
    private static Map<String, String> settings(ClusterSnapshot snapshot, String tag) {
        List<Instance> all = snapshot.servers().stream()
                .flatMap(server -> snapshot.lcd(server).stream())
                .flatMap(lcd -> lcd.instance(tag).stream())
                .toList();
        Map<String, String> settings = settings(all.get(0));
        if (all.stream().anyMatch(instance -> instance.settings().localRecovery())) {
            settings.put("localRecovery", "yes");
        }
        return settings;
    }

    private static Map<String, String> settings(Instance instance) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("init", instance.settings().init().name());
        settings.put("quickCheck", Integer.toString(instance.settings().quickCheckSeconds()));
        settings.put("deepCheck", Integer.toString(instance.settings().deepCheckSeconds()));
        settings.put("localRecovery", instance.settings().localRecovery() ? "yes" : "no");
        settings.put("switchback", instance.settings().switchback().name());
        return settings;
    }

    private static InstancePart instance(
            Lcd lcd, Instance instance, Map<String, String> everywhere, Platform platform, boolean secrets)
            throws CommandException {
        Map<String, String> properties = secrets ? instance.properties() : Masking.masked(platform, instance);
        Map<String, String> given = new TreeMap<>(properties);
        Map<String, String> found = new TreeMap<>();
        Set<String> known = known(platform, instance);
        if (!known.isEmpty()) {
            found.putAll(given);
            found.keySet().removeAll(known);
            given.keySet().retainAll(known);
        }
        Map<String, String> own = settings(instance);
        own.entrySet().removeAll(everywhere.entrySet());
        return new InstancePart(
                priority(lcd, instance.tag()),
                instance.id(),
                instance.info(),
                given,
                found.isEmpty() ? null : found,
                own.isEmpty() ? null : own);
    }

    /** Returns the fields of the form of a resource's kit; empty if nobody knows them, or it takes any key, as kits of scripts do. */
    private static Set<String> known(Platform platform, Instance instance) throws CommandException {
        if (!platform.running()) {
            return Set.of();
        }
        return platform.administration().form(instance.typeKey(), false, instance.properties()).stream()
                .flatMap(List::stream)
                .map(FormField::name)
                .collect(Collectors.toSet());
    }

    /** Returns what the document cannot tell, or may tell wrongly, one sentence each. */
    static List<String> remarks(ClusterSnapshot snapshot) {
        List<String> remarks = new ArrayList<>();
        for (String name : snapshot.servers()) {
            ClusterSnapshot.Peer peer = snapshot.peers().get(name);
            if (peer != null && !peer.current()) {
                remarks.add(
                        peer.lcd().sections().isEmpty()
                                ? name + " was never heard of: nothing of its configuration is known here"
                                : name + " is not reached now: what is known of its configuration may be old");
            }
        }
        TreeSet<String> renamed = new TreeSet<>();
        for (Equivalency pair : snapshot.own().rows(LcdSection.EQUIVALENCIES).values()) {
            if (!pair.tag().equals(pair.otherTag())) {
                renamed.add("'" + pair.tag() + "' on " + pair.server() + " is '" + pair.otherTag() + "' on "
                        + pair.otherServer() + ": they come out as two resources, without their tie (see eqv_create)");
            }
        }
        remarks.addAll(renamed);
        return remarks;
    }

    private static int priority(Lcd lcd, String tag) {
        for (Equivalency row : lcd.rows(LcdSection.EQUIVALENCIES).values()) {
            if (row.server().equals(lcd.server()) && row.tag().equals(tag)) {
                return row.priority();
            }
            if (row.otherServer().equals(lcd.server()) && row.otherTag().equals(tag)) {
                return row.otherPriority();
            }
        }
        return 1;
    }
}
