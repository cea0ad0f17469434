package org.mainstay.guard.lease;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.guard.util.StateFile;
import org.mainstay.guard.util.Words;

/**
 * What is kept of the lease: {@code data/guard/lease} durably, so that a restarted guard goes on without Karaf and
 * breaks no promise; {@code data/run/lease} for this boot only, so it may be lost with the machine.
 */
public class LeaseFiles {

    /**
     * What a starting guard finds.
     *
     * @param known whether the settings were recorded; else nothing is known of before
     * @param allowed whom it may grant to: what this very boot recorded
     * @param unleased who said last that it runs without a lease
     * @param former the lease an earlier run had in this boot
     */
    record Found(
            LeaseSettings settings,
            boolean known,
            Set<String> allowed,
            Map<String, Integer> announced,
            Set<String> unleased,
            LeaseBook.Former former) {

        static final Found NOTHING =
                new Found(LeaseSettings.NOTHING, false, Set.of(), Map.of(), Set.of(), LeaseBook.Former.NOTHING);
    }

    private final StateFile kept;
    private final Path running;
    private final String bootId;

    /**
     * @param home installation folder
     * @param bootId the kernel's id of this boot
     */
    public LeaseFiles(Path home, String bootId) {
        this.kept = new StateFile(home.resolve("data/guard/lease"));
        this.running = home.resolve("data/run/lease");
        this.bootId = bootId;
    }

    /** Reads both. @throws IOException if one cannot be read or understood */
    Found read() throws IOException {
        LeaseSettings settings = LeaseSettings.NOTHING;
        boolean known = false;
        boolean sameBoot = false;
        Set<String> allowed = new TreeSet<>();
        Map<String, Integer> announced = new TreeMap<>();
        Set<String> unleased = new TreeSet<>();
        for (String line : kept.read()) {
            List<String> words = Words.parse(line);
            switch (words.isEmpty() ? "" : words.get(0)) {
                case "boot" -> sameBoot = words.get(1).equals(bootId);
                case "lease" -> {
                    settings = LeaseSettings.parse(words);
                    known = true;
                }
                case "allowed" -> allowed.addAll(words.subList(1, words.size()));
                case "announced" -> announced.put(words.get(1), Integer.parseInt(words.get(2)));
                case "unleased" -> unleased.addAll(words.subList(1, words.size()));
                default -> {
                    // of a later version
                }
            }
        }
        return new Found(settings, known, sameBoot ? allowed : Set.of(), announced, unleased, former());
    }

    private LeaseBook.Former former() throws IOException {
        List<String> lines = new StateFile(running).read();
        List<String> words = lines.isEmpty() ? List.of() : Words.parse(lines.get(0));
        return words.size() < 3 || !words.get(0).equals(bootId)
                ? LeaseBook.Former.NOTHING
                : new LeaseBook.Former(Long.parseLong(words.get(1)), Long.parseLong(words.get(2)));
    }

    /** Records durably. */
    void keep(LeaseSettings settings, Set<String> allowed, Map<String, Integer> announced, Set<String> unleased)
            throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add(Words.line("boot", bootId));
        lines.add(settings.encode());
        lines.add(line("allowed", allowed));
        lines.add(line("unleased", unleased));
        announced.forEach((peer, sum) -> lines.add(Words.line("announced", peer, sum)));
        kept.write(lines);
    }

    private static String line(String key, Set<String> names) {
        List<Object> words = new ArrayList<>(List.of(key));
        words.addAll(names);
        return Words.line(words.toArray());
    }

    /** Records for a restart of the guard in this boot; not forced to disk. */
    void run(long until, long since) throws IOException {
        Path fresh = running.resolveSibling(running.getFileName() + ".new");
        Files.writeString(fresh, Words.line(bootId, until, since) + "\n", StandardCharsets.UTF_8);
        Files.move(fresh, running, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
