package org.mainstay.core.internal.admin;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;

/** Which instances {@code ins_remove} removes, and in which order (CMD-171 to CMD-176, CMD-181). */
final class InstanceSelection {
    private final Lcd lcd;

    InstanceSelection(Lcd lcd) {
        this.lcd = lcd;
    }

    /**
     * Returns the tags, what depends on others first.
     *
     * @throws Refusal 7 if a tag is unknown, 8 if something would be left that depends on a removed one
     */
    List<String> select(Request.RemoveInstances request) throws Refusal {
        Set<String> chosen = new LinkedHashSet<>();
        for (String tag : request.tags()) {
            check(tag);
            chosen.addAll(Hierarchies.withParents(lcd, tag));
        }
        for (String root : request.roots()) {
            check(root);
            chosen.addAll(Hierarchies.withParents(lcd, root));
        }
        if (!request.roots().isEmpty()) {
            downward(chosen);
        }
        if (request.tags().isEmpty() && request.roots().isEmpty()) {
            chosen.addAll(lcd.instances().keySet());
        }
        chosen.removeIf(tag -> !matches(tag, request));
        for (Dependency row : lcd.rows(LcdSection.DEPENDENCIES).values()) {
            if (chosen.contains(row.child()) && !chosen.contains(row.parent())) {
                throw new Refusal(
                        ExitCode.IN_USE,
                        "'" + row.parent() + "' depends on '" + row.child()
                                + "' and would be left; remove it first, or the dependency with dep_remove");
            }
        }
        List<String> parentsFirst = new ArrayList<>(Hierarchies.childrenFirst(lcd, chosen));
        java.util.Collections.reverse(parentsFirst);
        return parentsFirst;
    }

    private void check(String tag) throws Refusal {
        if (lcd.instance(tag).isEmpty()) {
            throw new Refusal(
                    ExitCode.NOT_FOUND,
                    "there is no resource '" + tag + "' on " + lcd.server() + "; 'ins_list' shows the resources");
        }
    }

    /** Adds what is below, until something is met that another resource needs. */
    private void downward(Set<String> chosen) {
        boolean found = true;
        while (found) {
            Set<String> below = new TreeSet<>();
            for (Dependency row : lcd.rows(LcdSection.DEPENDENCIES).values()) {
                if (chosen.contains(row.parent()) && !chosen.contains(row.child())) {
                    below.add(row.child());
                }
            }
            below.removeIf(child -> lcd.rows(LcdSection.DEPENDENCIES).values().stream()
                    .anyMatch(row -> row.child().equals(child) && !chosen.contains(row.parent())));
            found = chosen.addAll(below);
        }
    }

    private boolean matches(String tag, Request.RemoveInstances request) {
        Instance instance = lcd.instances().get(tag);
        return (request.application().isEmpty() || request.application().equals(instance.application()))
                && (request.type().isEmpty() || request.type().equals(instance.type()));
    }
}
