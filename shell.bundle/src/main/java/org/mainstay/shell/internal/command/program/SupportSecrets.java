package org.mainstay.shell.internal.command.program;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.shell.internal.view.Masking;

/** Secrets met while an archive is made, and how they are blotted out of its texts. One thread. */
final class SupportSecrets {
    /** Shorter ones are part of ordinary words: they are blotted out only where they stand alone. */
    private static final int SHORTEST_WITHIN_WORDS = 4;

    private static final String NAME = "[\\w.-]*(?:passw|secret|token|credential|private|key|community)[\\w.-]*";
    /** A setting on a line of its own, also one that is commented out or set for a unit: its value may hold blanks. */
    private static final Pattern SETTING =
            Pattern.compile("(?im)^([ \\t#;]*(?:export[ \\t]+|Environment=)?[\"']?" + NAME + "[ \\t]*=).*$");
    /** A setting amid other words, such as an option in a log. */
    private static final Pattern AMID =
            Pattern.compile("(?i)((?<![\\w.-])" + NAME + "=)(?:\"[^\"\\r\\n]*\"|'[^'\\r\\n]*'|[^\\s\"',;]+)");

    private static final Gson PLAIN = new GsonBuilder().disableHtmlEscaping().create();
    private static final Gson ESCAPING = new Gson();

    private final Set<String> within =
            new TreeSet<>(Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder()));
    private final Set<String> alone = new TreeSet<>();

    /** Remembers a secret as it is, and as JSON and a shell's line write it. */
    void add(String secret) {
        if (secret.isBlank()) {
            return;
        }
        for (String written :
                List.of(secret, json(PLAIN, secret), json(ESCAPING, secret), secret.replace("'", "'\\''"))) {
            (secret.length() < SHORTEST_WITHIN_WORDS ? alone : within).add(written);
        }
    }

    private static String json(Gson gson, String text) {
        String quoted = gson.toJson(text);
        return quoted.substring(1, quoted.length() - 1);
    }

    /** Returns a log or a file of settings without secrets. */
    String clean(String text) {
        String cleaned = SETTING.matcher(text).replaceAll("$1" + Masking.MASK);
        cleaned = AMID.matcher(cleaned).replaceAll("$1" + Masking.MASK);
        return known(cleaned);
    }

    /** Returns a text without the secrets that are known; for JSON, whose settings are masked one by one. */
    String known(String text) {
        String cleaned = text;
        for (String secret : within) {
            cleaned = cleaned.replace(secret, Masking.MASK);
        }
        for (String secret : alone) {
            cleaned = Pattern.compile("(?<![\\w.-])" + Pattern.quote(secret) + "(?![\\w.-])")
                    .matcher(cleaned)
                    .replaceAll(Matcher.quoteReplacement(Masking.MASK));
        }
        return cleaned;
    }
}
