package org.mainstay.core.internal.lcd;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;

/**
 * What a commit does to one document: this server's database or the copy of a peer's.
 *
 * @param server whose database
 * @param kind what is done
 * @param incarnation incarnation of the document after the change
 * @param fromVersion version it must have before; 0 and not looked at unless {@code kind} is UPDATE
 * @param toVersion version afterwards, higher than {@code fromVersion}
 * @param bootId boot id afterwards
 * @param changes rows put and removed, in order; for REPLACE all rows, for FORGET none
 */
public record DocumentChange(
        String server,
        Kind kind,
        long incarnation,
        long fromVersion,
        long toVersion,
        String bootId,
        List<LcdChange<?>> changes) {

    /** What a change does to a document. */
    public enum Kind {
        /** Some rows change; the document must be there with the same incarnation and {@code fromVersion}. */
        UPDATE,
        /** The whole document becomes these rows, whatever it was: a peer's snapshot. */
        REPLACE,
        /** The document goes: the server left the cluster. Never this server's own. */
        FORGET
    }

    public DocumentChange {
        Objects.requireNonNull(server, "server");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(bootId, "bootId");
        changes = List.copyOf(changes);
        if (kind == Kind.UPDATE && toVersion <= fromVersion) {
            throw new IllegalArgumentException("the version of " + server + "'s database must rise: " + fromVersion
                    + " to " + toVersion + " does not");
        }
        if (incarnation < 0 || toVersion < 0 || fromVersion < 0) {
            throw new IllegalArgumentException("incarnation and versions must not be negative");
        }
    }

    /** Returns the change of some rows. */
    public static DocumentChange update(
            String server,
            long incarnation,
            long fromVersion,
            long toVersion,
            String bootId,
            List<LcdChange<?>> changes) {
        return new DocumentChange(server, Kind.UPDATE, incarnation, fromVersion, toVersion, bootId, changes);
    }

    /**
     * Returns the change from one state of a document to another: an update where both have the same incarnation and the
     * version rises, else a replacement.
     */
    public static DocumentChange between(Lcd before, Lcd after) {
        if (!before.server().equals(after.server())) {
            throw new IllegalArgumentException(
                    "databases of two servers: " + before.server() + " and " + after.server());
        }
        if (before.incarnation() != after.incarnation() || after.version() <= before.version()) {
            return replace(after);
        }
        return update(
                after.server(),
                after.incarnation(),
                before.version(),
                after.version(),
                after.bootId(),
                after.changesSince(before));
    }

    /** Returns the change that stores a whole document. */
    public static DocumentChange replace(Lcd lcd) {
        List<LcdChange<?>> rows = new ArrayList<>();
        for (LcdSection<?> section : lcd.sections()) {
            addRows(lcd, section, rows);
        }
        return new DocumentChange(lcd.server(), Kind.REPLACE, lcd.incarnation(), 0, lcd.version(), lcd.bootId(), rows);
    }

    private static <T> void addRows(Lcd lcd, LcdSection<T> section, List<LcdChange<?>> rows) {
        lcd.rows(section).forEach((key, row) -> rows.add(LcdChange.put(section, key, row)));
    }

    /** Returns the change that drops the copy of a peer's database. */
    public static DocumentChange forget(String server) {
        return new DocumentChange(server, Kind.FORGET, 0, 0, 0, "", List.of());
    }
}
