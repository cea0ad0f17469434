package org.mainstay.mirror.internal.volume;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import org.mainstay.kit.ResourceInfo;

/**
 * The keys of the servers of one protected volume: 8 random hexadecimal digits that were drawn when the volume was
 * created and that its resource has on all its servers, then 8 made of the server's name. So servers of the same name in another
 * cluster have other keys, and a stranger's key is known as such.
 *
 * @param volume the random part
 */
record ScsiKeys(String volume) {
    /** Property of the resource that holds the random part; not asked of the operator. */
    static final String PROPERTY = "reservationId";

    private static final int DIGITS = 8;
    private static final int BYTES = DIGITS / 2;

    /** Returns the volume's keys, empty if the resource has no random part. */
    static Optional<ScsiKeys> of(ResourceInfo resource) {
        return Optional.of(resource.property(PROPERTY, ""))
                .filter(value -> value.matches("[0-9a-f]{" + DIGITS + "}"))
                .map(ScsiKeys::new);
    }

    /** Draws the random part of a new volume; never all zeros, as a key of zero means none. */
    static ScsiKeys draw(SecureRandom random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        bytes[0] |= 0x40;
        return new ScsiKeys(HexFormat.of().formatHex(bytes));
    }

    /** Returns the key of a server: the same in every run. */
    String key(String server) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest((volume + "/" + server).getBytes(StandardCharsets.UTF_8));
            return volume + HexFormat.of().formatHex(digest, 0, BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns whether the key is of one of this volume's servers. */
    boolean ours(String key) {
        return key.startsWith(volume);
    }
}
