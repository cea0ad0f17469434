package org.mainstay.guard.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleCacheTest {
    @TempDir
    Path home;

    private Path bundle;
    private BundleCache cache;

    @BeforeEach
    void whole() throws IOException {
        cache = new BundleCache(home);
        bundle = home.resolve("data/cache/bundle33/version0.0");
        Files.createDirectories(bundle);
        Files.createFile(home.resolve("data/cache/cache.lock"));
        Files.writeString(bundle.resolve("revision.location"), "mvn:org.mainstay/core");
        try (OutputStream out = Files.newOutputStream(bundle.resolve("bundle.jar"));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("META-INF/MANIFEST.MF"));
            zip.write(new byte[1000]);
        }
    }

    @Test
    void aWholeCacheAndNoCacheAreNotDamaged() throws IOException {
        assertThat(cache.damage()).isEmpty();
        cache.discard();
        assertThat(home.resolve("data/cache")).doesNotExist();
        assertThat(cache.damage()).isEmpty();
    }

    @Test
    void anEmptyFileIsDamage() throws IOException {
        Files.write(bundle.resolve("revision.location"), new byte[0]);
        assertThat(cache.damage()).contains("bundle33/version0.0/revision.location is empty");
    }

    @Test
    void whatABundleKeepsMayBeEmptyButNotWhatKarafKnowsOfItsFeatures() throws IOException {
        Path data = Files.createDirectories(home.resolve("data/cache/bundle33/data/deep"));
        Files.createFile(data.resolve("marker"));
        Files.createFile(data.resolve("not-ours.jar"));
        assertThat(cache.damage()).isEmpty();
        Files.createFile(data.resolveSibling("state.json"));
        assertThat(cache.damage()).contains("bundle33/data/state.json is empty");
    }

    @Test
    void aTornJarIsDamage() throws IOException {
        byte[] all = Files.readAllBytes(bundle.resolve("bundle.jar"));
        Files.write(bundle.resolve("bundle.jar"), java.util.Arrays.copyOf(all, all.length - 30));
        assertThat(cache.damage()).contains("bundle33/version0.0/bundle.jar is torn");
        Files.write(bundle.resolve("bundle.jar"), new byte[all.length]);
        assertThat(cache.damage()).contains("bundle33/version0.0/bundle.jar is torn");
    }
}
