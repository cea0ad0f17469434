package org.mainstay.core.internal.lcd;

import com.google.gson.JsonObject;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * JSON members that this release does not know, kept beside the objects they were read with, so that a file or message of a
 * newer release loses nothing when it passes through here (design.md section 4).
 *
 * <p>The model is made of records without room for foreign members; they are therefore held by object identity, weakly. A
 * changed row is a new object: {@link #inherit} hands the members of the row it replaces on to it. Thread-safe.
 */
final class UnknownMembers {
    private final Map<Key, JsonObject> members = new ConcurrentHashMap<>();
    private final ReferenceQueue<Object> collected = new ReferenceQueue<>();

    /** Equal to another key of the same living object. */
    private static final class Key extends WeakReference<Object> {
        private final int hash;

        Key(Object object, ReferenceQueue<Object> queue) {
            super(object, queue);
            hash = System.identityHashCode(object);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            if (this == other) {
                return true;
            }
            Object mine = get();
            return mine != null && other instanceof Key that && mine == that.get();
        }
    }

    void put(Object owner, JsonObject unknown) {
        purge();
        if (!unknown.isEmpty()) {
            members.put(new Key(owner, collected), unknown);
        }
    }

    Optional<JsonObject> of(Object owner) {
        return members.isEmpty() ? Optional.empty() : Optional.ofNullable(members.get(new Key(owner, null)));
    }

    /**
     * Hands unknown members on from a value to the one that replaces it, also inside nested records. Elements of lists and
     * values of maps are matched by key, or by the first component of the record (its name by our convention). What the new
     * value already has, because it was itself just read, stays.
     */
    void inherit(Object from, Object to) {
        purge();
        if (!members.isEmpty()) {
            hand(from, to);
        }
    }

    private void hand(Object from, Object to) {
        if (from == null || to == null || from == to) {
            return;
        }
        if (from instanceof Collection<?> old && to instanceof Collection<?> now) {
            now.forEach(element -> old.stream()
                    .filter(candidate -> sameName(candidate, element))
                    .findFirst()
                    .ifPresent(candidate -> hand(candidate, element)));
        } else if (from instanceof Map<?, ?> old && to instanceof Map<?, ?> now) {
            now.forEach((key, value) -> hand(old.get(key), value));
        } else if (from.getClass() == to.getClass()) {
            if (of(to).isEmpty()) {
                of(from).ifPresent(unknown -> put(to, unknown));
            }
            if (to.getClass().isRecord()) {
                for (RecordComponent component : to.getClass().getRecordComponents()) {
                    if (!component.getType().isPrimitive() && component.getType() != String.class) {
                        hand(value(component, from), value(component, to));
                    }
                }
            }
        }
    }

    private static boolean sameName(Object one, Object other) {
        if (one == null
                || other == null
                || one.getClass() != other.getClass()
                || !one.getClass().isRecord()) {
            return false;
        }
        RecordComponent[] components = one.getClass().getRecordComponents();
        return components.length > 0 && value(components[0], one).equals(value(components[0], other));
    }

    static Object value(RecordComponent component, Object owner) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(owner);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("cannot read " + component.getName() + " of " + owner.getClass(), e);
        }
    }

    private void purge() {
        for (Reference<?> gone = collected.poll(); gone != null; gone = collected.poll()) {
            members.remove(gone);
        }
    }
}
