package org.mainstay.sim;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One thing that happens in a run, as a line of its script.
 *
 * @param at virtual time in milliseconds
 * @param one the server it happens to; {@value #OWNER}: where the first resource runs then
 * @param other another server, or what a kit is asked for; may be empty
 * @param tag a resource; may be empty
 * @param millis how long it lasts
 * @param number a path, or a count
 */
record Step(long at, Kind kind, String one, String other, String tag, long millis, int number) {
    /** Stands for the server on which the first resource runs. */
    static final String OWNER = "OWNER";

    /** What can happen. Braces hold the places of the values. */
    enum Kind {
        POWER("{one} loses power for {time}", true),
        MANAGER_DIES("the manager of {one} dies for {time}", true),
        GUARD_DIES("the guard of {one} dies for {time}", true),
        BOTH_DIE("guard and manager of {one} die for {time}", true),
        PAUSE("{one} stands still for {time}", true),
        FREEZE("{one} stands still for {time}, longer than is tolerated", true),
        PAUSE_MANAGER("the manager of {one} stands still for {time}", true),
        PAUSE_GUARD("the guard of {one} stands still for {time}", true),
        CUT("the paths between {one} and {other} are cut for {time}", true),
        CUT_PATH("path {number} between {one} and {other} is cut for {time}", true),
        DEAF("nothing from {one} reaches {other} for {time}", true),
        ISOLATE("{one} is isolated for {time}", true),
        NO_CARRIER("{one} has no carrier for {time}", true),
        SPLIT("{one} and {other} are apart from all others for {time}", true),
        STALL("messages from {one} to {other} stall for {time}", true),
        SLOW("messages from {one} to {other} are slow for {time}", true),
        NOISE("the network loses, delays and doubles packets for {time}", true),
        STORAGE("{one} loses the witness for {time}", true),
        STORAGE_SLOW("the witness is slow for {time}", true),
        DISK_FAILS("the disk of {one} fails for {time}", true),
        DISK_SLOW("the disk of {one} is slow for {time}", true),
        DISK_HANGS("the disk of {one} hangs for {time}", true),
        GUARD_DISK_FAILS("the disk of the guard of {one} fails for {time}", true),
        GUARD_DISK_SLOW("the disk of the guard of {one} is slow for {time}", true),
        DIE_AT_COMMIT("the manager of {one} dies at its next commit, {number} effects done", true),
        POWER_AT_COMMIT("{one} loses power at its next commit, {number} effects done", true),
        CRASH("{tag} crashes on {one}", true),
        KIT_FAILS("{other} of {tag} fails on {one} {number} times", true),
        KIT_HANGS("{other} of {tag} hangs on {one} for {time}", true),
        KIT_STOPS("the kit of {one} is stopped for {time}", true),
        STORAGE_LOST("the storage of {tag} is taken from {one}", true),
        SAFETY_AWAY("the safety control of {one} is replaced within {time}", true),
        FENCE_FAILS("fencing of {one} fails for {time}", true),
        FENCE_LATE("fencing of {one} is answered late for {time}", true),
        BRING("operator on {one}: in-service {tag}", false),
        TAKE_OUT("operator on {one}: out-of-service {tag}", false),
        FLAG("operator on {one}: flag {number}", false),
        CONFIRM_DOWN("operator on {one}: confirm-down {other}", false),
        SETTINGS("operator on {one}: settings {number}", false),
        LIST_GROWS("operator on {one}: a server that never runs is admitted", false),
        LIST_SHRINKS("operator on {one}: the server that never runs is removed", false),
        STOP("operator on {one}: lkstop for {time}", true),
        STOP_LEAVING("operator on {one}: lkstop -f for {time}", true),
        LOSS("{one} loses power for {time} and service is back in time", true),
        CALM("nothing happens", false);

        private final String template;
        private final boolean fault;
        private final Pattern pattern;

        Kind(String template, boolean fault) {
            this.template = template;
            this.fault = fault;
            String regex = template.replace("{one}", "(?<one>\\w+)")
                    .replace("{other}", "(?<other>\\w+)")
                    .replace("{tag}", "(?<tag>\\w+)")
                    .replace("{time}", "(?<time>[0-9.]+) s")
                    .replace("{number}", "(?<number>-?\\d+)");
            this.pattern = Pattern.compile(regex);
        }

        /** Returns whether it counts as a fault, and not as an operator's wish. */
        boolean fault() {
            return fault;
        }
    }

    Step at(long newAt) {
        return new Step(newAt, kind, one, other, tag, millis, number);
    }

    Step lasting(long newMillis) {
        return new Step(at, kind, one, other, tag, newMillis, number);
    }

    /** Returns the line that {@link #parse} reads. */
    @Override
    public String toString() {
        String text = kind.template
                .replace("{one}", one)
                .replace("{other}", other)
                .replace("{tag}", tag)
                .replace("{time}", seconds(millis) + " s")
                .replace("{number}", String.valueOf(number));
        return "at " + seconds(at) + " s: " + text;
    }

    private static String seconds(long millis) {
        return String.format(Locale.ROOT, "%.3f", millis / 1000.0).replaceFirst("\\.?0+$", "");
    }

    /** Reads a line. @throws IllegalArgumentException if it is none of the known ones */
    static Step parse(String line) {
        Matcher time = Pattern.compile("at ([0-9.]+) s: (.*)").matcher(line);
        if (time.matches()) {
            for (Kind kind : Kind.values()) {
                Matcher matcher = kind.pattern.matcher(time.group(2));
                if (matcher.matches()) {
                    String number = group(matcher, kind, "number");
                    return new Step(
                            millis(time.group(1)),
                            kind,
                            group(matcher, kind, "one"),
                            group(matcher, kind, "other"),
                            group(matcher, kind, "tag"),
                            millis(group(matcher, kind, "time")),
                            number.isEmpty() ? 0 : Integer.parseInt(number));
                }
            }
        }
        throw new IllegalArgumentException(
                "a line is 'at SECONDS s: ...' with one of the known sentences, not: " + line);
    }

    private static String group(Matcher matcher, Kind kind, String name) {
        return kind.template.contains("{" + name + "}") ? matcher.group(name) : "";
    }

    private static long millis(String seconds) {
        return seconds.isEmpty() ? 0 : Math.round(Double.parseDouble(seconds) * 1000);
    }
}
