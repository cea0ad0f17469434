package org.mainstay.cluster.lcd;

import java.util.List;

/**
 * One table of the LCD: rows of one type under string keys. The names are part of the stored format.
 *
 * @param name name in files and messages
 * @param type type of the rows
 * @param <T> type of the rows
 */
public record LcdSection<T>(String name, Class<T> type) {
    /** Key: server name. */
    public static final LcdSection<SystemEntry> SYSTEMS = new LcdSection<>("systems", SystemEntry.class);
    /** Key: {@code application/type}; an application without types has the key {@code application/}. */
    public static final LcdSection<ResourceType> TYPES = new LcdSection<>("types", ResourceType.class);
    /** Key: tag. */
    public static final LcdSection<Instance> INSTANCES = new LcdSection<>("instances", Instance.class);
    /** Key: {@link Dependency#key}. */
    public static final LcdSection<Dependency> DEPENDENCIES = new LcdSection<>("dependencies", Dependency.class);
    /** Key: {@link Equivalency#key}. */
    public static final LcdSection<Equivalency> EQUIVALENCIES = new LcdSection<>("equivalencies", Equivalency.class);
    /** Key: name of the flag. */
    public static final LcdSection<Flag> FLAGS = new LcdSection<>("flags", Flag.class);
    /** Key: id of the path. */
    public static final LcdSection<CommPath> PATHS = new LcdSection<>("paths", CommPath.class);
    /** Key: {@link Membership#KEY}. */
    public static final LcdSection<Membership> MEMBERSHIP = new LcdSection<>("membership", Membership.class);
    /** Key: operation id. */
    public static final LcdSection<Handover> HANDOVERS = new LcdSection<>("handovers", Handover.class);
    /** Key: operation id. */
    public static final LcdSection<Operation> OPERATIONS = new LcdSection<>("operations", Operation.class);
    /** Key: tag; actions that were begun and whose end is not yet recorded. */
    public static final LcdSection<BegunAction> ACTIONS = new LcdSection<>("actions", BegunAction.class);
    /** Key: tag; what this server left when it stopped. */
    public static final LcdSection<Parked> PARKED = new LcdSection<>("parked", Parked.class);
    /** Key: {@code tag:NAME}, {@code server} or {@code cluster}. */
    public static final LcdSection<Maintenance> MAINTENANCE = new LcdSection<>("maintenance", Maintenance.class);
    /** Key: name of the other server; failover restrictions (ADM-071, ADM-072). */
    public static final LcdSection<Restriction> RESTRICTIONS = new LcdSection<>("restrictions", Restriction.class);
    /** Key: {@link Promise#key}; what was promised for groups this server does not share. */
    public static final LcdSection<Promise> PROMISES = new LcdSection<>("promises", Promise.class);

    /** Key: id of the job; every server has a copy of each. */
    public static final LcdSection<MirrorJob> JOBS = new LcdSection<>("jobs", MirrorJob.class);

    /** @throws IllegalArgumentException if the row is not of this section's type */
    void check(Object row) {
        if (!type.isInstance(row)) {
            throw new IllegalArgumentException("a row of section '" + name + "' must be a " + type.getSimpleName());
        }
    }

    /** Returns all sections in the order files list them. */
    public static List<LcdSection<?>> all() {
        return List.of(
                SYSTEMS,
                MEMBERSHIP,
                PATHS,
                TYPES,
                INSTANCES,
                DEPENDENCIES,
                EQUIVALENCIES,
                FLAGS,
                RESTRICTIONS,
                MAINTENANCE,
                PARKED,
                HANDOVERS,
                OPERATIONS,
                ACTIONS,
                PROMISES,
                JOBS);
    }

    /** Returns the section with this name. @throws IllegalArgumentException if there is none */
    public static LcdSection<?> named(String name) {
        return all().stream()
                .filter(section -> section.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the LCD has no section '" + name + "'"));
    }
}
