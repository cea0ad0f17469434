package org.mainstay.comm.internal.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Counting and reporting strangers. */
class DoorkeeperTest {
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final List<String> reports = new ArrayList<>();
    private final Doorkeeper doorkeeper = new Doorkeeper(4, 2, now::get, reports::add);

    private static InetAddress address(int number) throws Exception {
        return InetAddress.getByAddress(new byte[] {10, 0, (byte) (number >> 8), (byte) number});
    }

    @Test
    void limitsPerSourceAndInAll() throws Exception {
        assertThat(doorkeeper.enter(address(1))).isTrue();
        assertThat(doorkeeper.enter(address(1))).isTrue();
        assertThat(doorkeeper.enter(address(1))).isFalse();
        assertThat(doorkeeper.enter(address(2))).isTrue();
        assertThat(doorkeeper.enter(address(3))).isTrue();
        assertThat(doorkeeper.enter(address(4))).isFalse();
        doorkeeper.leave(address(1));
        assertThat(doorkeeper.enter(address(4))).isTrue();
    }

    @Test
    void refusalsAreReportedOncePerSourceAndMinute() throws Exception {
        for (int i = 0; i < 100; i++) {
            doorkeeper.refused(address(1), "plain TCP");
        }
        doorkeeper.refused(address(2), "plain TCP");
        assertThat(reports).hasSize(2);
        assertThat(reports.get(0)).contains("10.0.0.1", "plain TCP");
        now.addAndGet(Duration.ofMinutes(1).toNanos()); // the ticker may overflow
        doorkeeper.refused(address(1), "again");
        assertThat(reports).hasSize(3);
    }

    @Test
    void manySourcesAreForgottenOldestFirst() throws Exception {
        for (int i = 0; i < 5000; i++) {
            doorkeeper.refused(address(i), "flood");
        }
        assertThat(reports).hasSize(5000);
        doorkeeper.refused(address(4999), "flood");
        assertThat(reports).hasSize(5000);
        doorkeeper.refused(address(0), "flood");
        assertThat(reports).hasSize(5001);
    }
}
