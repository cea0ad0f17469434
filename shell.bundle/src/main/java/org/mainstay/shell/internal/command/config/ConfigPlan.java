package org.mainstay.shell.internal.command.config;

import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Administration.FormField;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.shell.internal.command.config.ConfigDocument.DependencyPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.InstancePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.PathPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ResourcePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.RestrictionPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ServerPart;
import org.mainstay.shell.internal.view.Masking;

/** The way from one configuration to another, as the command lines an administrator would type: what is in the file becomes so. */
final class ConfigPlan {
    private static final String SWITCHBACK = "switchback";

    private final String self;
    private final ConfigDocument now;
    private final ConfigDocument wanted;
    private final Administration administration;
    /** What the resources are after what was planned so far; as they are now if nothing was planned for them. */
    private final Map<String, Map<String, InstancePart>> then = new TreeMap<>();

    private final List<List<String>> steps = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    ConfigPlan(String self, ConfigDocument now, ConfigDocument wanted, Administration administration) {
        this.self = self;
        this.now = now;
        this.wanted = wanted;
        this.administration = administration;
        now.resources().forEach((tag, part) -> then.put(tag, new TreeMap<>(part.on())));
        wanted.servers().forEach(this::server);
        wanted.paths().forEach(this::path);
        List<String> order = childrenFirst();
        order.stream().filter(tag -> !now.resources().containsKey(tag)).forEach(this::create);
        dependencies();
        // What is there already makes room first: two servers never have one priority.
        order.stream().filter(now.resources()::containsKey).filter(this::root).forEach(this::priorities);
        order.forEach(this::extend);
        order.forEach(this::change);
        // Switchback is set for all below, too: parents go first.
        List<String> parentsFirst = new ArrayList<>(order);
        Collections.reverse(parentsFirst);
        parentsFirst.forEach(this::ownSettings);
        order.stream().filter(this::root).forEach(this::priorities);
        leftAlone();
    }

    /** Returns the command lines, in order. */
    List<List<String>> steps() {
        return List.copyOf(steps);
    }

    /** Returns what is not done and why, one sentence each. */
    List<String> remarks() {
        return List.copyOf(remarks);
    }

    private void step(List<String> words) {
        steps.add(List.copyOf(words));
    }

    private void stepOn(String server, List<String> words) {
        if (server.equals(self)) {
            step(words);
            return;
        }
        List<String> there = new ArrayList<>(List.of("lcdremexec", "-d", server, "--"));
        there.addAll(words);
        step(there);
    }

    private void server(String name, ServerPart part) {
        ServerPart present = now.servers().get(name);
        if (present == null) {
            remarks.add(name + " is no member of this cluster: let it join with 'mainstay node join' first");
            return;
        }
        List<String> words = new ArrayList<>(List.of("mainstay", "node", "set", "--on", name));
        if (!part.shutdownStrategy().equals(present.shutdownStrategy())) {
            words.addAll(List.of("--shutdown-strategy", part.shutdownStrategy()));
        }
        for (RestrictionPart restriction : part.restrictions()) {
            if (!present.restrictions().contains(restriction)) {
                words.addAll(List.of("--no-system-failover", restriction.server()));
                if (restriction.noResourceFailover()) {
                    words.addAll(List.of("--no-resource-failover", restriction.server()));
                }
            }
        }
        for (RestrictionPart restriction : present.restrictions()) {
            if (part.restrictions().stream().noneMatch(one -> one.server().equals(restriction.server()))) {
                words.addAll(List.of("--allow-failover", restriction.server()));
            }
        }
        if (words.size() > 5) {
            step(words);
        }
        part.flags().stream()
                .filter(flag -> !present.flags().contains(flag))
                .forEach(flag -> step(List.of("flg_create", "-d", name, "-f", flag)));
    }

    private void path(PathPart path) {
        if (now.paths().stream().anyMatch(one -> same(one, path))) {
            return;
        }
        if (!now.servers().containsKey(path.from()) || !now.servers().containsKey(path.to())) {
            return;
        }
        List<String> words = new ArrayList<>(List.of("mainstay", "commpath", "create", "--to", path.to()));
        if (CommPath.disk(path.local())) {
            words.addAll(List.of("--type", "disk", "--device", path.local()));
        } else {
            words.addAll(List.of("--local", path.local(), "--remote", path.remote()));
        }
        words.addAll(List.of(
                "--priority",
                Integer.toString(path.priority()),
                "--interval",
                BigDecimal.valueOf(path.intervalMillis(), 3)
                        .stripTrailingZeros()
                        .toPlainString(),
                "--misses",
                Integer.toString(path.misses())));
        stepOn(path.from(), words);
    }

