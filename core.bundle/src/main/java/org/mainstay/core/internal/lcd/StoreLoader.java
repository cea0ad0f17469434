package org.mainstay.core.internal.lcd;

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.cluster.lcd.Lcd;

/**
 * Reads the files of a store; changes nothing.
 *
 * <p>The state is the newest intact snapshot (generation 0 begins empty and has none) and the journals from its generation on,
 * each of which but the last ends with a record that names the next. The snapshot before and its journals lead to the same
 * state: they are the second copy of the newest snapshot, are compared with it, and take its place when it is damaged.
 */
final class StoreLoader {
    private static final Pattern SNAPSHOT = Pattern.compile("snapshot-(\\d{10})\\.json");
    private static final Pattern JOURNAL = Pattern.compile("journal-(\\d{10})\\.[ab]");

    private final Disk disk;
    private final Path directory;
    private final LcdCodec codec;
    private final TreeSet<Long> snapshots = new TreeSet<>();
    private final TreeSet<Long> journals = new TreeSet<>();
    private final List<String> repairs = new ArrayList<>();
    private boolean rewrite;
    private JournalScan lastScan;
    private long lastFirst;

    /**
     * What was read.
     *
     * @param server whose store; empty if nothing says it
     * @param store its id; null if nothing says it
     * @param state the state after the last good record
     * @param current the journal to go on with; null if there is none that can be continued
     * @param damage set if acknowledged data is lost
     * @param later intact commits after the damage
     * @param repairs what was found wrong and can be put right from the second copy
     * @param rewrite whether files must be written anew to have two good copies again
     * @param highest the highest generation in any file name
     */
    record Loaded(
            String server,
            UUID store,
            StoreState state,
            JournalScan current,
            Problem damage,
            List<JournalBody> later,
            List<String> repairs,
            boolean rewrite,
            long highest) {}

    /** Where and what was lost. */
    record Problem(String place, String reason) {}

    /** A walk from a snapshot along the journals. */
    private static final class Walk {
        private StoreState state;
        private String server = "";
        private UUID store;
        private JournalScan last;
        private Problem damage;
        private final List<Long> generations = new ArrayList<>();
        private final List<JournalBody> later = new ArrayList<>();
    }

    StoreLoader(Disk disk, Path directory, LcdCodec codec) {
        this.disk = disk;
        this.directory = directory;
        this.codec = codec;
    }

    /** @throws LcdStoreException MISSING or NEWER_SCHEMA */
    Loaded load() throws IOException {
        for (String name : disk.list(directory)) {
            number(SNAPSHOT, name).ifPresent(snapshots::add);
            number(JOURNAL, name).ifPresent(journals::add);
        }
        if (snapshots.isEmpty() && journals.isEmpty()) {
            throw new LcdStoreException(
                    LcdStoreException.Kind.MISSING,
                    "there is no configuration database in " + directory
                            + "; make one with 'node init' or 'node join'");
        }
        List<Long> bases = new ArrayList<>(snapshots.descendingSet());
        if (!snapshots.contains(0L) && journals.contains(0L)) {
            bases.add(0L);
        }
        Walk walk = null;
        Walk firstDamaged = null;
        int used = 0;
        for (; used < bases.size() && walk == null; used++) {
            Walk tried = walk(bases.get(used));
            if (tried == null || tried.damage != null) {
                firstDamaged = firstDamaged == null ? tried : firstDamaged;
                rewrite = true;
            } else {
                walk = tried;
            }
        }
        if (walk == null) {
            return lost(firstDamaged, bases);
        }
        rewrite |= !secondCopy(walk, used < bases.size() ? bases.get(used) : -1);
        return loaded(walk);
    }

    private static Optional<Long> number(Pattern pattern, String name) {
        Matcher matcher = pattern.matcher(name);
        return matcher.matches() ? Optional.of(Long.parseLong(matcher.group(1))) : Optional.empty();
    }

    /** Returns whether the snapshot before leads to the same state; if there is none the state has no second copy. */
    private boolean secondCopy(Walk walk, long base) throws IOException {
        if (walk.generations.get(0) == 0) {
            return true; // begins empty: both copies of the journals hold everything
        }
        Walk other = base < 0 ? null : walk(base);
        if (other != null && other.damage == null && other.state.equals(walk.state)) {
            return true;
        }
        repairs.add("the second copy of snapshot " + walk.generations.get(0) + " was missing or damaged");
        return false;
    }

    private Loaded loaded(Walk walk) {
        return new Loaded(
                walk.server, walk.store, walk.state, walk.last, walk.damage, walk.later, repairs, rewrite, highest());
    }

    private long highest() {
        long snapshot = snapshots.isEmpty() ? 0 : snapshots.last();
        return Math.max(snapshot, journals.isEmpty() ? 0 : journals.last());
    }

    private Loaded lost(Walk best, List<Long> bases) {
        if (best != null) {
            return loaded(best);
        }
        Walk nothing = new Walk();
        nothing.state = StoreState.EMPTY;
        nothing.damage = new Problem(
                bases.isEmpty()
                        ? "journal-" + journals.first()
                        : Snapshot.path(directory, bases.get(0)).getFileName().toString(),
                "no snapshot is readable");
        return loaded(nothing);
    }

    /** Returns null if the snapshot of that generation cannot be read. */
    private Walk walk(long base) throws IOException {
        Walk walk = new Walk();
        walk.state = StoreState.EMPTY;
        if (snapshots.contains(base)) {
            Path file = Snapshot.path(directory, base);
            try {
                Snapshot snapshot = Snapshot.decode(disk.read(file), codec);
                walk.state = snapshot.state();
                walk.server = snapshot.server();
                walk.store = snapshot.store();
            } catch (LcdSchema.NewerSchemaException e) {
                throw new LcdStoreException(LcdStoreException.Kind.NEWER_SCHEMA, directory + ": " + e.getMessage(), e);
            } catch (JsonParseException | IllegalArgumentException e) {
                repairs.add(file.getFileName() + " is damaged: " + e.getMessage());
                return null;
            }
        }
        for (long generation = base; generation >= 0 && walk.damage == null; ) {
            generation = step(walk, generation);
        }
        return walk;
    }

