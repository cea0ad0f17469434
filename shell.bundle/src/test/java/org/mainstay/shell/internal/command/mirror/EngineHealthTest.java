package org.mainstay.shell.internal.command.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;

/** The engine of a server as its kernel and its files tell it, in a folder. */
class EngineHealthTest {
    @TempDir
    Path root;

    private final List<String> asked = new ArrayList<>();
    private String unreachable = "";

    @BeforeEach
    void machine() throws IOException {
        write("home/data/mirror/engine", "A 1501");
        write(
                "home/data/mirror/data-1.volume",
                "logs=" + root.resolve("home/data/mirror")
                        + "\nmirror.B=10.0.0.2:1601 SYNC PingInterval=1000\npath=/dev/d\n");
        write("home/data/mirror/data-1.B.bitmap", "x");
        write("home/etc/default/LifeKeeper", "MIRROR_CURRENCY_MS=20000\n");
        write("proc/9/cmdline", "java\0-cp\0x\0org.mainstay.mirror.engine.MirrorEngineMain\0run\0data/mirror\0B\0");
        process(0x0018_0000L | 0x40, "-1000");
    }

    private void process(long flags, String adjustment) throws IOException {
        write("proc/7/cmdline", "java\0-cp\0x\0org.mainstay.mirror.engine.MirrorEngineMain\0run\0data/mirror\0A\0");
        write("proc/7/stat", "7 (ja va) S 1 7 7 0 -1 " + flags + " 1 2\n");
        write("proc/7/oom_score_adj", adjustment + "\n");
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private List<String> look(String mirror) {
        Instance data = Instance.create("data", "/srv", "filesys", "volume")
                .withProperties(Map.of("mirror", mirror, "mirror-volume", "data-1"), "1");
        ClusterSnapshot snapshot = new ClusterSnapshot(
                1,
                "A",
                ClusterSnapshot.Phase.AVAILABLE,
                Lcd.empty("A", 1).with(data),
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of(),
                List.of());
        return new EngineHealth(root.resolve("proc"), root.resolve("home"), "A", (host, port) -> {
                    asked.add(host + " " + port);
                    return unreachable;
                })
                .look(snapshot).stream()
                        .map(one -> one.level() + " " + one.text())
                        .toList();
    }

    @Test
    void nothingIsWrongAndOthersAreAskedWhereTheEngineAsksThem() {
        assertThat(look("10.0.0.1")).isEmpty();
        assertThat(asked).containsExactly("10.0.0.2 1601");
        assertThat(look("")).as("no mirrored volume").isEmpty();
    }

    @Test
    void anEngineWithoutItsPrivilegesIsFound() throws IOException {
        process(0x0008_0040L, "0");
        assertThat(look("10.0.0.1"))
                .hasSize(2)
                .anyMatch(one -> one.startsWith("WARNING the mirror engine is no I/O flusher"))
                .anyMatch(one -> one.startsWith("WARNING the mirror engine may be ended when memory is short"));
    }

    @Test
    void anEngineThatDoesNotRunIsFound() throws IOException {
        Files.delete(root.resolve("proc/7/cmdline"));
        assertThat(look("10.0.0.1"))
                .containsExactly("ERROR the mirror engine does not run: see data/log/mirror-engine.log and guard.log");
        Files.delete(root.resolve("home/data/mirror/engine"));
        assertThat(look("10.0.0.1").get(0)).startsWith("ERROR the guard was not told to start the mirror engine");
    }

    /** The original's example: a wrong BitmapBaseDir. */
    // covers MIR-088
    @Test
    void anIntentLogThatIsNotThereIsFound() throws IOException {
        Files.delete(root.resolve("home/data/mirror/data-1.B.bitmap"));
        assertThat(look("10.0.0.1").get(0)).startsWith("ERROR its intent log for B is not in ");
        write("home/data/mirror/data-1.volume", "logs=\nmirror.B=10.0.0.2:1601 SYNC\n");
        assertThat(look("10.0.0.1").get(0)).startsWith("NOTE has no intent log for B");
    }

    @Test
    void aWindowThatIsNotTakenIsFound() throws IOException {
        write("home/etc/default/LifeKeeper", "MIRROR_CURRENCY_MS=20s\n");
        assertThat(look("10.0.0.1"))
                .containsExactly("WARNING MIRROR_CURRENCY_MS=20s is not a number of milliseconds and is not taken");
        write("home/etc/default/LifeKeeper", "MIRROR_CURRENCY_MS=0\n");
        assertThat(look("10.0.0.1").get(0)).startsWith("WARNING MIRROR_CURRENCY_MS=0: no target counts as current");
    }

    @Test
    void anAddressThatNobodyAnswersAtIsFound() throws IOException {
        unreachable = "Connection refused";
        assertThat(look("10.0.0.1"))
                .containsExactly("ERROR the mirror engine of B cannot be reached at 10.0.0.2:1601: Connection refused");
        int port;
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = server.getLocalPort();
            assertThat(EngineHealth.connect("127.0.0.1", port)).isEmpty();
        }
        assertThat(EngineHealth.connect("127.0.0.1", port)).isNotEmpty();
    }
}
