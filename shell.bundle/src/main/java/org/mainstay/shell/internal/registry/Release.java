package org.mainstay.shell.internal.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The release of Mainstay this is. */
public final class Release {
    private static final String FILE = "release.properties";

    private Release() {}

    /** Returns the version, such as {@code 1.2.0}. */
    public static String version() {
        try (InputStream file = Release.class.getResourceAsStream(FILE)) {
            if (file == null) {
                throw new IllegalStateException(FILE + " is missing in the bundle");
            }
            Properties properties = new Properties();
            properties.load(file);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
