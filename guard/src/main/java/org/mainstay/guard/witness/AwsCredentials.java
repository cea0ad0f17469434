package org.mainstay.guard.witness;

import java.time.Instant;

/**
 * Who asks AWS. Its text never shows a secret.
 *
 * @param token of temporary credentials, or empty
 * @param expires when they end by wall clock, or null
 */
record AwsCredentials(String accessKey, String secret, String token, Instant expires) {
    @Override
    public String toString() {
        return "credentials";
    }
}
