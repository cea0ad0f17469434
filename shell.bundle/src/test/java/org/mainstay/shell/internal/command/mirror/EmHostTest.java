package org.mainstay.shell.internal.command.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks as a kernel tells them, in a folder. */
class EmHostTest {
    @TempDir
    Path root;

    private EmHost host;

    @BeforeEach
    void machine() throws IOException {
        write("proc/self/mountinfo", """
                21 1 8:1 / / rw - ext4 /dev/zda1 rw
                22 21 8:2 / /boot/efi rw - vfat /dev/zda2 rw
                23 21 8:17 / /srv/data rw - ext4 /dev/zdb1 rw
                24 21 8:33 / /opt/logs rw - xfs /dev/zdc1 rw
                25 21 0:55 / /net rw - nfs4 server:/net rw
                26 21 8:49 / /swaps rw - ext4 /dev/zdd1 rw
                """);
        write("proc/swaps", "Filename Type Size\n/dev/zda3 partition 1\n/swaps/file file 1\n");
        disk("zda", "8:0", "zda1", "8:1", "2048");
        disk("zda", "8:0", "zda2", "8:2", "4096");
        disk("zda", "8:0", "zda3", "8:3", "8192");
        disk("zdb", "8:16", "zdb1", "8:17", "63");
        disk("zdc", "8:32", "zdc1", "8:33", "63");
        disk("zdd", "8:48", "zdd1", "8:49", "63");
        write("sys/devices/zdc/removable", "1\n");
        host = new EmHost(root, Path.of("/opt/logs/mainstay"));
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void disk(String disk, String number, String part, String its, String start) throws IOException {
        write("sys/devices/" + disk + "/dev", number);
        write("sys/devices/" + disk + "/wwid", "naa.500" + disk);
        write("sys/devices/" + disk + "/" + part + "/dev", its);
        write("sys/devices/" + disk + "/" + part + "/partition", "1");
        write("sys/devices/" + disk + "/" + part + "/start", start);
        Path names = Files.createDirectories(root.resolve("sys/class/block"));
        Files.createSymbolicLink(names.resolve(part), root.resolve("sys/devices/" + disk + "/" + part));
    }

    // covers EMC-117
    @Test
    void aPartitionHasTheSignatureOfItsDisk() {
        assertThat(host.identity(Path.of("/dev/zdb1")))
                .contains(new EmHost.Identity("naa.500zdb", 32_256, (8L << 20) + 17));
        assertThat(host.identity(Path.of("/dev/nosuch"))).isEmpty();
    }

    // covers EMC-131
    @Test
    void whatSpeaksAgainstMirroringIsTold() {
        assertThat(host.obstacles(Path.of("/srv/data"))).isEmpty();
        assertThat(host.obstacles(Path.of("/dev/zdb1"))).isEmpty();
        assertThat(host.obstacles(Path.of("/"))).containsExactly("System Drive");
        assertThat(host.obstacles(Path.of("/dev/zda2"))).containsExactly("FAT filesystem", "ACTIVE partition");
        assertThat(host.obstacles(Path.of("/dev/zda3"))).containsExactly("Contains PageFile");
        assertThat(host.obstacles(Path.of("/swaps"))).containsExactly("Contains PageFile");
        assertThat(host.obstacles(Path.of("/dev/zdc1")))
                .containsExactly("GetDriveType not DRIVE_FIXED", "Contains DataKeeper bitmap files");
        assertThat(host.obstacles(Path.of("/net"))).containsExactly(EmHost.CANNOT_OPEN);
        assertThat(host.obstacles(Path.of("/nosuch"))).containsExactly(EmHost.CANNOT_OPEN);
    }

    @Test
    void aFileSystemOnAnImageIsKnownByItsMark() throws IOException {
        Path image = root.resolve("image");
        byte[] bytes = new byte[70_000];
        Files.write(image, bytes);
        assertThat(host.obstacles(image)).containsExactly("RAW filesystem");
        bytes[1080] = 0x53;
        bytes[1081] = (byte) 0xef;
        Files.write(image, bytes);
        assertThat(host.obstacles(image)).isEmpty();
        byte[] fat = new byte[512];
        System.arraycopy("FAT32".getBytes(StandardCharsets.US_ASCII), 0, fat, 82, 5);
        Files.write(image, fat);
        assertThat(host.obstacles(image)).containsExactly("FAT filesystem");
    }

    /** To open a pipe would wait for its other end, for ever. */
    @Test
    void aPipeIsNoDisk(@TempDir Path folder) throws Exception {
        Path pipe = folder.resolve("sda");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        assertTimeoutPreemptively(
                Duration.ofSeconds(30),
                () -> assertThat(EmHost.fileSystem(pipe)).isEmpty());
    }
}
