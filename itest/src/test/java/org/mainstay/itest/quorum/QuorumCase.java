package org.mainstay.itest.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.List;
import org.mainstay.itest.fault.App;
import org.mainstay.itest.fault.FaultCase;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/** A cluster whose quorum is switched on while it runs, with times as short as the parameters allow. */
abstract class QuorumCase extends FaultCase {
    static final int NETWORKS = 2;

    /** What measuring from outside on a busy machine adds to a time that Mainstay promises. */
    static final Duration MEASURING = Duration.ofSeconds(5);

    /** L + S as shipped, and one percent. */
    static final Duration SHIPPED_LAPSE = Duration.ofMillis(15_250);

    @Override
    protected Cluster.Heartbeat heartbeat() {
        return new Cluster.Heartbeat("0.2", 5);
    }

    @Override
    protected void formed() {
        for (Server server : lab().servers()) {
            configure(server);
        }
    }

    /** Returns the parameters in etc/default/LifeKeeper. */
    abstract List<String> tunables();

    /** How long a grant lasts. */
    abstract Duration lease();

    /** How long stopping may take after its end. */
    abstract Duration lossStop();

    /** Returns what a guard waits after its last grant. */
    final Duration lapse() {
        return lease().plus(lossStop()).multipliedBy(101).dividedBy(100).plusMillis(50);
    }

    private void configure(Server server) {
        String file = server.home() + "/etc/default/LifeKeeper";
        server.machine().run("sed", "-i", "/^QUORUM_MODE=/d", file).orThrow();
        for (String line : tunables()) {
            server.machine()
                    .run("sh", "-c", "printf '%s\\n' \"$1\" >> \"$2\"", "sh", line, file)
                    .orThrow();
        }
        // a test may cut the power
        server.machine().run("sync", "-f", file).orThrow();
    }

    /** Returns a server's quorum status document. */
    static JsonObject quorum(Server server) {
        Exec.Result result = server.bin("mainstay", "quorum", "status", "--json");
        if (result.exitCode() != 0) {
            return new JsonObject();
        }
        JsonElement quorum = com.google.gson.JsonParser.parseString(result.output())
                .getAsJsonObject()
                .get("quorum");
        return quorum == null ? new JsonObject() : quorum.getAsJsonObject();
    }

    /** Waits until the server has the right to run under a lease, or has not. */
    static void awaitRight(Server server, String right) {
        Await.until(
                server.name() + "'s right to run is " + right,
                LIMIT,
                () -> right.equalsIgnoreCase(text(quorum(server), "right")),
                () -> server.bin("mainstay", "quorum", "status").output() + server.logs());
    }

    /** Protects an application, in service on A and extended to all others. */
    App protect(String tag) {
        lab().servers().forEach(server -> awaitRight(server, "held"));
        App app = App.write(lab(), tag);
        Server[] others =
                lab().servers().stream().filter(server -> server != a()).toArray(Server[]::new);
        app.protect(a(), List.of(others));
        expect(tag, a(), others);
        return app;
    }

    /** Pulls or plugs all cables of a server. */
    static void cables(Server server, boolean connected) {
        for (int network = 1; network <= NETWORKS; network++) {
            server.machine().cable(network, connected);
        }
    }

    /** Drops at a server what comes from, and if asked what goes to, all other servers; clients still reach it. */
    void deafen(Server server, boolean dumb) {
        List<Server> others =
                lab().servers().stream().filter(other -> other != server).toList();
        filter(server, others, dumb);
    }

    /** Drops at a server what comes from some others. */
    static void drop(Server server, List<Server> others) {
        filter(server, others, false);
    }

    private static void filter(Server server, List<Server> others, boolean dumb) {
        StringBuilder rules = new StringBuilder("add table ip lossy;"
                + " add chain ip lossy in { type filter hook input priority 0; };"
                + " add chain ip lossy out { type filter hook output priority 0; };");
        for (Server other : others) {
            for (int network = 1; network <= NETWORKS; network++) {
                String address = other.machine().address(network);
                rules.append(" add rule ip lossy in ip saddr ").append(address).append(" drop;");
                if (dumb) {
                    rules.append(" add rule ip lossy out ip daddr ")
                            .append(address)
                            .append(" drop;");
                }
            }
        }
        server.machine().inNetwork("nft", rules.toString()).orThrow();
    }

    static void undeafen(Server server) {
        server.machine().inNetwork("nft", "delete table ip lossy").orThrow();
    }

    /** A time from a fault to service that is promised: neither sooner, as that would not be safe, nor later. */
    static void between(String fault, Duration took, Duration soonest, Duration latest) {
        System.out.println("fault to service: " + fault + ": " + took.toMillis() + " ms, promised " + soonest.toMillis()
                + " to " + latest.toMillis() + " ms");
        assertThat(took).as(fault).isBetween(soonest, latest.plus(MEASURING));
    }

    /** Waits until nothing of the application runs on the server and returns how long that took. */
    static Duration awaitStopped(App app, Server server, long start) {
        Await.until(
                app.tag() + " does not run on " + server.name(),
                LIMIT,
                () -> app.processes(server).isEmpty(),
                server::logs);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Returns the one of these servers that has the resource in service, waiting for it. */
    Server awaitOwner(String tag, Server... among) {
        Await.until(
                tag + " is in service on one of " + List.of(among),
                LIMIT,
                () -> List.of(among).stream()
                        .anyMatch(one -> one.state(tag, one.name()).equals("ISP")),
                () -> among[0].bin("mainstay", "status").output() + among[0].logs());
        return List.of(among).stream()
                .filter(one -> one.state(tag, one.name()).equals("ISP"))
                .findFirst()
                .orElseThrow();
    }
}
