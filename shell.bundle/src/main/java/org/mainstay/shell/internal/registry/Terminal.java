package org.mainstay.shell.internal.registry;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/**
 * What the caller's standard output is.
 *
 * @param interactive whether a person reads it
 * @param columns width in characters
 * @param colour whether colours are wanted
 * @param unicode whether line-drawing characters can be shown
 */
public record Terminal(boolean interactive, int columns, boolean colour, boolean unicode) {
    public static final int DEFAULT_COLUMNS = 80;

    /** A file or pipe. */
    public static final Terminal NONE = new Terminal(false, DEFAULT_COLUMNS, false, true);

    /** Returns the terminal of a caller with this environment: {@code NO_COLOR}, {@code TERM}, {@code LC_ALL}, {@code LC_CTYPE}, {@code LANG}. */
    public static Terminal of(boolean interactive, int columns, Map<String, String> environment) {
        boolean plain = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || environment.getOrDefault("TERM", "").equals("dumb");
        int width = columns >= 20 && columns <= 1000 ? columns : DEFAULT_COLUMNS;
        return new Terminal(interactive, width, interactive && !plain, speaksUnicode(environment));
    }

    private static boolean speaksUnicode(Map<String, String> environment) {
        for (String name : new String[] {"LC_ALL", "LC_CTYPE", "LANG"}) {
            String value = environment.getOrDefault(name, "");
            if (!value.isEmpty()) {
                String charset = value.toUpperCase(Locale.ROOT);
                return charset.contains(StandardCharsets.UTF_8.name()) || charset.contains("UTF8");
            }
        }
        return false;
    }
}
