package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MarkedProcessesTest {
    @TempDir
    Path proc;

    private void process(long pid, String state, long parent, String environment) throws IOException {
        Path folder = Files.createDirectories(proc.resolve(Long.toString(pid)));
        Files.writeString(folder.resolve("stat"), pid + " (a) b) " + state + " " + parent + " 1 1\n");
        Files.writeString(folder.resolve("environ"), environment);
        thread(pid, pid, environment);
    }

    private void thread(long pid, long id, String environment) throws IOException {
        Path folder = Files.createDirectories(proc.resolve(pid + "/task/" + id));
        Files.writeString(folder.resolve("environ"), environment);
    }

    @Test
    void theMarkedAndTheirDescendantsAreFound() throws IOException {
        process(10, "S", 1, "A=1\0MAINSTAY_INSTANCE=mark\0B=2\0");
        process(11, "S", 10, "");
        process(12, "S", 1, "MAINSTAY_INSTANCE=marked\0");
        process(13, "Z", 10, "");
        assertThat(MarkedProcesses.find(proc, "mark")).containsExactlyInAnyOrder(10L, 11L);
    }

    /** What the kernel shows of a killed program of which one thread hangs. */
    @Test
    void aProcessWhoseFirstThreadHasEndedIsFoundByTheOthers() throws IOException {
        process(10, "Z", 1, "");
        thread(10, 14, "MAINSTAY_INSTANCE=mark\0");
        process(11, "Z", 1, "");
        assertThat(MarkedProcesses.find(proc, "mark")).containsExactly(10L);
    }
}
