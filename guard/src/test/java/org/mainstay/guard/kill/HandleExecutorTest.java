package org.mainstay.guard.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Leaderless;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Ticker;

/** Control groups are folders here that say what a kernel says; their processes are real. */
@Timeout(60)
class HandleExecutorTest {
    @TempDir
    Path folder;

    private Log log;

    @BeforeEach
    void begin() {
        log = new Log(folder.resolve("log"));
    }

    @AfterEach
    void end() throws InterruptedException {
        log.close();
    }

    private Result end(Ticker ticker) throws InterruptedException {
        return new HandleExecutor(ticker, log)
                .execute(List.of("CGROUP\t" + folder))
                .get(0);
    }

    private Process leaderless() throws Exception {
        Process process = new ProcessBuilder(Leaderless.command())
                .directory(folder.toFile())
                .start();
        Leaderless.await(process.pid());
        return process;
    }

    @Test
    void aProcessWhoseFirstThreadHasEndedIsKilledBeforeItCountsAsEnded() throws Exception {
        Process process = leaderless();
        try {
            Files.writeString(folder.resolve("cgroup.procs"), process.pid() + "\n");
            assertThat(end(System::nanoTime)).isEqualTo(Result.done("1 processes killed"));
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
    }

    /** A process of which all threads are on their way out, and one hangs there, is in no list of processes. */
    @Test
    void aGroupIsEmptyWhenTheKernelSaysSo() throws Exception {
        Files.writeString(folder.resolve("cgroup.procs"), "");
        Files.writeString(
                folder.resolve("cgroup.threads"), ProcessHandle.current().pid() + "\n");
        Files.writeString(folder.resolve("cgroup.kill"), "");
        Files.writeString(folder.resolve("cgroup.events"), "populated 1\nfrozen 0\n");
        AtomicLong seconds = new AtomicLong();
        Result result = end(() -> TimeUnit.SECONDS.toNanos(seconds.incrementAndGet()));
        assertThat(result.done()).isFalse();
        assertThat(result.message())
                .contains("they wait in the kernel: " + ProcessHandle.current().pid() + " (");
        Files.writeString(folder.resolve("cgroup.events"), "populated 0\nfrozen 0\n");
        assertThat(end(System::nanoTime).done()).isTrue();
    }

    @Test
    void aProcessWhoseFirstThreadHasEndedIsSeenToUseAMount() throws Exception {
        Process process = leaderless();
        try {
            Mounts.Mount mount = new Mounts.Mount("/dev/none", folder.toRealPath(), "ext4", "0:0");
            assertThat(Mounts.users(mount)).containsKey(process.pid());
        } finally {
            process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
        }
    }
}
