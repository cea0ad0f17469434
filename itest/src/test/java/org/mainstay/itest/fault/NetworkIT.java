package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Server;

/** Networks that fail whole, in one direction, and all at once. */
class NetworkIT extends FaultCase {

    /** Waits until a server sees the path on a network in the state, from its own end. */
    private void awaitPath(Server server, int network, String state) {
        Await.until(
                "the path on network " + network + " is " + state + " at " + server.name(),
                LIMIT,
                () -> server.status()
                        .map(status -> {
                            for (var one : status.getAsJsonArray("commpaths")) {
                                var row = one.getAsJsonObject();
                                if (text(row, "from").equals(server.name())
                                        && text(row, "local")
                                                .equals(server.machine().address(network))) {
                                    return text(row, "state").equals(state);
                                }
                            }
                            return false;
                        })
                        .orElse(false),
                () -> server.bin("mainstay", "status").output());
    }

    private void quietMove(App app, Set<Long> processes) {
        expect(app.tag(), a(), b());
        assertThat(app.processes(a())).isEqualTo(processes);
        assertThat(app.count(b(), "restore", "begin")).isZero();
    }

    // covers COMM-037
    @Test
    void oneCutNetworkMovesNothing() {
        App app = App.write(lab(), "onepath");
        app.protect(a(), List.of(b()));
        expect("onepath", a(), b());
        Set<Long> processes = app.processes(a());

        a().machine().cable(1, false);
        awaitPath(a(), 1, "DEAD");
        awaitPath(b(), 1, "DEAD");
        awaitPath(a(), 2, "ALIVE");
        awaitPath(b(), 2, "ALIVE");
        quietMove(app, processes);
        b().mainstay("resource", "in-service", "onepath");
        expect("onepath", b(), a());
        a().mainstay("resource", "in-service", "onepath");
        expect("onepath", a(), b());

        a().machine().cable(1, true);
        meet();
        expect("onepath", a(), b());
        retire(app);
    }

    @Test
    void aPathThatIsDeadInOneDirectionIsDead() {
        App app = App.write(lab(), "oneway");
        app.protect(a(), List.of(b()));
        expect("oneway", a(), b());
        Set<Long> processes = app.processes(a());

        a().machine()
                .inNetwork(
                        "nft",
                        "add table ip lossy; add chain ip lossy in { type filter hook input priority 0; };"
                                + " add rule ip lossy in iifname eth0 ip saddr "
                                + b().machine().address(1) + " drop")
                .orThrow();
        awaitPath(a(), 1, "DEAD");
        awaitPath(b(), 1, "DEAD");
        awaitPath(a(), 2, "ALIVE");
        awaitPath(b(), 2, "ALIVE");
        quietMove(app, processes);
        b().mainstay("resource", "in-service", "oneway");
        expect("oneway", b(), a());

        a().machine().inNetwork("nft", "delete table ip lossy").orThrow();
        meet();
        expect("oneway", b(), a());
        retire(app);
    }

    /**
     * Without quorum two servers that lose every path both run what is wanted (docs/architecture.md): that is tolerated here. When
     * they meet again the older epoch stops, and only that one.
     */
    // covers SPLIT-001
    @Test
    void afterAllPathsWereCutTheOlderEpochStops() {
        App app = App.write(lab(), "split");
        app.protect(a(), List.of(b()));
        expect("split", a(), b());
        watcher().tolerate(app.sign());
        for (int network = 1; network <= 2; network++) {
            a().machine().cable(network, false);
        }
        b().await("split", "B", "ISP", LIMIT);
        Set<Long> taken = app.processes(b());
        assertThat(taken).hasSize(1);

        for (int network = 1; network <= 2; network++) {
            a().machine().cable(network, true);
        }
        meet();
        expect("split", b(), a());
        Await.until("A has stopped its copy", LIMIT, () -> app.processes(a()).isEmpty(), a()::logs);
        assertThat(app.processes(b())).as("the newer owner is not disturbed").isEqualTo(taken);
        watcher().tolerate("");
        retire(app);
    }
}
