package org.mainstay.quorum.internal.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Takes single values out of the file's settings; what is wrong is collected, so that everything is told at once. */
final class Values {
    private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);

    private final Map<String, String> all;
    private final List<String> errors = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    Values(Map<String, String> all) {
        this.all = all;
    }

    Map<String, String> all() {
        return all;
    }

    List<String> errors() {
        return errors;
    }

    List<String> warnings() {
        return warnings;
    }

    void error(String sentence) {
        errors.add(sentence);
    }

    void warn(String sentence) {
        warnings.add(sentence);
    }

    String text(String name) {
        return all.getOrDefault(name, "").strip();
    }

    Optional<String> set(String name) {
        return Optional.of(text(name)).filter(text -> !text.isEmpty());
    }

    /** Returns one of the words; {@code off} is the same as {@code none}. */
    <E extends Enum<E>> E choice(String name, Class<E> type, E fallback) {
        String text = text(name).toLowerCase(Locale.ROOT);
        if (text.isEmpty()) {
            return fallback;
        }
        String word = text.equals("off") ? "none" : text;
        for (E each : type.getEnumConstants()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(word)) {
                return each;
            }
        }
        List<String> allowed = new ArrayList<>(Arrays.stream(type.getEnumConstants())
                .map(each -> each.name().toLowerCase(Locale.ROOT))
                .toList());
        if (allowed.contains("none")) {
            allowed.add("off");
        }
        error(name + "=" + text(name) + " is not one of " + String.join(", ", allowed));
        return fallback;
    }

    /** Returns a time in seconds as milliseconds; decimals are allowed. */
    long millis(String name, long fallback, double least, double most) {
        String text = text(name);
        if (text.isEmpty()) {
            return fallback;
        }
        try {
            BigDecimal seconds = new BigDecimal(text);
            if (seconds.compareTo(BigDecimal.valueOf(least)) >= 0 && seconds.compareTo(BigDecimal.valueOf(most)) <= 0) {
                return seconds.multiply(THOUSAND).longValue();
            }
            error(name + "=" + text + " is out of range: " + number(least) + " to " + number(most)
                    + " seconds are allowed");
        } catch (NumberFormatException e) {
            error(name + "=" + text + " is not a number of seconds; " + number(least) + " to " + number(most)
                    + " are allowed");
        }
        return fallback;
    }

    int whole(String name, int fallback, int least, int most) {
        String text = text(name);
        if (text.isEmpty()) {
            return fallback;
        }
        String range = most == Integer.MAX_VALUE ? least + " or more" : least + " to " + most;
        try {
            int value = Integer.parseInt(text);
            if (value >= least && value <= most) {
                return value;
            }
            error(name + "=" + text + " is out of range: " + range + " is allowed");
        } catch (NumberFormatException e) {
            error(name + "=" + text + " is not a whole number; " + range + " is allowed");
        }
        return fallback;
    }

    /** Returns the words of a list with commas or spaces between them. */
    List<String> list(String name) {
        return Arrays.stream(text(name).split("[,\\s]+"))
                .filter(word -> !word.isEmpty())
                .distinct()
                .toList();
    }

    static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