    private static boolean same(PathPart one, PathPart path) {
        return one.from().equals(path.from())
                        && one.local().equals(path.local())
                        && one.remote().equals(path.remote())
                || one.from().equals(path.to())
                        && one.local().equals(path.remote())
                        && one.remote().equals(path.local());
    }

    private List<String> childrenFirst() {
        Set<String> ordered = new LinkedHashSet<>();
        wanted.resources().keySet().forEach(tag -> visit(tag, ordered, new LinkedHashSet<>()));
        return List.copyOf(ordered);
    }

    private void visit(String tag, Set<String> ordered, Set<String> way) {
        if (!ordered.contains(tag) && way.add(tag)) {
            wanted.dependencies().stream()
                    .filter(pair -> pair.parent().equals(tag))
                    .map(DependencyPart::child)
                    .filter(wanted.resources()::containsKey)
                    .forEach(child -> visit(child, ordered, way));
            ordered.add(tag);
        }
    }

    private boolean root(String tag) {
        return wanted.dependencies().stream().noneMatch(pair -> pair.child().equals(tag));
    }

    /** Returns the server a resource is created on: that of the best priority. */
    static String primary(ResourcePart part) {
        return part.on().entrySet().stream()
                .min(Comparator.comparingInt(entry -> entry.getValue().priority()))
                .map(Map.Entry::getKey)
                .orElse("");
    }

    private void create(String tag) {
        ResourcePart part = wanted.resources().get(tag);
        String server = primary(part);
        List<String> words = new ArrayList<>(
                List.of("mainstay", "resource", "create", part.application() + "/" + part.type(), "--tag", tag));
        Map<String, String> properties = ConfigValues.given(administration, part, server);
        values(tag, properties, words);
        // A kit may have a property of the same name, as the Generic Application has scripts of checks: one create
        // cannot name both.
        List<String> later = new ArrayList<>(List.of("mainstay", "resource", "set", tag));
        part.settings().forEach((key, value) -> {
            if (properties.containsKey(key)) {
                later.add(key + "=" + value);
            } else {
                words.addAll(List.of("--set", key + "=" + value));
            }
        });
        stepOn(server, words);
        if (later.size() > 4) {
            stepOn(server, later);
        }
        then.put(tag, new TreeMap<>(Map.of(server, made(part, server, 1))));
    }

    /** Returns what a server has after create or extend: all but the text, which a kit may have set, and settings of its own. */
    private static InstancePart made(ResourcePart part, String server, int priority) {
        InstancePart wanted = part.on().get(server);
        return new InstancePart(priority, wanted.id(), "", wanted.properties(), wanted.found(), null);
    }

    private void values(String tag, Map<String, String> properties, List<String> words) {
        properties.forEach((key, value) -> {
            if (value.equals(Masking.MASK)) {
                remarks.add(secret(key, tag));
            } else {
                words.addAll(List.of("--set", key + "=" + value));
            }
        });
    }

    private void dependencies() {
        for (DependencyPart pair : wanted.dependencies()) {
            if (!now.dependencies().contains(pair)) {
                step(List.of("mainstay", "dependency", "create", pair.parent(), pair.child()));
            }
        }
        for (DependencyPart pair : now.dependencies()) {
            boolean both = wanted.resources().containsKey(pair.parent())
                    && wanted.resources().containsKey(pair.child());
            if (both && !wanted.dependencies().contains(pair)) {
                step(List.of("mainstay", "dependency", "delete", pair.parent(), pair.child()));
            }
        }
    }

    /** A whole hierarchy is extended at once: by its root, from a server that has it. */
    private void extend(String tag) {
        if (!root(tag)) {
            return;
        }
        ResourcePart part = wanted.resources().get(tag);
        String first = primary(part);
        String from = then.get(tag).containsKey(first)
                ? first
                : then.get(tag).containsKey(self)
                        ? self
                        : then.get(tag).keySet().iterator().next();
        for (Map.Entry<String, InstancePart> entry : part.on().entrySet()) {
            String server = entry.getKey();
            if (!then.get(tag).containsKey(server)) {
                List<String> words =
                        new ArrayList<>(List.of("mainstay", "resource", "extend", tag, "--to", server, "--priority"));
                int priority = free(part, then.get(tag), entry.getValue().priority());
                words.add(Integer.toString(priority));
                below(tag).forEach(each -> extended(each, from, server, priority, words));
                stepOn(from, words);
            }
        }
    }

