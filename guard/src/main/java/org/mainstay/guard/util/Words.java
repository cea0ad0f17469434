package org.mainstay.guard.util;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The line format of the guard's protocol: words separated by a space, everything unusual as {@code %XX}. */
public final class Words {
    private static final String HEX = "0123456789ABCDEF";

    private Words() {}

    /** Returns one line without its end. */
    public static String line(Object... words) {
        StringBuilder line = new StringBuilder();
        for (Object word : words) {
            if (line.length() > 0) {
                line.append(' ');
            }
            encode(String.valueOf(word), line);
        }
        return line.toString();
    }

    private static void encode(String word, StringBuilder to) {
        if (word.isEmpty()) {
            to.append('-');
        } else if (word.equals("-")) {
            to.append("%2D");
        } else {
            for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
                if (b > ' ' && b < 127 && b != '%') {
                    to.append((char) b);
                } else {
                    to.append('%').append(HEX.charAt(b >> 4 & 15)).append(HEX.charAt(b & 15));
                }
            }
        }
    }

    /**
     * Returns the words of a line.
     *
     * @throws IllegalArgumentException if an escape is malformed
     */
    public static List<String> parse(String line) {
        List<String> words = new ArrayList<>();
        for (String word : line.split(" ")) {
            if (!word.isEmpty()) {
                words.add(word.equals("-") ? "" : decode(word));
            }
        }
        return words;
    }

    private static String decode(String word) {
        if (word.indexOf('%') < 0) {
            return word;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c != '%') {
                bytes.write(c);
                continue;
            }
            boolean complete = i + 2 < word.length();
            int high = complete ? Character.digit(word.charAt(i + 1), 16) : -1;
            int low = complete ? Character.digit(word.charAt(i + 2), 16) : -1;
            if (high < 0 || low < 0) {
                throw new IllegalArgumentException("malformed escape in '" + word + "'");
            }
            bytes.write(high << 4 | low);
            i += 2;
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
