package org.mainstay.core.internal.lcd;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * Sealed interfaces of records: {@code {"type":"SimpleName", ...members}}. Only records that the interface permits (directly
 * or through sealed interfaces below it) are ever made; any other name is an error.
 */
final class SealedAdapterFactory implements TypeAdapterFactory {

    @Override
    public <T> TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
        Class<? super T> raw = type.getRawType();
        if (!raw.isInterface() || !raw.isSealed()) {
            return null;
        }
        Map<String, Class<?>> permitted = new TreeMap<>();
        collect(raw, permitted);
        return new Adapter<T>(gson, raw, permitted).nullSafe();
    }

    private static void collect(Class<?> sealed, Map<String, Class<?>> permitted) {
        for (Class<?> subclass : sealed.getPermittedSubclasses()) {
            if (subclass.isSealed()) {
                collect(subclass, permitted);
            } else if (!subclass.isRecord()) {
                throw new IllegalArgumentException(subclass.getName() + " must be a record to have a JSON form");
            } else if (permitted.putIfAbsent(subclass.getSimpleName(), subclass) != null
                    && permitted.get(subclass.getSimpleName()) != subclass) {
                throw new IllegalArgumentException("two records of " + sealed.getName() + " have the same simple name "
                        + subclass.getSimpleName());
            }
        }
    }

    private static final class Adapter<T> extends TypeAdapter<T> {
        private final Gson gson;
        private final Class<?> sealed;
        private final Map<String, Class<?>> permitted;

        Adapter(Gson gson, Class<?> sealed, Map<String, Class<?>> permitted) {
            this.gson = gson;
            this.sealed = sealed;
            this.permitted = permitted;
        }

        @Override
        @SuppressWarnings("unchecked") // the adapter of the value's own class
        public void write(JsonWriter out, T value) throws IOException {
            ((TypeAdapter<T>) gson.getAdapter(value.getClass())).write(out, value);
        }

        @Override
        @SuppressWarnings("unchecked") // permitted subclasses are T
        public T read(JsonReader in) throws IOException {
            String place = in.getPath();
            JsonElement tree = gson.getAdapter(JsonElement.class).read(in);
            if (!(tree instanceof JsonObject object)) {
                throw new JsonParseException("expected an object for " + sealed.getSimpleName() + " at " + place);
            }
            JsonElement name = object.get("type");
            if (name == null || !name.isJsonPrimitive()) {
                throw new JsonParseException(
                        sealed.getSimpleName() + " at " + place + " has no member 'type' that names its kind");
            }
            Class<?> chosen = permitted.get(name.getAsString());
            if (chosen == null) {
                throw new JsonParseException("unknown type '" + name.getAsString() + "' at " + place + ": "
                        + sealed.getSimpleName() + " allows " + String.join(", ", permitted.keySet()));
            }
            return (T) gson.getAdapter(chosen).fromJsonTree(object);
        }
    }
}
