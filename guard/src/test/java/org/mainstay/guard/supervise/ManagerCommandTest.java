package org.mainstay.guard.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManagerCommandTest {
    @TempDir
    Path home;

    @Test
    void startsKarafWithoutAShell() throws IOException {
        Files.createDirectories(home.resolve("lib/boot"));
        Files.createDirectories(home.resolve("lib/endorsed"));
        Files.createFile(home.resolve("lib/boot/main.jar"));
        Files.createFile(home.resolve("lib/boot/another.jar"));
        Files.createFile(home.resolve("lib/endorsed/org.apache.karaf.specs.locator-4.4.10.jar"));
        Files.createFile(home.resolve("lib/endorsed/org.apache.karaf.specs.java.xml-4.4.10.jar"));
        List<String> command = ManagerCommand.of(home, Map.of("manager.java.options", "-Xmx99m -Da=b"));
        assertThat(command).contains("-Xmx99m", "-Da=b", "-Dkaraf.home=" + home, "-Dkaraf.startLocalConsole=false");
        assertThat(command)
                .endsWith(
                        "-classpath",
                        home.resolve("lib/boot/another.jar") + ":" + home.resolve("lib/boot/main.jar"),
                        "org.apache.karaf.main.Main");
    }

    @Test
    void theConfigurationMayNameAnotherCommand() throws IOException {
        assertThat(ManagerCommand.of(home, Map.of("manager.command", "bin/karaf daemon")))
                .endsWith("bin/karaf", "daemon");
    }

    @Test
    void aFolderWithoutKarafIsSaid() throws IOException {
        Files.createDirectories(home.resolve("lib/endorsed"));
        assertThatThrownBy(() -> ManagerCommand.of(home, Map.of())).hasMessageContaining("unpacked Mainstay");
    }
}
