package org.mainstay.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A text file of {@code NAME=value} lines, as {@code etc/default/LifeKeeper} (CORE-080): lines that begin with {@code #} and
 * lines without {@code =} are remarks, a later line wins, one pair of quotes around a value is taken off.
 */
public final class TunablesFile {
    private TunablesFile() {}

    /**
     * Reads a file as it is now.
     *
     * @return the settings in the order of the file; empty if there is no such file
     * @throws IOException if the file is there but cannot be read: then nothing is known, not "nothing is set"
     */
    public static Map<String, String> read(Path file) throws IOException {
        try {
            return parse(Files.readString(file, StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            return Map.of();
        }
    }

    /**
     * Reads a file that a program wrote: as {@link #read}, but a line that is neither a setting nor a remark is damage.
     *
     * @throws IOException if the file is there but cannot be read, or is damaged
     */
    public static Map<String, String> readWritten(Path file) throws IOException {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return Map.of();
        }
        if (!text.lines().allMatch(TunablesFile::whole)) {
            throw new IOException(file + " is damaged: it holds something else than lines NAME=value");
        }
        return parse(text);
    }

    private static boolean whole(String line) {
        return line.isBlank() || line.startsWith("#") || line.indexOf('=') > 0 && line.indexOf('\0') < 0;
    }

    /** Returns the settings of a text in the order of its lines. */
    public static Map<String, String> parse(String text) {
        Map<String, String> values = new LinkedHashMap<>();
        text.lines().map(String::strip).forEach(line -> {
            int equals = line.indexOf('=');
            if (equals > 0 && !line.startsWith("#")) {
                values.put(
                        line.substring(0, equals).strip(),
                        unquoted(line.substring(equals + 1).strip()));
            }
        });
        return values;
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2
                && (value.startsWith("\"") || value.startsWith("'"))
                && value.endsWith(value.substring(0, 1));
        return quoted ? value.substring(1, value.length() - 1) : value;
    }
}