    /**
     * Returns the priority, or, if a server has it that gets another one in the end, one that nobody has: what is on one server
     * only has priority 1, which can be changed when it is extended.
     */
    private static int free(ResourcePart part, Map<String, InstancePart> present, int priority) {
        Set<Integer> used = new TreeSet<>();
        present.values().forEach(each -> used.add(each.priority()));
        if (!used.contains(priority)) {
            return priority;
        }
        part.on().values().forEach(each -> used.add(each.priority()));
        return IntStream.rangeClosed(1, Equivalency.MAX_PRIORITY)
                .filter(number -> !used.contains(number))
                .findFirst()
                .orElse(priority);
    }

    /** Returns the resources of a hierarchy, the root first. */
    private Set<String> below(String tag) {
        Set<String> all = new LinkedHashSet<>();
        Deque<String> open = new ArrayDeque<>(List.of(tag));
        while (!open.isEmpty()) {
            String next = open.remove();
            if (all.add(next)) {
                wanted.dependencies().stream()
                        .filter(pair -> pair.parent().equals(next))
                        .map(DependencyPart::child)
                        .filter(wanted.resources()::containsKey)
                        .forEach(open::add);
            }
        }
        return all;
    }

    /** What the other server has of its own goes with the step: a kit may refuse what it would find, or find something else. */
    private void extended(String tag, String from, String server, int priority, List<String> words) {
        ResourcePart part = wanted.resources().get(tag);
        InstancePart there = part.on().get(server);
        if (there == null || then.get(tag).containsKey(server)) {
            return;
        }
        Map<String, String> source =
                then.get(tag).containsKey(from) ? then.get(tag).get(from).all() : Map.of();
        Map<String, String> own = new TreeMap<>(there.all());
        own.entrySet().removeAll(source.entrySet());
        Optional<List<FormField>> form = administration.form(part.application() + "/" + part.type(), true, there.all());
        // Kits of scripts have no form and take any key; what a form does not have, the kit finds by itself.
        form.filter(fields -> !fields.isEmpty())
                .map(fields -> fields.stream().map(FormField::name).toList())
                .ifPresentOrElse(
                        own.keySet()::retainAll,
                        () -> own.keySet().retainAll(there.properties().keySet()));
        Map<String, String> named = new TreeMap<>();
        own.forEach((key, value) -> {
            if (value.equals(Masking.MASK)) {
                remarks.add(secret(key, tag));
            } else {
                named.put(tag + "." + key, value);
            }
        });
        named.forEach((key, value) -> words.addAll(List.of("--set", key + "=" + value)));
        then.get(tag).put(server, made(part, server, priority));
    }

    private static String secret(String key, String tag) {
        return "the secret '" + key + "' of '" + tag + "' is not in the file: set it by hand";
    }

    /** What differs; the settings of what is made by this plan are given when it is made. */
    private void change(String tag) {
        ResourcePart part = wanted.resources().get(tag);
        List<String> words = new ArrayList<>(List.of("mainstay", "resource", "set", tag));
        part.settings().forEach((key, value) -> {
            boolean everywhere = part.on().values().stream()
                    .noneMatch(instance -> instance.ownSettings().containsKey(key));
            if (everywhere && then.get(tag).keySet().stream().anyMatch(server -> !value.equals(is(tag, server, key)))) {
                words.add(key + "=" + value);
            }
        });
        if (words.size() > 4) {
            stepOn(
                    then.get(tag).containsKey(self)
                            ? self
                            : then.get(tag).keySet().iterator().next(),
                    words);
        }
        part.on().forEach((server, instance) -> {
            InstancePart is = then.get(tag).get(server);
            if (is != null) {
                changeOn(tag, server, instance, is);
            }
        });
    }

    /** Returns a setting as it is on a server after create and extend; null if it is not known. */
    private String is(String tag, String server, String key) {
        ResourcePart present = now.resources().get(tag);
        InstancePart there = present == null ? null : present.on().get(server);
        if (there == null) {
            // Made by this plan: as on the server it was extended from.
            Map<String, String> made =
                    present == null ? wanted.resources().get(tag).settings() : present.settings();
            return made.get(key);
        }
        return there.ownSettings().getOrDefault(key, present.settings().get(key));
    }

