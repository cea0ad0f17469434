package org.mainstay.shell.internal.registry;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Which words somebody who mistyped one may have meant. */
final class Likeness {
    /** Letters that may be missing, too many or wrong. */
    private static final int MOST = 2;

    private Likeness() {}

    /** Returns the words that differ in at most two letters, the closest first. */
    static List<String> closest(String typed, Collection<String> words) {
        return words.stream()
                .filter(word -> distance(typed, word) <= Math.min(MOST, Math.max(1, typed.length() / 3)))
                .sorted(Comparator.<String>comparingInt(word -> distance(typed, word))
                        .thenComparing(word -> word))
                .toList();
    }

    /** How many letters must be added, dropped or changed to get from one word to the other. */
    static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int changed = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
