package org.mainstay.core.internal.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line of {@code /proc/self/mountinfo}.
 *
 * @param id mount id, as in {@code /proc/PID/fdinfo}
 * @param device {@code major:minor} of the file system
 * @param options mount options, then those of the file system
 */
record MountInfo(int id, String device, Path target, String fileSystem, String source, String options) {
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    /** Reads the table in the order of mounting. */
    static List<MountInfo> read(Path file) throws IOException {
        List<MountInfo> mounts = new ArrayList<>();
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            mounts.add(parse(line));
        }
        return mounts;
    }

    static MountInfo parse(String line) {
        String[] fields = line.split(" ");
        int separator = 6;
        while (separator < fields.length && !fields[separator].equals("-")) {
            separator++;
        }
        if (fields.length < separator + 3) {
            throw new IllegalArgumentException("not a line of mountinfo: '" + line + "'");
        }
        String options = fields[5] + (separator + 3 < fields.length ? "," + fields[separator + 3] : "");
        return new MountInfo(
                Integer.parseInt(fields[0]),
                fields[2],
                Path.of(unescape(fields[4])),
                fields[separator + 1],
                unescape(fields[separator + 2]),
                unescape(options));
    }

    private static String unescape(String text) {
        Matcher matcher = OCTAL.matcher(text);
        return matcher.replaceAll(
                found -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(found.group(1), 8))));
    }
}
