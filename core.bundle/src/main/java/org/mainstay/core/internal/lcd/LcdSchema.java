package org.mainstay.core.internal.lcd;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.lcd.BegunAction;

/**
 * Version of the stored model and the one place that brings older data up to it (style rule 29).
 *
 * <p>The version is {@code major.minor}. A release that adds members or sections raises the minor version and gives each new
 * member a default in {@link #DEFAULTS}; older releases keep what they do not know. A release that changes the meaning of
 * something raises the major version and adds a step to {@link #migrate}; older releases refuse such data.
 */
final class LcdSchema {
    static final int MAJOR = 1;
    static final int MINOR = 1;

    /** By record and member: the value of data that a release wrote before the member existed. */
    private static final Map<Class<?>, Map<String, JsonElement>> DEFAULTS =
            Map.of(BegunAction.class, Map.of("interrupted", new JsonPrimitive(0), "given", new JsonPrimitive(false)));

    private LcdSchema() {}

    static String current() {
        return MAJOR + "." + MINOR;
    }

    static Optional<JsonElement> defaultFor(Class<?> record, String member) {
        return Optional.ofNullable(DEFAULTS.getOrDefault(record, Map.of()).get(member));
    }

    /**
     * Checks the schema version of a document, snapshot or journal record and brings it up to {@link #MAJOR}.
     *
     * @param what what it is, for the error text
     * @param tree the data with its member {@code schema}; changed in place
     * @throws NewerSchemaException if it was written by a release with a higher major version
     * @throws JsonParseException if there is no readable version
     */
    static void migrate(String what, JsonObject tree) {
        JsonElement schema = tree.get("schema");
        if (schema == null || !schema.isJsonPrimitive()) {
            throw new JsonParseException(what + " has no schema version");
        }
        int major = major(what, schema.getAsString());
        if (major > MAJOR) {
            throw new NewerSchemaException(what + " has schema " + schema.getAsString() + ", this release reads up to "
                    + MAJOR + ".x: install the release that wrote it, or a newer one");
        }
        // Steps from older major versions come here, one method and one pair of test files each; 1 is the first.
        tree.addProperty("schema", current());
    }

    private static int major(String what, String version) {
        if (!version.matches("[1-9][0-9]{0,5}\\.[0-9]{1,6}")) {
            throw new JsonParseException(what + " has schema version '" + version + "', expected major.minor");
        }
        return Integer.parseInt(version.substring(0, version.indexOf('.')));
    }

    /** Data of a release with a higher major schema version. */
    static final class NewerSchemaException extends JsonParseException {
        private static final long serialVersionUID = 1L;

        NewerSchemaException(String message) {
            super(message);
        }
    }
}
