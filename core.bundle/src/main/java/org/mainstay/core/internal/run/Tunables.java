package org.mainstay.core.internal.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.TunablesFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The text file {@code etc/default/LifeKeeper} with {@code NAME=value} lines (CORE-080), read again at each use, so that an edit
 * counts at once (CORE-082). Thread-safe.
 */
public final class Tunables {
    private static final Logger LOG = LoggerFactory.getLogger(Tunables.class);
    private final Path file;

    /** @param file the file; it need not exist: then nothing is set */
    public Tunables(Path file) {
        this.file = file;
    }

    /** Returns the value, empty if the file does not set it or cannot be read (which is logged). */
    public Optional<String> get(String name) {
        return Optional.ofNullable(all().get(name));
    }

    /** Returns the value, or {@code fallback} where the file does not set it. */
    public String get(String name, String fallback) {
        return all().getOrDefault(name, fallback);
    }

    /**
     * Returns a number.
     *
     * @param minimum smallest allowed; a smaller or malformed value is logged and {@code fallback} used
     */
    public int number(String name, int fallback, int minimum) {
        String text = all().get(name);
        if (text == null || text.isEmpty()) {
            return fallback;
        }
        try {
            int value = Integer.parseInt(text);
            if (value >= minimum) {
                return value;
            }
        } catch (NumberFormatException e) {
            LOG.debug("{} is no number", name, e);
        }
        LOG.warn(
                "{}: {}={} is ignored: it must be a whole number of at least {}; {} is used",
                file,
                name,
                text,
                minimum,
                fallback);
        return fallback;
    }

    /** Returns all settings as they are. @throws IOException if the file is there and cannot be read: then nothing is known */
    public Map<String, String> certain() throws IOException {
        return TunablesFile.read(file);
    }

    /** Returns all settings in the order of the file; a later line wins. */
    public Map<String, String> all() {
        Map<String, String> values = new LinkedHashMap<>();
        try {
            for (String line : Files.readString(file, StandardCharsets.UTF_8).split("\\R")) {
                addLine(line.strip(), values);
            }
        } catch (NoSuchFileException e) {
            LOG.trace("{} does not exist: every tunable has its default", file);
        } catch (IOException e) {
            LOG.warn("{} cannot be read, defaults are used: {}", file, e.toString());
        }
        return values;
    }

    private static void addLine(String line, Map<String, String> values) {
        int equals = line.indexOf('=');
        if (line.startsWith("#") || equals <= 0) {
            return;
        }
        String value = line.substring(equals + 1).strip();
        if (value.length() >= 2
                && (value.startsWith("\"") || value.startsWith("'"))
                && value.endsWith(value.substring(0, 1))) {
            value = value.substring(1, value.length() - 1);
        }
        values.put(line.substring(0, equals).strip(), value);
    }
}
