package org.mainstay.cluster.lcd;

import java.util.Objects;
import java.util.Optional;

/**
 * One row put or removed: what the journal records and what peers are sent.
 *
 * @param section the table
 * @param key the row's key
 * @param value the new row; null removes it
 * @param <T> type of the rows
 */
public record LcdChange<T>(LcdSection<T> section, String key, T value) {

    public LcdChange {
        Objects.requireNonNull(section, "section");
        Objects.requireNonNull(key, "key");
        if (value != null) {
            section.check(value);
        }
    }

    public static <T> LcdChange<T> put(LcdSection<T> section, String key, T value) {
        return new LcdChange<>(section, key, Objects.requireNonNull(value, "value"));
    }

    public static <T> LcdChange<T> remove(LcdSection<T> section, String key) {
        return new LcdChange<>(section, key, null);
    }

    /** Returns the new row, empty for a removal. */
    public Optional<T> row() {
        return Optional.ofNullable(value);
    }
}
