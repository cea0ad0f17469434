package org.mainstay.shell.internal.command.lcd;

import java.util.SortedSet;
import java.util.TreeSet;
import org.mainstay.cluster.Administration.Kit;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.ResourceType;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;

/**
 * The applications and types of a server: those with a row of their own or an instance, and those whose kit is installed
 * (CMD-101).
 */
final class Applications {
    private final SortedSet<String> names = new TreeSet<>();
    private final SortedSet<String> typeKeys = new TreeSet<>();

    private Applications() {}

    static Applications of(Invocation invocation) throws CommandException {
        Lcd lcd = LcdCommand.database(invocation);
        Applications found = new Applications();
        lcd.rows(LcdSection.TYPES).values().forEach(found::add);
        lcd.instances().values().forEach(row -> found.add(new ResourceType(row.application(), row.type())));
        for (Kit kit : invocation.platform().administration().kits()) {
            found.add(new ResourceType(kit.application(), kit.type()));
        }
        return found;
    }

    private void add(ResourceType row) {
        names.add(row.application());
        if (!row.type().isEmpty()) {
            typeKeys.add(row.key());
        }
    }

    /** Returns the applications, sorted. */
    SortedSet<String> names() {
        return names;
    }

    /** Returns the types as {@code application/type}, sorted. */
    SortedSet<String> typeKeys() {
        return typeKeys;
    }

    /** Refuses a type that does not exist on this server. @param application whose type, null for any */
    void requireType(String application, String type) throws CommandException {
        boolean known = application == null
                ? typeKeys.stream().anyMatch(key -> key.endsWith("/" + type))
                : typeKeys.contains(application + "/" + type);
        if (!known) {
            throw CommandException.notFound("there is no type '" + type + "'"
                    + (application == null ? "" : " of '" + application + "'") + " here; 'typ_list' shows the types");
        }
    }

    /** Refuses an application that does not exist on this server. */
    void require(String application) throws CommandException {
        if (!names.contains(application)) {
            throw CommandException.notFound(
                    "there is no application '" + application + "' here; 'app_list' shows the applications");
        }
    }
}
