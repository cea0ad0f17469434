package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.StorageReservation;

class GuardReservationTest {
    private static final Path AREA = Path.of("/srv/img.resv");

    @TempDir
    Path home;

    private HostFixture fixture;
    private StorageReservation reservation;

    @BeforeEach
    void start() {
        fixture = new HostFixture(home, home, HostFixture.MOUNT_INFO);
        reservation = fixture.host("data", Duration.ofMillis(200)).reservation();
    }

    @AfterEach
    void stop() throws Exception {
        fixture.close();
    }

    @Test
    void asksTheGuardByVerbAndArea() {
        reservation.observe(AREA);
        assertThat(reservation.initialise(AREA).succeeded()).isTrue();
        assertThat(reservation.claim(AREA, false).message()).isEqualTo("answer");
        assertThat(reservation.claim(AREA, true).succeeded())
                .as("the guard's no")
                .isFalse();
        assertThat(fixture.asked())
                .containsExactly(
                        "observe /srv/img.resv false",
                        "initialise /srv/img.resv false",
                        "claim /srv/img.resv false",
                        "claim /srv/img.resv true");
    }

    @Test
    void aSilentGuardFailsTheActionWithinItsTime() {
        assertThat(reservation.check(AREA).message()).contains("did not answer in time", AREA.toString());
    }

    @Test
    void aGuardThatCannotBeReachedIsAFailureWithItsReason() {
        assertThat(reservation.release(AREA).message()).contains("no link to the guard");
    }

    @Test
    void anInterruptedActionStopsWaiting() {
        Thread.currentThread().interrupt();
        assertThat(reservation.check(AREA).message()).contains("cancelled");
        assertThat(Thread.interrupted()).as("the interrupt is passed on").isTrue();
    }
}
