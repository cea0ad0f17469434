package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Engines and attachment are part of the way memory is reclaimed: memory full of the volume's dirty pages stalls nobody for long.
 * {@code -Dmainstay.dirty.minutes=10}: as long as that in each part, on more than the kernel lets be dirty, and with 5 s as the limit.
 */
class DirtyPagesIT {
    private static final int MINUTES = Integer.getInteger("mainstay.dirty.minutes", 0);
    /** Of a part of the short run. */
    private static final int SECONDS = 20;

    @TempDir
    Path work;

    @Test
    void memoryFullOfDirtyPagesStallsNobody() throws Exception {
        EngineScript.needsFio();
        Map<String, String> parts = Map.of(
                "SECONDS_EACH",
                Integer.toString(MINUTES > 0 ? MINUTES * 60 : SECONDS),
                "DIRTY",
                MINUTES > 0 ? "beyond" : "1024",
                // the short one runs beside other tests: only a stall that would not have ended is told from a busy
                // machine
                "LIMIT",
                MINUTES > 0 ? "5000" : "60000");
        long seconds = 600 + 120L * MINUTES + 600L * Math.min(MINUTES, 1);
        String told = EngineScript.run("dirty-pages.sh", work, seconds, parts);
        assertThat(told).contains("in step all the time, both sides equal");
        System.out.print(told);
    }
}
