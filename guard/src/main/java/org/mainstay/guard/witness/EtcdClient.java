package org.mainstay.guard.witness;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/**
 * Asks etcd through its JSON gateway (v3). An endpoint that does not answer is followed by the next, and the one that answered is asked
 * first the next time. Thread-safe.
 */
final class EtcdClient {
    private static final int ANSWER_BYTES = 512 * 1024;
    private static final int UNAUTHENTICATED = 16;

    private final EtcdSettings settings;
    private final long callMillis;
    /**
     * Checking a password costs etcd much of a processor, also for those who do not wait for the answer any more: who gave up after a
     * call's time and asked again would keep a busy etcd busy and never get a token. The witness's calls last a quarter of its lease each,
     * so this and the call after it end with the lease, and before it where another endpoint may still have to be asked.
     */
    private final long authenticationMillis;

    private final Http http;
    private volatile int preferred;
    private volatile String token = "";

    /** etcd has understood and says no. */
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;
        private final int code;

        RefusedException(int code, String message) {
            super(message);
            this.code = code;
        }

        /** Returns the code of gRPC. */
        int code() {
            return code;
        }
    }

    /** @param callMillis time limit of a call to one endpoint; an authentication gets more, up to three times as much */
    EtcdClient(EtcdSettings settings, long callMillis) throws IOException {
        this.settings = settings;
        this.callMillis = callMillis;
        this.authenticationMillis = callMillis * (settings.endpoints().size() == 1 ? 3 : 2);
        this.http = new Http(Map.of(), settings.tls());
    }

    /**
     * @param path such as {@code /v3/kv/range}
     * @throws RefusedException if etcd says no
     * @throws IOException if no endpoint answers; the sentence names them
     */
    Json call(String path, String body) throws IOException, InterruptedException {
        StringBuilder failures = new StringBuilder();
        int first = preferred;
        for (int i = 0; i < settings.endpoints().size(); i++) {
            int index = (first + i) % settings.endpoints().size();
            try {
                Json answer = authorized(settings.endpoints().get(index), path, body);
                preferred = index;
                return answer;
            } catch (RefusedException e) {
                throw e;
            } catch (IOException e) {
                failures.append(failures.length() == 0 ? "" : "; ").append(e.getMessage());
            }
        }
        // A single one may be back the next time; with several the next is asked first.
        preferred = (first + 1) % settings.endpoints().size();
        throw new IOException("etcd: " + failures);
    }

    private Json authorized(URI endpoint, String path, String body) throws IOException, InterruptedException {
        if (settings.user().isEmpty()) {
            return post(endpoint, path, body, "", callMillis);
        }
        String used = token;
        if (used.isEmpty()) {
            used = authenticate(endpoint);
        }
        try {
            return post(endpoint, path, body, used, callMillis);
        } catch (RefusedException e) {
            if (e.code() != UNAUTHENTICATED
                    && !e.getMessage().contains("auth token")
                    && !e.getMessage().contains("revision in header is old")) {
                throw e;
            }
            // Tokens end, and a restarted etcd knows none.
            return post(endpoint, path, body, authenticate(endpoint), callMillis);
        }
    }

    private String authenticate(URI endpoint) throws IOException, InterruptedException {
        String body =
                "{\"name\":" + Json.quote(settings.user()) + ",\"password\":" + Json.quote(settings.password()) + "}";
        String fresh = post(endpoint, "/v3/auth/authenticate", body, "", authenticationMillis)
                .text("token");
        if (fresh.isEmpty()) {
            throw new IOException(endpoint + " gives no token to the user " + settings.user());
        }
        token = fresh;
        return fresh;
    }

    private Json post(URI endpoint, String path, String body, String bearer, long limitMillis)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(endpoint + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (!bearer.isEmpty()) {
            request.header("Authorization", bearer);
        }
        Http.Reply reply = http.send(request.build(), limitMillis, ANSWER_BYTES);
        Json answer;
        try {
            answer = Json.parse(reply.text());
        } catch (IOException e) {
            throw new IOException(endpoint + " answers with status " + reply.status() + " and not as etcd does", e);
        }
        String error = answer.text("error");
        long code = answer.number("code");
        if (error.isEmpty()) {
            error = answer.get("error").text("message");
            code = answer.get("error").number("grpc_code");
        }
        if (reply.status() == 200 && error.isEmpty()) {
            return answer;
        }
        String message = error.isEmpty() ? "status " + reply.status() : error;
        if (definite((int) code)) {
            throw new RefusedException((int) code, message);
        }
        throw new IOException(endpoint.getAuthority() + ": " + message);
    }

    /** Not found, invalid, denied, exhausted, failed precondition, out of range, unauthenticated: another endpoint says the same. */
    private static boolean definite(int code) {
        return code == 3 || code == 5 || code == 7 || code == 8 || code == 9 || code == 11 || code == UNAUTHENTICATED;
    }

    static String encode(String text) {
        return "\"" + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)) + "\"";
    }

    /** @throws IOException if it is no Base64 */
    static String decode(String base64) throws IOException {
        try {
            return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new IOException("etcd's answer is not Base64", e);
        }
    }

    /** Returns the end of the range of all keys with the prefix. */
    static String after(String prefix) {
        int last = prefix.length() - 1;
        return prefix.substring(0, last) + (char) (prefix.charAt(last) + 1);
    }
}
