package org.mainstay.itest;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packed distribution starts as it is, with every bundle it carries at work. */
class DistributionIT {
    private static KarafContainer container;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        container = KarafContainer.start(folder);
    }

    @AfterAll
    static void stop() {
        container.close();
    }

    @Test
    void everyBundleIsActive() {
        // The probe's activator throws, naming them, while bundles are missing or not active.
        assertThatCode(() -> container.run(AllBundlesActive.class)).doesNotThrowAnyException();
    }

    @Test
    void aProbeThatFailsIsNoticed() {
        assertThatThrownBy(() -> container.run(AlwaysFails.class)).hasStackTraceContaining("as intended");
    }
}
