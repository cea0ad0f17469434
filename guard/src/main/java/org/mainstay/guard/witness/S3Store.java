package org.mainstay.guard.witness;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * QWK objects in S3 buckets (QUO-086). A write is confirmed by S3's status 200, which means it is durable and read by whoever reads
 * later. Finds the region of a bucket by S3's own answer, and corrects a wrong clock of this server the same way: only S3's
 * signatures depend on it. Thread-safe.
 */
final class S3Store implements ObjectStore {
    private static final int ANSWER_BYTES = 16_384;
    private static final int TRIES = 3;
    private static final Pattern REGION = Pattern.compile("<Region>([a-z0-9-]+)</Region>");
    private static final Pattern CODE = Pattern.compile("<Code>([A-Za-z0-9.]+)</Code>");

    private final String endpoint;
    private final String standardRegion;
    private final long callMillis;
    private final Http http;
    private final Clock wall;
    private final AwsCredentialsChain credentials;
    private final Map<String, String> regions = new ConcurrentHashMap<>();
    private volatile Duration ahead = Duration.ZERO;

    /**
     * @param callMillis time limit of one request
     * @param environment of the process, by name
     * @param wall for the signatures; corrected by what S3 says
     * @throws IllegalArgumentException if a parameter is wrong
     */
    S3Store(StorageSettings settings, long callMillis, UnaryOperator<String> environment, Clock wall) {
        this.wall = wall;
        Map<String, String> parameters = settings.parameters();
        this.endpoint =
                parameters.getOrDefault("QWK_STORAGE_S3_ENDPOINT", "").trim().replaceAll("/+$", "");
        if (!endpoint.isEmpty() && !endpoint.matches("https?://[^/@]+")) {
            throw new IllegalArgumentException(
                    "QWK_STORAGE_S3_ENDPOINT must be http://host:port or https://host:port, not '" + endpoint + "'");
        }
        this.standardRegion = region(parameters, environment);
        this.callMillis = callMillis;
        this.http = new Http(parameters, null);
        this.credentials = new AwsCredentialsChain(
                parameters.getOrDefault("QWK_STORAGE_CREDENTIALS_FILE", "").trim(),
                environment,
                new Http(Map.of(), null),
                wall);
    }

    private static String region(Map<String, String> parameters, UnaryOperator<String> environment) {
        String region = parameters.getOrDefault("QWK_STORAGE_S3_REGION", "").trim();
        for (String name : new String[] {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
            if (region.isEmpty() && environment.apply(name) != null) {
                region = environment.apply(name).trim();
            }
        }
        return region.isEmpty() ? "us-east-1" : region;
    }

    @Override
    public byte[] read(String location) throws IOException, InterruptedException {
        Http.Reply reply = call("GET", location, new byte[0]);
        if (reply.status() == 404) {
            throw new AbsentException(location + " does not exist");
        }
        return reply.body();
    }

    @Override
    public void write(String location, byte[] object, boolean create) throws IOException, InterruptedException {
        call("PUT", location, object);
    }

    private Http.Reply call(String method, String location, byte[] body) throws IOException, InterruptedException {
        String rest = location.substring("s3://".length());
        String bucket = rest.substring(0, rest.indexOf('/'));
        String key = rest.substring(rest.indexOf('/') + 1);
        IOException failure = null;
        for (int i = 0; i < TRIES; i++) {
            Http.Reply reply = http.send(request(method, bucket, key, body), callMillis, ANSWER_BYTES);
            if (reply.status() == 200 || reply.status() == 204) {
                return reply;
            }
            String code = match(CODE, reply);
            boolean missing = method.equals("GET") && reply.status() == 404 && !code.equals("NoSuchBucket");
            if (missing) {
                return reply;
            }
            failure = new IOException(location + " is refused by S3 with status " + reply.status()
                    + (code.isEmpty() ? "" : " (" + code + ")"));
            if (!learned(reply, bucket, code)) {
                break;
            }
        }
        throw failure;
    }

    /** Returns whether the refusal says how to ask better. */
    private boolean learned(Http.Reply reply, String bucket, String code) {
        String region = reply.header("x-amz-bucket-region");
        if (region.isEmpty()) {
            region = match(REGION, reply);
        }
        if (!region.isEmpty() && region.matches("[a-z0-9-]+") && !region.equals(regionOf(bucket))) {
            regions.put(bucket, region);
            return true;
        }
        if (code.equals("RequestTimeTooSkewed")) {
            try {
                Instant theirs = ZonedDateTime.parse(reply.header("date"), DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
                ahead = Duration.between(wall.instant(), theirs);
                return true;
            } catch (DateTimeParseException e) {
                return false;
            }
        }
        if (reply.status() == 403 || reply.status() == 400) {
            credentials.refused();
        }
        return false;
    }

    private static String match(Pattern pattern, Http.Reply reply) {
        Matcher matcher = pattern.matcher(reply.text());
        return matcher.find() ? matcher.group(1) : "";
    }

    private String regionOf(String bucket) {
        return regions.getOrDefault(bucket, standardRegion);
    }

    private HttpRequest request(String method, String bucket, String key, byte[] body)
            throws IOException, InterruptedException {
        AwsCredentials who = credentials.get();
        String region = regionOf(bucket);
        boolean inPath = !endpoint.isEmpty() || bucket.indexOf('.') >= 0;
        String path = Aws4Signer.encodePath((inPath ? "/" + bucket : "") + "/" + key);
        String suffix = region.startsWith("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
        String base =
                endpoint.isEmpty() ? "https://" + (inPath ? "" : bucket + ".") + "s3." + region + suffix : endpoint;
        URI uri = URI.create(base + path);

        Map<String, String> headers = new TreeMap<>();
        headers.put("x-amz-content-sha256", Aws4Signer.hash(body));
        headers.put("x-amz-date", Aws4Signer.stamp(wall.instant().plus(ahead)));
        if (!who.token().isEmpty()) {
            headers.put("x-amz-security-token", who.token());
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(uri);
        headers.forEach(request::header);
        headers.put("host", host(uri));
        request.header(
                "Authorization",
                new Aws4Signer(who, region, "s3")
                        .authorization(method, path, "", headers, headers.get("x-amz-content-sha256")));
        return method.equals("GET")
                ? request.GET().build()
                : request.method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                        .build();
    }

    /** As the client of the JDK sends it. */
    private static String host(URI uri) {
        int standard = "https".equals(uri.getScheme()) ? 443 : 80;
        return uri.getHost() + (uri.getPort() < 0 || uri.getPort() == standard ? "" : ":" + uri.getPort());
    }
}
