package org.mainstay.core.internal.guard;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.GuardControl.GuardNews;

/** News lines of the guard. */
final class News {
    private static final Pattern CATALOG = Pattern.compile("(18[12]\\d\\d) ([IWE]) (.+)");

    private News() {}

    /** Returns what the words say; empty for news of a later guard that this version does not know. */
    static Optional<GuardNews> parse(List<String> words) {
        return Optional.ofNullable(
                switch (words.get(1)) {
                    case "path" ->
                        new GuardNews.PathState(
                                words.get(2), words.get(3), words.get(4).equals("alive"));
                    case "peer" ->
                        new GuardNews.PeerInfo(
                                words.get(2),
                                words.get(3),
                                words.get(4).equals("present"),
                                Long.parseLong(words.get(5)),
                                Long.parseLong(words.get(6)));
                    case "lease" ->
                        new GuardNews.Lease(
                                GuardNews.Right.valueOf(upper(words.get(2))),
                                Long.parseLong(words.get(3)),
                                Long.parseLong(words.get(4)),
                                words.get(5));
                    case "lapsed" ->
                        new GuardNews.Lapsed(words.get(2), words.get(3).equals("yes"));
                    case "withheld" ->
                        new GuardNews.Withheld(words.get(2), words.get(3).equals("yes"));
                    case "witness" ->
                        new GuardNews.Witness(words.get(2), GuardNews.Word.valueOf(upper(words.get(3))), words.get(4));
                    case "watchdog" ->
                        new GuardNews.Watchdog(words.get(2), words.get(3).equals("fed"));
                    case "quarantine" -> new GuardNews.Quarantine(Long.parseLong(words.get(2)));
                    case "lost" -> new GuardNews.ReservationLost(words.get(2), words.get(3));
                    case "notice" -> notice(words.get(2));
                    default -> null;
                });
    }

    /** A text that begins with a number of the quorum catalog and a level has both from there. */
    private static GuardNews.Notice notice(String text) {
        Matcher matcher = CATALOG.matcher(text);
        if (!matcher.matches()) {
            return new GuardNews.Notice(0, Level.WARNING, text);
        }
        Level level = switch (matcher.group(2)) {
            case "I" -> Level.INFORMATION;
            case "W" -> Level.WARNING;
            default -> Level.ERROR;
        };
        return new GuardNews.Notice(Integer.parseInt(matcher.group(1)), level, matcher.group(3));
    }

    private static String upper(String word) {
        return word.toUpperCase(Locale.ROOT);
    }
}
