package org.mainstay.mirror.engine.volume;

import java.util.ArrayList;
import java.util.List;

/**
 * Which data a side holds: the random id of its present generation and those it came from, newest first. A side takes a new
 * generation before it may write what the other does not get; equal ids mean equal data but for what intent logs say.
 *
 * @param current id of the present data, 0: nothing was ever written here
 * @param history ids it descends from
 */
public record Generations(long current, List<Long> history) {
    /** A side that holds nothing yet. */
    public static final Generations NONE = new Generations(0, List.of());

    private static final int REMEMBERED = 32;

    /** Copies the history. */
    public Generations {
        history = List.copyOf(history.size() > REMEMBERED ? history.subList(0, REMEMBERED) : history);
    }

    /** Returns the generations after {@code id} began. */
    public Generations next(long id) {
        List<Long> all = new ArrayList<>();
        if (current != 0) {
            all.add(current);
        }
        all.addAll(history);
        return new Generations(id, all);
    }

    /** Says whether this data is, or descends from, generation {@code id}. */
    public boolean holds(long id) {
        return id != 0 && (current == id || history.contains(id));
    }

    /** Says whether both descend from one generation. */
    public boolean related(Generations other) {
        return holds(other.current) || history.stream().anyMatch(other::holds);
    }

    /** Says whether this data is, or goes on from, that; a history that is full may have forgotten it, but not all before it. */
    boolean follows(Generations before) {
        return current != 0 && (holds(before.current) || history.size() == REMEMBERED && related(before));
    }

    /** Writes as hexadecimal ids with commas. */
    public String text() {
        StringBuilder text = new StringBuilder(Long.toHexString(current));
        history.forEach(id -> text.append(',').append(Long.toHexString(id)));
        return text.toString();
    }

    /** Reads {@link #text}. @throws NumberFormatException if it is none */
    public static Generations parse(String text) {
        List<Long> ids = new ArrayList<>();
        for (String id : text.split(",", REMEMBERED + 2)) {
            ids.add(Long.parseUnsignedLong(id, 16));
        }
        return new Generations(ids.get(0), ids.subList(1, ids.size()));
    }
}
