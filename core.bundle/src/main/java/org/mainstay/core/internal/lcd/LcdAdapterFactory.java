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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;

/**
 * {@link Lcd} and {@link LcdChange}, whose rows depend on their section. Sections that this release does not know become
 * sections of {@link JsonElement} rows and are written again unchanged.
 */
final class LcdAdapterFactory implements TypeAdapterFactory {
    private final UnknownMembers unknown;

    LcdAdapterFactory(UnknownMembers unknown) {
        this.unknown = unknown;
    }

    @Override
    @SuppressWarnings("unchecked") // the adapter is made for the very class that is asked for
    public <T> TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
        if (type.getRawType() == Lcd.class) {
            return (TypeAdapter<T>) new LcdAdapter(gson, unknown).nullSafe();
        }
        if (type.getRawType() == LcdChange.class) {
            return (TypeAdapter<T>) new ChangeAdapter(gson).nullSafe();
        }
        return null;
    }

    static LcdSection<?> section(String name) {
        return LcdSection.all().stream()
                .filter(known -> known.name().equals(name))
                .findFirst()
                .<LcdSection<?>>map(known -> known)
                .orElseGet(() -> new LcdSection<>(name, JsonElement.class));
    }

    private static Object row(Gson gson, LcdSection<?> section, String key, JsonElement tree) {
        try {
            Object row = gson.getAdapter(section.type()).fromJsonTree(tree);
            if (row == null) {
                throw new JsonParseException("it is null");
            }
            return row;
        } catch (JsonParseException | NumberFormatException | IllegalStateException e) {
            throw new JsonParseException(
                    "row '" + key.replace('\t', ' ') + "' of section '" + section.name() + "': " + e.getMessage(), e);
        }
    }

    @SuppressWarnings("unchecked") // rows of a section have its type
    private static void writeRow(Gson gson, JsonWriter out, LcdSection<?> section, Object row) throws IOException {
        ((TypeAdapter<Object>) gson.getAdapter(section.type())).write(out, row);
    }

    private static final class LcdAdapter extends TypeAdapter<Lcd> {
        private static final Set<String> KNOWN =
                Set.of("schema", "server", "incarnation", "version", "bootId", "sections");

        private final Gson gson;
        private final UnknownMembers unknown;

        LcdAdapter(Gson gson, UnknownMembers unknown) {
            this.gson = gson;
            this.unknown = unknown;
        }

        @Override
        public void write(JsonWriter out, Lcd lcd) throws IOException {
            out.beginObject();
            out.name("schema").value(LcdSchema.current());
            out.name("server").value(lcd.server());
            out.name("incarnation").value(lcd.incarnation());
            out.name("version").value(lcd.version());
            out.name("bootId").value(lcd.bootId());
            out.name("sections").beginObject();
            for (LcdSection<?> section : lcd.sections()) {
                out.name(section.name()).beginObject();
                for (Map.Entry<String, ?> row : lcd.rows(section).entrySet()) {
                    out.name(row.getKey());
                    writeRow(gson, out, section, row.getValue());
                }
                out.endObject();
            }
            out.endObject();
            Optional<JsonObject> extra = unknown.of(lcd);
            if (extra.isPresent()) {
                for (Map.Entry<String, JsonElement> member : extra.get().entrySet()) {
                    out.name(member.getKey());
                    gson.getAdapter(JsonElement.class).write(out, member.getValue());
                }
            }
            out.endObject();
        }

        @Override
        public Lcd read(JsonReader in) throws IOException {
            JsonElement element = gson.getAdapter(JsonElement.class).read(in);
            if (!(element instanceof JsonObject tree)) {
                throw new JsonParseException("a database must be an object");
            }
            LcdSchema.migrate("the database", tree);
            Map<LcdSection<?>, Map<String, Object>> tables = new HashMap<>();
            for (Map.Entry<String, JsonElement> entry : object(tree, "sections").entrySet()) {
                LcdSection<?> section = section(entry.getKey());
                if (!entry.getValue().isJsonObject()) {
                    throw new JsonParseException("section '" + entry.getKey() + "' must be an object of rows");
                }
                Map<String, Object> rows = new LinkedHashMap<>();
                entry.getValue()
                        .getAsJsonObject()
                        .entrySet()
                        .forEach(row -> rows.put(row.getKey(), row(gson, section, row.getKey(), row.getValue())));
                tables.put(section, rows);
            }
            Lcd lcd = Lcd.of(
                    text(tree, "server"),
                    number(tree, "incarnation"),
                    number(tree, "version"),
                    text(tree, "bootId"),
                    tables);
            JsonObject extra = new JsonObject();
            tree.entrySet().stream()
                    .filter(member -> !KNOWN.contains(member.getKey()))
                    .forEach(member -> extra.add(member.getKey(), member.getValue()));
            unknown.put(lcd, extra);
            return lcd;
        }
    }

    private static final class ChangeAdapter extends TypeAdapter<LcdChange<?>> {
        private final Gson gson;

        ChangeAdapter(Gson gson) {
            this.gson = gson;
        }

        @Override
        public void write(JsonWriter out, LcdChange<?> change) throws IOException {
            out.beginObject();
            out.name("section").value(change.section().name());
            out.name("key").value(change.key());
            if (change.value() != null) {
                out.name("value");
                writeRow(gson, out, change.section(), change.value());
            }
            out.endObject();
        }

        @Override
        public LcdChange<?> read(JsonReader in) throws IOException {
            JsonElement element = gson.getAdapter(JsonElement.class).read(in);
            if (!(element instanceof JsonObject tree)) {
                throw new JsonParseException("a change must be an object");
            }
            LcdSection<?> section = section(text(tree, "section"));
            String key = text(tree, "key");
            JsonElement value = tree.get("value");
            return change(section, key, value == null ? null : row(gson, section, key, value));
        }

        private static <T> LcdChange<T> change(LcdSection<T> section, String key, Object row) {
            return new LcdChange<>(section, key, section.type().cast(row));
        }
    }

    static String text(JsonObject tree, String name) {
        JsonElement value = tree.get(name);
        if (value == null
                || !value.isJsonPrimitive()
                || !value.getAsJsonPrimitive().isString()) {
            throw new JsonParseException("member '" + name + "' must be a text");
        }
        return value.getAsString();
    }

    static long number(JsonObject tree, String name) {
        JsonElement value = tree.get(name);
        if (value == null
                || !value.isJsonPrimitive()
                || !value.getAsJsonPrimitive().isNumber()) {
            throw new JsonParseException("member '" + name + "' must be a number");
        }
        try {
            return Long.parseLong(value.getAsString());
        } catch (NumberFormatException e) {
            throw new JsonParseException("member '" + name + "' must be a whole number, not " + value, e);
        }
    }

    static JsonObject object(JsonObject tree, String name) {
        JsonElement value = tree.get(name);
        if (value == null || !value.isJsonObject()) {
            throw new JsonParseException("member '" + name + "' must be an object");
        }
        return value.getAsJsonObject();
    }
}
