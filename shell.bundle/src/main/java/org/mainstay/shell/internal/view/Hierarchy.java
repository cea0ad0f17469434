package org.mainstay.shell.internal.view;

import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;

/** Which resources belong together. */
public final class Hierarchy {
    private Hierarchy() {}

    /** Returns the tags of a whole hierarchy on a server: the named one, and those it is connected with by dependencies. */
    public static SortedSet<String> of(Lcd lcd, String tag) {
        SortedSet<String> found = new TreeSet<>(Set.of(tag));
        boolean grown = true;
        while (grown) {
            grown = false;
            for (Dependency dependency : lcd.rows(LcdSection.DEPENDENCIES).values()) {
                if (found.contains(dependency.parent()) || found.contains(dependency.child())) {
                    grown |= found.add(dependency.parent()) | found.add(dependency.child());
                }
            }
        }
        return found;
    }
}
