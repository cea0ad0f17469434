package org.mainstay.kit.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

/**
 * A new database of the user postgres, on what stands for a volume.
 *
 * @param volume folder of the volume
 * @param data data directory in it
 */
record DataDirectory(Path volume, Path data) {

    /**
     * @param programs folder of initdb
     * @param settings further lines of postgresql.conf
     */
    static DataDirectory make(Path folder, Path programs, String locale, String settings)
            throws IOException, InterruptedException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path volume = folder.resolve("volume");
        Path data = Files.createDirectories(volume.resolve("main"));
        run("chown", "-R", "postgres:", volume.toString());
        run(
                "runuser",
                "-u",
                "postgres",
                "--",
                programs.resolve("initdb").toString(),
                "-D",
                data.toString(),
                "-A",
                "trust",
                "-N",
                "--locale=" + locale,
                "-E",
                "UTF8");
        Files.writeString(
                data.resolve("postgresql.conf"),
                "unix_socket_directories = '" + volume + "'\nlisten_addresses = '127.0.0.1'\n" + settings,
                StandardOpenOption.APPEND);
        return new DataDirectory(volume, data);
    }

    /** Returns the folder of the newest server programs of this machine. */
    static Path programs() throws IOException {
        return Settings.findPrograms(newestVersion())
                .orElseThrow(() -> new AssertionError("PostgreSQL's server programs are not installed"));
    }

    private static String newestVersion() throws IOException {
        try (var versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(path -> path.getFileName().toString())
                    .max(java.util.Comparator.comparingInt(Integer::parseInt))
                    .orElseThrow();
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
    }
}
