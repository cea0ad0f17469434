package org.mainstay.shell.internal.event;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mainstay.cluster.ClusterEvent.Level;

/** The catalog of numbered messages: level, name of the event for applications, what it is in English and Japanese. */
public final class Catalog {
    /** Class of the product's own events below {@code events/}. */
    public static final String CLASS = "lifekeeper";

    private static final String FILE = "messages.txt";
    private static final Map<Integer, Entry> ENTRIES = read();

    private Catalog() {}

    /**
     * A message.
     *
     * @param event name below {@code events/lifekeeper}; empty if applications are not told
     */
    public record Entry(int number, Level level, String event, String english, String japanese) {
        /** Returns the title in a language: {@code ja}, else English. */
        public String title(String language) {
            return language.equals("ja") ? japanese : english;
        }
    }

    public static Optional<Entry> entry(int number) {
        return Optional.ofNullable(ENTRIES.get(number));
    }

    /** Returns all messages by number, unmodifiable. */
    public static Map<Integer, Entry> all() {
        return ENTRIES;
    }

    private static Map<Integer, Entry> read() {
        Map<Integer, Entry> entries = new TreeMap<>();
        try (InputStream in = Catalog.class.getResourceAsStream(FILE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(line -> {
                        String[] parts = line.split(" *\\| *", -1);
                        if (parts.length != 5) {
                            throw new IllegalStateException(FILE + ": five fields are needed: " + line);
                        }
                        int number = Integer.parseInt(parts[0].strip());
                        entries.put(
                                number,
                                new Entry(number, Level.valueOf(parts[1]), parts[2], parts[3], parts[4].strip()));
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Collections.unmodifiableMap(entries);
    }
}
