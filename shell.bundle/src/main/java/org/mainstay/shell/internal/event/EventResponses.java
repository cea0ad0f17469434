package org.mainstay.shell.internal.event;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.Registration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells applications about the product's own events, as {@code sendevent} does for others: class {@code lifekeeper} (CMD-411). */
public final class EventResponses implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventResponses.class);
    private static final int MOST_WAITING = 1_000;

    private final Path home;
    private final Supplier<ClusterSnapshot> snapshot;
    private final Registration following;
    private final ThreadPoolExecutor thread =
            new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST_WAITING), task -> {
                Thread made = new Thread(task, "mainstay-event-responses");
                made.setDaemon(true);
                return made;
            });

    public EventResponses(EventLog log, Path home, Supplier<ClusterSnapshot> snapshot) {
        this.home = home.toAbsolutePath();
        this.snapshot = snapshot;
        thread.execute(this::announce);
        this.following = log.follow(this::happened);
    }

    /** Makes the directories of the product's events with the file that says that they are watched (CMD-413). */
    private void announce() {
        for (Catalog.Entry entry : Catalog.all().values()) {
            if (entry.event().isEmpty()) {
                continue;
            }
            Path directory = home.resolve("events").resolve(Catalog.CLASS).resolve(entry.event());
            try {
                Files.createDirectories(directory);
                if (Files.notExists(directory.resolve(Responses.ACTIVE))) {
                    Files.writeString(directory.resolve(Responses.ACTIVE), entry.english() + "\n");
                }
            } catch (IOException e) {
                LOG.warn("{} cannot be made: {}", directory, e.toString());
                return;
            }
        }
    }

    private void happened(ClusterEvent event) {
        if (!event.ofProduct()) {
            return;
        }
        Catalog.entry(event.number()).filter(entry -> !entry.event().isEmpty()).ifPresent(entry -> {
            try {
                thread.execute(() -> respond(event, entry));
            } catch (RejectedExecutionException e) {
                LOG.warn("applications are not told of event {}: too many wait", event.number());
            }
        });
    }

    private void respond(ClusterEvent event, Catalog.Entry entry) {
        ClusterSnapshot now = snapshot.get();
        if (!event.server().equals(now.self())
                || Responses.of(home, Catalog.CLASS, entry.event()).isEmpty()) {
            return;
        }
        String name = event.tag().isEmpty() ? event.server() : event.tag();
        List<String> options = List.of(
                "-C",
                Catalog.CLASS,
                "-E",
                entry.event(),
                "-m",
                "LK:core",
                "-n",
                name.substring(0, Math.min(64, name.length())),
                "-s",
                Integer.toString(severity(event.level())),
                "-i",
                EventIds.next(now));
        try {
            Responses.run(home, Catalog.CLASS, entry.event(), options);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int severity(ClusterEvent.Level level) {
        return switch (level) {
            case INFORMATION -> 1;
            case WARNING -> 2;
            case ERROR -> 4;
        };
    }

    @Override
    public void close() {
        following.close();
        thread.shutdownNow();
    }
}
