package org.mainstay.guard.witness;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.lease.Witness.Word;

/** What a witness told, and whether it ever told two things at once. */
final class Recorder implements Witness.Listener {
    private final Map<String, Word> words = new ConcurrentHashMap<>();
    private final Map<String, String> reasons = new ConcurrentHashMap<>();
    private final Map<String, Long> failedAt = new ConcurrentHashMap<>();
    private final AtomicInteger inside = new AtomicInteger();
    volatile boolean overlapped;
    volatile long written = Long.MIN_VALUE;
    private final AtomicInteger writes = new AtomicInteger();
    volatile boolean usable;
    volatile String trouble = "";
    final List<String> messages = new CopyOnWriteArrayList<>();

    static long now() {
        return System.nanoTime() / 1_000_000;
    }

    @Override
    public void written(long startedAt) {
        enter();
        written = startedAt;
        writes.incrementAndGet();
        leave();
    }

    @Override
    public void word(String peer, Word word, String reason, long readAt) {
        enter();
        words.put(peer, word);
        reasons.put(peer, reason);
        if (word == Word.FAILED) {
            failedAt.put(peer, now());
        }
        leave();
    }

    @Override
    public void reachable(boolean usable, String trouble) {
        enter();
        this.usable = usable;
        this.trouble = trouble;
        leave();
    }

    @Override
    public void message(String text) {
        enter();
        messages.add(text);
        leave();
    }

    /** Returns how often a message of the catalog was told. @param begin number and level */
    long told(String begin) {
        return messages.stream().filter(text -> text.startsWith(begin + " ")).count();
    }

    private void enter() {
        overlapped |= inside.incrementAndGet() != 1;
    }

    private void leave() {
        inside.decrementAndGet();
    }

    int writes() {
        return writes.get();
    }

    Word word(String peer) {
        return words.getOrDefault(peer, Word.UNKNOWN);
    }

    String reason(String peer) {
        return reasons.getOrDefault(peer, "");
    }

    /** Returns when FAILED was last told of the peer. */
    long failedAt(String peer) {
        return failedAt.getOrDefault(peer, Long.MIN_VALUE);
    }
}
