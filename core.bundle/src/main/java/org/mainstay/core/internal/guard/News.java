package org.mainstay.core.internal.guard;

import java.util.List;
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
                    case "lost" -> new GuardNews.ReservationLost(words.get(2), words.get(3));
                    case "notice" -> new GuardNews.Notice(words.get(2));
                    default -> null;
                });
    }
}
