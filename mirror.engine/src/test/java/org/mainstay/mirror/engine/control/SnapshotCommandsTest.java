package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.mirror.engine.io.FileStore;

/** Snapshots by command, with engines, files and connections as they are. */
@Timeout(120)
class SnapshotCommandsTest {
    private static final int SIZE = 1 << 20;

    @TempDir
    private Path folder;

    // covers SNAP-010 SNAP-012 SNAP-058 TUN-115
    @Test
    void fromTheLocationToTheDrop() throws Exception {
        Path place = Files.createDirectories(folder.resolve("place"));
        try (EnginePair pair = new EnginePair(folder, SIZE, "v", "w")) {
            assertThatThrownBy(() -> pair.b.prepareSnapshot("v", "a1")).hasMessageContaining("no location is set");
            pair.b.snapshotLocation("v", place.toString(), 0);
            pair.b.snapshotLocation("w", place.toString(), 4096);
            assertThat(pair.b.snapshotLocation("v")).isEqualTo(place.toString());
            pair.take("a1", "v", "w");
            assertThat(pair.b.names()).containsExactly("v@snapshot-a1", "w@snapshot-a1");
            assertThat(pair.b.find("v@snapshot-a1").size()).isEqualTo(SIZE);
            assertThat(pair.b.find("v@snapshot-a2")).isNull();
            assertThat(pair.state("v")).isEqualTo(1);
            try (Stream<Path> files = Files.list(place)) {
                assertThat(files).as("nothing that could stay behind").isEmpty();
            }
            assertThatThrownBy(() -> pair.b.prepareSnapshot("v", "a2")).hasMessageContaining("drop it first");
            assertThatThrownBy(() -> pair.b.snapshotLocation("v", "", 0)).hasMessageContaining("drop it first");
            assertThatThrownBy(() -> pair.b.snapshots().drop(pair.b.volume("v"), "ff"))
                    .hasMessageContaining("no such snapshot");
            pair.b.snapshots().drop(pair.b.volume("v"), "a1");
            pair.b.snapshots().drop(pair.b.volume("w"), "");
            assertThat(pair.b.names()).isEmpty();
            assertThatThrownBy(() -> pair.b.snapshots().drop(pair.b.volume("v"), ""))
                    .hasMessageContaining("there is no snapshot of v");
            pair.b.snapshotLocation("v", "", 0);
            assertThatThrownBy(() -> pair.b.prepareSnapshot("v", "a3")).hasMessageContaining("no location is set");
        }
        try (Engine again = new Engine(folder.resolve("B"), "B", null, null, 8 << 20, line -> {})) {
            assertThat(again.snapshotLocation("w")).as("the setting stays").isEqualTo(place.toString());
            assertThat(again.names()).as("a snapshot does not").isEmpty();
        }
    }

    // covers SNAP-035
    @Test
    void whatIsRefused() throws Exception {
        try (EnginePair pair = new EnginePair(folder, SIZE, "v")) {
            assertThatThrownBy(() -> pair.b.snapshotLocation("v", "place", 0)).hasMessageContaining("an absolute path");
            assertThatThrownBy(() -> pair.b.snapshotLocation("v", folder + "/none", 0))
                    .hasMessageContaining("there is no folder");
            Path lines = Files.createDirectories(folder.resolve("x\nmirror.B=1"));
            assertThatThrownBy(() -> pair.b.snapshotLocation("v", lines.toString(), 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("another control character");
            assertThatThrownBy(() -> new FileStore(folder.resolve("store")).save(Map.of("location", "/x\nmirror.B=1")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("a line feed cannot be kept in store: location has one");
            assertThatThrownBy(() -> pair.b.snapshotLocation("v", folder.toString(), 1000))
                    .hasMessageContaining("a multiple of 512");
            assertThat(pair.b.snapshotLocation("v")).isEmpty();
            pair.b.snapshotLocation("v", folder.toString(), 0);
            assertThatThrownBy(() -> pair.b.prepareSnapshot("v", "../x")).hasMessageContaining("hexadecimal");
            assertThatThrownBy(() -> pair.a.snapshots().mark("a1", "B", List.of()))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> pair.a.snapshots().mark("a1", "B", List.of(pair.a.volume("v"))))
                    .hasMessageContaining("B did not begin the snapshot of v");
            assertThatThrownBy(() -> pair.b.snapshots().mark("a1", "A", List.of(pair.b.volume("v"))))
                    .hasMessageContaining("not in service here");
            assertThatThrownBy(() -> pair.a.prepareSnapshot("v", "a1")).isInstanceOf(IllegalStateException.class);
            assertThat(pair.state("v")).isEqualTo(1);
        }
    }
}
