package org.mainstay.guard.witness;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs requests for AWS and what is compatible with it, "AWS4-HMAC-SHA256" with the payload's hash. Thread-safe. */
final class Aws4Signer {
    private static final String ALGORITHM = "AWS4-HMAC-SHA256";
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private final AwsCredentials credentials;
    private final String region;
    private final String service;

    Aws4Signer(AwsCredentials credentials, String region, String service) {
        this.credentials = credentials;
        this.region = region;
        this.service = service;
    }

    /** Returns the value of the header {@code x-amz-date}. */
    static String stamp(Instant time) {
        return STAMP.format(time);
    }

    /**
     * Returns the value of the header {@code Authorization}.
     *
     * @param path as sent, percent-encoded
     * @param query as sent: sorted, percent-encoded, names without value with "="
     * @param headers all that are signed, with {@code host} and {@code x-amz-date}
     * @param payloadHash as {@link #hash} returns it
     */
    String authorization(String method, String path, String query, Map<String, String> headers, String payloadHash) {
        SortedMap<String, String> sorted = new TreeMap<>();
        headers.forEach((name, value) ->
                sorted.put(name.toLowerCase(java.util.Locale.ROOT), value.trim().replaceAll(" +", " ")));
        StringBuilder canonical = new StringBuilder();
        canonical
                .append(method)
                .append('\n')
                .append(path)
                .append('\n')
                .append(query)
                .append('\n');
        sorted.forEach((name, value) ->
                canonical.append(name).append(':').append(value).append('\n'));
        String names = String.join(";", sorted.keySet());
        canonical.append('\n').append(names).append('\n').append(payloadHash);

        String stamp = sorted.get("x-amz-date");
        String scope = stamp.substring(0, 8) + "/" + region + "/" + service + "/aws4_request";
        String toSign = ALGORITHM + "\n" + stamp + "\n" + scope + "\n" + hash(bytes(canonical.toString()));
        byte[] key = bytes("AWS4" + credentials.secret());
        for (String part : scope.split("/")) {
            key = hmac(key, part);
        }
        return ALGORITHM + " Credential=" + credentials.accessKey() + "/" + scope + ", SignedHeaders=" + names
                + ", Signature=" + hex(hmac(key, toSign));
    }

    /** Returns the lower-case hexadecimal SHA-256. */
    static String hash(byte[] payload) {
        try {
            return hex(MessageDigest.getInstance("SHA-256").digest(payload));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder(2 * bytes.length);
        for (byte b : bytes) {
            text.append(HEX[b >> 4 & 15]).append(HEX[b & 15]);
        }
        return text.toString();
    }

    /** Returns a path as S3 wants it: everything but letters, digits and {@code -._~/} as {@code %XX}. */
    static String encodePath(String path) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : bytes(path)) {
            boolean plain =
                    b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || "-._~/".indexOf(b) >= 0;
            if (plain) {
                encoded.append((char) b);
            } else {
                encoded.append(String.format("%%%02X", b & 0xFF));
            }
        }
        return encoded.toString();
    }
}
