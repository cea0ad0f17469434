package org.mainstay.guard.witness;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Finds credentials: the file of {@code QWK_STORAGE_CREDENTIALS_FILE}, the environment, {@code ~/.aws/credentials}, the instance's
 * role (IMDSv2), in this order. Files are read again whenever credentials are asked for anew. Nothing of them appears in a message.
 * Thread-safe.
 */
final class AwsCredentialsChain {
    private static final long METADATA_MILLIS = 2000;
    private static final long BEFORE_EXPIRY_SECONDS = 300;
    private static final int ANSWER_BYTES = 16_384;

    private final String file;
    private final UnaryOperator<String> environment;
    private final Http http;
    private final Clock wall;
    private AwsCredentials known;

    /**
     * @param file of {@code NAME=value} lines, or empty
     * @param environment by name; null where not set
     * @param http without proxy
     * @param wall for the end of temporary ones
     */
    AwsCredentialsChain(String file, UnaryOperator<String> environment, Http http, Clock wall) {
        this.file = file;
        this.environment = environment;
        this.http = http;
        this.wall = wall;
    }

    /** @throws IOException if there are none; the sentence says where was looked */
    synchronized AwsCredentials get() throws IOException, InterruptedException {
        if (known == null
                || known.expires() != null
                        && wall.instant().isAfter(known.expires().minusSeconds(BEFORE_EXPIRY_SECONDS))) {
            known = find();
        }
        return known;
    }

    /** The storage refused them: asked anew next time. */
    synchronized void refused() {
        known = null;
    }

    private AwsCredentials find() throws IOException, InterruptedException {
        if (!file.isEmpty()) {
            return of(
                    lines(Path.of(file), null),
                    "AWS_ACCESS_KEY_ID",
                    "AWS_SECRET_ACCESS_KEY",
                    "AWS_SESSION_TOKEN",
                    file);
        }
        String key = environment.apply("AWS_ACCESS_KEY_ID");
        String secret = environment.apply("AWS_SECRET_ACCESS_KEY");
        if (filled(key) && filled(secret)) {
            String token = environment.apply("AWS_SESSION_TOKEN");
            return new AwsCredentials(key, secret, token == null ? "" : token, null);
        }
        Path shared = shared();
        if (shared != null && Files.exists(shared)) {
            String profile = environment.apply("AWS_PROFILE");
            Map<String, String> lines = lines(shared, filled(profile) ? profile : "default");
            if (!lines.isEmpty()) {
                return of(lines, "aws_access_key_id", "aws_secret_access_key", "aws_session_token", shared.toString());
            }
        }
        if ("true".equalsIgnoreCase(environment.apply("AWS_EC2_METADATA_DISABLED"))) {
            throw new IOException(nowhere(shared, "the instance's metadata are switched off"));
        }
        try {
            return ofInstance();
        } catch (IOException e) {
            throw new IOException(nowhere(shared, "the instance's metadata: " + e.getMessage()), e);
        }
    }

    private static String nowhere(Path shared, String metadata) {
        return "no AWS credentials: QWK_STORAGE_CREDENTIALS_FILE is not set, the guard's environment has none, "
                + shared + " has none, " + metadata;
    }

    private Path shared() {
        String named = environment.apply("AWS_SHARED_CREDENTIALS_FILE");
        if (filled(named)) {
            return Path.of(named);
        }
        String home = environment.apply("HOME");
        String folder = filled(home) ? home : System.getProperty("user.home");
        return folder == null ? null : Path.of(folder, ".aws", "credentials");
    }

    private static boolean filled(String text) {
        return text != null && !text.isEmpty();
    }

    private static AwsCredentials of(Map<String, String> lines, String key, String secret, String token, String where)
            throws IOException {
        if (!filled(lines.get(key)) || !filled(lines.get(secret))) {
            throw new IOException(where + " must contain " + key + " and " + secret);
        }
        return new AwsCredentials(lines.get(key), lines.get(secret), lines.getOrDefault(token, ""), null);
    }

    /** @param section whose lines count, null for all */
    private static Map<String, String> lines(Path path, String section) throws IOException {
        requirePrivate(path);
        Map<String, String> result = new HashMap<>();
        boolean inside = section == null;
        for (String line : Files.readAllLines(path, StandardCharsets.UTF_8)) {
            String text = line.trim();
            if (section != null && text.startsWith("[")) {
                inside = text.equals("[" + section + "]");
            } else if (inside && !text.startsWith("#") && text.indexOf('=') > 0) {
                String name = text.substring(0, text.indexOf('=')).trim();
                String value = text.substring(text.indexOf('=') + 1).trim();
                result.put(name.startsWith("export ") ? name.substring(7).trim() : name, value);
            }
        }
        return result;
    }

    /** A file with secrets is readable by its owner alone, or not read. */
    static void requirePrivate(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new IOException(path + " does not exist");
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
        for (PosixFilePermission permission : permissions) {
            if (!permission.name().startsWith("OWNER_")) {
                throw new IOException(path + " holds secrets and may be used by others than its owner; chmod 0600 it");
            }
        }
    }

    private AwsCredentials ofInstance() throws IOException, InterruptedException {
        String endpoint = environment.apply("AWS_EC2_METADATA_SERVICE_ENDPOINT");
        String base = (filled(endpoint) ? endpoint : "http://169.254.169.254").replaceAll("/+$", "");
        String token = metadata(HttpRequest.newBuilder(URI.create(base + "/latest/api/token"))
                .header("X-aws-ec2-metadata-token-ttl-seconds", "21600")
                .PUT(HttpRequest.BodyPublishers.noBody()));
        String path = base + "/latest/meta-data/iam/security-credentials/";
        String role =
                metadata(withToken(path, token)).lines().findFirst().orElse("").trim();
        if (role.isEmpty()) {
            throw new IOException("the instance has no role");
        }
        Json answer = Json.parse(metadata(withToken(path + role, token)));
        if (!filled(answer.text("AccessKeyId")) || !filled(answer.text("SecretAccessKey"))) {
            throw new IOException("the role " + role + " has no credentials");
        }
        try {
            return new AwsCredentials(
                    answer.text("AccessKeyId"),
                    answer.text("SecretAccessKey"),
                    answer.text("Token"),
                    Instant.parse(answer.text("Expiration")));
        } catch (DateTimeParseException e) {
            throw new IOException("the credentials of the role " + role + " do not say when they end", e);
        }
    }

    private static HttpRequest.Builder withToken(String address, String token) {
        return HttpRequest.newBuilder(URI.create(address)).header("X-aws-ec2-metadata-token", token);
    }

    private String metadata(HttpRequest.Builder request) throws IOException, InterruptedException {
        Http.Reply reply = http.send(request.build(), METADATA_MILLIS, ANSWER_BYTES);
        if (reply.status() != 200) {
            throw new IOException("status " + reply.status());
        }
        return reply.text();
    }
}
