package org.mainstay.core.internal.host;

import java.nio.file.Path;

/**
 * Where this installation is and what it is called.
 *
 * @param home the installation, MAINSTAY_HOME; handed to programs as LKROOT
 * @param server name of this server
 * @param nativeDirectory folder of {@code mainstay-exec} and {@code mainstay-net}
 */
public record HostSettings(Path home, String server, Path nativeDirectory) {

    public HostSettings {
        // programs start in folders of their own, where a relative path would mean something else
        home = home.toAbsolutePath().normalize();
        nativeDirectory = nativeDirectory.toAbsolutePath().normalize();
    }

    /** Uses {@code lib/native} below the installation. */
    public HostSettings(Path home, String server) {
        this(home, server, home.resolve("lib/native"));
    }
}
