package org.mainstay.core.internal.lcd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What the two copies of a journal hold together, and the proof of what was acknowledged (I3).
 *
 * <p>A commit writes its record to copy A, forces A, then writes the same bytes to copy B and forces B; only then it is
 * acknowledged. The undoing of a failed commit clears B and forces it before it clears A. Hence, when neither copy has an
 * intact record at the place where number N is due:
 *
 * <ol>
 *   <li>A record N+1 or higher in either copy, or a close mark of N or higher, proves that N was acknowledged: damage.
 *   <li>If copy B is whole (as long as it was made) and has nothing but zeros from there on, N was never acknowledged: what A
 *       has is the torn write of a crash, or bytes that were never ours. It is dropped.
 *   <li>If copy A is whole and has nothing but zeros from there on, B was never written, as A comes first; what B has is
 *       dropped - unless it begins with the intact header of N, which proves that A once held N: damage.
 *   <li>In any other case both copies are hit where a record may have been: damage. It is never taken for the end.
 * </ol>
 *
 * So whatever happens to one copy is repaired from the other; a crash at any byte is not damage; damage in both is reported.
 * The files have their full size, filled with zeros, before the first record, therefore a file that became shorter is known
 * to be.
 */
final class JournalScan {
    private final JournalFormat format;
    private final byte[][] copies;
    private final boolean[] whole;
    private final List<JournalFormat.Found> records = new ArrayList<>();
    private final List<JournalFormat.Found> later = new ArrayList<>();
    private final List<Integer> sources = new ArrayList<>();
    private final boolean[] clean;
    private final long mark;
    private final int end;
    private final String damage;

    private JournalScan(JournalFormat format, byte[] a, byte[] b, long firstSequence) {
        this.format = format;
        this.whole = new boolean[] {intact(a, format), intact(b, format)};
        this.clean = new boolean[] {length(a) == format.capacity(), length(b) == format.capacity()};
        this.copies = new byte[][] {padded(a, format), padded(b, format)};
        this.mark = Math.max(format.markIn(copies[0]), format.markIn(copies[1]));
        int position = JournalFormat.FIRST_RECORD;
        long sequence = firstSequence;
        String problem = null;
        while (sealed().isEmpty()) {
            Optional<JournalFormat.Found> inA = due(0, position, sequence);
            Optional<JournalFormat.Found> inB = due(1, position, sequence);
            if (inA.isEmpty() && inB.isEmpty()) {
                problem = judge(position, sequence);
                break;
            }
            JournalFormat.Found found = inA.orElseGet(inB::get);
            if (inA.isPresent()
                    && inB.isPresent()
                    && !sameBytes(position, found.end(), inB.get().end())) {
                problem = "its two copies hold different records " + sequence;
                break;
            }
            clean[0] &= inA.isPresent();
            clean[1] &= inB.isPresent();
            sources.add(inA.isPresent() ? 0 : 1);
            records.add(found);
            position = found.end();
            sequence++;
        }
        end = position;
        damage = problem;
        if (problem != null) {
            collectLater(position, sequence);
        }
        byte[] beginning = beginning();
        for (int copy = 0; copy < 2; copy++) {
            clean[copy] &= blank(copy, end)
                    && Arrays.equals(copies[copy], 0, beginning.length, beginning, 0, beginning.length);
        }
    }

    private static int length(byte[] file) {
        return file == null ? -1 : file.length;
    }

    private byte[] beginning() {
        byte[] bytes = format.header();
        if (mark > 0) {
            System.arraycopy(format.mark(mark), 0, bytes, JournalFormat.MARK, JournalFormat.MARK_LENGTH);
        }
        return bytes;
    }

    /**
     * Reads the two copies.
     *
     * @param a content of copy A; null if the file is missing
     * @param b content of copy B; null if the file is missing
     * @param generation the number in the file names
     * @param store id of the store; null if it is not known yet
     * @param firstSequence sequence the first record must have
     * @return empty if neither copy has an intact header of this generation and store
     */
    static Optional<JournalScan> of(byte[] a, byte[] b, long generation, UUID store, long firstSequence) {
        Optional<JournalFormat> format = format(a, generation, store).or(() -> format(b, generation, store));
        return format.map(known -> new JournalScan(known, a, b, firstSequence));
    }

