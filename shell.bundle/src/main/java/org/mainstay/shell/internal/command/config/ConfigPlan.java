package org.mainstay.shell.internal.command.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.shell.internal.command.config.ConfigDocument.DependencyPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.InstancePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.PathPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ResourcePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.RestrictionPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ServerPart;
import org.mainstay.shell.internal.view.Masking;

/** The way from one configuration to another, as the command lines an administrator would type: what is in the file becomes so. */
final class ConfigPlan {
    private final String self;
    private final ConfigDocument now;
    private final ConfigDocument wanted;
    private final List<List<String>> steps = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    ConfigPlan(String self, ConfigDocument now, ConfigDocument wanted) {
        this.self = self;
        this.now = now;
        this.wanted = wanted;
        wanted.servers().forEach(this::server);
        wanted.paths().forEach(this::path);
        List<String> order = childrenFirst();
        order.stream().filter(tag -> !now.resources().containsKey(tag)).forEach(this::create);
        dependencies();
        order.forEach(this::extend);
        order.forEach(this::change);
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
        Map<String, String> properties = part.on().get(server).properties();
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
    }

    private void values(String tag, Map<String, String> properties, List<String> words) {
        properties.forEach((key, value) -> {
            if (value.equals(Masking.MASK)) {
                remarks.add("the secret '" + key + "' of '" + tag + "' is not in the file: set it by hand");
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

    /** A whole hierarchy is extended at once: by its root. */
    private void extend(String tag) {
        ResourcePart part = wanted.resources().get(tag);
        if (!root(tag)) {
            return;
        }
        ResourcePart present = now.resources().get(tag);
        String first = primary(part);
        for (Map.Entry<String, InstancePart> entry : part.on().entrySet()) {
            boolean there = entry.getKey().equals(first)
                    || present != null && present.on().containsKey(entry.getKey());
            if (!there) {
                stepOn(
                        first,
                        List.of(
                                "mainstay",
                                "resource",
                                "extend",
                                tag,
                                "--to",
                                entry.getKey(),
                                "--priority",
                                Integer.toString(entry.getValue().priority())));
            }
        }
    }

    private void change(String tag) {
        ResourcePart present = now.resources().get(tag);
        if (present == null) {
            return;
        }
        ResourcePart part = wanted.resources().get(tag);
        List<String> words = new ArrayList<>(List.of("mainstay", "resource", "set", tag));
        part.settings().forEach((key, value) -> {
            if (!value.equals(present.settings().get(key))) {
                words.add(key + "=" + value);
            }
        });
        if (words.size() > 4) {
            step(words);
        }
        part.on().forEach((server, instance) -> {
            InstancePart is = present.on().get(server);
            if (is != null) {
                changeOn(tag, server, instance, is);
            }
        });
    }

    private void changeOn(String tag, String server, InstancePart instance, InstancePart present) {
        List<String> words = new ArrayList<>(List.of("mainstay", "resource", "set", tag));
        instance.properties().forEach((key, value) -> {
            if (!value.equals(Masking.MASK)
                    && !Objects.equals(value, present.properties().get(key))) {
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
        ResourcePart present = now.resources().get(tag);
        if (present == null) {
            return;
        }
        Map<String, Integer> changed = new TreeMap<>();
        wanted.resources().get(tag).on().forEach((server, instance) -> {
            InstancePart is = present.on().get(server);
            if (is != null && is.priority() != instance.priority()) {
                changed.put(server, instance.priority());
            }
        });
        if (!changed.isEmpty() && present.on().size() > 1) {
            List<String> words = new ArrayList<>(List.of("mainstay", "resource", "priorities", tag));
            changed.forEach((server, priority) -> words.add(server + "=" + priority));
            stepOn(present.on().containsKey(self) ? self : primary(present), words);
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
        now.resources().keySet().stream()
                .filter(tag -> !wanted.resources().containsKey(tag))
                .forEach(tag -> remarks.add("'" + tag + "' is not in the file and is left as it is"));
    }
}
