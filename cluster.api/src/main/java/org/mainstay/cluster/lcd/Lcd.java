package org.mainstay.cluster.lcd;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The configuration database of one server: an immutable set of tables with a version. Safe for use by any thread.
 *
 * <p>The version rises by one with each commit and counts within an incarnation; a new incarnation begins when a server's
 * database was created or rebuilt, and a higher incarnation is newer whatever its version.
 */
public final class Lcd {
    private final String server;
    private final long incarnation;
    private final long version;
    private final String bootId;
    private final Map<LcdSection<?>, NavigableMap<String, ?>> tables;

    private Lcd(
            String server,
            long incarnation,
            long version,
            String bootId,
            Map<LcdSection<?>, NavigableMap<String, ?>> tables) {
        this.server = Objects.requireNonNull(server, "server");
        this.incarnation = incarnation;
        this.version = version;
        this.bootId = Objects.requireNonNull(bootId, "bootId");
        this.tables = tables;
    }

    /** Returns an empty database, version 0. */
    public static Lcd empty(String server, long incarnation) {
        return new Lcd(server, incarnation, 0, "", Map.of());
    }

    /** Returns a database read from a file or message; rows must be of their section's type. */
    public static Lcd of(
            String server,
            long incarnation,
            long version,
            String bootId,
            Map<LcdSection<?>, ? extends Map<String, ?>> rows) {
        Map<LcdSection<?>, NavigableMap<String, ?>> tables = new HashMap<>();
        rows.forEach((section, table) -> {
            table.values().forEach(section::check);
            tables.put(section, Collections.unmodifiableNavigableMap(new TreeMap<>(table)));
        });
        return new Lcd(server, incarnation, version, bootId, Map.copyOf(tables));
    }

    /** Returns the server whose database this is. */
    public String server() {
        return server;
    }

    public long incarnation() {
        return incarnation;
    }

    public long version() {
        return version;
    }

    /** Returns the boot of the machine during which the instance states were last true; empty if never started. */
    public String bootId() {
        return bootId;
    }

    /** Returns whether this is newer than the other database of the same server. */
    public boolean newerThan(Lcd other) {
        return incarnation != other.incarnation ? incarnation > other.incarnation : version > other.version;
    }

    /** Returns the rows of a section by key, sorted, unmodifiable. */
    @SuppressWarnings("unchecked") // of() and with() only store rows of the section's type
    public <T> NavigableMap<String, T> rows(LcdSection<T> section) {
        NavigableMap<String, ?> table = tables.get(section);
        return table == null ? Collections.emptyNavigableMap() : (NavigableMap<String, T>) table;
    }

    /**
     * Returns the sections that have rows: those of {@link LcdSection#all} in its order, then, sorted by name, any that a
     * newer release wrote and this one only carries along.
     */
    public List<LcdSection<?>> sections() {
        List<LcdSection<?>> known = LcdSection.all();
        List<LcdSection<?>> sections = new ArrayList<>(known);
        tables.keySet().stream()
                .filter(section -> !known.contains(section))
                .sorted(Comparator.comparing(LcdSection::name))
                .forEach(sections::add);
        sections.removeIf(section -> rows(section).isEmpty());
        return sections;
    }

    public <T> Optional<T> row(LcdSection<T> section, String key) {
        return Optional.ofNullable(rows(section).get(key));
    }

    public NavigableMap<String, Instance> instances() {
        return rows(LcdSection.INSTANCES);
    }

    public Optional<Instance> instance(String tag) {
        return row(LcdSection.INSTANCES, tag);
    }

    public Membership membership() {
        return row(LcdSection.MEMBERSHIP, Membership.KEY).orElse(Membership.EMPTY);
    }

    /** Returns this database with one row put; the version does not change, see {@link #committed}. */
    public <T> Lcd with(LcdSection<T> section, String key, T row) {
        return apply(List.of(LcdChange.put(section, key, row)));
    }

    /** Returns this database without the row; the version does not change, see {@link #committed}. */
    public <T> Lcd without(LcdSection<T> section, String key) {
        return apply(List.of(LcdChange.remove(section, key)));
    }

    /** Returns this database with the instance put under its tag. */
    public Lcd with(Instance instance) {
        return with(LcdSection.INSTANCES, instance.tag(), instance);
    }

    /** Returns this database with the changes applied in order; the version does not change, see {@link #committed}. */
    public Lcd apply(List<LcdChange<?>> changes) {
        if (changes.isEmpty()) {
            return this;
        }
        Map<LcdSection<?>, TreeMap<String, Object>> changed = new HashMap<>();
        for (LcdChange<?> change : changes) {
            TreeMap<String, Object> table =
                    changed.computeIfAbsent(change.section(), section -> new TreeMap<>(rows(section)));
            if (change.value() == null) {
                table.remove(change.key());
            } else {
                table.put(change.key(), change.value());
            }
        }
        Map<LcdSection<?>, NavigableMap<String, ?>> all = new HashMap<>(tables);
        changed.forEach((section, table) -> all.put(section, Collections.unmodifiableNavigableMap(table)));
        return new Lcd(server, incarnation, version, bootId, Map.copyOf(all));
    }

    /** Returns this database with the next version: what a commit stores. */
    public Lcd committed() {
        return withVersion(version + 1);
    }

    public Lcd withVersion(long newVersion) {
        return new Lcd(server, incarnation, newVersion, bootId, tables);
    }

    public Lcd withBootId(String newBootId) {
        return new Lcd(server, incarnation, version, newBootId, tables);
    }

    /** Returns the changes that turn {@code before} into this; cheap where rows are the same objects. */
    public List<LcdChange<?>> changesSince(Lcd before) {
        List<LcdChange<?>> changes = new ArrayList<>();
        Set<LcdSection<?>> sections = new LinkedHashSet<>(before.sections());
        sections.addAll(sections());
        for (LcdSection<?> section : sections) {
            addChanges(section, before, changes);
        }
        return changes;
    }

    private <T> void addChanges(LcdSection<T> section, Lcd before, List<LcdChange<?>> changes) {
        NavigableMap<String, T> old = before.rows(section);
        NavigableMap<String, T> now = rows(section);
        if (old == now) {
            return;
        }
        old.keySet().stream()
                .filter(key -> !now.containsKey(key))
                .forEach(key -> changes.add(LcdChange.remove(section, key)));
        now.forEach((key, row) -> {
            if (!row.equals(old.get(key))) {
                changes.add(LcdChange.put(section, key, row));
            }
        });
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Lcd that
                && server.equals(that.server)
                && incarnation == that.incarnation
                && version == that.version
                && bootId.equals(that.bootId)
                && sections().equals(that.sections())
                && sections().stream().allMatch(section -> rows(section).equals(that.rows(section)));
    }

    @Override
    public int hashCode() {
        return Objects.hash(server, incarnation, version);
    }

    @Override
    public String toString() {
        return "LCD of " + server + ", version " + incarnation + "." + version;
    }
}
