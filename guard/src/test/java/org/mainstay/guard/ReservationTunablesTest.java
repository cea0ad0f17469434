package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.reserve.ReservationSettings.Times;
import org.mainstay.guard.util.Log;

/** Where the times of reservations come from: the slowest path, unless an operator says otherwise. */
class ReservationTunablesTest {
    @TempDir
    Path home;

    private final AtomicLong detection = new AtomicLong();
    private Log log;

    @BeforeEach
    void open() throws IOException {
        Files.createDirectories(home.resolve("etc/default"));
        log = new Log(home.resolve("log"));
    }

    @AfterEach
    void close() throws InterruptedException {
        log.close();
    }

    private Times times(String... lines) throws IOException {
        Files.writeString(home.resolve("etc/default/LifeKeeper"), String.join("\n", lines) + "\n");
        return ReservationTunables.read(home, UUID.randomUUID(), () -> "A", detection::get, log)
                .times()
                .get();
    }

    @Test
    void theyFollowTheSlowestPathWithinWhatIsSafe() throws IOException {
        assertThat(times()).isEqualTo(new Times(500, 3000));
        detection.set(3000);
        assertThat(times()).isEqualTo(new Times(500, 3000));
        detection.set(1500);
        assertThat(times()).isEqualTo(new Times(250, 1500));
        detection.set(150);
        assertThat(times()).isEqualTo(new Times(166, 1000));
        detection.set(30_000);
        assertThat(times()).isEqualTo(new Times(500, 30_000));
        detection.set(1_485_000);
        assertThat(times()).isEqualTo(new Times(500, 30_000));
    }

    @Test
    void theyFollowAlsoWhileTheGuardRuns() throws IOException {
        Files.writeString(home.resolve("etc/default/LifeKeeper"), "");
        var settings = ReservationTunables.read(home, UUID.randomUUID(), () -> "A", detection::get, log);
        detection.set(1200);
        assertThat(settings.times().get()).isEqualTo(new Times(200, 1200));
        detection.set(2400);
        assertThat(settings.times().get()).isEqualTo(new Times(400, 2400));
    }

    @Test
    void whatTheOperatorSetsCounts() throws IOException {
        detection.set(150);
        assertThat(times("RESERVATION_STALE_MS=4000", "RESERVATION_RENEW_MS=100"))
                .isEqualTo(new Times(100, 4000));
        assertThat(times("RESERVATION_STALE_MS=900")).isEqualTo(new Times(150, 900));
        assertThat(times("RESERVATION_RENEW_MS=600")).isEqualTo(new Times(600, 1800));
        detection.set(6000);
        assertThat(times("RESERVATION_RENEW_MS=600")).isEqualTo(new Times(600, 6000));
    }

    @Test
    void whatCannotBeUsedIsSaidAndTheDefaultsCount() throws Exception {
        detection.set(1500);
        assertThat(times("RESERVATION_STALE_MS=1000", "RESERVATION_RENEW_MS=500"))
                .isEqualTo(new Times(250, 1500));
        assertThat(times("RESERVATION_STALE_MS=soon")).isEqualTo(new Times(250, 1500));
        log.close();
        assertThat(Files.readString(home.resolve("log")))
                .contains("at least three renewals")
                .contains("RESERVATION_STALE_MS=soon is not a number");
    }

    /** A shorter time than the one that is set would take a holder with slow storage for dead. */
    @Test
    void whereTheFileCannotBeReadAHolderIsGivenTheLongestTime() throws Exception {
        Files.createDirectory(home.resolve("etc/default/LifeKeeper"));
        var settings = ReservationTunables.read(home, UUID.randomUUID(), () -> "A", detection::get, log);
        assertThat(settings.times().get()).isEqualTo(new Times(500, 30_000));
        detection.set(1500);
        assertThat(settings.times().get()).isEqualTo(new Times(250, 30_000));
        log.close();
        assertThat(Files.readString(home.resolve("log")))
                .contains("cannot be read")
                .contains("30000 ms");
    }
}
