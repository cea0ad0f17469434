package org.mainstay.mirror.internal.volume;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.lcd.MirrorWay;

/**
 * What the properties of a mirrored volume say about its mirror.
 *
 * @param tag the resource
 * @param volume name in the engines, the same on all servers
 * @param device this server's own storage: a block device or an image
 * @param address where the engine of this server is reached by the others, {@code HOST:PORT}
 * @param type {@code sync} or {@code async}
 * @param size bytes of the volume
 */
public record Mirrored(String tag, String volume, Path device, String address, String type, long size) {
    /** Property: this server's {@code HOST:PORT} for its engine; present: the volume is mirrored. */
    public static final String ADDRESS = MirrorWay.ADDRESS;
    /** Property: {@code sync} or {@code async}. */
    public static final String TYPE = MirrorWay.TYPE;

    static final String NAME = "mirror-volume";
    static final String SIZE = "mirror-size";
    /** Type: a write is answered when both sides have it. */
    public static final String SYNC = "sync";
    /** Type: a write is answered when the source has it. */
    public static final String ASYNC = "async";

    static final int PORT = 1501;
    /** Where the attachments are, relative to the installation. */
    private static final Path ATTACHMENTS = Path.of("data/mirror/attach");

    /** Returns the mirror of a resource; empty if it is not mirrored. */
    public static Optional<Mirrored> of(String tag, Map<String, String> properties) {
        String address = properties.getOrDefault(ADDRESS, "");
        if (address.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Mirrored(
                tag,
                properties.getOrDefault(NAME, ""),
                Path.of(properties.getOrDefault(Volume.DEVICE, "/")),
                complete(address),
                properties.getOrDefault(TYPE, SYNC),
                Long.parseLong(properties.getOrDefault(SIZE, "0"))));
    }

    /** Adds the port where only a host is given. @throws IllegalArgumentException if it is neither */
    static String complete(String address) {
        int colon = address.lastIndexOf(':');
        boolean bare = colon < 0 || address.indexOf(':') != colon && !address.startsWith("[");
        String host = bare ? address : address.substring(0, colon);
        String port = bare ? Integer.toString(PORT) : address.substring(colon + 1);
        if (host.isEmpty() || host.matches(".*[\\s/].*") || !port.matches("[1-9][0-9]{0,4}")) {
            throw new IllegalArgumentException(ADDRESS + ": '" + address + "' is not an address of this server, such as"
                    + " 10.0.1.1 or 10.0.1.1:" + PORT);
        }
        return (bare && host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /** Returns the port of {@link #address}. */
    public int port() {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    /** Returns the folder the attachment is mounted on. */
    public Path folder() {
        return ATTACHMENTS.resolve(volume).toAbsolutePath();
    }

    /** Returns the attachment: a file that is the volume while the engine serves it. */
    public Path attachment() {
        return folder().resolve("volume");
    }
}