    private static Optional<JournalFormat> format(byte[] file, long generation, UUID store) {
        return file == null
                ? Optional.empty()
                : JournalFormat.read(file)
                        .filter(format -> format.generation() == generation)
                        .filter(format -> store == null || format.store().equals(store));
    }

    private static boolean intact(byte[] file, JournalFormat format) {
        return file != null && file.length >= format.capacity();
    }

    private static byte[] padded(byte[] file, JournalFormat format) {
        if (length(file) == format.capacity()) {
            return file;
        }
        return file == null ? new byte[format.capacity()] : Arrays.copyOf(file, format.capacity());
    }

    private Optional<JournalFormat.Found> due(int copy, int position, long sequence) {
        return format.recordAt(copies[copy], position).filter(found -> found.sequence() == sequence);
    }

    private boolean sameBytes(int from, int endA, int endB) {
        return endA == endB && Arrays.equals(copies[0], from, endA, copies[1], from, endB);
    }

    /** Returns null if the record due here was never acknowledged, else why it was or may have been. */
    private String judge(int position, long sequence) {
        if (mark >= sequence) {
            return "record " + sequence + " is gone, but an orderly stop saw " + mark;
        }
        for (int copy = 0; copy < 2; copy++) {
            if (laterHeader(copy, position, sequence)) {
                return "record " + sequence + " is damaged in both copies, later ones are there";
            }
        }
        boolean emptyA = whole[0] && blank(0, position);
        boolean emptyB = whole[1] && blank(1, position);
        if (emptyB) {
            return null;
        }
        if (emptyA) {
            boolean writtenToB = format.sequenceAt(copies[1], position)
                    .filter(found -> found == sequence)
                    .isPresent();
            return writtenToB ? "record " + sequence + " is gone from copy A and damaged in copy B" : null;
        }
        return "record " + sequence + " is damaged or missing in both copies";
    }

    private boolean blank(int copy, int from) {
        byte[] bytes = copies[copy];
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private boolean laterHeader(int copy, int from, long sequence) {
        for (int at = from; at + JournalFormat.RECORD_HEADER <= copies[copy].length; at++) {
            if (format.sequenceAt(copies[copy], at)
                    .filter(found -> found > sequence)
                    .isPresent()) {
                return true;
            }
        }
        return false;
    }

    private void collectLater(int from, long sequence) {
        TreeMap<Long, JournalFormat.Found> found = new TreeMap<>();
        for (byte[] copy : copies) {
            for (int at = from; at + JournalFormat.RECORD_HEADER <= copy.length; at++) {
                format.recordAt(copy, at)
                        .filter(record -> record.sequence() > sequence)
                        .ifPresent(record -> found.putIfAbsent(record.sequence(), record));
            }
        }
        later.addAll(found.values());
    }

    JournalFormat format() {
        return format;
    }

    /** Returns the acknowledged records, and possibly one that was complete but not yet acknowledged, in order. */
    List<JournalFormat.Found> records() {
        return records;
    }

    /** Returns intact records after the damage; never applied on their own. */
    List<JournalFormat.Found> later() {
        return later;
    }

    /** Returns the record that says in which generation the store goes on, if there is one. */
    Optional<JournalFormat.Found> sealed() {
        return records.isEmpty() || records.get(records.size() - 1).kind() != JournalFormat.SEAL
                ? Optional.empty()
                : Optional.of(records.get(records.size() - 1));
    }

    /** Returns the position after the last record. */
    int end() {
        return end;
    }

    /** Returns why acknowledged data is lost in both copies; empty if none is. */
    Optional<String> damage() {
        return Optional.ofNullable(damage);
    }

    /** Returns what both copies must contain. */
    byte[] merged() {
        byte[] merged = Arrays.copyOf(beginning(), format.capacity());
        int position = JournalFormat.FIRST_RECORD;
        for (int i = 0; i < records.size(); i++) {
            int next = records.get(i).end();
            System.arraycopy(copies[sources.get(i)], position, merged, position, next - position);
            position = next;
        }
        return merged;
    }

    /** Returns whether a copy differs from what it must contain. @param copy 0 = A, 1 = B */
    boolean differs(int copy) {
        return !clean[copy];
    }
}
