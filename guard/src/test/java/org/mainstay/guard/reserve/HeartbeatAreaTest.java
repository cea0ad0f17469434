package org.mainstay.guard.reserve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.heartbeat.DiskStorage.ForeignWriterException;
import org.mainstay.guard.heartbeat.PathConfig;
import org.mainstay.guard.util.Result;

/** What devices a shared-disk comm path accepts, and what its area holds. */
class HeartbeatAreaTest {
    private static final String ID = "A-B@/dev/shared#1f";

    @TempDir
    private Path folder;

    private Path image;

    @BeforeEach
    void empty() throws IOException {
        image = folder.resolve("image");
        Files.write(image, new byte[1 << 20]);
    }

    private void put(long at, byte... bytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(at);
            file.write(bytes);
        }
    }

    private void put(long at, String text) throws IOException {
        put(at, text.getBytes(StandardCharsets.US_ASCII));
    }

    private Result ask(String verb, String path) {
        return DiskAreas.perform(verb, image.toString(), path).join();
    }

    private void refused(String why) throws IOException {
        byte[] before = Files.readAllBytes(image);
        for (String verb : new String[] {"inspect", "prepare"}) {
            Result result = ask(verb, ID);
            assertThat(result.done()).as(result.message()).isFalse();
            assertThat(result.message()).contains(why, image.toString());
        }
        assertThat(Arrays.equals(Files.readAllBytes(image), before))
                .as("untouched")
                .isTrue();
        empty();
    }

    @Test
    void whatHoldsAnythingIsRefusedByName() throws IOException {
        put(1024 + 0x38, (byte) 0x53, (byte) 0xEF);
        refused("an ext2, ext3 or ext4 file system");
        put(0, "XFSB");
        refused("an XFS file system");
        put(0x10040, "_BHRfS_M");
        refused("a btrfs file system");
        put(4086, "SWAPSPACE2");
        refused("swap space");
        put(512, "LABELONE");
        refused("a volume of LVM");
        put(512, "EFI PART");
        refused("a partition table");
        put(100_000, "x");
        refused("something (byte 100000 is not zero)");
        AreaFile.initialise(folder.resolve("area")).close();
        Files.copy(folder.resolve("area"), image, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        refused("the reservation area of a volume");
    }

    @Test
    void anotherPathsAreaIsRefusedUntilItIsWiped() throws IOException {
        assertThat(ask("prepare", "C-D@/dev/x#9").done()).isTrue();
        byte[] theirs = Files.readAllBytes(image);
        refused("the comm path C-D@/dev/x#9");
        Files.write(image, theirs);
        assertThat(ask("wipe", ID).message()).contains("not the area of the comm path");
        assertThat(Files.readAllBytes(image)).isEqualTo(theirs);
        assertThat(ask("wipe", "C-D@/dev/x#9").done()).isTrue();
        assertThat(Files.readAllBytes(image)).containsOnly((byte) 0);
        assertThat(ask("prepare", ID).done()).isTrue();
    }

    @Test
    void whatIsTooSmallOrNoStorageIsRefused() throws IOException {
        Files.write(image, new byte[(int) HeartbeatArea.BYTES - 4096]);
        assertThat(ask("inspect", ID).message()).contains("needs 135168");
        Files.delete(image);
        assertThat(ask("inspect", ID).message()).contains("does not exist");
        Files.createDirectory(image);
        assertThat(ask("inspect", ID).message()).contains("neither a block device nor an image file");
        assertThat(DiskAreas.perform("inspect", "/dev/null", ID).join().message())
                .contains("neither a block device");
        assertThat(DiskAreas.perform("inspect", "relative", ID).join().message())
                .contains("absolute");
        assertThat(DiskAreas.perform("format", image.toString(), ID).join().message())
                .contains("unknown disk action");
    }

    @Test
    void whatAnotherServerPreparedIsRecognised() throws IOException {
        assertThat(ask("verify", ID).message()).contains("not the same storage");
        assertThat(ask("prepare", ID).done()).isTrue();
        assertThat(ask("verify", ID).done()).isTrue();
        assertThat(ask("verify", ID + "2").message()).contains("not the same storage");
        // A volume's reservation never takes it over.
        assertThatThrownBy(() -> AreaFile.initialise(image).close()).hasMessageContaining("holds something else");
        assertThatThrownBy(() -> AreaFile.open(image).close()).hasMessageContaining("no reservation area");
    }

    private HeartbeatArea open(int slot, UUID installation) throws IOException {
        return HeartbeatArea.open(
                new PathConfig.Disk(image.toString(), slot), ID, new HeartbeatArea.Owner(installation, "S" + slot));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void slotsCarryTheNewestHeartbeatOfEach() throws IOException {
        assertThatThrownBy(() -> open(0, UUID.randomUUID())).hasMessageContaining("not the area of this comm path");
        ask("prepare", ID);
        UUID one = UUID.randomUUID();
        try (HeartbeatArea a = open(0, one);
                HeartbeatArea b = open(1, UUID.randomUUID())) {
            assertThat(a.exchange(bytes("first"))).isNull();
            assertThat(b.exchange(bytes("hello"))).isEqualTo(bytes("first"));
            a.exchange(bytes("second, and longer"));
            assertThat(a.exchange(null)).isEqualTo(bytes("hello"));
            assertThat(b.exchange(null)).isEqualTo(bytes("second, and longer"));
            // A page that was written in part is nobody's word.
            put(4096 + 512, (byte) 99);
            assertThat(b.exchange(null)).isNull();
            assertThatThrownBy(() -> a.exchange(bytes("third")))
                    .as("it was not this server that wrote that")
                    .isInstanceOf(ForeignWriterException.class);
            assertThat(b.exchange(null)).isEqualTo(bytes("third"));
        }
        // The same server after a restart, or with a new identity, goes on in its slot.
        try (HeartbeatArea again = open(0, UUID.randomUUID())) {
            assertThat(again.exchange(bytes("fourth"))).isEqualTo(bytes("hello"));
        }
    }

    @Test
    void aSecondWriterIsTold() throws IOException {
        ask("prepare", ID);
        try (HeartbeatArea a = open(0, UUID.randomUUID());
                HeartbeatArea other = open(0, UUID.randomUUID())) {
            a.exchange(bytes("mine"));
            other.exchange(bytes("theirs"));
            assertThatThrownBy(() -> a.exchange(bytes("mine again")))
                    .isInstanceOf(ForeignWriterException.class)
                    .hasMessageContaining("another cluster");
        }
    }

    @Test
    void anEndOrAnotherHeaderStopsIt() throws IOException {
        ask("prepare", ID);
        try (HeartbeatArea a = open(0, UUID.randomUUID())) {
            a.exchange(bytes("mine"));
            put(0, "something else");
            byte[] now = Files.readAllBytes(image);
            assertThatThrownBy(() -> a.exchange(bytes("again"))).hasMessageContaining("not the area");
            assertThat(Files.readAllBytes(image)).isEqualTo(now);
            Files.write(image, new byte[4096]);
            assertThatThrownBy(() -> a.exchange(bytes("again"))).hasMessageContaining("ends within");
        }
    }
}
