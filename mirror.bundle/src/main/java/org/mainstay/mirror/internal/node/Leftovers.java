package org.mainstay.mirror.internal.node;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.mirror.internal.engine.EngineVolume;
import org.mainstay.mirror.internal.volume.Mirrored;

/**
 * Takes away what a mirror left on this server when its resource was deleted and its engine could not forget it: its disk was gone, or its
 * state damaged (MIR-257, MIR-258). Never opens the storage.
 */
final class Leftovers {
    private static final String VOLUME = ".volume";
    private static final String LOG = ".bitmap";

    private final Path folder;
    private final Desk desk;

    /** @param home installation folder */
    Leftovers(Path home, Desk desk) {
        this.folder = home.resolve(Desk.FOLDER);
        this.desk = desk;
    }

    /** @param asked name of the engine's volume, or its storage */
    Reply clean(String asked, ClusterSnapshot snapshot, List<Mirrors.Side> sides) {
        if (snapshot.phase() != ClusterSnapshot.Phase.AVAILABLE) {
            return Reply.failed(
                    ExitCode.IN_USE,
                    "Mainstay is not ready here, so it is not known what has this mirror: try again then");
        }
        try {
            TreeSet<String> names = names();
            Optional<String> found = names.stream()
                    .filter(name -> name.equals(asked) || storage(name).equals(asked))
                    .findFirst();
            String refusal = refusal(found.orElse(asked), asked, snapshot, sides);
            if (!refusal.isEmpty()) {
                return Reply.failed(ExitCode.IN_USE, refusal);
            }
            if (found.isEmpty()) {
                return Reply.failed(
                        ExitCode.NOT_FOUND,
                        "no mirror of '" + asked + "' is left on this server; there are: "
                                + (names.isEmpty() ? "none" : String.join(", ", names)));
            }
            return Reply.success("removed the mirror " + found.get() + " from this server: "
                    + String.join(", ", remove(found.get(), names)) + ". The data stays where it is");
        } catch (IOException e) {
            return Reply.failed(ExitCode.SYSTEM_ERROR, String.valueOf(e.getMessage()));
        }
    }

    private String refusal(String name, String asked, ClusterSnapshot snapshot, List<Mirrors.Side> sides) {
        for (Mirrored own : Volumes.in(snapshot.own())) {
            if (own.volume().equals(name)
                    || own.tag().equals(asked)
                    || own.device().toString().equals(asked)) {
                return "the resource " + own.tag()
                        + " uses this mirror: delete the resource, or take it back from this server; if"
                        + " the other server is gone for good: mainstay node remove SERVER --force";
            }
        }
        Optional<Mirrors.Side> other = sides.stream()
                .filter(side -> side.volume().equals(name) && !side.server().equals(snapshot.self()))
                .findFirst();
        if (other.isPresent()) {
            return other.get().server() + " has a side of this mirror, with the resource "
                    + other.get().tag() + ": delete that first, in order";
        }
        return Files.exists(folder.resolve("attach").resolve(name).resolve("volume"))
                ? "the attachment of this mirror is still mounted: end what uses "
                        + folder.resolve("attach").resolve(name) + ", and unmount it"
                : "";
    }

    private TreeSet<String> names() throws IOException {
        TreeSet<String> names = new TreeSet<>();
        if (!Files.isDirectory(folder)) {
            return names;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, "*" + VOLUME)) {
            for (Path one : all) {
                String file = one.getFileName().toString();
                names.add(file.substring(0, file.length() - VOLUME.length()));
            }
        }
        return names;
    }

    /** Returns a line of the volume's configuration; empty: there is none, or it cannot be read. */
    private String line(String name, String key) {
        try {
            return Files.readAllLines(folder.resolve(name + VOLUME)).stream()
                    .filter(line -> line.startsWith(key + "="))
                    .map(line -> line.substring(key.length() + 1))
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            // What it is called is known all the same.
            return "";
        }
    }

    private String storage(String name) {
        return line(name, "path");
    }

    private List<String> remove(String name, TreeSet<String> names) throws IOException {
        List<String> removed = new ArrayList<>();
        TreeSet<Path> logs = logs(name, names);
        if (desk.wanted()) {
            Optional<EngineVolume> known = desk.engine().volume(name);
            if (known.isPresent()) {
                desk.forget(name);
                removed.add("the engine forgot it");
            }
        }
        List<Path> files = new ArrayList<>(logs);
        for (String kind : List.of(".role", ".state", VOLUME)) {
            files.add(folder.resolve(name + kind));
        }
        // That which tells of it last: who is interrupted can begin again.
        for (Path file : files) {
            if (Files.deleteIfExists(file)) {
                removed.add(file.getFileName().toString());
            }
        }
        return removed;
    }

    /** Returns its intent logs: {@code NAME.PEER.bitmap}, where both names may have dots. */
    private TreeSet<Path> logs(String name, TreeSet<String> names) throws IOException {
        TreeSet<Path> logs = new TreeSet<>();
        String place = line(name, "logs");
        Path where = place.isEmpty() ? folder : Path.of(place);
        if (!Files.isDirectory(where)) {
            return logs;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(where)) {
            for (Path one : all) {
                String file = one.getFileName().toString();
                boolean anothers =
                        names.stream().anyMatch(other -> other.startsWith(name + ".") && file.startsWith(other + "."));
                if (file.startsWith(name + ".") && file.endsWith(LOG) && !anothers) {
                    logs.add(one);
                }
            }
        }
        return logs;
    }
}
