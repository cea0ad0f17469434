package org.mainstay.core.internal.lcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mainstay.cluster.DatabaseSetup.TextChange;
import org.mainstay.cluster.lcd.Lcd;

/** Replaces texts everywhere in a database ({@code lk_chg_value}, CMD-350 to CMD-357); the row keys follow their rows. */
final class LcdRewrite {
    /** Fields that say what the product itself keeps: never text of the administrator. */
    private static final Set<String> OWN =
            Set.of("state", "init", "switchback", "wanted", "keyPin", "schema", "bootId");

    private final LcdCodec codec;
    private final TextChange change;
    private final List<String> changed = new ArrayList<>();

    LcdRewrite(LcdCodec codec, TextChange change) {
        this.codec = codec;
        this.change = change;
    }

    /** Returns the database with its texts changed; the version is kept. */
    Lcd apply(Lcd lcd) {
        JsonObject tree = JsonParser.parseString(codec.encode(lcd)).getAsJsonObject();
        JsonObject sections = tree.getAsJsonObject("sections");
        for (Map.Entry<String, JsonElement> section : sections.entrySet()) {
            JsonObject rows = section.getValue().getAsJsonObject();
            JsonObject after = new JsonObject();
            for (Map.Entry<String, JsonElement> row : rows.entrySet()) {
                String where = lcd.server() + ": " + section.getKey() + "/"
                        + row.getKey().replace('\t', ' ');
                after.add(key(section.getKey(), row.getKey()), rewrite(row.getValue(), "", where));
            }
            section.setValue(after);
        }
        return codec.decode(tree.toString());
    }

    /** Returns what was changed: where, the old and the new text. */
    List<String> changed() {
        return List.copyOf(changed);
    }

    /** Keys are made of tags and names, with tabs between them; scopes of maintenance have a prefix. */
    private String key(String section, String key) {
        if (section.equals("membership") || section.equals("operations") || section.equals("handovers")) {
            return key;
        }
        String[] parts = key.split("\t", -1);
        for (int i = 0; i < parts.length; i++) {
            boolean server = section.equals("equivalencies") && i % 2 == 0;
            String field = server || section.equals("systems") || section.equals("restrictions") ? "server" : "tag";
            if (section.equals("flags") || section.equals("types") || section.equals("paths")) {
                field = "name";
            }
            String prefix = section.equals("maintenance") && parts[i].startsWith("tag:") ? "tag:" : "";
            parts[i] = prefix + change.change(field, parts[i].substring(prefix.length()));
        }
        return String.join("\t", parts);
    }

    private JsonElement rewrite(JsonElement element, String field, String where) {
        if (element instanceof JsonObject object) {
            JsonObject after = new JsonObject();
            object.entrySet()
                    .forEach(entry -> after.add(entry.getKey(), rewrite(entry.getValue(), entry.getKey(), where)));
            return after;
        }
        if (element instanceof JsonArray array) {
            JsonArray after = new JsonArray();
            array.forEach(item -> after.add(rewrite(item, field, where)));
            return after;
        }
        if (element instanceof JsonPrimitive primitive && primitive.isString() && !OWN.contains(field)) {
            String before = primitive.getAsString();
            String after = change.change(kind(field), before);
            if (!after.equals(before)) {
                changed.add(where + " " + field + ": " + before + " -> " + after);
                return new JsonPrimitive(after);
            }
        }
        return element;
    }

    /** Returns the kind of a field that rules depend on: tag, id, or the field's own name. */
    private static String kind(String field) {
        return switch (field) {
            case "otherTag", "parent", "child", "tags" -> "tag";
            default -> field;
        };
    }
}
