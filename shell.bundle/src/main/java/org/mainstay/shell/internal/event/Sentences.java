package org.mainstay.shell.internal.event;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.cluster.ClusterEvent;

/**
 * Events in Japanese. Events are written and sent to peers in English; who reads them chooses the language, so the sentence is found
 * by its form.
 */
public final class Sentences {
    private static final String FILE = "sentences-ja.txt";
    private static final Pattern PLACE = Pattern.compile("\\{([a-z]+)\\}");
    private static final Map<Integer, List<Sentence>> SENTENCES = read();

    private Sentences() {}

    /** A sentence. @param english with places such as {@code {tag}} @param japanese with the same places, in any order */
    public record Sentence(int number, String english, String japanese, Pattern form, List<String> places) {
        public static Sentence of(int number, String english, String japanese) {
            StringBuilder form = new StringBuilder();
            List<String> places = new ArrayList<>();
            Matcher place = PLACE.matcher(english);
            int from = 0;
            while (place.find()) {
                form.append(Pattern.quote(english.substring(from, place.start())));
                form.append("(.*?)");
                places.add(place.group(1));
                from = place.end();
            }
            form.append(Pattern.quote(english.substring(from)));
            return new Sentence(number, english, japanese, Pattern.compile(form.toString(), Pattern.DOTALL), places);
        }

        /** Returns what stands at the places of a text; empty if it is another sentence. */
        public Optional<Map<String, String>> places(String text) {
            Matcher match = form.matcher(text);
            if (!match.matches()) {
                return Optional.empty();
            }
            Map<String, String> found = new HashMap<>();
            for (int i = 0; i < places.size(); i++) {
                found.putIfAbsent(places.get(i), match.group(i + 1));
            }
            return Optional.of(found);
        }

        Optional<String> say(String text) {
            return places(text)
                    .map(found -> PLACE.matcher(japanese)
                            .replaceAll(place -> Matcher.quoteReplacement(found.get(place.group(1)))));
        }
    }

    /** Returns an event's text in a language: as it was written unless the language is {@code ja} and it is the product's. */
    public static String text(ClusterEvent event, String language) {
        if (!language.equals("ja") || !event.ofProduct()) {
            return event.text();
        }
        return SENTENCES.getOrDefault(event.number(), List.of()).stream()
                .flatMap(sentence -> sentence.say(event.text()).stream())
                .findFirst()
                .orElseGet(() -> Catalog.entry(event.number())
                        .map(entry -> entry.title(language) + " - " + event.text())
                        .orElse(event.text()));
    }

    /** Returns all sentences. */
    static List<Sentence> all() {
        return SENTENCES.values().stream().flatMap(List::stream).toList();
    }

    private static Map<Integer, List<Sentence>> read() {
        Map<Integer, List<Sentence>> all = new HashMap<>();
        try (InputStream in = Sentences.class.getResourceAsStream(FILE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(line -> {
                        String[] parts = line.split(" \\| ", -1);
                        if (parts.length != 3) {
                            throw new IllegalStateException(FILE + ": three fields are needed: " + line);
                        }
                        Sentence one = Sentence.of(Integer.parseInt(parts[0].strip()), parts[1], parts[2]);
                        all.computeIfAbsent(one.number(), number -> new ArrayList<>())
                                .add(one);
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Map.copyOf(all);
    }
}
