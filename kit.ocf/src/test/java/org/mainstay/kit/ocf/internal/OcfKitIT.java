package org.mainstay.kit.ocf.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Action;
import org.mainstay.kit.Field;
import org.mainstay.kit.FormContext;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostProcesses.Signal;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** The kit with real agents of the package resource-agents: Dummy, nginx, redis, Filesystem. */
class OcfKitIT {
    @TempDir
    Path folder;

    private final OcfKit kit = new OcfKit();
    private KitBench bench;
    private ResourceInfo resource;

    @BeforeEach
    void open() {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root: agents are made for it");
        bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")));
    }

    @AfterEach
    void close() {
        if (bench != null) {
            if (resource != null) {
                assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
            }
            bench.close();
        }
    }

    private ResourceInfo create(String tag, Map<String, String> answers) {
        resource = KitContract.withState(bench.create(tag, answers), true);
        return resource;
    }

    private Outcome restore() {
        Outcome outcome = kit.restore(bench.context(resource));
        assertThat(outcome.succeeded()).as(outcome + "\n" + outcome.detail()).isTrue();
        return outcome;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private record Asked(Map<String, String> answers, Host host) implements FormContext {
        @Override
        public Action purpose() {
            return Action.CREATE;
        }

        @Override
        public List<ResourceInfo> resources() {
            return List.of();
        }
    }

    private List<Field> form(Map<String, String> answers) {
        ResourceInfo none = new ResourceInfo("bench", "t", "", "gen", "ocf", answers, false);
        return kit.form(new Asked(answers, bench.context(none).host()));
    }

    @Test
    void dummyKeepsTheContractOfKits() {
        Map<String, String> answers = Map.of("agent", "ocf:heartbeat:Dummy", "state", folder + "/dummy.state");
        KitContract.on(bench, kit).verify(bench.create("my dummy/1", answers));
    }

    @Test
    void theDescriptionOfAnAgentIsTheForm() {
        assertThat(form(Map.of()).stream().map(Field::name)).containsExactly("agent", "timeLimit", "deepLevel");
        List<Field> fields = form(Map.of("agent", "heartbeat:Filesystem"));
        assertThat(fields.stream().filter(Field::required).map(Field::name))
                .containsExactly("agent", "device", "directory", "fstype");
        assertThat(fields.stream().map(Field::name)).contains("statusfile-prefix", "run-fsck", "fast-stop");
        assertThat(fields.get(2).name()).isEqualTo("deepLevel");
        assertThat(fields.get(2).help()).contains("The agent offers 0 only.");
        assertThat(form(Map.of("agent", "heartbeat:pgsql")).stream()
                        .filter(field -> field.kind() == Field.Kind.SECRET)
                        .map(Field::name))
                .isNotEmpty();
    }

    /** Every installed agent can be asked for, whatever is in its description. */
    @Test
    void everyInstalledAgentHasAForm() {
        List<String> agents = Agent.all();
        assertThat(agents).hasSizeGreaterThan(100);
        int readable = 0;
        for (String agent : agents) {
            List<Field> fields = form(Map.of("agent", agent));
            assertThat(fields.stream().map(Field::name)).as(agent).doesNotHaveDuplicates();
            readable += fields.size() > 3 ? 1 : 0;
        }
        assertThat(readable).isGreaterThan(90);
    }

    @Test
    void nginxServesIsCheckedIsKilledAndIsRecovered() throws Exception {
        int port = freePort();
        Path configuration = folder.resolve("nginx.conf");
        Files.createDirectories(folder.resolve("www"));
        Files.writeString(folder.resolve("www/index.html"), "hello from nginx\n");
        Files.writeString(configuration, """
                user root;
                pid %1$s/nginx.pid;
                error_log %1$s/error.log;
                events { }
                http {
                    access_log off; client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
                    uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                    server {
                        listen 127.0.0.1:%2$d;
                        root %1$s/www;
                    }
                }
                """.formatted(folder, port));
        Map<String, String> answers = Map.of(
                "agent",
                "heartbeat:nginx",
                "configfile",
                configuration.toString(),
                "status10url",
                "http://127.0.0.1:" + port + "/index.html");
        create("web", answers);
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
        restore();
        assertThat(get(port)).isEqualTo("hello from nginx\n");
        assertThat(kit.quickCheck(bench.context(resource)).succeeded()).isTrue();
        List<Long> processes = bench.context(resource).host().processes().inService();
        assertThat(processes).isNotEmpty();
        restore();
        assertThat(bench.context(resource).host().processes().inService()).isEqualTo(processes);
        processes.forEach(process -> bench.context(resource).host().processes().signal(process, Signal.KILL));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (kit.quickCheck(bench.context(resource)).succeeded()) {
            assertThat(System.nanoTime()).as("the check notices the death").isLessThan(end);
        }
        Outcome recovered = kit.recover(bench.context(resource));
        assertThat(recovered.succeeded())
                .as(recovered + "\n" + recovered.detail())
                .isTrue();
        assertThat(get(port)).isEqualTo("hello from nginx\n");
        assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
        assertThat(bench.context(resource).host().processes().inService()).isEmpty();
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
    }

    private static String get(int port) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** A real redis under the agent for programs that have none of their own. */
    @Test
    void redisKeepsTheContractOfKits() throws Exception {
        int port = freePort();
        Map<String, String> answers = Map.of(
                "agent",
                "heartbeat:anything",
                "binfile",
                "/usr/bin/redis-server",
                "cmdline-options",
                "--bind 127.0.0.1 --port " + port + " --dir " + folder + " --save ''",
                "pidfile",
                folder + "/redis.pid",
                "monitor-hook",
                // redis needs a moment, and the agent asks at once
                "i=0; until redis-cli -p " + port
                        + " ping | grep -q PONG; do i=$((i+1)); [ $i -lt 60 ] || exit 1; sleep 0.3;" + " done",
                "user",
                "root");
        KitContract.on(bench, kit).verify(bench.create("cache", answers));
    }

    /** An agent whose monitor hangs is ended after the resource's time limit, with all that it started. */
    @Test
    void aHangingAgentIsEndedAndFails() throws Exception {
        Path hangs = folder.resolve("hangs");
        create(
                "slow",
                Map.of(
                        "agent",
                        "heartbeat:anything",
                        "binfile",
                        "/bin/sleep",
                        "cmdline-options",
                        "3600",
                        "pidfile",
                        folder + "/slow.pid",
                        "monitor-hook",
                        "test ! -e " + hangs + " || { echo $$ > " + hangs + "; sleep 1800; }",
                        "user",
                        "root",
                        "timeLimit",
                        "12"));
        restore();
        Files.writeString(hangs, "");
        Outcome check = kit.quickCheck(bench.context(resource));
        assertThat(check.succeeded()).isFalse();
        assertThat(check.message()).contains("heartbeat:anything monitor");
        long hook = Long.parseLong(Files.readString(hangs).strip());
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (ProcessHandle.of(hook).isPresent()) {
            assertThat(System.nanoTime()).as("the hook is ended").isLessThan(end);
        }
        assertThat(kit.probe(bench.context(resource)).state()).isNotEqualTo(Probe.State.STOPPED);
        Files.delete(hangs);
        assertThat(kit.quickCheck(bench.context(resource)).succeeded()).isTrue();
    }

    @Test
    void filesystemIsMountedCheckedDeeplyAndUnmounted() throws Exception {
        // where it is missing the agent reads mount's own words, which it does wrongly
        assumeTrue(Files.isReadable(Path.of("/etc/mtab")), "the agent wants /etc/mtab");
        Path data = Files.createDirectories(folder.resolve("data"));
        Path mounted = Files.createDirectories(folder.resolve("mounted"));
        Files.writeString(data.resolve("file"), "content");
        create(
                "files",
                Map.of(
                        "agent",
                        "heartbeat:Filesystem",
                        "device",
                        data.toString(),
                        "directory",
                        mounted.toString(),
                        "fstype",
                        "none",
                        "options",
                        "bind",
                        "deepLevel",
                        "20"));
        restore();
        assertThat(mounted.resolve("file")).hasContent("content");
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.RUNNING);
        Outcome deep = kit.deepCheck(bench.context(resource));
        assertThat(deep.succeeded()).as(deep + "\n" + deep.detail()).isTrue();
        assertThat(kit.killHandles(bench.context(resource)))
                .containsExactly(KillHandle.mount(mounted.toString(), data.toString()));
        assertThat(kit.remove(bench.context(resource)).succeeded()).isTrue();
        assertThat(mounted.resolve("file")).doesNotExist();
        assertThat(kit.probe(bench.context(resource)).state()).isEqualTo(Probe.State.STOPPED);
    }

