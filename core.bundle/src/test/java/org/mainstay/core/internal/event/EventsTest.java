package org.mainstay.core.internal.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterEvent.Level;

/** The event log: ring, file, peers. */
class EventsTest {
    @TempDir
    Path directory;

    private final List<String> forwarded = new CopyOnWriteArrayList<>();

    private Events open() {
        return new Events(
                "A",
                directory.resolve("log/events.jsonl"),
                Clock.systemUTC(),
                payload -> forwarded.add(new String(payload, StandardCharsets.UTF_8)));
    }

    @Test
    void eventsSurviveARestartAndTheirNumbersGoOn() throws Exception {
        try (Events events = open()) {
            events.add(1, Level.INFORMATION, "", "first \"quoted\" ü");
            events.add(2, Level.ERROR, "vip", "second");
        }
        Files.writeString(
                directory.resolve("log/events.jsonl"),
                Files.readString(directory.resolve("log/events.jsonl")) + "{\"sequence\":3,\"ser");
        try (Events events = open()) {
            events.add(3, Level.WARNING, "vip", "third");
            assertThat(events.recent(10))
                    .extracting(ClusterEvent::text)
                    .containsExactly("first \"quoted\" ü", "second", "third");
            assertThat(events.recent(2)).extracting(ClusterEvent::sequence).containsExactly(2L, 3L);
        }
        try (Events events = open()) {
            assertThat(events.recent(10)).hasSize(3);
        }
    }

    @Test
    void ownEventsGoToPeersAndTheirsAreTakenOnce() throws Exception {
        CountDownLatch followed = new CountDownLatch(2);
        try (Events events = open()) {
            events.follow(event -> followed.countDown());
            events.add(1, Level.INFORMATION, "", "mine");
            ClusterEvent theirs = new ClusterEvent(7, Instant.EPOCH, "B", 5, Level.ERROR, "db", "theirs");
            byte[] line = EventLine.write(theirs).getBytes(StandardCharsets.UTF_8);
            events.received("B", line);
            events.received("B", line);
            assertThat(followed.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(events.recent(10)).extracting(ClusterEvent::text).containsExactly("mine", "theirs");
            assertThatThrownBy(() -> events.received("C", line)).hasMessageContaining("C sent an event of B");
            assertThatThrownBy(() -> events.received("B", new byte[] {'x'}))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(forwarded).hasSize(1);
        assertThat(forwarded.get(0)).contains("mine");
    }

    @Test
    void whatAScriptSaysIsKnownAsSuchEverywhereAndLater() throws Exception {
        try (Events events = open()) {
            events.addOfScript(20100, Level.ERROR, "restore.ksh", "restore.ksh: cannot mount");
            events.add(20100, Level.INFORMATION, "", "ready");
        }
        assertThat(forwarded.stream().map(line -> EventLine.read(line)))
                .extracting(ClusterEvent::ofProduct)
                .containsExactly(false, true);
        assertThat(forwarded.get(1)).as("as earlier releases write it").doesNotContain("script");
        try (Events events = open()) {
            assertThat(events.recent(2)).extracting(ClusterEvent::script).containsExactly("restore.ksh", "");
        }
    }

    @Test
    void theFileIsRotated() {
        Path file = directory.resolve("events.jsonl");
        try (EventFile events = new EventFile(file, 1000)) {
            for (int i = 0; i < 100; i++) {
                events.append(new ClusterEvent(i, Instant.EPOCH, "A", 1, Level.INFORMATION, "", "event number " + i));
            }
        }
        assertThat(file).exists();
        assertThat(directory.resolve("events.jsonl.1")).exists();
        assertThat(directory.resolve("events.jsonl.5")).exists();
        assertThat(directory.resolve("events.jsonl.6")).doesNotExist();
        assertThat(file.toFile().length()).isLessThanOrEqualTo(1000);
        assertThat(new EventFile(file, 1000).newest(3))
                .extracting(ClusterEvent::text)
                .endsWith("event number 99");
    }

    @Test
    void aDiskThatCannotBeWrittenKeepsTheLogInMemory() throws Exception {
        Files.writeString(directory.resolve("log"), "a file where the directory should be");
        try (Events events = open()) {
            events.add(1, Level.INFORMATION, "", "only in memory");
            assertThat(events.recent(1)).hasSize(1);
        }
    }
}
