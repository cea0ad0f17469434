package org.mainstay.core.internal.lcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mainstay.cluster.DatabaseSetup.TextChange;
import org.mainstay.cluster.lcd.Lcd;

/** Replaces texts everywhere in a database ({@code lk_chg_value}, CMD-350 to CMD-357); the row keys follow their rows. */
final class LcdRewrite {
    /**
     * Fields that say what the product itself keeps: never text of the administrator. A kill handle names what was started under
     * the old values and may run still, as after {@code lkstop -f}: rewritten, it would end something else or nothing.
     */
    private static final Set<String> OWN =
            Set.of("state", "init", "switchback", "wanted", "keyPin", "schema", "bootId", "killHandles");

    private static final String TAG = "tag";
    /** The values an administrator gave a kit, whatever their names: none of them is a tag or a field of the product. */
    private static final String PROPERTIES = "properties";

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
        return switch (section) {
            case "membership", "operations", "handovers" -> key;
            case "maintenance" -> scope(key);
            case "promises" -> promise(key);
            default -> parts(section, key);
        };
    }

    private String parts(String section, String key) {
        String[] parts = key.split("\t", -1);
        for (int i = 0; i < parts.length; i++) {
            boolean server = section.equals("equivalencies") && i % 2 == 0;
            String field = server || section.equals("systems") || section.equals("restrictions") ? "server" : TAG;
            if (section.equals("flags") || section.equals("types") || section.equals("paths")) {
                field = "name";
            }
            parts[i] = change.change(field, parts[i]);
        }
        return String.join("\t", parts);
    }

    private String scope(String scope) {
        String prefix = "tag:";
        return scope.startsWith(prefix) ? prefix + change.change(TAG, scope.substring(prefix.length())) : scope;
    }

    /** As {@link org.mainstay.cluster.lcd.Promise#key}: a server and a tag of each place. */
    private String promise(String key) {
        return Arrays.stream(key.split(",", -1))
                .map(place -> {
                    int colon = place.indexOf(':');
                    return place.substring(0, colon + 1) + change.change(TAG, place.substring(colon + 1));
                })
                .collect(Collectors.joining(","));
    }

    private JsonElement rewrite(JsonElement element, String field, String where) {
        if (element instanceof JsonObject object) {
            return object(object, field, where);
        }
        if (element instanceof JsonArray array) {
            JsonArray after = new JsonArray();
            array.forEach(item -> after.add(rewrite(item, field, where)));
            return after;
        }
        if (element instanceof JsonPrimitive primitive && primitive.isString() && !OWN.contains(field)) {
            String before = primitive.getAsString();
            String after = field.equals("scope") ? scope(before) : change.change(kind(field), before);
            if (!after.equals(before)) {
                changed.add(where + " " + field + ": " + before + " -> " + after);
                return new JsonPrimitive(after);
            }
        }
        return element;
    }

    private JsonObject object(JsonObject object, String field, String where) {
        JsonObject after = new JsonObject();
        for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
            String name = entry.getKey();
            JsonElement value = entry.getValue();
            switch (field) {
                case PROPERTIES -> after.add(name, rewrite(value, "property " + name, where));
                case "places" -> after.add(name, rewrite(value, TAG, where));
                case "epochs" -> after.add(change.change(TAG, name), value);
                default -> after.add(name, member(object, name, value, where));
            }
        }
        return after;
    }

    /** An operation that is under way holds rows under their keys. */
    private JsonElement member(JsonObject object, String name, JsonElement value, String where) {
        boolean row = object.has("section") && object.has("key");
        if (row && name.equals("key")) {
            return new JsonPrimitive(key(object.get("section").getAsString(), value.getAsString()));
        }
        return row && name.equals("section") ? value : rewrite(value, name, where);
    }

    /** Returns the kind of a field that rules depend on: tag, id, or the field's own name. */
    private static String kind(String field) {
        return switch (field) {
            case "otherTag", "parent", "child", "tags" -> TAG;
            default -> field;
        };
    }
}
