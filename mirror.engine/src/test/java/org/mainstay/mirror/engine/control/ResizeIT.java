package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A volume that is made larger while it is in use: attachment, loop device and file system follow (MGUIDE-401). */
class ResizeIT {
    @TempDir
    Path work;

    @Test
    @Timeout(300)
    void theFileSystemGrowsWhileItIsWritten() throws Exception {
        EngineScript.needsFio();
        assertThat(EngineScript.run("engine-resize.sh", work, 170, Map.of()))
                .contains("the file system grew while it was written, both sides equal");
    }
}
