package org.mainstay.guard.witness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.util.StateFile;
import org.mainstay.guard.util.Words;

/**
 * What {@code qwk_storage_init} decided, kept in {@code data/guard/witness}: the parameters it read are in force until
 * {@code qwk_storage_exit} (QUO-091).
 *
 * @param id random; also in the object, so that a copy of another initialisation is not taken for it
 * @param self this server
 * @param complete whether all servers' objects were seen initialised
 * @param members of the cluster at that time
 * @param parameters at that time
 */
record Initialisation(UUID id, String self, boolean complete, Set<String> members, Map<String, String> parameters) {
    Initialisation {
        members = new TreeSet<>(members);
        parameters = new TreeMap<>(parameters);
    }

    static Initialisation begun(Witness.Settings settings) {
        return new Initialisation(UUID.randomUUID(), settings.self(), false, settings.members(), settings.parameters());
    }

    Initialisation completed() {
        return new Initialisation(id, self, true, members, parameters);
    }

    /** Returns the settings of that time with L and S of now. */
    Witness.Settings settings(Witness.Settings now) {
        return new Witness.Settings(
                self, members, now.leaseMillis(), now.lossStopMillis(), now.observeMillis(), parameters);
    }

    static Optional<Initialisation> read(Path file) throws IOException {
        UUID id = null;
        String self = "";
        boolean complete = false;
        Set<String> members = new TreeSet<>();
        Map<String, String> parameters = new TreeMap<>();
        for (String line : new StateFile(file).read()) {
            List<String> words = Words.parse(line);
            try {
                switch (words.get(0)) {
                    case "initialised":
                        id = UUID.fromString(words.get(1));
                        self = words.get(2);
                        complete = words.get(3).equals("complete");
                        break;
                    case "member":
                        members.add(words.get(1));
                        break;
                    case "parameter":
                        parameters.put(words.get(1), words.get(2));
                        break;
                    default:
                        throw new IOException(file + " has a line that is not known here: " + line);
                }
            } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
                throw new IOException(file + " has a damaged line: " + line + "; run qwk_storage_init again", e);
            }
        }
        return id == null ? Optional.empty() : Optional.of(new Initialisation(id, self, complete, members, parameters));
    }

    void write(Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add(Words.line("initialised", id, self, complete ? "complete" : "waiting"));
        members.forEach(member -> lines.add(Words.line("member", member)));
        parameters.forEach((name, value) -> lines.add(Words.line("parameter", name, value)));
        Files.createDirectories(file.toAbsolutePath().getParent());
        new StateFile(file).write(lines);
    }
}
