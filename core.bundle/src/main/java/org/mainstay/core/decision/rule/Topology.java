package org.mainstay.core.decision.rule;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;

/** Hierarchies and groups of a database: who depends on whom here, and what is the same resource elsewhere. */
final class Topology {

    /** An instance of a group. */
    record Place(String tag, int priority) {}

    private static final SortedSet<String> NONE = Collections.emptySortedSet();

    private final Object dependencies;
    private final Object equivalencies;
    private final String self;
    private Object instances;
    private final SortedSet<String> tags;
    private final Map<String, SortedSet<String>> children = new HashMap<>();
    private final Map<String, SortedSet<String>> parents = new HashMap<>();
    private final Map<String, SortedMap<String, Place>> groups = new HashMap<>();
    private final Map<String, Map<String, String>> mine = new HashMap<>();
    private final SortedMap<String, SortedSet<String>> components = new TreeMap<>();

    Topology(Lcd lcd) {
        dependencies = lcd.rows(LcdSection.DEPENDENCIES);
        equivalencies = lcd.rows(LcdSection.EQUIVALENCIES);
        instances = lcd.instances();
        self = lcd.server();
        tags = new TreeSet<>(lcd.instances().keySet());
        for (String tag : tags) {
            group(tag);
        }
        for (Dependency row : lcd.rows(LcdSection.DEPENDENCIES).values()) {
            if (tags.contains(row.parent()) && tags.contains(row.child())) {
                children.computeIfAbsent(row.parent(), key -> new TreeSet<>()).add(row.child());
                parents.computeIfAbsent(row.child(), key -> new TreeSet<>()).add(row.parent());
            }
        }
        for (Equivalency row : lcd.rows(LcdSection.EQUIVALENCIES).values()) {
            if (row.server().equals(lcd.server())) {
                place(row.server(), row.tag(), row.priority(), row.otherServer(), row.otherTag(), row.otherPriority());
            } else if (row.otherServer().equals(lcd.server())) {
                place(row.otherServer(), row.otherTag(), row.otherPriority(), row.server(), row.tag(), row.priority());
            }
        }
        TreeSet<String> left = new TreeSet<>(tags);
        while (!left.isEmpty()) {
            SortedSet<String> component = spread(left.first());
            left.removeAll(component);
            components.put(component.first(), component);
        }
    }

    private void place(String self, String tag, int priority, String other, String otherTag, int otherPriority) {
        SortedMap<String, Place> group = groups.computeIfAbsent(tag, key -> new TreeMap<>());
        group.put(self, new Place(tag, priority));
        group.put(other, new Place(otherTag, otherPriority));
        mine.computeIfAbsent(other, key -> new HashMap<>()).put(otherTag, tag);
    }

    private SortedSet<String> spread(String start) {
        TreeSet<String> found = new TreeSet<>();
        Deque<String> open = new ArrayDeque<>();
        open.add(start);
        while (!open.isEmpty()) {
            String tag = open.remove();
            if (found.add(tag)) {
                open.addAll(children(tag));
                open.addAll(parents(tag));
            }
        }
        return found;
    }

    /** Returns whether this still describes the database. */
    boolean describes(Lcd lcd) {
        if (dependencies != lcd.rows(LcdSection.DEPENDENCIES)
                || equivalencies != lcd.rows(LcdSection.EQUIVALENCIES)
                || !self.equals(lcd.server())) {
            return false;
        }
        if (instances != lcd.instances()) {
            if (!tags.equals(lcd.instances().keySet())) {
                return false;
            }
            instances = lcd.instances();
        }
        return true;
    }

    /** Returns the instances of a group by server, the own one included. */
    SortedMap<String, Place> group(String tag) {
        SortedMap<String, Place> group = groups.get(tag);
        if (group == null) {
            group = new TreeMap<>();
            group.put(self, new Place(tag, 1));
            groups.put(tag, group);
        }
        return group;
    }

    SortedSet<String> children(String tag) {
        return children.getOrDefault(tag, NONE);
    }

    SortedSet<String> parents(String tag) {
        return parents.getOrDefault(tag, NONE);
    }

    /** Returns everything a resource depends on, itself excluded. */
    SortedSet<String> below(String tag) {
        return closure(java.util.List.of(tag), children);
    }

    /** Returns everything that depends on a resource, itself excluded. */
    SortedSet<String> above(String tag) {
        return closure(java.util.List.of(tag), parents);
    }

    /** Returns the resources and all above them. */
    SortedSet<String> withAbove(Collection<String> start) {
        SortedSet<String> result = closure(start, parents);
        result.addAll(start);
        return result;
    }

    /** Returns the resources and all below them. */
    SortedSet<String> withBelow(Collection<String> start) {
        SortedSet<String> result = closure(start, children);
        result.addAll(start);
        return result;
    }

    private static SortedSet<String> closure(Collection<String> start, Map<String, SortedSet<String>> edges) {
        TreeSet<String> found = new TreeSet<>();
        Deque<String> open = new ArrayDeque<>();
        start.forEach(tag -> open.addAll(edges.getOrDefault(tag, NONE)));
        while (!open.isEmpty()) {
            String tag = open.remove();
            if (found.add(tag)) {
                open.addAll(edges.getOrDefault(tag, NONE));
            }
        }
        return found;
    }

    /** Returns the hierarchies by their first tag. */
    SortedMap<String, SortedSet<String>> hierarchies() {
        return components;
    }

    /** Returns the hierarchy of a resource; empty if there is no such resource. */
    SortedSet<String> hierarchy(String tag) {
        return tags.contains(tag) ? spread(tag) : new TreeSet<>();
    }

    /** Returns the roots of a hierarchy. */
    SortedSet<String> roots(Collection<String> hierarchy) {
        TreeSet<String> result = new TreeSet<>(hierarchy);
        result.removeIf(tag -> !parents(tag).isEmpty());
        return result;
    }

    /** Returns the equivalent instances on the other servers, by server. */
    SortedMap<String, Place> others(String tag, String self) {
        TreeMap<String, Place> result = new TreeMap<>(groups.getOrDefault(tag, Collections.emptySortedMap()));
        result.remove(self);
        return result;
    }

    /** Returns the tag of the equivalent instance on a server; null if there is none. */
    String tagOn(String tag, String server, String self) {
        if (server.equals(self)) {
            return tag;
        }
        Place place = groups.getOrDefault(tag, Collections.emptySortedMap()).get(server);
        return place == null ? null : place.tag();
    }

    /** Returns the own tag of what another server calls {@code theirTag}; null if there is none. */
    String mine(String server, String theirTag) {
        return mine.getOrDefault(server, Map.of()).get(theirTag);
    }

    /** Returns the priority of a server for a resource, 1 is best; 1 if it is not extended. */
    int priority(String tag, String server) {
        Place place = groups.getOrDefault(tag, Collections.emptySortedMap()).get(server);
        return place == null ? 1 : place.priority();
    }

    /** Returns all servers that share at least one of the resources, without {@code self}. */
    SortedSet<String> sharers(Collection<String> some, String self) {
        TreeSet<String> result = new TreeSet<>();
        some.forEach(tag -> result.addAll(
                groups.getOrDefault(tag, Collections.emptySortedMap()).keySet()));
        result.remove(self);
        return result;
    }

    /** Returns all resources, sorted. */
    SortedSet<String> tags() {
        return tags;
    }
}
