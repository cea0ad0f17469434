package org.mainstay.kit.dns.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A real BIND 9 on a loopback address and a high port, with one forward and one reverse zone. It serves only addresses that are on an
 * interface, so the second one is the loopback address of IPv6.
 */
final class Named implements AutoCloseable {
    static final String SECRET = "bWFpbnN0YXktdGVzdC1rZXktMDEyMzQ1Njc4OQ==";

    private final Path folder;
    private final String address;
    private final int port;
    private Process process;

    private Named(Path folder, String address, int port) {
        this.folder = folder;
        this.address = address;
        this.port = port;
    }

    /** A primary server; a second one at {@code other} is its secondary. */
    static Named primary(Path folder, String address, String other, int port) throws Exception {
        Named named = new Named(folder, address, port);
        Files.createDirectories(folder);
        String glue = "ns1 A " + address + "\n" + (other.isEmpty() ? "" : "@ NS ns2\nns2 AAAA " + other + "\n");
        String head = "$TTL 60\n@ SOA ns1.example.com. admin.example.com. 1 60 60 600 5\n@ NS ns1.example.com.\n";
        Files.writeString(folder.resolve("example.db"), head + glue);
        Files.writeString(folder.resolve("reverse.db"), head);
        String zone = "type primary; allow-update { key updates; }; "
                + (other.isEmpty() ? "" : "also-notify { " + other + " port " + port + "; }; notify yes; ");
        named.configure(zone + "file \"example.db\";", zone + "file \"reverse.db\";");
        named.start();
        return named;
    }

    static Named secondary(Path folder, String address, String primary, int port) throws Exception {
        Named named = new Named(folder, address, port);
        Files.createDirectories(folder);
        String zone = "type secondary; masterfile-format text; primaries { " + primary + " port " + port + "; }; ";
        named.configure(zone + "file \"example.db\";", zone + "file \"reverse.db\";");
        named.start();
        return named;
    }

    private void configure(String forward, String reverse) throws IOException {
        boolean six = address.contains(":");
        Files.writeString(folder.resolve("named.conf"), """
                options {
                    directory "%1$s"; pid-file "%1$s/pid"; session-keyfile "%1$s/session.key"; lock-file none;
                    listen-on port %2$d { %3$s; }; listen-on-v6 port %2$d { %6$s; };
                    recursion no; dnssec-validation no; managed-keys-directory "%1$s";
                    allow-transfer { any; }; allow-notify { any; }; notify explicit; notify-delay 0;
                };
                controls { };
                key updates { algorithm hmac-sha256; secret "%7$s"; };
                zone "example.com" { %4$s };
                zone "127.in-addr.arpa" { %5$s };
                """.formatted(
                        folder, port, six ? "none" : address, forward, reverse, six ? address : "none", SECRET));
    }

    void start() throws Exception {
        process = new ProcessBuilder(
                        "named", "-g", "-c", folder.resolve("named.conf").toString(), "-n", "1")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        boolean up = false;
        try {
            awaitListening();
            up = true;
        } finally {
            if (!up) {
                process.destroyForcibly();
            }
        }
    }

    private void awaitListening() throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!listens()) {
            assertThat(process.isAlive())
                    .as(Files.readString(folder.resolve("log")))
                    .isTrue();
            assertThat(System.nanoTime()).as("named listens").isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getByName(address), port)) {
            return socket.isConnected()
                    && Files.readString(folder.resolve("log")).contains("running");
        } catch (IOException e) {
            // not yet: asked again until the deadline
            return false;
        }
    }

    void stop() throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    /** Asks with dig; one line per record. */
    List<String> dig(String name, String type) throws Exception {
        Process dig = new ProcessBuilder("dig", "+short", "+time=20", "@" + address, "-p", "" + port, name, type)
                .redirectErrorStream(true)
                .start();
        String output = new String(dig.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        dig.waitFor();
        return output.lines().sorted().toList();
    }

    /** Adds a record with nsupdate, as an administrator would. */
    void add(Path key, String name, String rest) throws Exception {
        Process update = new ProcessBuilder("nsupdate", "-v", "-k", key.toString())
                .redirectErrorStream(true)
                .start();
        try (var in = update.outputWriter()) {
            in.write("server " + address + " " + port + "\nupdate add " + name + " " + rest + "\nsend\n");
        }
        String output = new String(update.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(update.waitFor()).as(output).isZero();
    }

    static Path keyFile(Path file, String secret) throws IOException {
        Files.writeString(file, "key \"updates\" {\n\talgorithm hmac-sha256;\n\tsecret \"" + secret + "\";\n};\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    @Override
    public void close() throws InterruptedException {
        if (process.isAlive()) {
            stop();
        }
    }
}
