package org.mainstay.comm.internal.identity;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A private key encrypted at rest (AES-256-GCM: 12 bytes nonce, ciphertext, tag). The sealing key lies in a file of its own, so
 * that a copy of one file alone (a support archive, a backup that leaves key files out) gives nothing away.
 */
public final class SealedKey {
    private static final int NONCE = 12;
    private static final byte[] PURPOSE = "mainstay cluster authority key 1".getBytes(StandardCharsets.US_ASCII);
    private static final SecureRandom RANDOM = new SecureRandom();

    private SealedKey() {}

    /** Makes a sealing key. */
    public static byte[] newSealingKey() {
        byte[] key = new byte[32];
        RANDOM.nextBytes(key);
        return key;
    }

    /** Encrypts. */
    public static byte[] seal(byte[] sealingKey, byte[] secret) {
        byte[] nonce = new byte[NONCE];
        RANDOM.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, sealingKey, nonce).doFinal(secret);
            byte[] all = Arrays.copyOf(nonce, NONCE + sealed.length);
            System.arraycopy(sealed, 0, all, NONCE, sealed.length);
            return all;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime cannot encrypt with AES-256-GCM", e);
        }
    }

    /** Decrypts. @throws IOException if the key is wrong or the content was changed */
    public static byte[] open(byte[] sealingKey, byte[] sealed) throws IOException {
        if (sealed.length < NONCE) {
            throw new IOException("the sealed key of the cluster authority is cut off");
        }
        try {
            return cipher(Cipher.DECRYPT_MODE, sealingKey, Arrays.copyOf(sealed, NONCE))
                    .doFinal(sealed, NONCE, sealed.length - NONCE);
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "the key of the cluster authority cannot be unsealed: it or its key file is damaged", e);
        }
    }

    private static Cipher cipher(int mode, byte[] key, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
        cipher.updateAAD(PURPOSE);
        return cipher;
    }
}
