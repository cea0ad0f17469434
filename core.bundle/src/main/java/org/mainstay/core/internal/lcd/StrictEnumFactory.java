package org.mainstay.core.internal.lcd;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/** Enums by name, an unknown name is an error (Gson alone would read it as null); {@link Optional} as its value or null. */
final class StrictEnumFactory implements TypeAdapterFactory {

    @Override
    @SuppressWarnings({"unchecked", "rawtypes"}) // the adapter is made for the very class that is asked for
    public <T> TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
        Class<? super T> raw = type.getRawType();
        if (raw == Optional.class) {
            if (!(type.getType() instanceof java.lang.reflect.ParameterizedType parameterized)) {
                throw new IllegalArgumentException("Optional needs its type argument to have a JSON form");
            }
            return (TypeAdapter<T>) new OptionalAdapter(
                    gson.getAdapter(TypeToken.get(parameterized.getActualTypeArguments()[0])));
        }
        if (!Enum.class.isAssignableFrom(raw) || raw == Enum.class) {
            return null;
        }
        Class<?> enumClass = raw.isEnum() ? raw : raw.getSuperclass();
        return (TypeAdapter<T>) new EnumAdapter(enumClass).nullSafe();
    }

    private static final class EnumAdapter<E extends Enum<E>> extends TypeAdapter<E> {
        private final Class<E> type;

        EnumAdapter(Class<E> type) {
            this.type = type;
        }

        @Override
        public void write(JsonWriter out, E value) throws IOException {
            out.value(value.name());
        }

        @Override
        public E read(JsonReader in) throws IOException {
            String place = in.getPath();
            String name = in.nextString();
            return Arrays.stream(type.getEnumConstants())
                    .filter(constant -> constant.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new JsonParseException("unknown value '" + name + "' at " + place + ": "
                            + type.getSimpleName() + " allows " + Arrays.toString(type.getEnumConstants())));
        }
    }

    private static final class OptionalAdapter<T> extends TypeAdapter<Optional<T>> {
        private final TypeAdapter<T> delegate;

        OptionalAdapter(TypeAdapter<T> delegate) {
            this.delegate = delegate;
        }

        @Override
        public void write(JsonWriter out, Optional<T> value) throws IOException {
            if (value.isPresent()) {
                delegate.write(out, value.get());
            } else {
                boolean before = out.getSerializeNulls();
                out.setSerializeNulls(true);
                out.nullValue();
                out.setSerializeNulls(before);
            }
        }

        @Override
        public Optional<T> read(JsonReader in) throws IOException {
            if (in.peek() == com.google.gson.stream.JsonToken.NULL) {
                in.nextNull();
                return Optional.empty();
            }
            return Optional.ofNullable(delegate.read(in));
        }
    }
}
