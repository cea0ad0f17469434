package org.mainstay.itest.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A real etcd of one member at the client's place, which all networks of a laboratory reach. */
public final class Etcd {
    /** Where it listens. */
    public static final String URL = "http://10.77.1.200:2379";

    private static final Path PROGRAM = Path.of("/usr/bin/etcd");
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Etcd() {}

    /** Returns whether the machine has the program (Debian package etcd-server). */
    public static boolean installed() {
        return Files.isExecutable(PROGRAM);
    }

    /** Starts it and waits until it serves; it ends with the laboratory. */
    public static void start(Lab lab) {
        Path log = lab.directory().resolve("etcd.log");
        List<String> command = lab.atClient(List.of(
                PROGRAM.toString(),
                "--data-dir",
                lab.directory().resolve("etcd").toString(),
                "--listen-client-urls",
                URL,
                "--advertise-client-urls",
                URL,
                "--listen-peer-urls",
                "http://127.0.0.1:2380"));
        try {
            Process etcd = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            lab.attach(() -> {
                etcd.destroyForcibly();
                etcd.waitFor();
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Await.until("etcd serves", LIMIT, () -> read(log).contains("ready to serve client requests"), () -> read(log));
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
