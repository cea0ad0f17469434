package org.mainstay.core.internal.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.InitOption;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.Switchback;
import org.mainstay.kit.Field;

/** Settings an administrator gives by name beside the properties of a kit. */
final class SettingValues {
    static final String QUICK_CHECK = "quickCheck";
    static final String DEEP_CHECK = "deepCheck";
    static final String LOCAL_RECOVERY = "localRecovery";
    static final String SWITCHBACK = "switchback";
    static final String INIT = "init";
    static final String PRIORITY = "priority";

    /** All names, in the order help lists them. */
    static final List<String> NAMES = List.of(QUICK_CHECK, DEEP_CHECK, LOCAL_RECOVERY, SWITCHBACK, INIT, PRIORITY);

    private static final int LONGEST_TOLD = 80;

    private final Map<String, String> settings = new TreeMap<>();
    private final Map<String, String> properties = new LinkedHashMap<>();

    /**
     * Sorts values into settings and properties. Where a kit has a field of the same name, as the Generic Application has
     * scripts {@code quickCheck} and {@code deepCheck}, a whole number means the setting and anything else the field.
     */
    static SettingValues split(List<Field> fields, Map<String, String> values) {
        SettingValues split = new SettingValues();
        values.forEach((name, value) -> {
            boolean field = FieldRules.find(fields, name).isPresent();
            boolean setting = NAMES.contains(name) && (!field || value.matches("\\d+"));
            (setting ? split.settings : split.properties).put(name, value);
        });
        return split;
    }

    Map<String, String> properties() {
        return properties;
    }

    boolean anySetting() {
        return !settings.isEmpty();
    }

    /** Returns the priority that is to be set, 0 if none. */
    int priority() throws Refusal {
        String text = settings.get(PRIORITY);
        return text == null ? 0 : number(PRIORITY, text, 1, 1024);
    }

    /** Returns the settings with these values. @throws Refusal 5 with what is allowed */
    InstanceSettings apply(InstanceSettings before) throws Refusal {
        InstanceSettings after = before;
        for (Map.Entry<String, String> entry : settings.entrySet()) {
            String name = entry.getKey();
            String value = entry.getValue();
            after = switch (name) {
                case QUICK_CHECK ->
                    after.withQuickCheckSeconds(number(name, value, 0, InstanceSettings.MAX_CHECK_SECONDS));
                case DEEP_CHECK ->
                    after.withDeepCheckSeconds(number(name, value, 0, InstanceSettings.MAX_CHECK_SECONDS));
                case LOCAL_RECOVERY -> after.withLocalRecovery(yesNo(name, value));
                case SWITCHBACK -> after.withSwitchback(choice(name, value, Switchback.class));
                case INIT -> after.withInit(choice(name, value, InitOption.class));
                default -> after;
            };
        }
        return after;
    }

    /**
     * Returns what is set and what it was, for the audit: settings and what the kit's form does not call a secret. Of a property that
     * no form describes only the name is told.
     *
     * @param before the resource before the change
     * @param priority its priority here before the change, 0 if it has none
     */
    String told(List<Field> fields, Instance before, int priority) {
        List<String> parts = new ArrayList<>();
        settings.forEach((name, value) -> parts.add(told(name, value, current(name, before.settings(), priority))));
        properties.forEach((name, value) -> {
            boolean open = FieldRules.find(fields, name)
                    .filter(field -> field.kind() != Field.Kind.SECRET)
                    .isPresent();
            parts.add(open ? told(name, value, before.properties().getOrDefault(name, "")) : name);
        });
        return String.join(", ", parts);
    }

    private static String told(String name, String value, String before) {
        return name + "=" + brief(value) + " (was " + (before.isEmpty() ? "unset" : brief(before)) + ")";
    }

    /** One line, whatever it is: it becomes part of an event. */
    private static String brief(String value) {
        String line = value.replaceAll("\\p{Cntrl}+", " ").strip();
        return line.length() <= LONGEST_TOLD ? line : line.substring(0, LONGEST_TOLD) + "...";
    }

    private static String current(String name, InstanceSettings before, int priority) {
        return switch (name) {
            case QUICK_CHECK -> String.valueOf(before.quickCheckSeconds());
            case DEEP_CHECK -> String.valueOf(before.deepCheckSeconds());
            case LOCAL_RECOVERY -> before.localRecovery() ? "yes" : "no";
            case SWITCHBACK -> before.switchback().name();
            case INIT -> before.init().name();
            default -> priority == 0 ? "" : String.valueOf(priority);
        };
    }

    private static int number(String name, String text, int from, int to) throws Refusal {
        if (text.matches("\\d{1,9}")) {
            int value = Integer.parseInt(text);
            if (value >= from && value <= to) {
                return value;
            }
        }
        throw new Refusal(
                ExitCode.INVALID_ARGUMENT, name + ": '" + text + "' must be a whole number from " + from + " to " + to);
    }

    private static boolean yesNo(String name, String text) throws Refusal {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "yes", "y", "true" -> true;
            case "no", "n", "false" -> false;
            default ->
                throw new Refusal(
                        ExitCode.INVALID_ARGUMENT, name + ": '" + text + "' is not allowed; allowed: yes, no");
        };
    }

    private static <E extends Enum<E>> E choice(String name, String text, Class<E> type) throws Refusal {
        for (E value : type.getEnumConstants()) {
            if (value.name().equalsIgnoreCase(text)) {
                return value;
            }
        }
        throw new Refusal(
                ExitCode.INVALID_ARGUMENT,
                name + ": '" + text + "' is not allowed; allowed: "
                        + String.join(
                                ", ",
                                java.util.Arrays.stream(type.getEnumConstants())
                                        .map(Enum::name)
                                        .toList()));
    }
}
