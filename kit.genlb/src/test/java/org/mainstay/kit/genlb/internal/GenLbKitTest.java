package org.mainstay.kit.genlb.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.HostProcesses.Signal;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** The kit with real responder processes and a balancer that probes them on loopback. */
class GenLbKitTest {
    @TempDir
    Path folder;

    private GenLbKit kit;
    private KitBench bench;
    private int port;
    private ResourceInfo resource;
    private Balancer balancer;

    @BeforeEach
    void open() throws IOException {
        kit = new GenLbKit(folder);
        bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")))
                .tunable("HC_TIMEOUT", "60")
                .tunable("HC_READ_TIMEOUT", "1");
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        balancer = new Balancer(port);
    }

    @AfterEach
    void close() {
        balancer.stop();
        if (resource != null) {
            assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
        }
        bench.close();
    }

    private ResourceInfo create(String info) {
        resource = KitContract.withState(bench.create("Gen-LB", Map.of("info", info)), true);
        return resource;
    }

    private Outcome restore() {
        return kit.restore(bench.context(resource));
    }

    private Outcome check() {
        return kit.quickCheck(bench.context(resource));
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    // covers LB-020 LB-026 LB-060
    @Test
    void keepsTheContractOfKits() {
        balancer.start();
        ResourceInfo created = create(port + " Hello");
        KitContract.on(bench, kit).verify(created);
        assertThat(kit.descriptor().localRecovery()).isFalse();
    }

    /** LB-024, test 6 of the chapter. */
    // covers LB-001 LB-024 LB-062 LB-064 LB-070
    @Test
    void restoreWithoutABalancerFailsAndNothingListens() throws IOException {
        bench.tunable("HC_TIMEOUT", "1");
        create(port + " message");
        Outcome restored = restore();
        assertThat(restored.succeeded()).isFalse();
        assertThat(restored.message()).startsWith("33603").contains("HC_TIMEOUT");
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
        try (ServerSocket free = new ServerSocket(port)) {
            assertThat(free.isBound()).isTrue();
        }
    }

    /** LB-030, LB-012, test 7 of the chapter. */
    // covers LB-001 LB-010 LB-012 LB-013 LB-030 LB-071
    @Test
    void aSilentProbeIsAnsweredWithTheReplyAndClosed() throws IOException {
        balancer.start();
        create(port + " \"message\"");
        assertThat(restore().succeeded()).isTrue();
        try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            probe.setSoTimeout(60_000);
            assertThat(probe.getInputStream().readAllBytes()).asString().isEqualTo("message");
        }
        try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            probe.setSoTimeout(60_000);
            probe.getOutputStream().write("hello?".getBytes(StandardCharsets.UTF_8));
            assertThat(probe.getInputStream().readAllBytes()).asString().isEqualTo("message");
        }
    }

    /** LB-025, LB-052, LB-063, test 8 of the chapter. */
    // covers LB-025 LB-052 LB-063 LB-065
    @Test
    void silenceRaisesTheFlagAndTheNextProbeTakesItDown() throws IOException {
        bench.tunable("HC_TIMEOUT", "15");
        balancer.start();
        create(String.valueOf(port));
        assertThat(restore().succeeded()).isTrue();
        assertThat(check().succeeded()).isTrue();
        balancer.stop();
        await("the check notices the silence", () -> !check().succeeded());
        assertThat(folder.resolve("data/kit.genlb/" + resource.id() + "/hc-ng")).exists();
        assertThat(check().message()).contains("HC_TIMEOUT");
        assertThat(kit.recover(bench.context(resource)).succeeded()).isFalse();
        balancer = new Balancer(port);
        balancer.start();
        await("probes are back", () -> check().succeeded());
    }

    /** LB-022, LB-042, LB-043, test 9 of the chapter; a second restore changes nothing (ADM-157 goes before LB-022). */
    // covers LB-022 LB-034 LB-040 LB-042 LB-043
    @Test
    void secondRestoreAndSecondRemove() {
        balancer.start();
        create(port + " Hello");
        assertThat(restore().succeeded()).isTrue();
        List<Long> before = bench.context(resource).host().processes().inService();
        assertThat(restore().succeeded()).isTrue();
        assertThat(bench.progress()).anyMatch(line -> line.startsWith("33601"));
        assertThat(bench.context(resource).host().processes().inService()).isEqualTo(before);
        Map<String, String> other = new HashMap<>(resource.properties());
        other.put("info", port + " Other");
        ResourceInfo changed =
                new ResourceInfo(resource.server(), resource.tag(), resource.id(), "gen", "genlb", other, true);
        assertThat(kit.restore(bench.context(changed)).message()).startsWith("33601");
        assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
        assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
        assertThat(bench.progress()).anyMatch(line -> line.startsWith("33608"));
    }

    private Path pidFile() {
        return folder.resolve("data/kit.genlb/" + resource.id() + "/pid");
    }

    /** LB-041, LB-044: message 33617; what the file would have told is found in the control group. */
    // covers LB-041 LB-044
    @Test
    void removeEndsAResponderWhosePidFileIsDamaged() throws IOException {
        balancer.start();
        create(port + " Hello");
        assertThat(restore().succeeded()).isTrue();
        Files.write(pidFile(), new byte[] {(byte) 0xff, (byte) 0xfe, (byte) 0xff});
        Outcome removed = kit.remove(bench.context(resource));
        assertThat(removed.succeeded()).as(removed.message()).isTrue();
        assertThat(bench.progress())
                .anyMatch(line ->
                        line.startsWith("33617") && line.contains(pidFile().toString()))
                .noneMatch(line -> line.startsWith("33608"));
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(bench.context(resource).host().processes().inService()).isEmpty();
        assertThat(pidFile()).doesNotExist();
        assertThat(restore().succeeded()).as("the next restore").isTrue();
    }

    /** A file that can be neither read nor deleted, as on a damaged disk: nothing listens, and that is what remove promises. */
    // covers LB-044
    @Test
    void removeEndsAResponderWhosePidFileCannotBeDeletedEither() throws IOException {
        balancer.start();
        create(port + " Hello");
        assertThat(restore().succeeded()).isTrue();
        Files.delete(pidFile());
        Files.createDirectories(pidFile().resolve("in the way"));
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.UNKNOWN);
        Outcome removed = kit.remove(bench.context(resource));
        assertThat(removed.succeeded()).as(removed.message()).isTrue();
        assertThat(bench.progress()).anyMatch(line -> line.startsWith("33617"));
        assertThat(bench.context(resource).host().processes().inService()).isEmpty();
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
        Files.delete(pidFile().resolve("in the way"));
        Files.delete(pidFile());
        assertThat(restore().succeeded()).as("the next restore").isTrue();
    }

    /** LB-053: messages 33618 and 33610. */
    // covers LB-053
    @Test
    void theCheckSaysThatThePidFileIsDamaged() throws IOException {
        balancer.start();
        create(port + " Hello");
        assertThat(restore().succeeded()).isTrue();
        Files.write(pidFile(), new byte[] {(byte) 0xff});
        assertThat(check().message()).startsWith("33610");
        assertThat(bench.progress()).anyMatch(line -> line.startsWith("33618"));
    }

    /** LB-011, LB-023: messages 33612 and 33602. */
    // covers LB-011 LB-021 LB-023
    @Test
    void unusablePorts() throws IOException {
        for (String info : List.of("1023", "65536", "abc x", "")) {
            assertThat(bench.tryCreate("lb", Map.of("info", info)).refusal())
                    .as(info)
                    .isPresent();
        }
        assertThat(bench.tryCreate("lb", Map.of("info", "1023")).refusal().orElse(""))
                .startsWith("33612");
        assertThat(bench.tryCreate("lb", Map.of("info", "12345 two words"))
                        .refusal()
                        .orElse(""))
                .contains("one space");
        create(port + " Hello");
        try (ServerSocket taken = new ServerSocket(port)) {
            assertThat(restore().message()).startsWith("33602");
            assertThat(bench.tryCreate("lb", Map.of("info", String.valueOf(taken.getLocalPort())))
                            .refusal()
                            .orElse(""))
                    .contains("cannot be opened");
        }
        bench.with("other", "genlb", Map.of("info", port + " x"));
        assertThat(bench.tryCreate("lb", Map.of("info", String.valueOf(port))).alreadyExists())
                .isTrue();
    }

    /** LB-053: message 33610; LB-051: message 33609. */
    // covers LB-050 LB-051 LB-053 LB-054
    @Test
    void aKilledResponderFailsTheCheck() {
        balancer.start();
        create(port + " Hello");
        assertThat(restore().succeeded()).isTrue();
        for (long process : bench.context(resource).host().processes().inService()) {
            bench.context(resource).host().processes().signal(process, Signal.KILL);
        }
        await("the check notices the death", () -> !check().succeeded());
        assertThat(check().message()).startsWith("33610");
        Outcome outOfService = kit.quickCheck(bench.context(KitContract.withState(resource, false)));
        assertThat(outOfService.succeeded()).isTrue();
        assertThat(outOfService.message()).startsWith("33609");
    }

    /** LB-033: message 33613. */
    // covers LB-033
    @Test
    void aDeletedResourceEndsItsResponder() throws IOException {
        balancer.start();
        create(port + " Hello");
        assertThat(restore().succeeded()).isTrue();
        assertThat(kit.delete(bench.context(resource)).succeeded()).isTrue();
        await(
                "the responder ends",
                () -> bench.context(resource).host().processes().inService().isEmpty());
        assertThat(Files.readString(folder.resolve("data/log/genlb-" + resource.id() + ".log")))
                .contains("33613");
    }

    // covers LB-004
    @Test
    void httpProbesAreAnsweredByPath() throws Exception {
        resource = KitContract.withState(
                bench.create("web-lb", Map.of("info", port + " ok", "protocol", "http", "httpPath", "/health")), true);
        balancer.http("/health");
        balancer.start();
        assertThat(restore().succeeded()).isTrue();
        HttpClient client = HttpClient.newHttpClient();
        HttpResponse<String> good = client.send(request("/health?from=test"), HttpResponse.BodyHandlers.ofString());
        assertThat(good.statusCode()).isEqualTo(200);
        assertThat(good.body()).isEqualTo("ok");
        HttpResponse<String> bad = client.send(request("/other"), HttpResponse.BodyHandlers.ofString());
        assertThat(bad.statusCode()).isEqualTo(404);
        assertThat(check().succeeded()).isTrue();
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
    }
}
