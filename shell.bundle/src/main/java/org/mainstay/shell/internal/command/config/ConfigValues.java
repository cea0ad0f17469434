package org.mainstay.shell.internal.command.config;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Administration.FormField;
import org.mainstay.cluster.lcd.InitOption;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.Switchback;
import org.mainstay.shell.internal.command.config.ConfigDocument.InstancePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ResourcePart;
import org.mainstay.shell.internal.view.Masking;

/** What the values of a document of the configuration may be; the same as {@code resource create} and {@code set} take. */
final class ConfigValues {
    private static final String QUICK_CHECK = "quickCheck";
    private static final String DEEP_CHECK = "deepCheck";
    private static final String LOCAL_RECOVERY = "localRecovery";
    private static final String SWITCHBACK = "switchback";
    private static final String INIT = "init";

    /** Settings every resource has. */
    static final List<String> SETTINGS = List.of(INIT, QUICK_CHECK, DEEP_CHECK, LOCAL_RECOVERY, SWITCHBACK);

    private ConfigValues() {}

    /** Returns what is wrong with a setting; empty if nothing is. */
    static Optional<String> wrongSetting(String name, String value) {
        return switch (name) {
            case QUICK_CHECK, DEEP_CHECK ->
                value.matches("\\d{1,9}") && Integer.parseInt(value) <= InstanceSettings.MAX_CHECK_SECONDS
                        ? Optional.empty()
                        : Optional.of("must be a whole number from 0 to " + InstanceSettings.MAX_CHECK_SECONDS
                                + ", not '" + value + "'");
            case LOCAL_RECOVERY -> oneOf(value, List.of("yes", "no"));
            case SWITCHBACK -> oneOf(value, names(Switchback.values()));
            case INIT -> oneOf(value, names(InitOption.values()));
            default -> Optional.of("is not known; the settings are " + String.join(", ", SETTINGS));
        };
    }

    private static List<String> names(Enum<?>[] values) {
        return Arrays.stream(values).map(Enum::name).toList();
    }

    /** Returns what is wrong with a property; empty if nothing is, or only the kit can tell. */
    static Optional<String> wrongProperty(FormField field, String value) {
        if (value.isEmpty()) {
            return Optional.empty();
        }
        return switch (field.kind()) {
            case "INTEGER" ->
                value.matches("[+-]?\\d{1,18}")
                        ? Optional.empty()
                        : Optional.of("must be a whole number, not '" + value + "'");
            case "CHOICE" -> oneOf(value, field.choices());
            case "YES_NO" -> oneOf(value, List.of("yes", "no"));
            case "PATH" ->
                value.startsWith("/") || value.matches("[A-Za-z]:[\\\\/].*")
                        ? Optional.empty()
                        : Optional.of("must be an absolute path, not '" + value + "'");
            default -> Optional.empty();
        };
    }

    /**
     * Returns what a create is told: of what the kit had found by itself only what its form has now, and nothing that is masked and
     * not in its form.
     */
    static Map<String, String> given(Administration administration, ResourcePart part, String server) {
        InstancePart instance = part.on().get(server);
        List<FormField> form = administration
                .form(part.application() + "/" + part.type(), false, instance.all())
                .orElse(List.of());
        if (form.isEmpty()) {
            return instance.properties();
        }
        Set<String> known = form.stream().map(FormField::name).collect(Collectors.toSet());
        Map<String, String> given = new TreeMap<>(instance.all());
        given.entrySet()
                .removeIf(entry -> !known.contains(entry.getKey())
                        && (!instance.properties().containsKey(entry.getKey())
                                || entry.getValue().equals(Masking.MASK)));
        return given;
    }

    private static Optional<String> oneOf(String value, List<String> allowed) {
        return allowed.contains(value)
                ? Optional.empty()
                : Optional.of("must be one of " + String.join(", ", allowed) + ", not '" + value + "'");
    }
}