    /** Applies one journal. Returns the next generation, -1 at the end. */
    private long step(Walk walk, long generation) throws IOException {
        walk.generations.add(generation);
        long first = walk.state.sequence() + 1;
        // the walk that compares the second copy ends in the same journal: it is not read again
        boolean known = lastScan != null && lastScan.format().generation() == generation && lastFirst == first;
        Optional<JournalScan> scan = known ? Optional.of(lastScan) : scan(walk, generation, first);
        String name = String.format("journal-%010d", generation);
        if (scan.isEmpty()) {
            walk.damage =
                    new Problem(name, "both copies are missing, damaged at their beginning or of another database");
            return -1;
        }
        JournalScan journal = scan.get();
        walk.last = journal;
        if (walk.store == null) {
            walk.store = journal.format().store();
            walk.server = journal.format().server();
        }
        note(journal, 0);
        note(journal, 1);
        long next = follow(walk, journal, name);
        if (next < 0) {
            lastScan = journal;
            lastFirst = first;
        } else {
            // the current journal is put right in place when it is opened, one that has ended is written anew
            rewrite |= journal.differs(0) || journal.differs(1);
        }
        return next;
    }

    private Optional<JournalScan> scan(Walk walk, long generation, long first) throws IOException {
        byte[] a = Journal.readOrNull(disk, Journal.path(directory, generation, 'a'));
        byte[] b = Journal.readOrNull(disk, Journal.path(directory, generation, 'b'));
        return JournalScan.of(a, b, generation, walk.store, first);
    }

    private void note(JournalScan journal, int copy) {
        Path path = Journal.path(directory, journal.format().generation(), copy == 0 ? 'a' : 'b');
        String text = path.getFileName() + " was missing, damaged or had an unfinished record";
        if (journal.damage().isEmpty() && journal.differs(copy) && !repairs.contains(text)) {
            repairs.add(text);
        }
    }

    private long follow(Walk walk, JournalScan journal, String name) throws IOException {
        try {
            for (JournalFormat.Found record : journal.records()) {
                if (record.kind() == JournalFormat.SEAL) {
                    walk.state = walk.state.at(record.sequence());
                    long next = JournalBody.Seal.decode(codec, record.payload()).next();
                    if (next <= journal.format().generation()) {
                        throw new JsonParseException("it names journal " + next + " as the next");
                    }
                    return next;
                }
                JournalBody body = JournalBody.decode(codec, record.payload());
                walk.state = walk.state.apply(record.sequence(), body, codec);
            }
        } catch (LcdSchema.NewerSchemaException e) {
            throw new LcdStoreException(LcdStoreException.Kind.NEWER_SCHEMA, directory + ": " + e.getMessage(), e);
        } catch (JsonParseException | LcdStoreException | IllegalArgumentException e) {
            walk.damage = new Problem(
                    name, "record " + (walk.state.sequence() + 1) + " is whole but cannot be read: " + e.getMessage());
            return -1;
        }
        journal.damage().ifPresent(reason -> walk.damage = new Problem(name, reason));
        long beyond = journals.last();
        if (walk.damage == null && beyond > journal.format().generation() && used(beyond)) {
            walk.damage = new Problem(name, "its end is missing: records go on in journal " + beyond);
        }
        if (walk.damage == null
                && !snapshots.isEmpty()
                && snapshots.last() > journal.format().generation()) {
            walk.damage = new Problem(name, "its end is missing: there is a later snapshot " + snapshots.last());
        }
        if (walk.damage != null) {
            collectLater(walk, journal);
        }
        return -1;
    }

    /** Returns whether the journal has any record, told by an intact header at its beginning in either copy. */
    private boolean used(long generation) throws IOException {
        for (char copy : new char[] {'a', 'b'}) {
            byte[] file = Journal.readOrNull(disk, Journal.path(directory, generation, copy));
            if (file != null
                    && JournalFormat.read(file)
                            .flatMap(format -> format.sequenceAt(file, JournalFormat.FIRST_RECORD))
                            .isPresent()) {
                return true;
            }
        }
        return false;
    }

    /** Keeps intact commits after the damage: evidence, and material for a repair once the gap is filled. */
    private void collectLater(Walk walk, JournalScan journal) throws IOException {
        List<JournalFormat.Found> found = new ArrayList<>(journal.later());
        long next = found.isEmpty() ? 0 : found.get(found.size() - 1).sequence() + 1;
        for (long generation : journals.tailSet(journal.format().generation(), false)) {
            Optional<JournalScan> scan = scan(walk, generation, next);
            scan.ifPresent(more -> {
                found.addAll(more.records());
                found.addAll(more.later());
            });
            next = found.isEmpty() ? 0 : found.get(found.size() - 1).sequence() + 1;
        }
        for (JournalFormat.Found record : found) {
            if (record.kind() == JournalFormat.COMMIT) {
                try {
                    walk.later.add(JournalBody.decode(codec, record.payload()));
                } catch (JsonParseException | IllegalArgumentException e) {
                    repairs.add("record " + record.sequence() + " after the damage cannot be read: " + e.getMessage());
                }
            }
        }
    }

    /** Returns this server's database from what was loaded. */
    static Lcd own(Loaded loaded) {
        Lcd own = loaded.state().documents().get(loaded.server());
        return own == null ? Lcd.empty(loaded.server(), 0) : own;
    }
}