    /** Settings that are not the same on all servers: one by one, by the commands that work on one server. */
    private void ownSettings(String tag) {
        ResourcePart part = wanted.resources().get(tag);
        part.on().forEach((server, instance) -> {
            if (!then.get(tag).containsKey(server)) {
                return;
            }
            Set<String> differing = new TreeSet<>();
            part.on()
                    .values()
                    .forEach(each -> differing.addAll(each.ownSettings().keySet()));
            for (String key : differing) {
                String value =
                        instance.ownSettings().getOrDefault(key, part.settings().get(key));
                if (value == null || value.equals(is(tag, server, key))) {
                    continue;
                }
                if (!key.equals(SWITCHBACK) || root(tag)) {
                    step(setting(tag, server, key, value));
                } else if (!rootHas(tag, server, value)) {
                    remarks.add("'" + tag + "' does not get switchback " + value + " on " + server
                            + ": it is set for a whole hierarchy, by its root");
                }
            }
        });
    }

    /** Whether the switchback type that a root gets on a server, with all below it, is this one. */
    private boolean rootHas(String tag, String server, String value) {
        return wanted.resources().keySet().stream()
                .filter(this::root)
                .filter(top -> below(top).contains(tag))
                .map(top -> wanted.resources().get(top).on().get(server))
                .anyMatch(top -> top != null && value.equals(top.ownSettings().get(SWITCHBACK)));
    }

    private static List<String> setting(String tag, String server, String key, String value) {
        List<String> words = new ArrayList<>();
        switch (key) {
            case "quickCheck" -> words.addAll(List.of("ins_setchkint", "-c", "quick", "-v", value));
            case "deepCheck" -> words.addAll(List.of("ins_setchkint", "-c", "deep", "-v", value));
            case "localRecovery" -> words.addAll(List.of("ins_setlocalrecover", "-l", value.equals("yes") ? "Y" : "N"));
            case SWITCHBACK -> words.addAll(List.of("ins_setas", "-s", value));
            default -> words.addAll(List.of("ins_setit", "-I", value));
        }
        words.addAll(1, List.of("-d", server, "-t", tag));
        return words;
    }

    private void changeOn(String tag, String server, InstancePart instance, InstancePart present) {
        List<String> words = new ArrayList<>(List.of("mainstay", "resource", "set", tag));
        instance.properties().forEach((key, value) -> {
            if (!value.equals(Masking.MASK)
                    && !Objects.equals(value, present.all().get(key))) {
                words.add(key + "=" + value);
            }
        });
        if (words.size() > 4) {
            stepOn(server, words);
        }
        if (!instance.info().equals(present.info())) {
            step(List.of("ins_setin", "-d", server, "-t", tag, "-v", instance.info()));
        }
    }

    private void priorities(String tag) {
        Map<String, InstancePart> present = then.get(tag);
        Map<String, Integer> changed = new TreeMap<>();
        wanted.resources().get(tag).on().forEach((server, instance) -> {
            InstancePart is = present.get(server);
            if (is != null && is.priority() != instance.priority()) {
                changed.put(server, instance.priority());
            }
        });
        if (!changed.isEmpty() && present.size() > 1) {
            List<String> words = new ArrayList<>(List.of("mainstay", "resource", "priorities", tag));
            changed.forEach((server, priority) -> {
                words.add(server + "=" + priority);
                InstancePart is = present.get(server);
                present.put(
                        server,
                        new InstancePart(priority, is.id(), is.info(), is.properties(), is.found(), is.settings()));
            });
            stepOn(
                    present.containsKey(self)
                            ? self
                            : present.keySet().iterator().next(),
                    words);
        }
    }

    private void leftAlone() {
        for (PathPart path : now.paths()) {
            boolean wantedToo = wanted.paths().stream().anyMatch(one -> same(one, path));
            if (!wantedToo && !wanted.paths().isEmpty()) {
                remarks.add("the comm path from " + path.from() + " " + path.local() + " to " + path.to() + " "
                        + path.remote() + " is not in the file and is left as it is; see 'mainstay commpath delete'");
            }
        }
        wanted.resources()
                .forEach((tag, part) -> part.on().keySet().stream()
                        .filter(now.servers()::containsKey)
                        .filter(server -> !then.get(tag).containsKey(server))
                        .forEach(server -> remarks.add("'" + tag + "' is not extended to " + server
                                + ", as a hierarchy is extended as a whole and what needs it is not to be there")));
        now.resources().keySet().stream()
                .filter(tag -> !wanted.resources().containsKey(tag))
                .forEach(tag -> remarks.add("'" + tag + "' is not in the file and is left as it is"));
    }
}
