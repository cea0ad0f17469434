package org.mainstay.core.internal.guard;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.mainstay.cluster.GuardControl.GuardNews;

/** News lines of the guard. */
final class News {
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
                    case "notice" -> new GuardNews.Notice(words.get(2));
                    default -> null;
                });
    }

    private static String upper(String word) {
        return word.toUpperCase(Locale.ROOT);
    }
}
