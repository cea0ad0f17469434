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
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.TwinFile;
import org.mainstay.guard.util.Words;

/**
 * What is kept of the lease: {@code data/guard/lease} durably and twice, so that a restarted guard goes on without Karaf and
 * breaks no promise; {@code data/run/lease} for this boot only, so it may be lost with the machine. What cannot be read is not
 * taken for something that was never there (decision 0337).
 */
public class LeaseFiles {

    /**
     * What is recorded durably.
     *
     * @param pending whether the lease was switched on in this boot and has not been held yet
     * @param forgotten whether an earlier run could not read what it had promised, and that may still be in force
     * @param allowed whom it may grant to: what this very boot recorded
     * @param announced L + S of peers that is longer than the own
     * @param unleased who said last that it runs without a lease
     */
    record Kept(
            LeaseSettings settings,
            boolean pending,
            boolean forgotten,
            Set<String> allowed,
            Map<String, Integer> announced,
            Set<String> unleased) {
        static final Kept NOTHING = new Kept(LeaseSettings.NOTHING, false, false, Set.of(), Map.of(), Set.of());

        /** Returns what of it holds after a reboot: grants begin anew, and what was running is gone. */
        Kept afterReboot() {
            return new Kept(settings, false, forgotten, Set.of(), announced, unleased);
        }
    }

    /**
     * What a starting guard finds.
     *
     * @param known whether anything was recorded; else nothing is known of before
     * @param former the lease an earlier run had in this boot
     * @param damage what cannot be read, and where; empty if all can
     * @param lost whether settings and promises were recorded and nothing of them can be read
     */
    record Found(Kept kept, boolean known, LeaseBook.Former former, String damage, boolean lost) {

        /** Returns the book of a guard that begins with it. */
        LeaseBook book(long now) {
            LeaseBook book = new LeaseBook(
                    kept.settings(),
                    former,
                    kept.allowed(),
                    kept.announced(),
                    now,
                    new LeaseBook.Lost(lost && !former.unneeded(), lost || kept.forgotten()));
            if (kept.pending()) {
                book.resumePending(now);
            }
            kept.unleased().forEach(peer -> book.unleased(peer, true));
            return book;
        }
    }

    private final TwinFile kept;
    private final Path running;
    private final String bootId;

    /**
     * @param home installation folder
     * @param bootId the kernel's id of this boot
     */
    public LeaseFiles(Path home, String bootId) {
        this.kept = new TwinFile(home.resolve("data/guard/lease"));
        this.running = home.resolve("data/run/lease");
        this.bootId = bootId;
    }

    /** Reads both, as far as that is possible. */
    Found read() {
        StringBuilder damage = new StringBuilder();
        LeaseBook.Former former = former(damage);
        try {
            TwinFile.Content content = kept.read();
            damage(damage, content.damage());
            return parse(content.lines(), former, damage);
        } catch (IOException e) {
            damage(damage, e.getMessage());
        } catch (RuntimeException e) {
            damage(damage, kept + " is not understood: " + e);
        }
        return new Found(Kept.NOTHING, false, former, damage.toString(), true);
    }

    private static void damage(StringBuilder all, String text) {
        all.append(all.length() == 0 || text.isEmpty() ? "" : "; ").append(text);
    }

    private Found parse(List<String> lines, LeaseBook.Former former, StringBuilder damage) {
        LeaseSettings settings = LeaseSettings.NOTHING;
        boolean known = false;
        boolean sameBoot = false;
        boolean pending = false;
        boolean forgotten = false;
        Set<String> allowed = new TreeSet<>();
        Map<String, Integer> announced = new TreeMap<>();
        Set<String> unleased = new TreeSet<>();
        for (String line : lines) {
            List<String> words = Words.parse(line);
            switch (words.isEmpty() ? "" : words.get(0)) {
                case "boot" -> sameBoot = words.get(1).equals(bootId);
                case "lease" -> {
                    settings = LeaseSettings.parse(words);
                    known = true;
                }
                case "pending" -> pending = true;
                case "forgotten" -> forgotten = true;
                case "allowed" -> allowed.addAll(words.subList(1, words.size()));
                case "announced" -> announced.put(words.get(1), Integer.parseInt(words.get(2)));
                case "unleased" -> unleased.addAll(words.subList(1, words.size()));
                default -> {
                    // of a later version
                }
            }
        }
        Kept found = new Kept(settings, pending, forgotten, allowed, announced, unleased);
        return new Found(sameBoot ? found : found.afterReboot(), known, former, damage.toString(), false);
    }

    private LeaseBook.Former former(StringBuilder damage) {
        if (Files.notExists(running)) {
            return LeaseBook.Former.NOTHING;
        }
        try {
            List<String> lines = Files.readAllLines(running, StandardCharsets.UTF_8);
            List<String> words = Words.parse(lines.isEmpty() ? "" : lines.get(0));
            if (words.size() < 3) {
                throw new IOException("it holds " + lines);
            }
            return words.get(0).equals(bootId) ? former(words) : LeaseBook.Former.NOTHING;
        } catch (IOException | RuntimeException e) {
            damage(damage, running + " cannot be read: " + e);
            return LeaseBook.Former.UNKNOWN;
        }
    }

    private static LeaseBook.Former former(List<String> words) {
        long until = Long.parseLong(words.get(1));
        int stop = words.size() > 3 ? Integer.parseInt(words.get(3)) : 0;
        return until == LeaseBook.NEVER
                ? LeaseBook.Former.UNNEEDED
                : new LeaseBook.Former(until, Long.parseLong(words.get(2)), stop, false);
    }

    /** Records durably. */
    void keep(Kept now) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add(Words.line("boot", bootId));
        lines.add(now.settings().encode());
        if (now.pending()) {
            lines.add("pending");
        }
        if (now.forgotten()) {
            lines.add("forgotten");
        }
        lines.add(line("allowed", now.allowed()));
        lines.add(line("unleased", now.unleased()));
        now.announced().forEach((peer, sum) -> lines.add(Words.line("announced", peer, sum)));
        kept.write(lines);
    }

    private static String line(String key, Set<String> names) {
        List<Object> words = new ArrayList<>(List.of(key));
        words.addAll(names);
        return Words.line(words.toArray());
    }

    /**
     * Records for a restart of the guard in this boot, not forced to disk; what cannot be recorded is over earlier then.
     *
     * @param stopMillis in what time everything has to be out after the end
     */
    final void run(long until, long since, int stopMillis, Log log) {
        try {
            run(until, since, stopMillis);
        } catch (IOException e) {
            log.warn("the lease's end cannot be recorded; a restart of the guard would lose it: " + e.getMessage());
        }
    }

    void run(long until, long since, int stopMillis) throws IOException {
        Path fresh = running.resolveSibling(running.getFileName() + ".new");
        Files.writeString(fresh, Words.line(bootId, until, since, stopMillis) + "\n", StandardCharsets.UTF_8);
        Files.move(fresh, running, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
