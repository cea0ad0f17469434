package org.mainstay.guard.util;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/**
 * A small text file kept twice, as {@code NAME.2} and {@code NAME}, each ending with a number and a checksum. What was written is in
 * both before {@link #write} returns, so one of them may be damaged and nothing that was confirmed is lost. A file of an earlier
 * release has neither a second copy nor a checksum; after a step back to such a release its file stands beside an older second copy,
 * which does not count then. Used by one thread at a time.
 */
public final class TwinFile {
    private static final String END = "end";

    /**
     * What was found.
     *
     * @param lines without checksum; empty if nothing was ever written
     * @param damage what is wrong with the copy that was not used, so that both should be written anew; empty if nothing
     */
    public record Content(List<String> lines, String damage) {}

    private record Copy(List<String> lines, long number, String fault, boolean there, boolean sealed) {
        boolean good() {
            return there && fault.isEmpty();
        }
    }

    private final Path first;
    private final Path second;

    public TwinFile(Path file) {
        first = file;
        second = file.resolveSibling(file.getFileName() + ".2");
    }

    /** Returns what was written last. @throws IOException if something was written and no copy can be used; names both */
    public Content read() throws IOException {
        Copy one = copy(first);
        Copy two = copy(second);
        if (!one.there() && !two.there()) {
            return new Content(List.of(), "");
        }
        if (one.good() && !one.sealed() && !two.there()) {
            return new Content(one.lines(), "");
        }
        boolean oneGood = one.good() && one.sealed();
        boolean twoGood = two.good() && two.sealed();
        if (!oneGood && !twoGood) {
            throw new IOException(fault(first, one) + ", and " + fault(second, two));
        }
        if (oneGood && twoGood) {
            return newer(one, two);
        }
        if (one.good() && twoGood && !cutOff(one, two)) {
            // Written by an earlier release after the second copy: no write of this one leaves both, see write().
            throw new IOException(first + " has no checksum and holds something else than " + second
                    + ", as after a step back to an earlier release: which of them is newer is not known");
        }
        return oneGood ? new Content(one.lines(), fault(second, two)) : new Content(two.lines(), fault(first, one));
    }

    /**
     * As {@link #read()}, and writes both copies anew where one is damaged.
     *
     * @param trouble takes what is damaged
     */
    public List<String> read(Consumer<String> trouble) throws IOException {
        Content content = read();
        if (!content.damage().isEmpty()) {
            trouble.accept(content.damage() + "; the other copy is whole and goes on being used. Look at the disk");
            heal(content.lines(), trouble);
        }
        return content.lines();
    }

    /** A bad sector and a disk that takes no writes come together: what was read whole counts all the same. */
    private void heal(List<String> lines, Consumer<String> trouble) {
        try {
            write(lines);
        } catch (IOException e) {
            trouble.accept("the damaged copy of " + this + " cannot be written anew, so only one is left: " + e);
        }
    }

    /** A crash between the two writes: the older one would count when the newer one is damaged before the next write. */
    private Content newer(Copy one, Copy two) {
        if (one.number() == two.number()) {
            return new Content(one.lines(), "");
        }
        boolean firstIsNewer = one.number() > two.number();
        Path older = firstIsNewer ? second : first;
        Path newer = firstIsNewer ? first : second;
        return new Content((firstIsNewer ? one : two).lines(), older + " is older than " + newer);
    }

    /** Returns whether a copy without its end is the beginning of the other one. */
    private static boolean cutOff(Copy one, Copy two) {
        String whole = String.join("\n", two.lines()) + "\n" + end(two.lines(), two.number());
        return whole.strip().startsWith(String.join("\n", one.lines()));
    }

    private static String fault(Path file, Copy copy) {
        if (!copy.there()) {
            return file + " is missing";
        }
        return file + " " + (copy.fault().isEmpty() ? "is cut off: its checksum is missing" : copy.fault());
    }

    private static Copy copy(Path file) {
        if (Files.notExists(file)) {
            return new Copy(List.of(), 0, "", false, false);
        }
        List<String> lines;
        try {
            lines = new ArrayList<>(Files.readAllLines(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            return new Copy(List.of(), 0, "cannot be read: " + e, true, false);
        }
        if (lines.stream().anyMatch(line -> line.indexOf('\0') >= 0)) {
            return new Copy(List.of(), 0, "is damaged: it holds zeroes", true, false);
        }
        List<String> end = lines.isEmpty()
                ? List.of()
                : List.of(lines.get(lines.size() - 1).split(" "));
        if (end.size() != 3 || !end.get(0).equals(END)) {
            return new Copy(lines, 0, "", true, false);
        }
        lines.remove(lines.size() - 1);
        try {
            long number = Long.parseLong(end.get(1));
            boolean right = end.get(2).equals(sum(lines, number));
            return new Copy(lines, number, right ? "" : "is damaged: its checksum is wrong", true, true);
        } catch (NumberFormatException e) {
            return new Copy(lines, 0, "is damaged: its last line is not a number and a checksum", true, true);
        }
    }

    private static String end(List<String> lines, long number) {
        return END + " " + number + " " + sum(lines, number);
    }

    private static String sum(List<String> lines, long number) {
        CRC32 crc = new CRC32();
        lines.forEach(line -> crc.update((line + "\n").getBytes(StandardCharsets.UTF_8)));
        crc.update(Long.toString(number).getBytes(StandardCharsets.US_ASCII));
        return Long.toHexString(crc.getValue());
    }

    /** Replaces both copies, one after the other, each durably. */
    public void write(List<String> lines) throws IOException {
        long number = 1 + Math.max(copy(first).number(), copy(second).number());
        List<String> sealed = new ArrayList<>(lines);
        sealed.add(end(lines, number));
        // A first copy of an earlier release is replaced before there is a second one: where it stands beside one, it
        // is
        // always the younger. Otherwise the order does not matter: of two whole copies the number tells.
        boolean alone = Files.notExists(second);
        new StateFile(alone ? first : second).write(sealed);
        new StateFile(alone ? second : first).write(sealed);
    }

    /** Removes both copies: as if nothing was ever written. */
    public void delete() throws IOException {
        Files.deleteIfExists(first);
        Files.deleteIfExists(second);
    }

    @Override
    public String toString() {
        return first.toString();
    }
}
