package org.mainstay.core.internal.lcd;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.reflect.TypeToken;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;

/**
 * The configuration database and messages about it as JSON (Gson). Thread-safe.
 *
 * <p>Strict where a mistake would be dangerous: unknown kinds, enum names and missing members are errors that name the place.
 * Tolerant where a newer release speaks: members and sections that are not known are kept and written again, through changes
 * of the same row too if the rows come from this codec or pass through {@link LcdStore}. Use one codec per process.
 */
public final class LcdCodec {
    private static final Type CHANGES = new TypeToken<List<LcdChange<?>>>() {}.getType();

    private final UnknownMembers unknown = new UnknownMembers();
    private final Gson gson;
    private final Gson pretty;

    public LcdCodec() {
        GsonBuilder builder = new GsonBuilder()
                .setStrictness(Strictness.STRICT)
                .disableHtmlEscaping()
                .serializeSpecialFloatingPointValues()
                .registerTypeAdapterFactory(new RecordAdapterFactory(unknown))
                .registerTypeAdapterFactory(new SealedAdapterFactory())
                .registerTypeAdapterFactory(new StrictEnumFactory())
                .registerTypeAdapterFactory(new LcdAdapterFactory(unknown));
        gson = builder.create();
        pretty = builder.setPrettyPrinting().create();
    }

    /** Returns the JSON text of a database. */
    public String encode(Lcd lcd) {
        return gson.toJson(lcd, Lcd.class);
    }

    /**
     * Reads a database.
     *
     * @throws JsonParseException if the text is not a database, or one with a higher major schema version
     */
    public Lcd decode(String json) {
        return read(json, Lcd.class);
    }

    /** Returns the JSON text of a list of changes. */
    public String encodeChanges(List<LcdChange<?>> changes) {
        return gson.toJson(changes, CHANGES);
    }

    /** Reads a list of changes. @throws JsonParseException if the text is not one */
    public List<LcdChange<?>> decodeChanges(String json) {
        List<LcdChange<?>> changes = read(json, CHANGES);
        return List.copyOf(changes);
    }

    /**
     * Returns the codec of a sealed interface whose permitted classes are records: {@code {"type":"SimpleName", ...}}.
     * Members may be records, lists, maps with string keys, enums, Optional, other sealed interfaces, {@link Lcd} and
     * {@link LcdChange}.
     *
     * @throws IllegalArgumentException if a class of the family has no JSON form
     */
    public <T> PolymorphicCodec<T> polymorphic(Class<T> sealed) {
        if (!sealed.isInterface() || !sealed.isSealed()) {
            throw new IllegalArgumentException(sealed.getName() + " must be a sealed interface of records");
        }
        TypeAdapter<T> adapter = gson.getAdapter(sealed);
        for (Class<?> permitted : sealed.getPermittedSubclasses()) {
            // asked for now, so that a class without JSON form fails here rather than with the first message
            Objects.requireNonNull(gson.getAdapter(permitted));
        }
        return new PolymorphicCodec<>(this, sealed, adapter);
    }

    /** Returns the JSON text of any value this codec has a form for. */
    public String write(Object value, Type type) {
        return gson.toJson(value, type);
    }

    /** Reads a value. @throws JsonParseException if the text is not one of this type */
    public <T> T read(String json, Type type) {
        T value;
        try {
            value = gson.fromJson(json, type);
        } catch (NumberFormatException | IllegalStateException e) {
            throw new JsonParseException(e.getMessage(), e);
        }
        if (value == null) {
            throw new JsonParseException("the text is empty or null");
        }
        return value;
    }

    JsonElement tree(Object value, Type type) {
        return gson.toJsonTree(value, type);
    }

    <T> T fromTree(JsonElement tree, Type type) {
        T value;
        try {
            value = gson.fromJson(tree, type);
        } catch (NumberFormatException | IllegalStateException e) {
            throw new JsonParseException(e.getMessage(), e);
        }
        if (value == null) {
            throw new JsonParseException("a value is missing");
        }
        return value;
    }

    /** Returns text for people: indented. */
    String pretty(JsonObject tree) {
        return pretty.toJson(tree);
    }

    /** Hands members that this release does not know on from a value to the one that replaces it. */
    void inherit(Object from, Object to) {
        unknown.inherit(from, to);
    }

    /**
     * Returns JSON text as UTF-8. Half surrogate pairs, as a text cut at the wrong place has them, become JSON escapes: UTF-8
     * cannot carry them and the round trip must be exact.
     */
    public static byte[] utf8(String json) {
        StringBuilder escaped = null;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < json.length()
                    && Character.isLowSurrogate(json.charAt(i + 1));
            if (Character.isSurrogate(c) && !pair) {
                escaped = escaped == null ? new StringBuilder(json.length() + 16).append(json, 0, i) : escaped;
                escaped.append(String.format("\\u%04x", (int) c));
            } else if (escaped != null) {
                escaped.append(c);
            }
            if (pair) {
                i++;
                if (escaped != null) {
                    escaped.append(json.charAt(i));
                }
            }
        }
        return (escaped == null ? json : escaped.toString()).getBytes(StandardCharsets.UTF_8);
    }
}
