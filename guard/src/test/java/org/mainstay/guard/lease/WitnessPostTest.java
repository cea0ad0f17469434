package org.mainstay.guard.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.util.Log;

class WitnessPostTest {
    @TempDir
    private Path folder;

    private final AtomicInteger begun = new AtomicInteger();
    private volatile String trouble = "ca.pem does not exist";

    /** A witness that begins once there is no trouble. */
    private final class Fragile implements Witness {
        @Override
        public void start(Settings settings, Listener listener) throws IOException {
            if (!trouble.isEmpty()) {
                throw new IOException(trouble);
            }
            begun.incrementAndGet();
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    private static LeaseSettings etcd() {
        return new LeaseSettings(LeaseSettings.Mode.ETCD, "A", 5_000, 10_000, Set.of("A", "B"), "", Map.of());
    }

    @Test
    void whatCouldNotBeginIsBegunOnceItCan() throws Exception {
        try (Log log = new Log(folder.resolve("log"))) {
            WitnessPost post = new WitnessPost(
                    (mode, clock, out) -> new Fragile(), () -> 0, log, started -> {}, () -> {}, text -> {});
            assertThat(post.use(etcd()).done()).isFalse();
            post.retry();
            assertThat(post.trouble()).contains("ca.pem does not exist");
            assertThat(post.current()).isNull();
            trouble = "";
            post.retry();
            post.retry();
            assertThat(post.current()).isNotNull();
            assertThat(post.trouble()).isEmpty();
            assertThat(begun).as("one that goes on is left alone").hasValue(1);
        }
    }

    @Test
    void whoIsSilentAsksNoWitness() throws Exception {
        trouble = "";
        try (Log log = new Log(folder.resolve("log"))) {
            WitnessPost post = new WitnessPost(
                    (mode, clock, out) -> new Fragile(), () -> 0, log, started -> {}, () -> {}, text -> {});
            post.silent(true);
            post.use(etcd());
            post.retry();
            assertThat(post.current()).isNull();
            post.silent(false);
            assertThat(begun).hasValue(1);
        }
    }
}
