package org.mainstay.guard.heartbeat;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.SecretKeySpec;

/** Signs and checks packets with one key. Not thread-safe: one thread owns it. */
final class Sealer {
    private final Mac mac;
    private final byte[] bytes = new byte[Packet.LARGEST];
    private final byte[] sum = new byte[Packet.MAC];

    Sealer(byte[] key) {
        try {
            mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HMAC-SHA256", e);
        }
    }

    /** Appends the HMAC of what is between 0 and the position. */
    void seal(ByteBuffer packet) {
        int length = packet.position();
        packet.get(0, bytes, 0, length);
        sum(length);
        packet.put(sum);
    }

    /**
     * Returns whether the last 32 bytes are the HMAC of those before them; takes the same time wherever they differ.
     */
    boolean valid(ByteBuffer packet) {
        int length = packet.limit() - Packet.MAC;
        packet.get(0, bytes, 0, length);
        sum(length);
        packet.get(length, bytes, 0, Packet.MAC);
        int difference = 0;
        for (int i = 0; i < Packet.MAC; i++) {
            difference |= bytes[i] ^ sum[i];
        }
        return difference == 0;
    }

    private void sum(int length) {
        try {
            mac.update(bytes, 0, length);
            mac.doFinal(sum, 0);
        } catch (ShortBufferException e) {
            throw new IllegalStateException(e);
        }
    }
}
