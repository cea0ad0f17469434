package org.mainstay.guard.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SystemBootClockTest {
    private static final long MS = 1_000_000;

    private long nanos = 77 * MS;
    private long boot = 5_000_000 * MS;
    private long betweenReadings;

    private final SystemBootClock clock = new SystemBootClock(() -> nanos, () -> {
        nanos += betweenReadings;
        boot += betweenReadings;
        return boot / (10 * MS) * (10 * MS);
    });

    private void pass(long millis) {
        nanos += millis * MS;
        boot += millis * MS;
    }

    @Test
    void theTickerFillsInWhatTheKernelRounds() {
        for (int i = 0; i < 40; i++) {
            pass(3);
            assertThat(clock.millis()).isBetween(boot / MS - 10, boot / MS);
        }
        assertThat(clock.millis()).as("near by now").isBetween(boot / MS - 3, boot / MS);
        assertThat(clock.newlySuspendedMillis()).isZero();
    }

    @Test
    void suspendedTimeCountsAndIsSaidOnce() {
        pass(50);
        long before = clock.millis();
        boot += 60_000 * MS;
        assertThat(clock.millis()).isBetween(before + 60_000, before + 60_010);
        assertThat(clock.newlySuspendedMillis()).isBetween(59_990L, 60_010L);
        assertThat(clock.newlySuspendedMillis()).isZero();
    }

    @Test
    void aShortDifferenceIsNoSuspend() {
        pass(50);
        clock.millis();
        boot += 45 * MS;
        clock.millis();
        assertThat(clock.newlySuspendedMillis()).isZero();
    }

    @Test
    void aPauseBetweenBothReadingsIsNoSuspend() {
        pass(50);
        clock.millis();
        betweenReadings = 4000 * MS;
        clock.millis();
        betweenReadings = 0;
        assertThat(clock.newlySuspendedMillis()).isZero();
        assertThat(clock.millis()).isBetween(boot / MS - 10, boot / MS);
    }

    @Test
    void neverGoesBack() {
        pass(5000);
        long before = clock.millis();
        boot -= 3000 * MS;
        assertThat(clock.millis()).isGreaterThanOrEqualTo(before);
    }

    @Test
    void theRealOneAgreesWithTheKernel() throws Exception {
        SystemBootClock real = new SystemBootClock(System::nanoTime);
        String uptime = java.nio.file.Files.readString(java.nio.file.Path.of("/proc/uptime"));
        long millis = (long) (Double.parseDouble(uptime.split(" ")[0]) * 1000);
        assertThat(real.millis()).isBetween(millis - 20, millis + TimeUnit.SECONDS.toMillis(5));
    }

    @Test
    void rubbishIsNoTime() {
        ByteBuffer buffer = ByteBuffer.allocate(64);
        buffer.put("what 1.0".getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> SystemBootClock.parse(buffer)).hasMessageContaining("/proc/uptime");
        buffer.clear();
        buffer.put("123.45 99.00\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(SystemBootClock.parse(buffer)).isEqualTo(123_450 * MS);
    }
}
