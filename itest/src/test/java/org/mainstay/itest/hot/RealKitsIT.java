package org.mainstay.itest.hot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.client.Acknowledgements;
import org.mainstay.itest.fault.LifeSigns;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Database;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/**
 * The kits of the distribution with a hierarchy of each in service on two servers: an address, a database on a volume, an application of
 * scripts, an OCF agent, and a load balancer's probe on top. Each kit is upgraded, removed, deployed, replaced in the folder and
 * installed again while clients use all of it (I4, I8).
 */
class RealKitsIT extends KitsCase {
    private static final String ADDRESS = "10.77.1.100";
    private static final int WEB_PORT = 7100;
    private static final int PROBE_PORT = 7200;
    private static final Path DUMMY = Path.of("/usr/lib/ocf/resource.d/heartbeat/Dummy");
    private static final String DUMMY_STATE = "/srv/dummy.state";
    private static final String RESPONDER = "genlb.internal.responder.ResponderMain";

    private final List<String> kits = new ArrayList<>(List.of("app", "ip", "postgres", "genlb"));
    private final List<String> tags = new ArrayList<>(List.of("web", "vip", "pg", "lb"));

    @Override
    protected void formed() {
        Cluster.createDatabase(a(), Database.create(lab(), a().machine(), List.of()), ADDRESS);
        create("app", "web", scripts());
        a().mainstay("dependency", "create", "web", "vip");
        if (Files.exists(DUMMY)) {
            kits.add("ocf");
            tags.add("dummy");
            create("ocf", "dummy", List.of("agent=heartbeat:Dummy", "state=" + DUMMY_STATE));
            a().mainstay("dependency", "create", "web", "dummy");
        }
        CompletableFuture<Exec.Result> balanced =
                later(a(), "resource", "create", "genlb", "--tag", "lb", "--set", "info=" + PROBE_PORT + " served");
        // it comes into service only when somebody asks; this client asks to the end
        balancer("first");
        balanced.join().orThrow();
        a().mainstay("dependency", "create", "lb", "web");
        a().mainstay("resource", "extend", "pg", "--to", "B");
        for (String tag : tags) {
            expect(tag, a(), b());
            a().mainstay("resource", "set", tag, "quickCheck=1");
            b().mainstay("resource", "set", tag, "quickCheck=1");
        }
    }

    /** Writes the scripts of the application: a server that answers with its process id. */
    private List<String> scripts() {
        Path folder = lab().directory().resolve("web");
        String ask = "pid=$(perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(q(127.0.0.1:%d)) and print <$s>')%n"
                .formatted(WEB_PORT);
        Map<String, String> scripts = Map.of(
                "restore",
                "[ -n \"$pid\" ] || perl \"$(dirname \"$0\")/echo.pl\" " + WEB_PORT
                        + " web </dev/null >/dev/null 2>&1 3>&-\n",
                "remove",
                "[ -z \"$pid\" ] || kill -9 $pid\n",
                "quickCheck",
                "[ -n \"$pid\" ]\n");
        List<String> settings = new ArrayList<>();
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("echo.pl"), HotCase.SERVER);
            for (Map.Entry<String, String> script : scripts.entrySet()) {
                Path file = folder.resolve(script.getKey());
                Files.writeString(file, "#!/bin/sh\n" + ask + script.getValue());
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
                settings.add(script.getKey() + "=" + file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return settings;
    }

    private CountingClient balancer(String name) {
        return keep(new CountingClient(lab(), lab().directory().resolve("probes-" + name), ADDRESS, PROBE_PORT, true));
    }

    /** Returns what must not change: processes by what they serve, and the file that stands for the agent's process. */
    private Map<String, String> served() {
        Map<String, String> served = new TreeMap<>();
        for (long pid : LifeSigns.processes(a().machine())) {
            String line = commandLine(pid);
            if (line.contains("protected-web")) {
                served.merge("web", String.valueOf(pid), (one, other) -> one + " " + other);
            } else if (line.contains(RESPONDER)) {
                served.merge("lb", String.valueOf(pid), (one, other) -> one + " " + other);
            }
        }
        served.put(
                "postmaster",
                a().machine()
                        .run("head", "-n", "3", Database.DATA + "/postmaster.pid")
                        .orThrow());
        if (tags.contains("dummy")) {
            served.put(
                    "dummy",
                    a().machine()
                            .run("stat", "-c", "%i %Z", DUMMY_STATE)
                            .orThrow()
                            .strip());
        }
        return served;
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc", String.valueOf(pid), "cmdline"));
        } catch (IOException e) {
            // it has just ended
            return "";
        }
    }

    private void deploy(String version) {
        for (Server server : List.of(a(), b())) {
            for (String kit : kits) {
                server.machine()
                        .run("cp", version(kit, version).toString(), server.home() + "/deploy/real-" + kit + ".jar")
                        .orThrow();
            }
        }
        kits.forEach(kit -> awaitVersion(kit, version));
    }

    @Test
    void everyKitIsReplacedInEveryWayWhileItsResourceServes() {
        Map<String, String> before = served();
        assertThat(before).containsKeys("web", "lb");
        CountingClient probes = balancer("counting");
        CountingClient web =
                keep(new CountingClient(lab(), lab().directory().resolve("client-web"), ADDRESS, WEB_PORT));
        Acknowledgements rows =
                keep(Acknowledgements.patient(lab(), ADDRESS + ":" + Database.PORT, Duration.ofSeconds(30)));

        for (String kit : kits) {
            // from the other server: the one with the resources is checked from afar before this one's turn
            String told = b().mainstay("kit", "upgrade", version(kit, "9.9.9").toString(), "--all-servers");
            assertThat(told).contains("A: kit " + kit + " has version 9.9.9 now", "B: kit " + kit);
        }
        checked(tags);
        for (String kit : kits) {
            b().mainstay("kit", "remove", kit, "--all-servers", "--force");
        }
        assertThat(a().mainstay("kit", "list")).contains("missing");
        deploy("9.9.10");
        checked(tags);
        deploy("9.9.11");
        checked(tags);
        for (Server server : List.of(a(), b())) {
            server.machine()
                    .run("sh", "-c", "rm " + server.home() + "/deploy/real-*.jar")
                    .orThrow();
        }
        Await.until("the kits of the folder are gone", LIMIT, () -> !list().contains("9.9.11"), this::list);
        for (String kit : kits) {
            b().mainstay("kit", "install", kit, "--all-servers");
        }
        checked(tags);

        rows.awaitMore(20, LIMIT);
        assertThat(rows.complaints()).as("what failed for the writer").isEmpty();
        assertThat(rows.lost()).isEmpty();
        for (CountingClient client : List.of(web, probes)) {
            client.progress();
            assertThat(client.failures()).as("failures the client saw").isEmpty();
        }
        assertThat(web.servers()).matches("\\d+");
        assertThat(served()).isEqualTo(before);
        tags.forEach(tag -> expect(tag, a(), b()));
        rows.close();

        b().mainstay("resource", "in-service", "pg");
        tags.forEach(tag -> expect(tag, b(), a()));
    }
}
