package org.mainstay.kit.app.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** The kit keeps the contract of kits, with scripts that keep theirs: a file stands for the application. */
class AppContractTest {
    @TempDir
    Path folder;

    private String script(String name, String body) throws IOException {
        Path script = folder.resolve(name);
        Files.writeString(script, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script.toString();
    }

    private Set<String> traces() {
        return Files.exists(folder.resolve("runs")) ? Set.of("the application's file") : Set.of();
    }

    private void lose() {
        try {
            Files.delete(folder.resolve("runs"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void keepsTheContract() throws IOException {
        GenericApplicationKit kit = new GenericApplicationKit(folder);
        String runs = folder.resolve("runs").toString();
        Map<String, String> scripts = Map.of(
                "restore", script("restore", "touch " + runs),
                "remove", script("remove", "rm -f " + runs),
                "quickCheck", script("quick", "test -e " + runs));
        try (KitBench bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")))) {
            ResourceInfo app = bench.create("web", scripts);
            KitContract.on(bench, kit)
                    .breaking(serving -> lose())
                    .leavingNothing(this::traces)
                    .verify(app);
        }
    }
}
