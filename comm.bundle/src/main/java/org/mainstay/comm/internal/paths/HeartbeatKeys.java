package org.mainstay.comm.internal.paths;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.KeyAgreement;
import org.mainstay.comm.internal.identity.Certificates;
import org.mainstay.comm.internal.identity.Hkdf;
import org.mainstay.comm.internal.identity.Identity;

/**
 * Derives the key of a heartbeat path from the two servers' pinned keys: ECDH on P-256, then HKDF with the names, pins and the
 * path's id. Both sides get the same key without an exchange, after any restart, and a new one when a key rolls over or the path is
 * made anew. Stateless; the proof is in docs/decisions/0071.
 */
public final class HeartbeatKeys {
    private static final byte[] PURPOSE = "mainstay heartbeat 1".getBytes(StandardCharsets.US_ASCII);

    private HeartbeatKeys() {}

    /** Returns 32 bytes in hexadecimal. @throws GeneralSecurityException if the peer's key is not on P-256 */
    public static String derive(Identity own, String peer, PublicKey peerKey, String path)
            throws GeneralSecurityException {
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(own.key());
        agreement.doPhase(peerKey, true);
        byte[] secret = agreement.generateSecret();
        String here = own.name() + ' ' + own.pin();
        String there = peer + ' ' + Certificates.pin(peerKey);
        boolean first = own.name().compareTo(peer) < 0;
        // Names, pins and ids hold no line ends, so the parts cannot run into each other.
        String info = (first ? here + '\n' + there : there + '\n' + here) + '\n' + path;
        byte[] key = Hkdf.derive(secret, PURPOSE, info.getBytes(StandardCharsets.UTF_8), 32);
        Arrays.fill(secret, (byte) 0);
        return HexFormat.of().formatHex(key);
    }
}
