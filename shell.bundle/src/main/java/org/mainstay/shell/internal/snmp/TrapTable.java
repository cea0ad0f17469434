package org.mainstay.shell.internal.snmp;

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
import java.util.Set;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.shell.internal.event.Sentences.Sentence;

/** Which events are sent as which traps (SNMP-010 to SNMP-024): {@code traps.txt}. */
final class TrapTable {
    private static final String FILE = "traps.txt";

    private static final Set<Integer> OF_A_RESOURCE = Set.of(130, 131, 132);
    private static final Set<Integer> WITH_RECOVERED = Set.of(111, 121);
    private static final Set<Integer> WITH_FAILED = Set.of(112, 122);
    private static final int MIRROR_STATE = 150;
    private static final int SPLIT_BRAIN = 160;
    /** Numbers of mirror states by the words of events (SNMP-024); invalid and "no mirror" are no changes of a mirror. */
    private static final Map<String, Integer> STATES =
            Map.of("mirroring", 1, "resynchronising", 2, "broken", 3, "paused", 4, "waiting for the target", 5);

    private static final Map<Integer, List<Row>> ROWS = read();

    private TrapTable() {}

    /** A line of the table. @param sentence empty for whatever the event's text is */
    record Row(int event, String sentence, Sentence form, int trap) {
        Optional<Map<String, String>> places(String text) {
            return sentence.isEmpty() ? Optional.of(Map.of()) : form.places(text);
        }
    }

    /** Returns whether events of a number may be sent. */
    static boolean knows(int number) {
        return ROWS.containsKey(number);
    }

    static List<Row> rows() {
        return ROWS.values().stream().flatMap(List::stream).toList();
    }

    /** Returns the traps of an event, in the order in which they are sent; empty for most events. */
    static List<Trap> of(ClusterEvent event) {
        List<Trap> traps = new ArrayList<>();
        for (Row row : ROWS.getOrDefault(event.number(), List.of())) {
            row.places(event.text()).ifPresent(places -> traps.addAll(traps(row.trap(), event, places)));
        }
        return traps;
    }

    private static List<Trap> traps(int number, ClusterEvent event, Map<String, String> places) {
        String tags = places.getOrDefault("tags", "");
        if (OF_A_RESOURCE.contains(number)) {
            // A console pairs them by the tag: what moved as a whole is told for each of its resources.
            List<String> all = tags.isEmpty() ? List.of(event.tag()) : List.of(tags.split(", "));
            return all.stream()
                    .map(tag -> Trap.of(number, event.text()).with(Trap.TAG, tag))
                    .toList();
        }
        Trap trap = Trap.of(number, message(number, event.text(), places));
        if (WITH_RECOVERED.contains(number)) {
            trap = trap.with(Trap.RECOVERED, tags);
        }
        if (WITH_FAILED.contains(number)) {
            trap = trap.with(Trap.FAILED, tags);
        }
        return List.of(trap);
    }

    private static String message(int number, String text, Map<String, String> places) {
        if (number == MIRROR_STATE) {
            String state = places.get("state").replaceFirst(" \\(.*", "");
            return "mirror state " + STATES.getOrDefault(state, -1) + ": " + text;
        }
        return number == SPLIT_BRAIN ? "split brain: " + text : text;
    }

    private static Map<Integer, List<Row>> read() {
        Map<Integer, List<Row>> all = new HashMap<>();
        try (InputStream in = TrapTable.class.getResourceAsStream(FILE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(line -> {
                        String[] parts = line.split(" *\\| *", -1);
                        if (parts.length != 3) {
                            throw new IllegalStateException(FILE + ": three fields are needed: " + line);
                        }
                        int event = Integer.parseInt(parts[0].strip());
                        Row row = new Row(
                                event, parts[2], Sentence.of(event, parts[2], ""), Integer.parseInt(parts[1].strip()));
                        all.computeIfAbsent(event, key -> new ArrayList<>()).add(row);
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Map.copyOf(all);
    }
}
