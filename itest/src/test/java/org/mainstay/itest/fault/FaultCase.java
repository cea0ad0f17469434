package org.mainstay.itest.fault;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.RootNeeded;
import org.mainstay.itest.lab.Server;

/**
 * Servers, A and B unless a class names more, with two comm paths between every two, formed once for the tests of a class, and again after a test that failed. While a
 * test runs, invariant I1 is watched from outside; whatever the test itself asserts, two owners fail it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class FaultCase {
    /** How long anything may take that Mainstay does by itself; generous, as the machine may be busy. */
    protected static final Duration LIMIT = Duration.ofSeconds(60);

    @RegisterExtension
    protected final AfterTestExecutionCallback outcome = this::ended;

    private Lab lab;
    private OneOwner watcher;
    private boolean failed;

    @BeforeEach
    protected void ready() {
        RootNeeded.assume();
        if (failed) {
            closeLab();
        }
        if (lab == null) {
            failed = true;
            lab = Lab.open(2);
            Cluster.form(lab, distribution(), names());
            Cluster.connect(lab, 2, heartbeat());
            formed();
            failed = false;
        }
        for (Server server : lab.servers()) {
            if (!server.machine().isOn()) {
                server.machine().powerOn();
                server.start();
            }
        }
        meet();
        watcher = new OneOwner(lab, exclusive());
    }

    /** Prepares what all tests of the class need, once the cluster is there. */
    protected void formed() {}

    protected static Path distribution() {
        String archive = System.getProperty("mainstay.dist", "");
        if (archive.isEmpty()) {
            throw new IllegalStateException("mainstay.dist must name the distribution's tar.gz");
        }
        return Path.of(archive);
    }

    /** Returns the names of the servers; the first two are A and B. */
    protected List<String> names() {
        return List.of("A", "B");
    }

    protected Cluster.Heartbeat heartbeat() {
        return Cluster.Heartbeat.DEFAULT;
    }

    /** Returns which signs of life must never be on two machines at once. */
    protected Predicate<String> exclusive() {
        return sign -> !sign.startsWith("address ") || sign.endsWith(".100");
    }

    private void ended(ExtensionContext context) {
        failed |= context.getExecutionException().isPresent();
        if (failed && lab != null) {
            lab.servers().forEach(server -> System.err.println(server.logs()));
        }
    }

    @AfterEach
    protected void onlyOneOwner() {
        if (watcher != null) {
            watcher.close();
            OneOwner ended = watcher;
            watcher = null;
            if (!ended.violations().isEmpty()) {
                failed = true;
            }
            ended.verify();
        }
    }

    @AfterAll
    protected void closeLab() {
        failed = false;
        if (lab != null) {
            Lab closing = lab;
            lab = null;
            closing.close();
        }
    }

    protected OneOwner watcher() {
        return watcher;
    }

    protected Lab lab() {
        return lab;
    }

    protected Server a() {
        return lab.server("A");
    }

    protected Server b() {
        return lab.server("B");
    }

    /** Waits until all servers see each other on all paths and all managers answer. */
    protected void meet() {
        for (Server server : lab.servers()) {
            Await.until(
                    server.name() + " sees all servers and paths alive",
                    LIMIT,
                    () -> sees(server),
                    () -> server.bin("mainstay", "status").output());
        }
    }

    private boolean sees(Server server) {
        int number = lab.servers().size();
        return server.status()
                .map(status -> "AVAILABLE".equals(text(status, "phase"))
                        && allAlive(status.getAsJsonArray("servers"), number)
                        && allAlive(status.getAsJsonArray("commpaths"), 2 * number * (number - 1))
                        && managers(status.getAsJsonArray("servers")))
                .orElse(false);
    }

    private static boolean managers(JsonArray servers) {
        for (var one : servers) {
            var manager = one.getAsJsonObject().get("manager");
            if (manager == null || manager.isJsonNull() || !manager.getAsBoolean()) {
                return false;
            }
        }
        return true;
    }

    protected static String text(JsonObject object, String field) {
        return object.has(field) && !object.get(field).isJsonNull()
                ? object.get(field).getAsString()
                : "";
    }

    private static boolean allAlive(JsonArray rows, int number) {
        List<String> states = new ArrayList<>();
        rows.forEach(row -> states.add(text(row.getAsJsonObject(), "state")));
        return states.size() == number && states.stream().allMatch("ALIVE"::equals);
    }

    /** Waits until a server regards another one as ALIVE or DEAD. */
    protected void awaitServer(Server from, Server about, String state) {
        Await.until(
                about.name() + " is " + state + " as seen from " + from.name(),
                LIMIT,
                () -> from.status()
                        .map(status -> serverState(status, about.name()).equals(state))
                        .orElse(false),
                () -> from.bin("mainstay", "status").output());
    }

    private static String serverState(JsonObject status, String name) {
        for (JsonElement one : status.getAsJsonArray("servers")) {
            if (text(one.getAsJsonObject(), "name").equals(name)) {
                return text(one.getAsJsonObject(), "state");
            }
        }
        return "";
    }

    /** Returns what a server says of a resource on a server. */
    protected static Optional<JsonObject> row(Server from, String tag, String on) {
        return from.status().flatMap(status -> {
            for (JsonElement one : status.getAsJsonArray("resources")) {
                JsonObject row = one.getAsJsonObject();
                if (text(row, "tag").equals(tag) && text(row, "server").equals(on)) {
                    return Optional.of(row);
                }
            }
            return Optional.empty();
        });
    }

    /** Waits until these servers agree that the resource is in service on the one and out of service on the others. */
    protected void expect(String tag, Server active, Server... standbys) {
        List<Server> all = new ArrayList<>(List.of(standbys));
        all.add(active);
        for (Server server : all) {
            server.await(tag, active.name(), "ISP", LIMIT);
            for (Server standby : standbys) {
                server.await(tag, standby.name(), "OSU", LIMIT);
            }
        }
    }

    /** Takes an application of a finished test away. */
    protected void retire(App... apps) {
        for (App app : apps) {
            a().mainstay("resource", "delete", app.tag(), "--stop");
        }
    }

    /** Runs a command line without waiting for its end. */
    protected CompletableFuture<Exec.Result> later(Server server, String... arguments) {
        return CompletableFuture.supplyAsync(() -> server.bin("mainstay", arguments));
    }
}
