package org.mainstay.shell.internal.command.lcd;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;

/** Dependencies of one database as a graph. */
final class Relations {
    private final Lcd lcd;

    Relations(Lcd lcd) {
        this.lcd = lcd;
    }

    Set<String> children(String tag) {
        return related(Dependency::parent, Dependency::child, tag);
    }

    Set<String> parents(String tag) {
        return related(Dependency::child, Dependency::parent, tag);
    }

    /** Returns the tag and everything it depends on, directly or indirectly, the tag first. */
    Set<String> withAllChildren(String tag) {
        return closure(tag, this::children);
    }

    /** Returns the tag and everything that depends on it, directly or indirectly, the tag first. */
    Set<String> withAllParents(String tag) {
        return closure(tag, this::parents);
    }

    private Set<String> related(Function<Dependency, String> key, Function<Dependency, String> value, String tag) {
        Set<String> tags = new LinkedHashSet<>();
        for (Dependency row : lcd.rows(LcdSection.DEPENDENCIES).values()) {
            if (key.apply(row).equals(tag)) {
                tags.add(value.apply(row));
            }
        }
        return tags;
    }

    private static Set<String> closure(String tag, Function<String, Set<String>> next) {
        Set<String> found = new LinkedHashSet<>();
        Deque<String> open = new ArrayDeque<>();
        open.add(tag);
        while (!open.isEmpty()) {
            String current = open.remove();
            if (found.add(current)) {
                open.addAll(next.apply(current));
            }
        }
        return found;
    }
}
