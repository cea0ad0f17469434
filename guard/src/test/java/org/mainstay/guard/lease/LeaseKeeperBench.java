package org.mainstay.guard.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.lease.LeaseSettings.Mode;
import org.mainstay.guard.util.Log;

/** A keeper of the lease with time, disk, witness and manager of the test. */
abstract class LeaseKeeperBench {
    static final int L = 5000;
    static final int S = 10_000;
    static final long PERIOD = Witness.period(L + S);

    @TempDir
    Path home;

    Log log;
    long now = 500_000;
    long suspended;
    long slowest = 3000;
    final Queue<Runnable> disk = new ArrayDeque<>();
    boolean diskAtOnce = true;
    final List<String> news = new ArrayList<>();
    final List<String> notices = new ArrayList<>();
    final List<Long> ends = new ArrayList<>();
    int heldAgain;
    boolean left;
    String leftByName = "";
    final FakeWitness witness = new FakeWitness();
    LeaseKeeper keeper;

    @BeforeEach
    void start() throws IOException {
        Files.createDirectories(home.resolve("data/guard"));
        Files.createDirectories(home.resolve("data/run"));
        log = new Log(home.resolve("log"));
        restart("boot-1");
    }

    @AfterEach
    void end() throws InterruptedException {
        log.close();
    }

    private LeaseSurroundings surroundings() {
        return new LeaseSurroundings() {
            @Override
            public void news(String line) {
                news.add(line);
            }

            @Override
            public void notice(String text) {
                notices.add(text);
            }

            @Override
            public void end(long leftMillis) {
                ends.add(leftMillis);
            }

            @Override
            public boolean anythingLeft() {
                return left;
            }

            @Override
            public String left() {
                return leftByName;
            }

            @Override
            public void held() {
                heldAgain++;
            }

            @Override
            public long slowestDetectionMillis() {
                return slowest;
            }
        };
    }

    void restart(String bootId) {
        SuspendWatch clock = new SuspendWatch() {
            @Override
            public long millis() {
                return now;
            }

            @Override
            public long newlySuspendedMillis() {
                long newly = suspended;
                suspended = 0;
                return newly;
            }
        };
        keeper = new LeaseKeeper(
                clock,
                new LeaseFiles(home, bootId),
                task -> {
                    if (diskAtOnce) {
                        task.run();
                    } else {
                        disk.add(task);
                    }
                },
                log,
                (mode, boot, into) -> witness,
                surroundings());
        keeper.start();
        keeper.turn();
    }

    static LeaseSettings settings(Mode mode, String... members) {
        return new LeaseSettings(mode, "A", L, S, Set.of(members), "", Map.of());
    }

    void configured(Mode mode) {
        assertThat(keeper.settings(settings(mode, "A", "B", "C")).join().done()).isTrue();
    }

    /** Passes time in steps of the heartbeat thread. */
    void pass(long millis) {
        for (long end = now + millis; now < end; ) {
            now = Math.min(end, now + 100);
            keeper.turn();
        }
    }

    void granted(String peer) {
        keeper.granted(peer, now, L, S);
    }

    String lastLease() {
        return news.stream()
                .filter(line -> line.startsWith("* lease"))
                .reduce((first, second) -> second)
                .orElse("");
    }

    void holding() {
        configured(Mode.MAJORITY);
        granted("B");
        assertThat(lastLease()).startsWith("* lease held " + (now + L) + " ");
    }
}
