package org.mainstay.shell.internal.command.lcd;

import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;

/** The applications of a server: those with a row of their own, with a type, or with an instance. */
final class Applications {
    private Applications() {}

    static SortedSet<String> of(Lcd lcd) {
        SortedSet<String> names = new TreeSet<>();
        lcd.rows(LcdSection.TYPES).values().forEach(row -> names.add(row.application()));
        lcd.instances().values().forEach(row -> names.add(row.application()));
        return names;
    }
}
