package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A killed engine stalls I/O and fails none of it (design.md section 7). */
class EngineKillIT {
    @TempDir
    Path work;

    @Test
    @Timeout(300)
    void killsOfTheEngineFailNoRequest() throws Exception {
        EngineScript.needsFio();
        assertThat(EngineScript.run("engine-kill.sh", work, 170, Map.of()))
                .contains("no request failed, all verified, both sides equal");
    }
}
