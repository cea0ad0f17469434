package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Machine;
import org.mainstay.itest.lab.Server;

/** The shared-disk comm path: what it keeps from happening, what it cannot, and what its device may be. */
class DiskPathIT extends FaultCase {
    /** Longer than detection, safety check and several tries of a takeover together. */
    private static final Duration SEVERAL_TRIES = Duration.ofSeconds(15);

    private Path image(String name, String size) {
        Path image = lab().directory().resolve(name);
        Exec.run("truncate", "-s", "0", image.toString()).orThrow();
        Exec.run("truncate", "-s", size, image.toString()).orThrow();
        return image;
    }

    private Exec.Result create(Path device) {
        return a().bin("mainstay", "commpath", "create", "--to", "B", "--type", "disk", "--device", device.toString());
    }

    private void cables(boolean connected) {
        for (int network = 1; network <= 2; network++) {
            a().machine().cable(network, connected);
        }
    }

    /** Waits until a server sees all its paths of a type in the state. */
    private void awaitPaths(Server server, String type, int number, String state) {
        Await.until(
                "the " + type + " paths are " + state + " at " + server.name(),
                LIMIT,
                () -> server.status()
                        .map(status -> {
                            int found = 0;
                            for (JsonElement one : status.getAsJsonArray("commpaths")) {
                                var row = one.getAsJsonObject();
                                boolean its = text(row, "from").equals(server.name())
                                        && text(row, "type").equals(type);
                                found += its && text(row, "state").equals(state) ? 1 : 0;
                            }
                            return found == number;
                        })
                        .orElse(false),
                () -> server.bin("mainstay", "status").output() + server.logs());
    }

    private void delete(Path device) {
        a().mainstay("commpath", "delete", "--to", "B", "--device", device.toString());
    }

    // covers COMM-022 COMM-014 ADM-407 ADM-031
    @Test
    void whileTheDiskBeatsNothingIsTakenOverAndWhenTheServerDiesItIs() {
        Path disk = image("heartbeats.img", "1M");
        assertThat(create(disk).output()).contains("is alive");
        awaitPaths(a(), "DISK", 1, "ALIVE");
        awaitPaths(b(), "DISK", 1, "ALIVE");
        assertThat(b().bin("net_list", "-f:").output()).contains("A:" + disk + ":DISK:0:0:0:ALIVE:61:");
        App app = App.write(lab(), "beats");
        app.protect(a(), List.of(b()));
        expect("beats", a(), b());

        long cut = System.nanoTime();
        cables(false);
        for (Server server : List.of(a(), b())) {
            awaitPaths(server, "TCP", 2, "DEAD");
            awaitPaths(server, "DISK", 1, "ALIVE");
            assertThat(server.bin("mainstay", "status").output())
                    .contains("is heard over the shared disk only", "heard over the shared disk only");
        }
        awaitServer(b(), a(), "ALIVE");
        do {
            Exec.Result refused = b().bin("mainstay", "resource", "in-service", "beats");
            assertThat(refused.exitCode()).as(refused.output()).isNotZero();
            assertThat(refused.output()).contains("Mainstay on A cannot be reached");
            assertThat(app.count(b(), "restore", "begin")).isZero();
        } while (System.nanoTime() - cut < SEVERAL_TRIES.toNanos());
        assertThat(a().state("beats", "A")).isEqualTo("ISP");

        a().machine().powerCut();
        b().await("beats", "B", "ISP", LIMIT);

        a().machine().powerOn();
        cables(true);
        a().start();
        for (Server server : List.of(a(), b())) {
            awaitPaths(server, "TCP", 2, "ALIVE");
            awaitPaths(server, "DISK", 1, "ALIVE");
        }
        delete(disk);
        meet();
        expect("beats", b(), a());
        retire(app);
    }

    // covers COMM-012 COMM-020 COMM-021 ADM-080
    @Test
    void aLostDeviceCostsItsPathAndNothingElse() {
        Path disk = image("lost.img", "1M");
        assertThat(create(disk).output()).contains("is alive");
        Exec.run("truncate", "-s", "0", disk.toString()).orThrow();
        for (Server server : List.of(a(), b())) {
            awaitPaths(server, "DISK", 1, "DEAD");
            awaitPaths(server, "TCP", 2, "ALIVE");
            assertThat(server.bin("mainstay", "events").output()).contains("over the shared disk " + disk, "is DEAD");
        }
        awaitServer(a(), b(), "ALIVE");
        awaitServer(b(), a(), "ALIVE");
        Exec.Result second = create(image("second.img", "1M"));
        assertThat(second.exitCode()).as(second.output()).isEqualTo(4);
        delete(disk);
        meet();
    }

    // covers COMM-020
    @Test
    void aDeviceThatIsNotFitIsRefusedAndLeftAsItIs() {
        Path formatted = image("formatted.img", "16M");
        Exec.run("mkfs.ext4", "-q", formatted.toString()).orThrow();
        refused(formatted, 5, "holds an ext2, ext3 or ext4 file system");
        Exec.run("e2fsck", "-fn", formatted.toString()).orThrow();
        refused(image("small.img", "64K"), 5, "a comm path needs");
        Path mine = lab().directory().resolve("only-here.img");
        refused(mine, 5, "does not exist");
        Path different = Path.of(Machine.HOME_PARENT, "different.img");
        for (Server server : List.of(a(), b())) {
            server.machine().run("truncate", "-s", "1M", different.toString()).orThrow();
        }
        refused(different, 5, "is not the same storage");
        meet();
    }

    private void refused(Path device, int exitCode, String why) {
        Exec.Result refused = create(device);
        assertThat(refused.output()).contains(why, device.toString());
        assertThat(refused.exitCode()).as(refused.output()).isEqualTo(exitCode);
    }
}
