package org.mainstay.core.internal.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mainstay.cluster.ExitCode;
import org.mainstay.kit.Field;

/** Checks answers against the fields of a kit, before the kit is asked. */
final class FieldRules {
    private FieldRules() {}

    /** Refuses keys that are no field. @param alsoAllowed further names to list, such as settings */
    static void checkKeys(List<Field> fields, Iterable<String> keys, List<String> alsoAllowed) throws Refusal {
        for (String key : keys) {
            if (find(fields, key).isEmpty()) {
                List<String> allowed =
                        new ArrayList<>(fields.stream().map(Field::name).toList());
                alsoAllowed.stream().filter(name -> !allowed.contains(name)).forEach(allowed::add);
                throw new Refusal(
                        ExitCode.INVALID_ARGUMENT,
                        "'" + key + "' is not known here; allowed: " + String.join(", ", allowed));
            }
        }
    }

    static Optional<Field> find(List<Field> fields, String name) {
        return fields.stream().filter(field -> field.name().equals(name)).findFirst();
    }

    /** Returns the answers with defaults added where there is none. */
    static Map<String, String> withDefaults(List<Field> fields, Map<String, String> answers) {
        Map<String, String> all = new LinkedHashMap<>(answers);
        for (Field field : fields) {
            field.defaultValue().ifPresent(value -> all.putIfAbsent(field.name(), value));
        }
        return all;
    }

    /** Refuses values that are missing or not allowed. */
    static void checkValues(List<Field> fields, Map<String, String> answers) throws Refusal {
        List<String> missing = fields.stream()
                .filter(Field::required)
                .filter(field -> answers.getOrDefault(field.name(), "").isEmpty())
                .map(field -> field.name() + " (" + field.label() + ")")
                .toList();
        if (!missing.isEmpty()) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "missing: " + String.join(", ", missing) + "; give each with --set NAME=VALUE");
        }
        for (Field field : fields) {
            String value = answers.get(field.name());
            if (value != null && !value.isEmpty()) {
                Optional<String> wrong = wrong(field, value);
                if (wrong.isPresent()) {
                    String shown = field.kind() == Field.Kind.SECRET ? "the given value" : "'" + value + "'";
                    throw new Refusal(ExitCode.INVALID_ARGUMENT, field.name() + ": " + shown + " " + wrong.get());
                }
            }
        }
    }

    private static Optional<String> wrong(Field field, String value) {
        boolean controls = value.chars().anyMatch(c -> c < 0x20 || c == 0x7f);
        if (controls) {
            return Optional.of("must not hold control characters");
        }
        return switch (field.kind()) {
            case TEXT, SECRET -> Optional.empty();
            case INTEGER -> integer(field, value);
            case CHOICE ->
                field.choices().contains(value)
                        ? Optional.empty()
                        : Optional.of("is not allowed; allowed: " + String.join(", ", field.choices()));
            case YES_NO ->
                value.equals("yes") || value.equals("no")
                        ? Optional.empty()
                        : Optional.of("is not allowed; allowed: yes, no");
            case PATH ->
                value.startsWith("/") || value.matches("[A-Za-z]:[\\\\/].*")
                        ? Optional.empty()
                        : Optional.of(
                                SettingValues.NAMES.contains(field.name())
                                        ? "must be an absolute path, or a whole number: the seconds between two checks"
                                        : "must be an absolute path");
        };
    }

    private static Optional<String> integer(Field field, String value) {
        String range = field.minimum() == Long.MIN_VALUE && field.maximum() == Long.MAX_VALUE
                ? "must be a whole number"
                : "must be a whole number from " + field.minimum() + " to " + field.maximum();
        try {
            long number = Long.parseLong(value);
            return number >= field.minimum() && number <= field.maximum() ? Optional.empty() : Optional.of(range);
        } catch (NumberFormatException e) {
            return Optional.of(range);
        }
    }

    /** Returns names for a message. */
    static String names(List<String> names) {
        return names.isEmpty() ? "none" : names.stream().sorted().collect(Collectors.joining(", "));
    }
}
