package org.mainstay.core.internal.lcd;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.lcd.Lcd;

/**
 * Records as JSON objects, strictly: a missing member is an error unless {@link LcdSchema} has a default for it, null is
 * accepted only where it is written and never in the model's own records, and what the record's constructor refuses is an error that names the place. Members that
 * are not known are kept ({@link UnknownMembers}). A record that belongs to a sealed interface carries its simple name as
 * member {@code type}.
 */
final class RecordAdapterFactory implements TypeAdapterFactory {
    private final UnknownMembers unknown;

    RecordAdapterFactory(UnknownMembers unknown) {
        this.unknown = unknown;
    }

    @Override
    @SuppressWarnings("unchecked") // the adapter is made for the very class that is asked for
    public <T> TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
        Class<? super T> raw = type.getRawType();
        if (!raw.isRecord()) {
            return null;
        }
        if (raw.getTypeParameters().length > 0) {
            throw new IllegalArgumentException("generic record " + raw.getName() + " has no JSON form");
        }
        return (TypeAdapter<T>) new Adapter<>(gson, raw, unknown).nullSafe();
    }

    /** Returns whether the class is a record of a closed family, told apart by member {@code type}. */
    static boolean ofSealedFamily(Class<?> record) {
        return Arrays.stream(record.getInterfaces()).anyMatch(Class::isSealed);
    }

    private static final class Adapter<T> extends TypeAdapter<T> {
        private final Class<T> record;
        private final UnknownMembers unknown;
        private final boolean named;
        private final boolean row;
        private final RecordComponent[] components;
        private final TypeAdapter<Object>[] adapters;
        private final TypeAdapter<JsonElement> elements;
        private final Map<String, Integer> positions = new HashMap<>();
        private final Constructor<T> constructor;

        @SuppressWarnings("unchecked") // arrays of adapters by component
        Adapter(Gson gson, Class<T> record, UnknownMembers unknown) {
            this.record = record;
            this.unknown = unknown;
            this.named = ofSealedFamily(record);
            this.row = record.getPackageName().equals(Lcd.class.getPackageName());
            this.elements = gson.getAdapter(JsonElement.class);
            components = record.getRecordComponents();
            adapters = new TypeAdapter[components.length];
            for (int i = 0; i < components.length; i++) {
                adapters[i] = (TypeAdapter<Object>) gson.getAdapter(TypeToken.get(components[i].getGenericType()));
                positions.put(components[i].getName(), i);
            }
            if (named && positions.containsKey("type")) {
                throw new IllegalArgumentException(
                        record.getName() + " must not have a component 'type': it is the name of the record in JSON");
            }
            try {
                constructor = record.getDeclaredConstructor(
                        Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new));
                constructor.setAccessible(true);
            } catch (NoSuchMethodException e) {
                throw new IllegalStateException("a record without canonical constructor: " + record.getName(), e);
            }
        }

        @Override
        public void write(JsonWriter out, T value) throws IOException {
            out.beginObject();
            if (named) {
                out.name("type").value(record.getSimpleName());
            }
            for (int i = 0; i < components.length; i++) {
                out.name(components[i].getName());
                Object member = UnknownMembers.value(components[i], value);
                if (member == null) {
                    if (row) {
                        throw new IllegalArgumentException(
                                "member '" + components[i].getName() + "' of " + value + " must not be null");
                    }
                    writeNull(out);
                } else {
                    adapters[i].write(out, member);
                }
            }
            Optional<JsonObject> extra = unknown.of(value);
            if (extra.isPresent()) {
                for (Map.Entry<String, JsonElement> member : extra.get().entrySet()) {
                    out.name(member.getKey());
                    elements.write(out, member.getValue());
                }
            }
            out.endObject();
        }

        /** An explicit null, so that a member that was forgotten can be told from one that is null. */
        private static void writeNull(JsonWriter out) throws IOException {
            boolean before = out.getSerializeNulls();
            out.setSerializeNulls(true);
            out.nullValue();
            out.setSerializeNulls(before);
        }

        @Override
        public T read(JsonReader in) throws IOException {
            if (in.peek() != JsonToken.BEGIN_OBJECT) {
                throw new JsonParseException("expected an object for " + record.getSimpleName() + " at " + in.getPath()
                        + ", not " + in.peek());
            }
            String place = in.getPath();
            Object[] values = new Object[components.length];
            boolean[] seen = new boolean[components.length];
            JsonObject extra = null;
            in.beginObject();
            while (in.hasNext()) {
                String name = in.nextName();
                Integer position = positions.get(name);
                if (position != null) {
                    values[position] = adapters[position].read(in);
                    seen[position] = true;
                } else if (named && name.equals("type")) {
                    checkName(in.nextString(), place);
                } else {
                    extra = extra == null ? new JsonObject() : extra;
                    extra.add(name, elements.read(in));
                }
            }
            in.endObject();
            complete(values, seen, place);
            T value = construct(values, place);
            if (extra != null) {
                unknown.put(value, extra);
            }
            return value;
        }

        private void checkName(String name, String place) {
            if (!name.equals(record.getSimpleName())) {
                throw new JsonParseException(
                        "expected type '" + record.getSimpleName() + "' at " + place + ", not '" + name + "'");
            }
        }

        private void complete(Object[] values, boolean[] seen, String place) {
            for (int i = 0; i < components.length; i++) {
                String name = components[i].getName();
                if (!seen[i]) {
                    if (components[i].getType() == Optional.class) {
                        values[i] = Optional.empty();
                        continue;
                    }
                    Optional<JsonElement> fallback = LcdSchema.defaultFor(record, name);
                    if (fallback.isEmpty()) {
                        throw new JsonParseException(
                                record.getSimpleName() + " at " + place + " has no member '" + name + "'");
                    }
                    values[i] = adapters[i].fromJsonTree(fallback.get());
                }
                if (values[i] == null && (row || components[i].getType().isPrimitive())) {
                    throw new JsonParseException("member '" + name + "' of " + record.getSimpleName() + " at " + place
                            + " must not be null");
                }
            }
        }

        private T construct(Object[] values, String place) {
            try {
                return constructor.newInstance(values);
            } catch (InvocationTargetException e) {
                Throwable cause = e.getCause();
                String why = cause instanceof NullPointerException ? "a member is null" : cause.getMessage();
                throw new JsonParseException(record.getSimpleName() + " at " + place + " is not valid: " + why, cause);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("cannot make a " + record.getName(), e);
            }
        }
    }
}
