package org.mainstay.guard.witness;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

/**
 * HTTP with bounds that the client of the JDK does not have: the time limit covers the whole answer, and an answer has a largest
 * size, because the guard's heap is small. Loaded only where a witness needs it. Thread-safe.
 */
final class Http {
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private final HttpClient client;

    /** An answer. */
    record Reply(int status, byte[] body, Map<String, List<String>> headers) {
        /** Returns the header's first value, or the empty text. */
        String header(String name) {
            return headers.entrySet().stream()
                    .filter(one -> one.getKey().equalsIgnoreCase(name))
                    .flatMap(one -> one.getValue().stream())
                    .findFirst()
                    .orElse("");
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /**
     * @param parameters with {@code HTTP_PROXY}, {@code HTTPS_PROXY}, {@code NO_PROXY} (QUO-018), as the tools of AWS read them
     * @param tls null for the system's
     */
    Http(Map<String, String> parameters, SSLContext tls) {
        // Read once, when the client is first used: proxies that want a password get it for tunnels too.
        System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT)
                .proxy(new Proxies(parameters));
        passwords(parameters).ifPresent(builder::authenticator);
        if (tls != null) {
            builder.sslContext(tls);
        }
        client = builder.build();
    }

    /** @throws IOException also when the time is up, or the answer is longer */
    Reply send(HttpRequest request, long millis, int mostBytes) throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<byte[]>> call = client.sendAsync(request, info -> new Bounded(mostBytes));
        try {
            HttpResponse<byte[]> response = call.get(millis, TimeUnit.MILLISECONDS);
            return new Reply(
                    response.statusCode(), response.body(), response.headers().map());
        } catch (TimeoutException e) {
            throw new IOException(host(request) + " does not answer within " + millis + " ms", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
            throw new IOException(host(request) + ": " + message, e);
        } finally {
            call.cancel(true);
        }
    }

    private static String host(HttpRequest request) {
        URI uri = request.uri();
        return uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
    }

    private static Optional<Authenticator> passwords(Map<String, String> parameters) {
        for (String name : List.of("HTTPS_PROXY", "HTTP_PROXY")) {
            String user =
                    uri(parameters.getOrDefault(name, "")).map(URI::getUserInfo).orElse(null);
            if (user != null && user.indexOf(':') > 0) {
                char[] password = user.substring(user.indexOf(':') + 1).toCharArray();
                String plain = user.substring(0, user.indexOf(':'));
                return Optional.of(new Authenticator() {
                    @Override
                    protected PasswordAuthentication getPasswordAuthentication() {
                        return getRequestorType() == RequestorType.PROXY
                                ? new PasswordAuthentication(plain, password)
                                : null;
                    }
                });
            }
        }
        return Optional.empty();
    }

    private static Optional<URI> uri(String text) {
        if (text.isBlank()) {
            return Optional.empty();
        }
        try {
            URI uri = URI.create(text.contains("://") ? text.trim() : "http://" + text.trim());
            return uri.getHost() == null ? Optional.empty() : Optional.of(uri);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("a proxy must be http://host:port", e);
        }
    }

    /** Chooses the proxy as curl and the AWS tools do. */
    static final class Proxies extends ProxySelector {
        private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);
        private final Optional<URI> http;
        private final Optional<URI> https;
        private final List<String> direct;

        /** @throws IllegalArgumentException if a proxy is no address */
        Proxies(Map<String, String> parameters) {
            http = uri(parameters.getOrDefault("HTTP_PROXY", ""));
            https = uri(parameters.getOrDefault("HTTPS_PROXY", ""));
            direct = List.of(parameters
                    .getOrDefault("NO_PROXY", "")
                    .toLowerCase(Locale.ROOT)
                    .split("[, ]+"));
        }

        @Override
        public List<Proxy> select(URI uri) {
            Optional<URI> proxy = "https".equalsIgnoreCase(uri.getScheme()) ? https : http;
            if (proxy.isEmpty() || direct(uri.getHost().toLowerCase(Locale.ROOT))) {
                return DIRECT;
            }
            int port = proxy.get().getPort() < 0 ? 80 : proxy.get().getPort();
            return List.of(new Proxy(
                    Proxy.Type.HTTP,
                    InetSocketAddress.createUnresolved(proxy.get().getHost(), port)));
        }

        private boolean direct(String host) {
            for (String entry : direct) {
                String name = entry.startsWith("*.") ? entry.substring(1) : entry;
                boolean suffix = name.startsWith(".") ? host.endsWith(name) : host.endsWith("." + name);
                if (name.equals("*") || !name.isEmpty() && (host.equals(name) || suffix)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public void connectFailed(URI uri, SocketAddress address, IOException failure) {
            // the caller gets the failure
        }
    }

    /** Collects an answer, no more than so many bytes. */
    private static final class Bounded implements HttpResponse.BodySubscriber<byte[]> {
        private final int most;
        private final CompletableFuture<byte[]> body = new CompletableFuture<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private Flow.Subscription subscription;

        Bounded(int most) {
            this.most = most;
        }

        @Override
        public CompletionStage<byte[]> getBody() {
            return body;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            given.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                if (bytes.size() + buffer.remaining() > most) {
                    subscription.cancel();
                    body.completeExceptionally(new IOException("the answer is longer than " + most + " bytes"));
                    return;
                }
                byte[] part = new byte[buffer.remaining()];
                buffer.get(part);
                bytes.writeBytes(part);
            }
        }

        @Override
        public void onError(Throwable failure) {
            body.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            body.complete(bytes.toByteArray());
        }
    }
}
