package org.mainstay.quorum.internal.node;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.QuorumSettings;

/**
 * Whether a server's watchdog has certainly reset it: its guard stops feeding the watchdog when its right to run ended and
 * something is left, so the reset is certain when the right has certainly been over for the watchdog's timeout and a margin. In
 * mode majority a majority of the members must say so, each of its own grant; else the witness must have called the server failed
 * for so long. Only of a server that said last that its watchdog is fed: what is only configured may never have been armed. Thread-safe.
 */
final class WatchdogSurety {
    /** Topic of the question; the payload is the server's name, the answer the milliseconds as decimal text. */
    static final String TOPIC = "quorum";

    private static final long MARGIN_MILLIS = 1_000;
    private static final Duration ASK_LIMIT = Duration.ofSeconds(2);
    private static final long FRESH_MILLIS = 3_000;

    private final RightBoard board;
    private final Supplier<QuorumSettings> settings;
    private final Supplier<ClusterSnapshot> cluster;
    private final LongSupplier millis;
    private final Map<String, Told> answers = new ConcurrentHashMap<>();
    private volatile Messenger messenger;

    /** An answer and when it came: what was true of an earlier incident says nothing of this one. */
    private record Told(long overMillis, long at) {}

    WatchdogSurety(
            RightBoard board,
            Supplier<QuorumSettings> settings,
            Supplier<ClusterSnapshot> cluster,
            LongSupplier millis) {
        this.board = board;
        this.settings = settings;
        this.cluster = cluster;
        this.millis = millis;
    }

    void messenger(Messenger now) {
        messenger = now;
    }

    /** Answers another server. */
    CompletionStage<byte[]> answer(byte[] question) {
        String peer = new String(question, StandardCharsets.UTF_8);
        return CompletableFuture.completedFuture(
                Long.toString(board.overMillis(peer, millis.getAsLong())).getBytes(StandardCharsets.UTF_8));
    }

    /** See {@link org.mainstay.quorum.internal.fence.FencingService.Outside#reset}. */
    Optional<String> reset(String server) {
        if (!board.fed(server)) {
            return Optional.empty();
        }
        QuorumSettings now = settings.get();
        long needed = now.watchdogMillis() * 101 / 100 + MARGIN_MILLIS;
        String evidence =
                "its right to run has been over and its watchdog unfed for more than " + needed / 1000.0 + " s, by ";
        return switch (now.quorum()) {
            case NONE -> Optional.empty();
            case STORAGE, ETCD ->
                board.failedMillis(server, millis.getAsLong()) >= needed
                        ? Optional.of(evidence + "the word of the witness")
                        : Optional.empty();
            case MAJORITY -> {
                List<String> sure = sure(server, needed);
                int members = cluster.get().own().membership().members().size();
                yield 2 * sure.size() > members
                        ? Optional.of(evidence + "the word of " + String.join(", ", sure))
                        : Optional.empty();
            }
        };
    }

    private List<String> sure(String server, long needed) {
        ClusterSnapshot snapshot = cluster.get();
        List<String> sure = new ArrayList<>();
        long now = millis.getAsLong();
        if (board.overMillis(server, now) >= needed) {
            sure.add(snapshot.self());
        }
        for (String member : snapshot.peers().keySet()) {
            if (!member.equals(server)) {
                String key = member + " " + server;
                Told told = answers.get(key);
                if (told != null && now - told.at() <= FRESH_MILLIS && told.overMillis() >= needed) {
                    sure.add(member);
                }
                ask(member, server, key);
            }
        }
        return sure;
    }

    private void ask(String member, String server, String key) {
        Messenger present = messenger;
        if (present == null) {
            answers.remove(key);
            return;
        }
        present.request(member, TOPIC, server.getBytes(StandardCharsets.UTF_8), ASK_LIMIT)
                .whenComplete((answer, failure) -> {
                    String text = answer == null ? "" : new String(answer, StandardCharsets.UTF_8);
                    if (text.matches("[0-9]{1,15}")) {
                        answers.put(key, new Told(Long.parseLong(text), millis.getAsLong()));
                    } else {
                        answers.remove(key);
                    }
                });
    }
}
