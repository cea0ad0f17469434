package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.lease.Witness.Word;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Result;

class S3StoreIT {
    @TempDir
    Path folder;

    private S3Server server;
    private final Map<String, String> parameters = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void start() throws Exception {
        assumeTrue(S3Server.possible(), "python3-botocore checks the signatures");
        server = new S3Server(folder);
        parameters.put("QWK_STORAGE_S3_ENDPOINT", server.endpoint());
        environment.put("AWS_ACCESS_KEY_ID", "AKIDTEST");
        environment.put("AWS_SECRET_ACCESS_KEY", "s3cr3t/with+signs");
        environment.put("HOME", folder.toString());
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private S3Store store() {
        return store(20_000);
    }

    private S3Store store(long callMillis) {
        return new S3Store(
                new StorageSettings(StorageSettings.Type.AWS_S3, 1000, 4, Map.of(), parameters),
                callMillis,
                environment::get,
                Clock.systemUTC());
    }

    private static byte[] page(int fill) {
        byte[] page = new byte[4096];
        Arrays.fill(page, (byte) fill);
        return page;
    }

    private Path secret(String name, String content, String mode) throws Exception {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        return file;
    }

    @Test
    void writesAndReadsWithSignaturesThatAwsAccepts() throws Exception {
        S3Store store = store();
        for (String location : List.of("s3://bucket-1/quorum/NODEA", "s3://b.with.dots/a b+ä%7E/~x")) {
            assertThatThrownBy(() -> store.read(location)).isInstanceOf(ObjectStore.AbsentException.class);
            store.write(location, page(7), false);
            assertThat(store.read(location)).isEqualTo(page(7));
        }
    }

    @Test
    void wrongSecretsAreRefusedAndNeverShown() {
        environment.put("AWS_SECRET_ACCESS_KEY", "wrong-secret");
        assertThatThrownBy(() -> store().write("s3://bucket/a", page(1), false))
                .hasMessageContaining("403 (SignatureDoesNotMatch)")
                .hasMessageNotContaining("wrong-secret");
    }

    @Test
    void findsTheRegionOfABucket() throws Exception {
        server.control("region eu-central-1");
        S3Store store = store();
        store.write("s3://bucket/a", page(1), false);
        server.control("requests");
        assertThat(store.read("s3://bucket/a")).isEqualTo(page(1));
        assertThat(server.control("requests").lines()).as("found out once").hasSize(1);
    }

    @Test
    void aWrongClockDoesNotMatter() throws Exception {
        server.control("skew 86400");
        store().write("s3://bucket/a", page(1), false);
        assertThat(store().read("s3://bucket/a")).isEqualTo(page(1));
    }

    @Test
    void faultsAreSaidWithinTheTimeLimit() throws Exception {
        S3Store store = store(3000);
        store.write("s3://bucket/a", page(1), false);
        server.control("status 500");
        assertThatThrownBy(() -> store.read("s3://bucket/a")).hasMessageContaining("500 (InternalError)");
        server.control("status 403");
        assertThatThrownBy(() -> store.write("s3://bucket/a", page(1), false))
                .hasMessageContaining("403 (AccessDenied)");
        server.control("status ");
        server.control("hangs yes");
        long before = Recorder.now();
        assertThatThrownBy(() -> store.read("s3://bucket/a")).hasMessageContaining("does not answer within 3000 ms");
        assertThat(Recorder.now() - before).isLessThan(15_000);
        server.control("hangs ");
        server.control("long 50000000");
        assertThatThrownBy(() -> store.read("s3://bucket/a")).hasMessageContaining("longer than");
        server.control("long ");
        assertThat(store.read("s3://bucket/a")).isEqualTo(page(1));
        server.close();
        assertThatThrownBy(() -> store.read("s3://bucket/a")).isInstanceOf(java.io.IOException.class);
    }

    @Test
    void credentialsComeFromFilesOfTheOwnerAlone() throws Exception {
        environment.remove("AWS_ACCESS_KEY_ID");
        environment.put("AWS_EC2_METADATA_DISABLED", "true");
        assertThatThrownBy(() -> store().read("s3://bucket/a")).hasMessageContaining("no AWS credentials");

        secret(
                ".aws/credentials",
                "[other]\naws_access_key_id=x\n[default]\naws_access_key_id = AKIDTEST\n"
                        + "aws_secret_access_key = s3cr3t/with+signs\n",
                "rw-------");
        store().write("s3://bucket/a", page(1), false);
        Files.delete(folder.resolve(".aws/credentials"));

        Path file = secret(
                "env",
                "# for S3\nexport AWS_ACCESS_KEY_ID=AKIDTEST\nAWS_SECRET_ACCESS_KEY=s3cr3t/with+signs\n",
                "rw-r-----");
        parameters.put("QWK_STORAGE_CREDENTIALS_FILE", file.toString());
        assertThatThrownBy(() -> store().read("s3://bucket/a")).hasMessageContaining("chmod 0600");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertThat(store().read("s3://bucket/a")).isEqualTo(page(1));
    }

    @Test
    void refusedCredentialsAreReadAgain() throws Exception {
        Path file = secret("env", "AWS_ACCESS_KEY_ID=AKIDTEST\nAWS_SECRET_ACCESS_KEY=old\n", "rw-------");
        parameters.put("QWK_STORAGE_CREDENTIALS_FILE", file.toString());
        S3Store store = store();
        assertThatThrownBy(() -> store.write("s3://bucket/a", page(1), false)).hasMessageContaining("403");
        Files.writeString(file, "AWS_ACCESS_KEY_ID=AKIDTEST\nAWS_SECRET_ACCESS_KEY=s3cr3t/with+signs\n");
        store.write("s3://bucket/a", page(1), false);
    }

    @Test
    void theRoleOfAnInstanceIsUsedWithItsToken() throws Exception {
        environment.remove("AWS_ACCESS_KEY_ID");
        environment.put("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.endpoint());
        store().write("s3://bucket/a", page(1), false);
        assertThat(server.control("requests")).contains("PUT /bucket/a AWS4-HMAC-SHA256 Credential=ASIAROLE");
    }

    // covers QUO-018
    @Test
    void proxiesAreUsedExceptWhereTheyMustNotBe() throws Exception {
        parameters.put("QWK_STORAGE_S3_ENDPOINT", "http://s3.test.invalid");
        parameters.put("HTTP_PROXY", server.endpoint());
        store().write("s3://bucket/a", page(1), false);
        assertThat(server.control("requests")).contains("PUT http://s3.test.invalid/bucket/a");
        parameters.put("NO_PROXY", "localhost, .invalid");
        assertThatThrownBy(() -> store().read("s3://bucket/a")).isInstanceOf(java.io.IOException.class);
        Http.Proxies proxies =
                new Http.Proxies(Map.of("HTTPS_PROXY", "proxy:3128", "NO_PROXY", "a.example,*.b.example"));
        assertThat(proxies.select(java.net.URI.create("https://x.b.example/")).get(0))
                .isEqualTo(java.net.Proxy.NO_PROXY);
        assertThat(proxies.select(java.net.URI.create("https://c.example/"))
                        .get(0)
                        .address()
                        .toString())
                .contains("3128");
        assertThat(proxies.select(java.net.URI.create("http://c.example/")).get(0))
                .isEqualTo(java.net.Proxy.NO_PROXY);
    }

    // covers QUO-086
    @Test
    void twoServersWithTwoBucketsGoOnWithOneAndJudgeWithBoth() throws Exception {
        Set<String> members = Set.of("a", "b");
        Map<String, List<String>> places = new TreeMap<>();
        members.forEach(name -> places.put(name, List.of("s3://one-1/" + name, "s3://two-2/" + name)));
        S3Store real = store(1000);
        List<Node> nodes = new ArrayList<>();
        OneBucket bucket = new OneBucket(real);
        for (String name : List.of("a", "b")) {
            nodes.add(new Node(folder, name, members, places, bucket));
        }
        Node a = nodes.get(0);
        Node b = nodes.get(1);
        try {
            CompletableFuture<Result> first = a.init(new ArrayList<>());
            assertThat(b.init(new ArrayList<>()).get(60, TimeUnit.SECONDS)).matches(Result::done);
            assertThat(first.get(60, TimeUnit.SECONDS)).matches(Result::done);
            Await.until("alive", 30_000, () -> b.told.word("a") == Word.ALIVE && a.leased());
            bucket.away = "two-2";
            Await.until("said", 30_000, () -> b.told.reason("a").contains("away"));
            Await.until("alive and leased with one bucket", 30_000, () -> b.told.word("a") == Word.ALIVE && a.leased());
            long since = Recorder.now();
            Await.until("one bucket is enough for a write", 30_000, () -> a.told.written >= since);
            bucket.away = "";
            Await.until("both are read again", 30_000, () -> !b.told.reason("a").contains("away"));
            server.control("stale yes");
            Await.until("stale reads are no news", 30_000, () -> b.told.word("a") != Word.FAILED && b.leased());
            server.control("stale ");
            a.die();
            Await.until("failed", 30_000, () -> b.told.word("a") == Word.FAILED);
            assertThat(b.told.failedAt("a")).isGreaterThanOrEqualTo(a.told.written + Node.LEASE + Node.STOP);
        } finally {
            for (Node node : nodes) {
                node.close();
            }
        }
    }

    private static final class OneBucket implements ObjectStore {
        private final ObjectStore real;
        volatile String away = "";

        OneBucket(ObjectStore real) {
            this.real = real;
        }

        private void pass(String location) throws java.io.IOException {
            if (!away.isEmpty() && location.contains(away)) {
                throw new java.io.IOException("region away");
            }
        }

        @Override
        public byte[] read(String location) throws java.io.IOException, InterruptedException {
            pass(location);
            return real.read(location);
        }

        @Override
        public void write(String location, byte[] object, boolean create)
                throws java.io.IOException, InterruptedException {
            pass(location);
            real.write(location, object, create);
        }
    }
}
