package org.mainstay.kit.share.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** The kit with two real Samba servers on loopback, each with its own registry, over one folder that stands for the volume. */
class SambaShareKitIT {
    @TempDir
    Path folder;

    private Path volume;
    private Server serverA;
    private SambaShareKit kit;
    private KitBench bench;

    /** A Samba of its own: configuration, databases, port. */
    private static final class Server {
        private final Path configuration;
        private final int port;
        private final Process smbd;

        Server(Path home) throws Exception {
            this.configuration = home.resolve("smb.conf");
            for (String part : List.of("private", "state", "lock", "cache", "pid", "log", "ncalrpc")) {
                Files.createDirectories(home.resolve(part));
            }
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
                port = socket.getLocalPort();
            }
            Files.writeString(configuration, """
                    [global]
                    interfaces = 127.0.0.1/8
                    bind interfaces only = yes
                    smb ports = %2$d
                    map to guest = bad user
                    guest account = root
                    disable netbios = yes
                    load printers = no
                    private dir = %1$s/private
                    state directory = %1$s/state
                    lock directory = %1$s/lock
                    cache directory = %1$s/cache
                    pid directory = %1$s/pid
                    ncalrpc dir = %1$s/ncalrpc
                    log file = %1$s/log/log
                    registry shares = yes
                    """.formatted(home, port));
            // in a session of its own: at its end smbd signals its whole process group
            smbd = new ProcessBuilder("setsid", "smbd", "-F", "--no-process-group", "-s", configuration.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(home.resolve("out").toFile())
                    .start();
            await("smbd listens", this::listens);
        }

        private boolean listens() {
            assertThat(smbd.isAlive()).isTrue();
            try (Socket socket = new Socket("127.0.0.1", port)) {
                return socket.isConnected() && net("conf", "list") != null;
            } catch (IOException e) {
                // not yet: asked again until the deadline
                return false;
            }
        }

        String net(String... arguments) {
            List<String> line = new ArrayList<>(List.of("net", "-s", configuration.toString()));
            line.addAll(List.of(arguments));
            return run(line);
        }

        void share(String name, Path path) throws IOException {
            Files.createDirectories(path);
            net("conf", "addshare", name, path.toString(), "writeable=y", "guest_ok=y", "");
        }

        String client(String share, String commands) {
            return run(List.of(
                    "smbclient",
                    "-s",
                    configuration.toString(),
                    "//127.0.0.1/" + share,
                    "-N",
                    "-p",
                    "" + port,
                    "-c",
                    commands));
        }

