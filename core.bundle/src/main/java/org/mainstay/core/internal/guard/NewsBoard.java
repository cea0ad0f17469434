package org.mainstay.core.internal.guard;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.cluster.Registration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the guard said last of each path and peer, and who is told. All news go through one executor, so every listener gets
 * them in order, the present state first.
 */
final class NewsBoard {
    private static final Logger LOG = LoggerFactory.getLogger(NewsBoard.class);

    private final Executor executor;
    private final List<Consumer<GuardNews>> listeners = new CopyOnWriteArrayList<>();
    /** The newest of each; touched by the executor's thread only. */
    private final Map<String, GuardNews> present = new LinkedHashMap<>();
    /** Paths of which the guard's next word is told even if it is the last one: touched by the executor's thread only. */
    private final Set<String> again = new HashSet<>();

    /** @param executor runs one task after the other */
    NewsBoard(Executor executor) {
        this.executor = executor;
    }

    Registration listen(Consumer<GuardNews> listener) {
        // Registered on the executor: nothing is missed or told twice between the present state and what follows.
        executor.execute(() -> {
            present.values().forEach(news -> tell(listener, news));
            listeners.add(listener);
        });
        return () -> executor.execute(() -> listeners.remove(listener));
    }

    void publish(GuardNews news) {
        executor.execute(() -> {
            String subject = subject(news);
            if (news instanceof GuardNews.Link) {
                // Of lease and grants nothing is known while nobody says it; each guard says it anew.
                present.values().removeIf(NewsBoard::ofLink);
                // Who is told may have forgotten meanwhile what no guard stood for.
                present.forEach((path, word) -> {
                    if (word instanceof GuardNews.PathState) {
                        again.add(path);
                    }
                });
            }
            boolean anew = again.remove(subject);
            if (!subject.isEmpty() && news.equals(present.put(subject, news)) && !anew) {
                return;
            }
            listeners.forEach(listener -> tell(listener, news));
        });
    }

    /** Forgets what was said of peers that are no members any more. */
    void keepPeers(java.util.Set<String> members) {
        executor.execute(() -> present.values().removeIf(news -> gone(news, members)));
    }

    private static boolean gone(GuardNews news, java.util.Set<String> members) {
        return news instanceof GuardNews.Lapsed lapsed && !members.contains(lapsed.peer())
                || news instanceof GuardNews.Withheld withheld && !members.contains(withheld.peer())
                || news instanceof GuardNews.Witness witness && !members.contains(witness.peer());
    }

    /** Forgets paths that are no longer served. */
    void keepPaths(java.util.Set<String> pathIds) {
        executor.execute(() -> present.values()
                .removeIf(news -> news instanceof GuardNews.PathState
                        && !pathIds.contains(((GuardNews.PathState) news).pathId())));
    }

    private static String subject(GuardNews news) {
        if (news instanceof GuardNews.Link) {
            return "link";
        }
        if (news instanceof GuardNews.PathState) {
            return "path " + ((GuardNews.PathState) news).pathId();
        }
        if (news instanceof GuardNews.PeerInfo) {
            return "peer " + ((GuardNews.PeerInfo) news).peer();
        }
        if (news instanceof GuardNews.Lease) {
            return "lease";
        }
        if (news instanceof GuardNews.Lapsed lapsed) {
            return "lapsed " + lapsed.peer();
        }
        if (news instanceof GuardNews.Withheld withheld) {
            return "withheld " + withheld.peer();
        }
        if (news instanceof GuardNews.Witness witness) {
            return "witness " + witness.peer();
        }
        if (news instanceof GuardNews.Watchdog watchdog) {
            return "watchdog " + watchdog.server();
        }
        return news instanceof GuardNews.Quarantine ? "quarantine" : "";
    }

    private static boolean ofLink(GuardNews news) {
        return news instanceof GuardNews.Lease
                || news instanceof GuardNews.Lapsed
                || news instanceof GuardNews.Withheld
                || news instanceof GuardNews.Witness
                || news instanceof GuardNews.Watchdog
                || news instanceof GuardNews.Quarantine;
    }

    private static void tell(Consumer<GuardNews> listener, GuardNews news) {
        try {
            listener.accept(news);
        } catch (RuntimeException e) {
            LOG.error("a listener of the guard's news failed", e);
        }
    }
}
