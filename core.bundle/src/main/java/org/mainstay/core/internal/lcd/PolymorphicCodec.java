package org.mainstay.core.internal.lcd;

import com.google.gson.TypeAdapter;
import java.nio.charset.StandardCharsets;

/**
 * Reads and writes the records of one sealed interface as {@code {"type":"SimpleName", ...members}}. Thread-safe.
 *
 * @param <T> the sealed interface
 */
public final class PolymorphicCodec<T> {
    private final LcdCodec codec;
    private final Class<T> sealed;
    private final TypeAdapter<T> adapter;

    PolymorphicCodec(LcdCodec codec, Class<T> sealed, TypeAdapter<T> adapter) {
        this.codec = codec;
        this.sealed = sealed;
        this.adapter = adapter;
    }

    /** Returns the JSON text of a value. */
    public String encode(T value) {
        return adapter.toJson(value);
    }

    /** Returns the JSON text of a value as UTF-8. */
    public byte[] encodeBytes(T value) {
        return LcdCodec.utf8(encode(value));
    }

    /** Reads a value. @throws JsonParseException if the kind is not known or a member is missing or not valid */
    public T decode(String json) {
        return codec.read(json, sealed);
    }

    /** Reads a value from UTF-8. @throws JsonParseException as {@link #decode(String)} */
    public T decodeBytes(byte[] json) {
        return decode(new String(json, StandardCharsets.UTF_8));
    }
}