    @Test
    void wrongAnswersAreRefusedInTheAgentsWords() {
        assertThat(refusal(Map.of("agent", "heartbeat:NoSuchAgent"))).contains("resource-agents");
        assertThat(refusal(Map.of("agent", "heartbeat:filesys"))).contains("heartbeat:Filesystem");
        assertThat(refusal(Map.of("agent", "../../bin/sh"))).contains("provider and type");
        assertThat(refusal(Map.of("agent", "heartbeat:Filesystem"))).contains("device, directory, fstype");
        assertThat(refusal(Map.of("agent", "heartbeat:nginx", "configfile", folder + "/none")))
                .contains("validate-all")
                .contains(folder.toString());
    }

    private String refusal(Map<String, String> answers) {
        return bench.tryCreate("x", answers).refusal().orElse("accepted");
    }

    /** The agent does not quote the name of its file, so its start succeeds and its monitor looks for another file. */
    @Test
    void aStartIsBelievedOnlyWhenTheMonitorAgrees() throws IOException {
        String state = folder + "/one " + folder + "/two";
        Files.createDirectories(Path.of(state).getParent());
        create("short", Map.of("agent", "heartbeat:Dummy", "state", state));
        Outcome started = kit.restore(bench.context(resource));
        assertThat(started.succeeded()).isFalse();
        assertThat(started.message()).contains("heartbeat:Dummy monitor after a successful start");
    }
}
