package org.mainstay.shell.internal.command.mirror;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** All commands of {@code emcmd}, by name. */
final class EmCommands {
    /** As the original's text spells it in places (EMC-109). */
    private static final Map<String, String> ALIASES = Map.of("CREATMIRROR", "CREATEMIRROR");

    private static final Map<String, EmCommand> ALL = new TreeMap<>();

    static {
        Stream.of(
                        EmQuestions.all(),
                        EmChanges.all(),
                        EmJobCommands.all(),
                        EmPairs.all(),
                        EmMirrors.all(),
                        EmLocal.all(),
                        EmSnapshots.all(),
                        EmRefused.all())
                .flatMap(List::stream)
                .forEach(command -> ALL.put(command.name(), command));
    }

    private EmCommands() {}

    /** Finds a command; upper or lower case (EMC-005). */
    static Optional<EmCommand> named(String word) {
        String name = word.toUpperCase(Locale.ROOT);
        return Optional.ofNullable(ALL.get(ALIASES.getOrDefault(name, name)));
    }

    /** Returns the names of all commands, sorted. */
    static List<String> names() {
        return List.copyOf(ALL.keySet());
    }
}
