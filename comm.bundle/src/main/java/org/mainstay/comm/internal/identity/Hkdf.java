package org.mainstay.comm.internal.identity;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HKDF with HMAC-SHA-256 (RFC 5869). Stateless. */
public final class Hkdf {
    private static final String MAC = "HmacSHA256";
    private static final int BLOCK = 32;

    private Hkdf() {}

    /** Derives a key of {@code length} bytes, at most 255 * 32. */
    public static byte[] derive(byte[] secret, byte[] salt, byte[] info, int length) {
        if (length > 255 * BLOCK) {
            throw new IllegalArgumentException("HKDF gives at most " + 255 * BLOCK + " bytes, not " + length);
        }
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(new SecretKeySpec(salt.length == 0 ? new byte[BLOCK] : salt, MAC));
            byte[] extracted = mac.doFinal(secret);
            mac.init(new SecretKeySpec(extracted, MAC));
            byte[] out = new byte[length];
            byte[] block = new byte[0];
            for (int at = 0, counter = 1; at < length; at += BLOCK, counter++) {
                mac.update(block);
                mac.update(info);
                mac.update((byte) counter);
                block = mac.doFinal();
                System.arraycopy(block, 0, out, at, Math.min(BLOCK, length - at));
            }
            Arrays.fill(extracted, (byte) 0);
            return out;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no HMAC-SHA-256", e);
        }
    }
}
