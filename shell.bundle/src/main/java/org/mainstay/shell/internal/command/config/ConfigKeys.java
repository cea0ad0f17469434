package org.mainstay.shell.internal.command.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The keys a document of the configuration may have: a mistyped one must not be passed over in silence. */
final class ConfigKeys {
    /**
     * What may stand at a place: an object with these keys, or with any keys and this at each, or a list of this; a value if it is
     * nothing of this.
     */
    private record Shape(Map<String, Shape> keys, Shape each, Shape items) {
        static Shape object(Map<String, Shape> keys) {
            return new Shape(keys, null, null);
        }

        static Shape map(Shape each) {
            return new Shape(null, each, null);
        }

        static Shape list(Shape items) {
            return new Shape(null, null, items);
        }
    }

    private static final Shape VALUE = new Shape(null, null, null);
    private static final Shape DOCUMENT = document();

    private ConfigKeys() {}

    private static Shape document() {
        Shape restriction = values("server", "noSystemFailover", "noResourceFailover");
        Shape server = Shape.object(
                Map.of("shutdownStrategy", VALUE, "restrictions", Shape.list(restriction), "flags", Shape.list(VALUE)));
        Shape path = values("from", "to", "local", "remote", "priority", "intervalMillis", "misses");
        Shape settings = values(ConfigValues.SETTINGS.toArray(String[]::new));
        Shape instance = Shape.object(Map.of(
                "priority",
                VALUE,
                "id",
                VALUE,
                "info",
                VALUE,
                "properties",
                Shape.map(VALUE),
                "found",
                Shape.map(VALUE),
                "settings",
                settings));
        Shape resource = Shape.object(
                Map.of("application", VALUE, "type", VALUE, "settings", settings, "on", Shape.map(instance)));
        return Shape.object(Map.of(
                "schema",
                VALUE,
                "servers",
                Shape.map(server),
                "paths",
                Shape.list(path),
                "resources",
                Shape.map(resource),
                "dependencies",
                Shape.list(values("parent", "child"))));
    }

    private static Shape values(String... names) {
        Map<String, Shape> keys = new java.util.HashMap<>();
        List.of(names).forEach(name -> keys.put(name, VALUE));
        return Shape.object(keys);
    }

    /** @throws IllegalArgumentException with the path of the first key that is not known, or of what is not of its kind */
    static void check(JsonElement document) {
        check(document, DOCUMENT, "");
    }

    private static void check(JsonElement element, Shape shape, String path) {
        if (element.isJsonNull()) {
            throw new IllegalArgumentException(
                    (path.isEmpty() ? "the document" : "'" + path + "'") + " must not be null");
        }
        if (shape.items() != null) {
            JsonArray items =
                    kind(element.isJsonArray(), path, "a list [...]", element).getAsJsonArray();
            for (int i = 0; i < items.size(); i++) {
                check(items.get(i), shape.items(), path + "[" + i + "]");
            }
            return;
        }
        if (shape.equals(VALUE)) {
            kind(element.isJsonPrimitive(), path, "a single value", element);
            return;
        }
        JsonObject object =
                kind(element.isJsonObject(), path, "an object {...}", element).getAsJsonObject();
        for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
            String at = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
            Shape next = shape.keys() == null ? shape.each() : shape.keys().get(entry.getKey());
            if (next == null) {
                throw new IllegalArgumentException("the key '" + at + "' is not known; known here: "
                        + String.join(", ", new TreeSet<>(shape.keys().keySet())));
            }
            check(entry.getValue(), next, at);
        }
    }

    private static JsonElement kind(boolean right, String path, String what, JsonElement element) {
        if (!right) {
            throw new IllegalArgumentException(
                    (path.isEmpty() ? "the document" : "'" + path + "'") + " must be " + what);
        }
        return element;
    }
}
