package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStoreTest {
    @TempDir
    Path folder;

    private final FileStore store = new FileStore();

    private static byte[] page(int fill) {
        byte[] page = new byte[4096];
        Arrays.fill(page, (byte) fill);
        return page;
    }

    // covers QUO-085
    @Test
    void replacesInPlace() throws Exception {
        String location = folder.resolve("a").toString();
        store.write(location, page(1), true);
        Object inode = Files.getAttribute(folder.resolve("a"), "unix:ino");
        store.write(location, page(2), false);
        assertThat(store.read(location)).isEqualTo(page(2));
        assertThat(Files.getAttribute(folder.resolve("a"), "unix:ino")).isEqualTo(inode);
    }

    @Test
    void readsOfAWriterThatGoesOnAreOldOrNew() throws Exception {
        String location = folder.resolve("a").toString();
        store.write(location, page(0), true);
        Thread writer = new Thread(() -> {
            try {
                for (int i = 0; i < 500; i++) {
                    store.write(location, page(i), false);
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        writer.start();
        while (writer.isAlive()) {
            byte[] read = store.read(location);
            assertThat(read).hasSize(4096);
        }
        writer.join();
        assertThat(store.read(location)).isEqualTo(page(499 & 0xFF));
    }

    @Test
    void whatIsMissingIsNeverMadeByTheWay() {
        String location = folder.resolve("a").toString();
        assertThatThrownBy(() -> store.write(location, page(1), false))
                .isInstanceOf(ObjectStore.AbsentException.class)
                .hasMessageContaining("mounted?");
        assertThat(folder.resolve("a")).doesNotExist();
        assertThatThrownBy(() -> store.read(location)).isInstanceOf(ObjectStore.AbsentException.class);
        assertThatThrownBy(() -> store.write(folder.resolve("no/a").toString(), page(1), true))
                .hasMessageContaining("folder");
    }

    // covers QUO-021
    @Test
    void aPipeOrAFolderIsRefusedAndNotOpened() throws Exception {
        Path pipe = folder.resolve("pipe");
        run("mkfifo", pipe.toString());
        assertThatThrownBy(() -> store.read(pipe.toString())).hasMessageContaining("not a regular file");
        assertThatThrownBy(() -> store.write(pipe.toString(), page(1), false))
                .hasMessageContaining("not a regular file");
        assertThatThrownBy(() -> store.read(folder.toString())).hasMessageContaining("not a regular file");
    }

    @Test
    void longAndShortFilesAreNoObjects() throws Exception {
        Files.write(folder.resolve("a"), new byte[5000]);
        assertThat(store.read(folder.resolve("a").toString())).isEmpty();
        Files.write(folder.resolve("a"), new byte[100]);
        assertThat(store.read(folder.resolve("a").toString())).hasSize(100);
    }

    @Test
    void aFullDiskStillTakesTheObjectThatIsThereAndRefusesNewOnes() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "mounts need root");
        for (String type : new String[] {"tmpfs", "ext4"}) {
            Path point = Files.createDirectory(folder.resolve(type));
            mount(type, point);
            try {
                String location = point.resolve("a").toString();
                store.write(location, page(1), true);
                fill(point);
                store.write(location, page(2), false);
                assertThat(store.read(location)).isEqualTo(page(2));
                assertThatThrownBy(() -> store.write(point.resolve("b").toString(), page(2), true))
                        .hasMessageContaining("No space left");
            } finally {
                run("umount", point.toString());
            }
        }
    }

    @Test
    void aReadOnlyFileSystemIsSaid() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "mounts need root");
        Path point = Files.createDirectory(folder.resolve("point"));
        mount("tmpfs", point);
        try {
            String location = point.resolve("a").toString();
            store.write(location, page(1), true);
            run("mount", "-o", "remount,ro", point.toString());
            assertThatThrownBy(() -> store.write(location, page(2), false)).hasMessageContaining("Read-only");
            assertThat(store.read(location)).isEqualTo(page(1));
        } finally {
            run("umount", point.toString());
        }
        assertThatThrownBy(() -> store.write(point.resolve("a").toString(), page(3), false))
                .as("the empty mount point")
                .isInstanceOf(ObjectStore.AbsentException.class);
    }

    static void mount(String type, Path point) throws Exception {
        if (type.equals("tmpfs")) {
            run("mount", "-t", "tmpfs", "-o", "size=1m", "mainstay-witness-test", point.toString());
        } else {
            Path image = point.resolveSibling(point.getFileName() + ".img");
            run("truncate", "-s", "8M", image.toString());
            run("mkfs.ext4", "-q", "-m", "0", image.toString());
            run("mount", "-o", "loop", image.toString(), point.toString());
        }
    }

    private static void fill(Path point) throws IOException {
        for (int i = 0, size = 1 << 20; size >= 512; i++) {
            try {
                Files.write(point.resolve("fill" + i), new byte[size]);
            } catch (IOException e) {
                size /= 2;
            }
        }
    }

    static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .as(String.join(" ", command) + ": " + output)
                .isZero();
    }
}
