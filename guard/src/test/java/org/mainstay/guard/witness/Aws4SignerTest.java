package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The examples that AWS publishes. */
class Aws4SignerTest {
    private static final String EMPTY = Aws4Signer.hash(new byte[0]);
    private final Aws4Signer s3 = new Aws4Signer(
            new AwsCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", null),
            "us-east-1",
            "s3");

    private static Map<String, String> headers(String hash, String... more) {
        Map<String, String> headers = new java.util.HashMap<>(Map.of(
                "Host",
                "examplebucket.s3.amazonaws.com",
                "x-amz-content-sha256",
                hash,
                "x-amz-date",
                "20130524T000000Z"));
        for (int i = 0; i < more.length; i += 2) {
            headers.put(more[i], more[i + 1]);
        }
        return headers;
    }

    @Test
    void getsAnObject() {
        assertThat(s3.authorization("GET", "/test.txt", "", headers(EMPTY, "Range", "bytes=0-9"), EMPTY))
                .isEqualTo("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                        + " SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                        + " Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    }

    @Test
    void putsAnObject() {
        String hash = Aws4Signer.hash("Welcome to Amazon S3.".getBytes(StandardCharsets.UTF_8));
        Map<String, String> headers =
                headers(hash, "Date", "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class", "REDUCED_REDUNDANCY");
        assertThat(s3.authorization("PUT", Aws4Signer.encodePath("/test$file.text"), "", headers, hash))
                .endsWith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    }

    @Test
    void listsABucket() {
        assertThat(s3.authorization("GET", "/", "max-keys=2&prefix=J", headers(EMPTY), EMPTY))
                .endsWith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
        assertThat(s3.authorization("GET", "/", "lifecycle=", headers(EMPTY), EMPTY))
                .endsWith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    }

    @Test
    void signsForOtherServices() {
        Aws4Signer signer = new Aws4Signer(
                new AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", null),
                "us-east-1",
                "service");
        Map<String, String> headers = Map.of("host", "example.amazonaws.com", "x-amz-date", "20150830T123600Z");
        assertThat(signer.authorization("GET", "/", "", headers, EMPTY))
                .endsWith("Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
        assertThat(signer.authorization("GET", "/", "Param1=value1&Param2=value2", headers, EMPTY))
                .endsWith("Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
    }

    @Test
    void pathsAreEncodedOnce() {
        assertThat(Aws4Signer.encodePath("/q/NODE A+ä%7E~")).isEqualTo("/q/NODE%20A%2B%C3%A4%257E~");
    }

    @Test
    void credentialsShowNothing() {
        assertThat(new AwsCredentials("AKIA", "secret", "token", null).toString())
                .doesNotContain("secret", "token", "AKIA");
    }
}
