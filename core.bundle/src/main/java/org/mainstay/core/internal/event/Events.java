package org.mainstay.core.internal.event;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.Registration;
import org.mainstay.core.internal.run.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest events in memory, all in a file, own ones forwarded to the peers. Thread-safe; who adds an event never waits for
 * the disk, a follower or a peer.
 */
public final class Events implements EventLog, AutoCloseable {
    /** Topic of the messages between servers: one event per message. */
    public static final String TOPIC = "events";

    private static final Logger LOG = LoggerFactory.getLogger("org.mainstay.events");
    private static final int KEPT = 2_000;
    private static final long FILE_BYTES = 10L * 1024 * 1024;

    private final String server;
    private final Clock clock;
    private final EventFile file;
    private final Consumer<byte[]> forward;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(Threads.named("mainstay-events"));
    private final List<Consumer<ClusterEvent>> followers = new CopyOnWriteArrayList<>();
    private final Object lock = new Object();
    private final Deque<ClusterEvent> newest = new ArrayDeque<>();
    private long sequence;

    /**
     * Opens the log; the newest events of the last run are there again and their numbering goes on.
     *
     * @param forward sends an own event to every peer that can be reached; called on the log's thread
     */
    public Events(String server, Path file, Clock clock, Consumer<byte[]> forward) {
        this.server = server;
        this.clock = clock;
        this.forward = forward;
        this.file = new EventFile(file, FILE_BYTES);
        newest.addAll(this.file.newest(KEPT));
        this.sequence = newest.stream()
                .filter(event -> event.server().equals(server))
                .mapToLong(ClusterEvent::sequence)
                .max()
                .orElse(0);
    }

    @Override
    public void add(int number, ClusterEvent.Level level, String tag, String text) {
        add(number, level, tag, text, "");
    }

    @Override
    public void addOfScript(int number, ClusterEvent.Level level, String script, String text) {
        add(number, level, "", text, script);
    }

    private void add(int number, ClusterEvent.Level level, String tag, String text, String script) {
        ClusterEvent event;
        synchronized (lock) {
            sequence++;
            event = new ClusterEvent(sequence, clock.instant(), server, number, level, tag, text, script);
            keep(event);
            enqueue(event, true);
        }
    }

    /** Takes an event that a peer forwarded. @throws IllegalArgumentException if it is not one of that peer */
    public void received(String from, byte[] payload) {
        ClusterEvent event = EventLine.read(new String(payload, StandardCharsets.UTF_8));
        if (!event.server().equals(from)) {
            throw new IllegalArgumentException(from + " sent an event of " + event.server());
        }
        synchronized (lock) {
            boolean known = newest.stream()
                    .anyMatch(old -> old.server().equals(from)
                            && old.sequence() == event.sequence()
                            && old.at().equals(event.at()));
            if (!known) {
                keep(event);
                enqueue(event, false);
            }
        }
    }

    private void keep(ClusterEvent event) {
        newest.add(event);
        if (newest.size() > KEPT) {
            newest.removeFirst();
        }
    }

    private void enqueue(ClusterEvent event, boolean own) {
        try {
            thread.execute(() -> {
                if (own) {
                    // The log may be on a disk that hangs; who adds an event also hears that the right to run goes on.
                    log(event);
                }
                file.append(event);
                for (Consumer<ClusterEvent> follower : followers) {
                    tell(follower, event);
                }
                if (own) {
                    forward.accept(EventLine.write(event).getBytes(StandardCharsets.UTF_8));
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the event log is closed: {}", event.text(), e);
        }
    }

    private static void tell(Consumer<ClusterEvent> follower, ClusterEvent event) {
        try {
            follower.accept(event);
        } catch (RuntimeException e) {
            LOG.error("INTERNAL ERROR: a follower of events failed", e);
        }
    }

    private static void log(ClusterEvent event) {
        String about = event.tag().isEmpty() ? event.server() : event.tag();
        switch (event.level()) {
            case ERROR -> LOG.error("{} {}: {}", event.number(), about, event.text());
            case WARNING -> LOG.warn("{} {}: {}", event.number(), about, event.text());
            case INFORMATION -> LOG.info("{} {}: {}", event.number(), about, event.text());
        }
    }

    @Override
    public List<ClusterEvent> recent(int most) {
        synchronized (lock) {
            List<ClusterEvent> all = new ArrayList<>(newest);
            return List.copyOf(all.subList(Math.max(0, all.size() - Math.max(0, most)), all.size()));
        }
    }

    @Override
    public Registration follow(Consumer<ClusterEvent> listener) {
        followers.add(listener);
        return () -> followers.remove(listener);
    }

    /** Writes what is left and ends the thread. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(5, TimeUnit.SECONDS)) {
                LOG.warn("the event log did not end in time; its last events may be missing in the file");
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        file.close();
    }
}
