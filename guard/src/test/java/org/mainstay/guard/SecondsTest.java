package org.mainstay.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Log;

@Timeout(120)
class SecondsTest {
    @TempDir
    Path home;

    private final AtomicLong still = new AtomicLong();
    private final List<String> ends = new CopyOnWriteArrayList<>();
    private Log log;
    private Seconds seconds;

    @BeforeEach
    void begin() throws Exception {
        log = new Log(home.resolve("log"));
        seconds = new Seconds(home, System::nanoTime, log, notice -> {}, still::get, ends::add);
    }

    @AfterEach
    void close() throws Exception {
        seconds.close();
        log.close();
    }

    private void look(int times) {
        for (int i = 0; i < times; i++) {
            seconds.lookAtHeartbeats();
        }
    }

    @Test
    void aHeartbeatThreadThatDoesNotTurnEndsTheGuard() {
        still.set(60_000);
        look(9);
        assertThat(ends).as("it may have stood still with the whole process").isEmpty();
        look(1);
        assertThat(ends).singleElement().asString().contains("heartbeat thread has not turned for 60000 ms");
    }

    @Test
    void oneThatTurnsInBetweenDoesNot() {
        for (int i = 0; i < 5; i++) {
            still.set(60_000);
            look(9);
            still.set(100);
            look(1);
        }
        assertThat(ends).isEmpty();
    }

    @Test
    void anErrorOfWhatIsDoneEachSecondEndsTheGuard() throws Exception {
        seconds.start(() -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        Await.until("the last resort", 60_000, () -> !ends.isEmpty());
        assertThat(ends.get(0)).contains("once per second").contains("native thread");
    }
}