        void stop() throws InterruptedException {
            smbd.descendants().forEach(ProcessHandle::destroy);
            smbd.destroy();
            assertThat(smbd.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static String run(List<String> line) {
        try {
            Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return output;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    @BeforeEach
    void open() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root: smbd changes its user");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        volume = Files.createDirectories(folder.resolve("volume"));
        serverA = new Server(folder.resolve("a"));
        serverA.share("docs", volume.resolve("docs"));
        Files.writeString(volume.resolve("docs/hello.txt"), "hello\n");
        kit = new SambaShareKit(folder.resolve("a"));
        bench = bench(kit, "a");
    }

    private KitBench bench(SambaShareKit own, String home) {
        return new KitBench(own, folder.resolve(home), Path.of(System.getProperty("mainstay.native")))
                .with("data", "volume", Map.of("mount", volume.toString()));
    }

    @AfterEach
    void close() throws Exception {
        if (bench != null) {
            bench.close();
        }
        if (serverA != null) {
            serverA.stop();
        }
    }

    private Map<String, String> answers(Server server, String shares) {
        return Map.of("shares", shares, "config", server.configuration.toString());
    }

    private ResourceInfo create(String shares) {
        return KitContract.withState(bench.create("FSList.0", answers(serverA, shares)), true);
    }

    private void succeeds(Outcome outcome) {
        assertThat(outcome.succeeded()).as(outcome + "\n" + outcome.detail()).isTrue();
    }

    // covers ADM-144 ADM-292
    @Test
    void keepsTheContractOfKits() {
        serverA.net("conf", "setparm", "docs", "available", "no");
        KitContract.on(bench, kit).verify(create("docs"));
        assertThat(serverA.net("conf", "listshares"))
                .as("ADM-144: a delete leaves the share")
                .contains("docs");
    }

    /** ADM-144, ADM-142: the share follows the volume to a server that never had it, with changes made meanwhile. */
    // covers ADM-142 ADM-144 ADM-246
    @Test
    void sharesFollowTheVolumeWithTheirPermissions() throws Exception {
        ResourceInfo onA = create("docs");
        succeeds(kit.restore(bench.context(onA)));
        assertThat(serverA.client("docs", "get hello.txt -")).contains("hello");
        serverA.net("conf", "setparm", "docs", "comment", "changed while in service");
        run(List.of("sharesec", "-s", serverA.configuration.toString(), "docs", "--replace=S-1-1-0:ALLOWED/0x0/READ"));
        succeeds(kit.remove(bench.context(onA)));
        assertThat(serverA.client("docs", "ls")).contains("NT_STATUS");
        assertThat(kit.probe(bench.context(onA)).state()).isEqualTo(Probe.State.STOPPED);

        Server serverB = new Server(folder.resolve("b"));
        SambaShareKit kitB = new SambaShareKit(folder.resolve("b"));
        try (KitBench benchB = bench(kitB, "b")) {
            ResourceInfo onB =
                    new ResourceInfo("b", onA.tag(), onA.id(), "comm", "volshare", answers(serverB, "docs"), false);
            assertThat(kitB.extend(benchB.context(onB)).refusal()).isEmpty();
            assertThat(kitB.probe(benchB.context(onB)).state()).isEqualTo(Probe.State.STOPPED);
            succeeds(kitB.restore(benchB.context(onB)));
            succeeds(kitB.deepCheck(benchB.context(onB)));
            assertThat(serverB.client("docs", "get hello.txt -")).contains("hello");
            assertThat(serverB.net("conf", "showshare", "docs")).contains("changed while in service");
            assertThat(run(List.of("sharesec", "-s", serverB.configuration.toString(), "docs", "--view")))
                    .contains("READ");
            succeeds(kitB.remove(benchB.context(onB)));
        } finally {
            serverB.stop();
        }
    }

    private static boolean connected(Samba samba, Share share) {
        try {
            return !samba.connections(share).isEmpty();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Process client() throws IOException {
        return new ProcessBuilder(
                        "smbclient",
                        "-s",
                        serverA.configuration.toString(),
                        "//127.0.0.1/docs",
                        "-N",
                        "-p",
                        "" + serverA.port)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("client").toFile())
                .start();
    }

    /** A client that holds a file open is seen off, so that the volume can be unmounted. */
    @Test
    void clientsWithOpenFilesAreSeenOff() throws Exception {
        ResourceInfo onA = create("docs");
        succeeds(kit.restore(bench.context(onA)));
        Process client = client();
        try (OutputStream commands = client.getOutputStream()) {
            commands.write("open hello.txt\n".getBytes(StandardCharsets.UTF_8));
            commands.flush();
            Samba samba = new Samba(bench.context(onA).host(), serverA.configuration.toString());
            Share docs = samba.shares().get(0);
            await("the client is in", () -> connected(samba, docs));
            succeeds(kit.remove(bench.context(onA)));
            assertThat(connected(samba, docs)).isFalse();
            assertThat(bench.context(onA).host().storage().users(volume)).isEmpty();
        } finally {
            client.destroyForcibly();
        }
    }

    /** Test 23 of the operations chapter (OPS-071, OPS-072). */
    // covers ADM-140 OPS-070 OPS-071 OPS-072
    @Test
    void reconcileTakesWhatIsOnTheVolumeNow() throws Exception {
        serverA.share("s2", volume.resolve("s2"));
        serverA.share("s3", volume.resolve("s3"));
        ResourceInfo onA = create("docs,s2,s3");
        succeeds(kit.restore(bench.context(onA)));
        serverA.net("conf", "delshare", "s2");
        serverA.share("s4", volume.resolve("s4"));
        serverA.share("elsewhere", folder.resolve("other"));
        serverA.net("conf", "setparm", "docs", "read only", "yes");
        Outcome refused = kit.perform("reconcile", List.of(), bench.context(KitContract.withState(onA, false)));
        assertThat(refused.succeeded()).isFalse();
        assertThat(kit.perform("list", List.of(), bench.context(onA)).message()).contains("docs, s2, s3");
        Outcome done = kit.perform("reconcile", List.of(), bench.context(onA));
        assertThat(done.message()).isEqualTo("added s4; dropped s2; changed docs");
        assertThat(kit.perform("list", List.of(), bench.context(onA)).message()).endsWith("docs, s3, s4");
        succeeds(kit.deepCheck(bench.context(onA)));
        succeeds(kit.remove(bench.context(onA)));
        assertThat(serverA.client("s4", "ls")).contains("NT_STATUS");
        assertThat(serverA.client("elsewhere", "ls")).doesNotContain("NT_STATUS_BAD_NETWORK_NAME");
    }

    @Test
    void aClosedShareIsNoticedAndOfferedAgain() {
        ResourceInfo onA = create("docs");
        succeeds(kit.restore(bench.context(onA)));
        serverA.net("conf", "setparm", "docs", "available", "no");
        assertThat(kit.quickCheck(bench.context(onA)).succeeded()).isFalse();
        succeeds(kit.recover(bench.context(onA)));
        succeeds(kit.deepCheck(bench.context(onA)));
    }

    /** A hung smbd fails the deep check in its time; what is out of reach does not hold up the remove. */
    @Test
    void aHungServerFailsTheDeepCheck() throws Exception {
        ResourceInfo onA = create("docs");
        succeeds(kit.restore(bench.context(onA)));
        run(List.of("kill", "-STOP", String.valueOf(serverA.smbd.pid())));
        try {
            Outcome check = kit.deepCheck(bench.limit(Duration.ofSeconds(40)).context(onA));
            assertThat(check.succeeded()).as(check.message()).isFalse();
        } finally {
            run(List.of("kill", "-CONT", String.valueOf(serverA.smbd.pid())));
        }
        succeeds(kit.deepCheck(bench.context(onA)));
    }

    /** The smbd of a client outlives the one that listens: it is seen off all the same. */
    @Test
    void clientsOfADeadServerAreSeenOff() throws Exception {
        ResourceInfo onA = create("docs");
        succeeds(kit.restore(bench.context(onA)));
        Process client = client();
        try (OutputStream commands = client.getOutputStream()) {
            commands.write("open hello.txt\n".getBytes(StandardCharsets.UTF_8));
            commands.flush();
            Samba samba = new Samba(bench.context(onA).host(), serverA.configuration.toString());
            Share docs = samba.shares().get(0);
            await("the client is in", () -> connected(samba, docs));
            serverA.smbd.destroyForcibly().waitFor();
            succeeds(kit.remove(bench.context(onA)));
            assertThat(connected(samba, docs)).isFalse();
            assertThat(bench.context(onA).host().storage().users(volume)).isEmpty();
        } finally {
            client.destroyForcibly();
        }
    }

    /** A dead smbd is nobody's sharing: the checks fail with a reason, and a remove still takes the shares back. */
    @Test
    void aKilledServerFailsTheCheckAndNotTheRemove() throws Exception {
        ResourceInfo onA = create("docs");
        succeeds(kit.restore(bench.context(onA)));
        serverA.stop();
        Outcome check = kit.deepCheck(bench.context(onA));
        assertThat(check.succeeded()).isFalse();
        assertThat(check.message()).contains("smbd does not run");
        succeeds(kit.remove(bench.context(onA)));
        assertThat(kit.probe(bench.context(onA)).state()).isEqualTo(Probe.State.STOPPED);
    }

    /** ADM-141, ADM-143, ADM-145. */
    // covers ADM-141 ADM-143 ADM-145 ADM-146
    @Test
    void wrongAnswersAreRefusedWithTheReason() throws Exception {
        serverA.share("elsewhere", folder.resolve("other"));
        serverA.share("gone", volume.resolve("gone"));
        Files.delete(volume.resolve("gone"));
        assertThat(bench.tryCreate("", answers(serverA, "docs")).suggestedTag()).contains("FSList.0");
        assertThat(refusal("nothing")).contains("has no share 'nothing'", "docs");
        assertThat(refusal("elsewhere")).contains("no protected volume");
        assertThat(refusal("gone")).contains("no directory");
        assertThat(refusal("")).contains("empty");
        bench.with("FSList.9", "volshare", Map.of("shares", "Docs"));
        assertThat(refusal("docs")).contains("FSList.9");
        ResourceInfo template =
                new ResourceInfo("b", "FSList.0", "FSList.0", "comm", "volshare", answers(serverA, "elsewhere"), false);
        assertThat(kit.extend(bench.context(template)).refusal().orElse("")).contains("another directory");
    }

    private String refusal(String shares) {
        return bench.tryCreate("", answers(serverA, shares)).refusal().orElse("accepted");
    }
}
