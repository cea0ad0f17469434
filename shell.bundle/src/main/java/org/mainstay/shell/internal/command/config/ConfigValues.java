package org.mainstay.shell.internal.command.config;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.mainstay.cluster.Administration.FormField;
import org.mainstay.cluster.lcd.InitOption;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.Switchback;

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

    private static Optional<String> oneOf(String value, List<String> allowed) {
        return allowed.contains(value)
                ? Optional.empty()
                : Optional.of("must be one of " + String.join(", ", allowed) + ", not '" + value + "'");
    }
}
