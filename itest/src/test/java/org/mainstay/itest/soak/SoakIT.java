package org.mainstay.itest.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.mainstay.itest.client.Acknowledgements;
import org.mainstay.itest.fault.FaultCase;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Database;
import org.mainstay.itest.lab.Server;

/**
 * Three servers with majority and remote_verify, a real database and a client that writes numbered rows, and random faults until
 * the time is up: never twice (I1), back in service after each (I9), and no acknowledged row is lost in the end.
 */
@EnabledIfSystemProperty(named = "soak.minutes", matches = "\\d+", disabledReason = "it is run by itest/soak")
class SoakIT extends FaultCase {
    private static final String ADDRESS = "10.77.1.100";
    private static final int NETWORKS = 2;
    private static final Duration BACK = Duration.ofMinutes(3);

    private final long seed = Long.getLong("soak.seed", System.nanoTime() % 1_000_000);
    private final Random random = new Random(seed);
    private final SoakSummary summary = new SoakSummary(seed);

    @Override
    protected List<String> names() {
        return List.of("A", "B", "C");
    }

    @Override
    protected void formed() {
        for (Server server : lab().servers()) {
            String file = server.home() + "/etc/default/LifeKeeper";
            String lines = "QUORUM_LOSS_STOP_SECS=6\\nQUORUM_QUARANTINE_SECS=3\\nWITNESS_MODE=remote_verify\\n"
                    + "QUORUM_MODE=majority\\n";
            server.machine()
                    .run("sh", "-c", "sed -i /^QUORUM_MODE=/d " + file + "; printf '" + lines + "' >> " + file)
                    .orThrow();
            server.machine().run("sync", "-f", file).orThrow();
        }
        Database database = Database.create(lab(), a().machine(), List.of());
        Cluster.protectDatabase(lab(), database, ADDRESS);
        a().await("pg", "A", "ISP", LIMIT);
    }

    @Test
    void randomFaultsUntilTheTimeIsUp() {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(Long.getLong("soak.minutes"));
        try (Acknowledgements client = Acknowledgements.start(lab(), ADDRESS + ":" + Database.PORT)) {
            client.awaitMore(20, LIMIT);
            while (System.nanoTime() < end) {
                Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
                Server server =
                        random.nextInt(2) == 0 ? owner() : lab().servers().get(random.nextInt(names().size()));
                round(fault, server, client);
            }
            summary.acknowledged(client.count());
            assertThat(client.lost()).as("acknowledged rows that are lost").isEmpty();
        } finally {
            summary.write();
        }
    }

    private void round(Fault fault, Server server, Acknowledgements client) {
        Duration holds = Duration.ofMillis(500 + random.nextInt(25_000));
        long begun = System.nanoTime();
        summary.begins(fault, server.name() + (server == owner() ? ", which serves" : ""), holds);
        fault.begins(this, server);
        Await.pass(holds);
        fault.ends(this, server);
        meet();
        client.awaitMore(50, BACK);
        summary.ended(fault, client.longestGap(begun, System.nanoTime()));
        watcher().verify();
    }

    /** Returns the server that serves the database, or any. */
    private Server owner() {
        return lab().servers().stream()
                .filter(server -> server.machine().isOn())
                .filter(server -> server.state("pg", server.name()).equals("ISP"))
                .findFirst()
                .orElse(a());
    }

    /** What can happen. */
    enum Fault {
        POWER {
            @Override
            void begins(SoakIT soak, Server server) {
                server.machine().powerCut();
            }

            @Override
            void ends(SoakIT soak, Server server) {
                server.machine().powerOn();
                server.start();
            }
        },
        CABLES {
            @Override
            void begins(SoakIT soak, Server server) {
                cables(server, false);
            }

            @Override
            void ends(SoakIT soak, Server server) {
                cables(server, true);
            }
        },
        ONE_CABLE {
            @Override
            void begins(SoakIT soak, Server server) {
                server.machine().cable(2, false);
            }

            @Override
            void ends(SoakIT soak, Server server) {
                server.machine().cable(2, true);
            }
        },
        DEAF {
            @Override
            void begins(SoakIT soak, Server server) {
                soak.deafen(server);
            }

            @Override
            void ends(SoakIT soak, Server server) {
                server.machine().inNetwork("nft", "delete table ip soak").orThrow();
            }
        },
        MANAGER_DIES {
            @Override
            void begins(SoakIT soak, Server server) {
                server.managerProcesses().forEach(pid -> server.machine().signal(pid, "KILL"));
            }
        },
        GUARD_DIES {
            @Override
            void begins(SoakIT soak, Server server) {
                server.guardProcesses().forEach(pid -> server.machine().signal(pid, "KILL"));
            }
        },
        MANAGER_HANGS {
            @Override
            void begins(SoakIT soak, Server server) {
                server.managerProcesses().forEach(pid -> server.machine().signal(pid, "STOP"));
            }

            @Override
            void ends(SoakIT soak, Server server) {
                // A guard may have started another one meanwhile.
                server.managerProcesses().forEach(pid -> server.machine().signal(pid, "CONT"));
            }
        },
        SWITCHOVER {
            @Override
            void begins(SoakIT soak, Server server) {
                server.bin("mainstay", "resource", "in-service", "pg");
            }
        };

        abstract void begins(SoakIT soak, Server server);

        void ends(SoakIT soak, Server server) {
            // over by itself
        }
    }

    private static void cables(Server server, boolean connected) {
        for (int network = 1; network <= NETWORKS; network++) {
            server.machine().cable(network, connected);
        }
    }

    /** Drops at a server what comes from the other servers; it is heard, and clients reach it. */
    private void deafen(Server server) {
        StringBuilder rules =
                new StringBuilder("add table ip soak; add chain ip soak in { type filter hook input priority 0; };");
        for (Server other : lab().servers()) {
            for (int network = 1; network <= NETWORKS && other != server; network++) {
                rules.append(" add rule ip soak in ip saddr ")
                        .append(other.machine().address(network))
                        .append(" drop;");
            }
        }
        server.machine().inNetwork("nft", rules.toString()).orThrow();
    }
}
