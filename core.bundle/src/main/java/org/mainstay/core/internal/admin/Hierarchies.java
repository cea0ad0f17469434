package org.mainstay.core.internal.admin;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;

/** Questions about hierarchies in one server's database. */
final class Hierarchies {
    private Hierarchies() {}

    /** Returns the tags of a whole hierarchy: everything connected by dependencies. */
    static Set<String> of(Lcd lcd, String tag) {
        return reached(lcd, tag, true, true);
    }

    /** Returns the tag and all that depend on it, directly or indirectly. */
    static Set<String> withParents(Lcd lcd, String tag) {
        return reached(lcd, tag, true, false);
    }

    /** Returns the tag and all it depends on, directly or indirectly. */
    static Set<String> withChildren(Lcd lcd, String tag) {
        return reached(lcd, tag, false, true);
    }

    private static Set<String> reached(Lcd lcd, String tag, boolean up, boolean down) {
        Set<String> found = new TreeSet<>(Set.of(tag));
        Deque<String> open = new ArrayDeque<>(found);
        while (!open.isEmpty()) {
            String next = open.remove();
            for (Dependency dependency : lcd.rows(LcdSection.DEPENDENCIES).values()) {
                if (up && dependency.child().equals(next) && found.add(dependency.parent())) {
                    open.add(dependency.parent());
                }
                if (down && dependency.parent().equals(next) && found.add(dependency.child())) {
                    open.add(dependency.child());
                }
            }
        }
        return found;
    }

    /** Returns the tags so that every child comes before its parents. */
    static List<String> childrenFirst(Lcd lcd, Collection<String> tags) {
        Set<String> ordered = new LinkedHashSet<>();
        new TreeSet<>(tags).forEach(tag -> visit(lcd, tag, tags, ordered, new TreeSet<>()));
        return new ArrayList<>(ordered);
    }

    private static void visit(Lcd lcd, String tag, Collection<String> tags, Set<String> ordered, Set<String> path) {
        if (ordered.contains(tag) || !path.add(tag)) {
            return;
        }
        children(lcd, tag).stream().filter(tags::contains).forEach(child -> visit(lcd, child, tags, ordered, path));
        ordered.add(tag);
    }

    /** Returns the direct children. */
    static List<String> children(Lcd lcd, String tag) {
        return lcd.rows(LcdSection.DEPENDENCIES).values().stream()
                .filter(dependency -> dependency.parent().equals(tag))
                .map(Dependency::child)
                .toList();
    }

    /** Returns the equivalencies an instance takes part in. */
    static List<Equivalency> equivalencies(Lcd lcd, String tag) {
        return lcd.rows(LcdSection.EQUIVALENCIES).values().stream()
                .filter(equivalency -> is(equivalency, lcd.server(), tag))
                .toList();
    }

    private static boolean is(Equivalency equivalency, String server, String tag) {
        return equivalency.server().equals(server) && equivalency.tag().equals(tag)
                || equivalency.otherServer().equals(server)
                        && equivalency.otherTag().equals(tag);
    }

    /** Returns by server the tag of the same resource there, the database's own server included. */
    static Map<String, String> everywhere(Lcd lcd, String tag) {
        Map<String, String> tags = new TreeMap<>();
        tags.put(lcd.server(), tag);
        for (Equivalency equivalency : equivalencies(lcd, tag)) {
            tags.putIfAbsent(equivalency.server(), equivalency.tag());
            tags.putIfAbsent(equivalency.otherServer(), equivalency.otherTag());
        }
        return tags;
    }

    /** Returns by server its priority for the resource; empty if it is on this server only. */
    static Map<String, Integer> priorities(Lcd lcd, String tag) {
        Map<String, Integer> priorities = new TreeMap<>();
        for (Equivalency equivalency : equivalencies(lcd, tag)) {
            priorities.put(equivalency.server(), equivalency.priority());
            priorities.put(equivalency.otherServer(), equivalency.otherPriority());
        }
        return priorities;
    }

    /** Returns a text that differs when the hierarchy of a tag has other resources, dependencies or servers. */
    static String fingerprint(Lcd lcd, String tag) {
        Set<String> tags = of(lcd, tag);
        StringBuilder text = new StringBuilder();
        for (String one : tags) {
            text.append(one).append(lcd.instance(one).isPresent() ? " has " : " lacks ");
            text.append(children(lcd, one)).append(equivalencies(lcd, one)).append('\n');
        }
        return text.toString();
    }
}
