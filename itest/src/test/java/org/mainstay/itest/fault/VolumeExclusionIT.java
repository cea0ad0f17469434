package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Database;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.LabException;
import org.mainstay.itest.lab.Server;

/** The storage itself keeps a shared volume from being mounted twice while its owner lives and the servers cannot talk. */
class VolumeExclusionIT extends FaultCase {
    /** Longer than the reservation's stale time and several tries of the takeover. */
    private static final Duration SEVERAL_TRIES = Duration.ofSeconds(12);

    /** Longer than the time after which a server tries a takeover again. */
    private static final Duration STEADY = Duration.ofSeconds(4);

    private Path image;

    @Override
    protected void formed() {
        image = Database.create(lab(), a().machine(), java.util.List.of()).image();
    }

    private void protect(String tag, Path device, String mount, String... settings) {
        var command = new java.util.ArrayList<>(java.util.List.of(
                "resource", "create", "volume", "--tag", tag, "--set", "device=" + device, "--set", "mount=" + mount));
        for (String setting : settings) {
            command.addAll(java.util.List.of("--set", setting));
        }
        a().mainstay(command.toArray(String[]::new));
        a().mainstay("resource", "extend", tag, "--to", "B");
        expect(tag, a(), b());
    }

    private void cables(boolean connected) {
        for (int network = 1; network <= 2; network++) {
            a().machine().cable(network, connected);
        }
    }

    private static boolean mounted(Server server, Path image) {
        return LifeSigns.mounts(server.machine()).contains(image.toString());
    }

    private void serves(Server server, String file) {
        server.machine()
                .run("sh", "-c", "echo served > \"$1\" && sync \"$1\"", "sh", Database.MOUNT + "/" + file)
                .orThrow();
    }

    /**
     * The control: with the reservation switched off nothing but the servers' talk keeps the volume single, and without any path
     * the product itself mounts it twice; a checker that could not see that would prove nothing in the test below.
     */
    @Test
    void withoutAReservationItIsMountedTwiceAndTheCheckerSeesIt() {
        Path twice = lab().directory().resolve("twice.img");
        Exec.run("truncate", "-s", "64M", twice.toString()).orThrow();
        Exec.run("mkfs.ext4", "-q", twice.toString()).orThrow();
        protect("twice", twice, "/srv/twice", "reservation=none");
        String sign = "mount " + twice;
        watcher().tolerate(sign);
        try (OneOwner checker = new OneOwner(lab(), sign::equals)) {
            cables(false);
            Await.until(
                    "B has taken over what A still has mounted",
                    LIMIT,
                    () -> !checker.violations().isEmpty(),
                    () -> b().bin("mainstay", "status").output() + b().logs());
            assertThat(org.assertj.core.api.Assertions.catchThrowable(checker::verify))
                    .isInstanceOf(LabException.class)
                    .hasMessageContaining("two owners");
        } finally {
            cables(true);
        }
        meet();
        b().await("twice", "B", "ISP", LIMIT);
        Await.until(
                "A lets go of it",
                LIMIT,
                () -> !mounted(a(), twice),
                () -> a().bin("mainstay", "status").output() + a().logs());
        watcher().tolerate("");
        b().mainstay("resource", "delete", "twice", "--stop");
    }

    // covers ADM-181 OPS-010
    @Test
    void aServerThatLostAllPathsDoesNotMountWhatTheOwnerHolds() {
        protect("data", image, Database.MOUNT);
        serves(a(), "before");
        long epoch = System.nanoTime();
        cables(false);
        Await.until(
                "B regards A as dead",
                LIMIT,
                () -> b().status()
                        .map(status -> status.toString().contains("\"DEAD\""))
                        .orElse(false));
        // First the safety check waits for a sign of A; then nothing but the reservation is in the way.
        Await.until("the reservation is what refuses it", LIMIT, () -> {
            Exec.Result refused = b().bin("mainstay", "resource", "in-service", "data");
            assertThat(refused.exitCode()).as(refused.output()).isNotZero();
            return refused.output().contains("held by A");
        });
        while (System.nanoTime() - epoch < SEVERAL_TRIES.toNanos()) {
            assertThat(mounted(b(), image)).as("B has mounted it").isFalse();
            assertThat(mounted(a(), image)).as("A has it mounted").isTrue();
            serves(a(), "during");
        }
        assertThat(a().state("data", "A")).isEqualTo("ISP");

        cables(true);
        meet();
        // When the paths return, the owner may still have to hear that the other one has claimed it meanwhile.
        Steady steady = new Steady();
        Await.until(
                "exactly one server has it in service, both say so, and it stays so",
                LIMIT,
                () -> steady.since(agreedOwner()) >= STEADY.toNanos(),
                () -> a().bin("mainstay", "status").output()
                        + b().bin("mainstay", "status").output()
                        + a().logs()
                        + b().logs());
        Server owner = lab().server(steady.owner);
        assertThat(mounted(owner, image)).isTrue();
        assertThat(mounted(owner == a() ? b() : a(), image)).isFalse();
        assertThat(owner.machine()
                        .run("cat", Database.MOUNT + "/before", Database.MOUNT + "/during")
                        .orThrow())
                .isEqualTo("served\nserved\n");
        owner.mainstay("resource", "delete", "data", "--stop");
    }

    /** For how long the same server has been the owner. */
    private static final class Steady {
        private String owner = "";
        private long from;

        long since(String now) {
            if (now.length() != 1 || !now.equals(owner)) {
                owner = now;
                from = System.nanoTime();
            }
            return now.length() == 1 ? System.nanoTime() - from : 0;
        }
    }

    /** Returns the name of the one server that both regard as the owner, or the empty text. */
    private String agreedOwner() {
        String first = owners(a());
        return first.equals(owners(b())) ? first : "";
    }

    private static String owners(Server server) {
        return (server.state("data", "A").equals("ISP") ? "A" : "")
                + (server.state("data", "B").equals("ISP") ? "B" : "");
    }
}
