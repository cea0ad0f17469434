package org.mainstay.itest.lab;

import org.junit.jupiter.api.Assumptions;

/** For tests that make machines out of namespaces. */
public final class RootNeeded {
    private RootNeeded() {}

    /** Skips the test, saying why, unless this is root. */
    public static void assume() {
        Assumptions.assumeTrue(
                "root".equals(System.getProperty("user.name")),
                "needs root: machines are made of namespaces and mounts");
    }
}
