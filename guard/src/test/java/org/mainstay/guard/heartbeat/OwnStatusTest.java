package org.mainstay.guard.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OwnStatusTest {
    private long now;
    private final OwnStatus own = new OwnStatus(() -> now, "01234567-89ab-cdef-0123-456789abcdef");

    @Test
    void aManagerDecidesOnceItHasReportedOnItsOwnLink() {
        assertThat(own.decides(5_000)).isFalse();
        own.linked(true);
        assertThat(own.decides(5_000)).as("it may hang in its start").isFalse();
        own.report(new OwnStatus.Report("A", 1, 1, 0, 0, 0, 0));
        assertThat(own.decides(5_000)).isTrue();
        now += TimeUnit.SECONDS.toNanos(6);
        assertThat(own.decides(5_000)).isFalse();
        own.report(new OwnStatus.Report("A", 1, 1, 0, 0, 0, 0));
        own.linked(false);
        own.linked(true);
        assertThat(own.decides(5_000)).as("that was the one before").isFalse();
    }
}
