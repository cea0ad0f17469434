package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.volume.Trust;
import org.mainstay.mirror.engine.volume.Volume;

/** A target that gives its role up by command says so, on a real connection: the source waits for no window (decision 0261). */
@Timeout(120)
class TargetStopTest {
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);

    @TempDir
    private Path folder;

    private static final class Write extends BlockRequest {
        final CompletableFuture<Integer> answer = new CompletableFuture<>();

        Write() {
            kind = Kind.WRITE;
            length = 4096;
        }

        @Override
        public ByteBuffer data() {
            return ByteBuffer.allocateDirect(4096);
        }

        @Override
        public void keepData() {
            // it is its own
        }

        @Override
        public void answer(int error) {
            answer.complete(error);
        }

        @Override
        public void push() {
            // nobody is connected
        }
    }

    /** @return the answer, which comes long before the window is over */
    private static int write(Volume volume) throws Exception {
        Write write = new Write();
        volume.submit(new BlockRequest[] {write}, 1);
        return write.answer.get(60, TimeUnit.SECONDS);
    }

    @Test
    void writesGoOnWhenTheTargetIsStopped() throws Exception {
        try (EnginePair pair = new EnginePair(folder, 1 << 20, "v")) {
            pair.a.set("v", "B", Map.of("CurrencyWindowMs", HOUR));
            assertThat(write(pair.a.volume("v"))).isZero();
            pair.b.stop("v", 5_000);
            assertThat(write(pair.a.volume("v"))).isZero();
            assertThatThrownBy(() -> pair.b.startSource("v", 2, Trust.OWN, Long.MAX_VALUE))
                    .hasMessageContaining("not been in step");
        }
    }

    @Test
    void writesGoOnWhenTheTargetIsStoppedAndForgotten() throws Exception {
        try (EnginePair pair = new EnginePair(folder, 1 << 20, "v")) {
            pair.a.set("v", "B", Map.of("CurrencyWindowMs", HOUR));
            pair.b.stop("v", 5_000);
            pair.b.delete("v");
            assertThat(write(pair.a.volume("v"))).isZero();
        }
    }
}
