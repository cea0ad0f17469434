package org.mainstay.itest.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.fault.FaultCase;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/** A mirrored volume in service is made larger on two servers, switched over, and looked at by {@code dkhealthcheck}. */
class MirrorResizeIT extends FaultCase {
    private static final Duration LONG = Duration.ofSeconds(120);
    private static final String MOUNT = "/srv/data";
    private static final long GROWN = 96L << 20;

    @Override
    protected void formed() {
        for (Server server : lab().servers()) {
            Exec.run("truncate", "-s", "48M", image(server).toString()).orThrow();
            Exec.run("mkfs.ext4", "-q", image(server).toString()).orThrow();
        }
        a().mainstay(
                        "resource",
                        "create",
                        "volume",
                        "--tag",
                        "data",
                        "--set",
                        "device=" + image(a()),
                        "--set",
                        "mount=" + MOUNT,
                        "--set",
                        "mirror=" + a().machine().address(2));
        a().mainstay(
                        "resource",
                        "extend",
                        "data",
                        "--to",
                        "B",
                        "--set",
                        "data.device=" + image(b()),
                        "--set",
                        "data.mirror=" + b().machine().address(2));
        inStep(a());
    }

    private Path image(Server server) {
        return lab().directory().resolve("disk-" + server.name());
    }

    private static void inStep(Server source) {
        Await.until("in step", LONG, () -> source.inStep("data"), source::logs);
    }

    private static Exec.Result resize(Server server) {
        return server.bin("mainstay", "mirror", "resize", "data");
    }

    private static long bytes(Server server) {
        String loop = server.machine()
                .run("findmnt", "-n", "-o", "SOURCE", MOUNT)
                .orThrow()
                .strip();
        return Long.parseLong(
                server.machine().run("blockdev", "--getsize64", loop).orThrow().strip());
    }

    /** covers MGUIDE-401 MGUIDE-403 MGUIDE-406 TRB-141 MIR-257 MIR-260. */
    @Test
    void itGrowsInServiceAndKeepsItsSizeOnTheOtherServer() {
        Exec.run("truncate", "-s", Long.toString(GROWN), image(a()).toString()).orThrow();
        Exec.Result refused = resize(b());
        assertThat(refused.exitCode()).as(refused.output()).isEqualTo(8);
        assertThat(refused.output()).contains("on B has " + (48 << 20) + " bytes, less than " + GROWN);
        assertThat(bytes(a())).isEqualTo(48 << 20);
        Exec.run("truncate", "-s", Long.toString(GROWN), image(b()).toString()).orThrow();
        // By way of the other server.
        Exec.Result done = resize(b());
        assertThat(done.exitCode()).as(done.output() + a().logs()).isZero();
        assertThat(done.output()).contains("data has " + GROWN + " bytes now").contains("resize2fs /dev/loop");
        assertThat(bytes(a())).isEqualTo(GROWN);
        a().machine()
                .run("sh", "-c", "echo grown > " + MOUNT + "/grown && sync " + MOUNT + "/grown")
                .orThrow();
        inStep(a());
        Exec.Result health = a().bin("dkhealthcheck");
        assertThat(health.output()).contains("mirroring").doesNotContain("error");
        Exec.Result used = a().bin("cleanupmirror", "data");
        assertThat(used.exitCode()).as(used.output()).isEqualTo(8);
        b().mainstay("resource", "in-service", "data");
        assertThat(bytes(b())).isEqualTo(GROWN);
        assertThat(b().machine().run("cat", MOUNT + "/grown").orThrow().strip()).isEqualTo("grown");
        inStep(b());
    }
}
