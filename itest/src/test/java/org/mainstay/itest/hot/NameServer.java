package org.mainstay.itest.hot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.LabException;

/** A BIND 9 on a machine of its own, the clients': primary of {@link #DOMAIN} and of the servers' reverse zone. Ends with the laboratory. */
final class NameServer implements AutoCloseable {
    static final String DOMAIN = "example.com";
    /** The address of the clients' machine. */
    static final String ADDRESS = "10.77.1.200";

    private static final Path PROGRAM = Path.of("/usr/sbin/named");
    private static final Path DIG = Path.of("/usr/bin/dig");
    private static final String SECRET = "bWFpbnN0YXktdGVzdC1rZXktMDEyMzQ1Njc4OQ==";
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String ZONE =
            "$TTL 60\n@ SOA ns1.example.com. admin.example.com. 1 60 60 600 5\n@ NS ns1.example.com.\n";

    private final Lab lab;
    private final Path folder;
    private final Process process;

    /** Starts it and waits until it answers. */
    NameServer(Lab lab) {
        this.lab = lab;
        this.folder = lab.directory().resolve("named");
        try {
            Files.createDirectories(folder);
            String key = "key \"updates\" {\n\talgorithm hmac-sha256;\n\tsecret \"" + SECRET + "\";\n};\n";
            Files.writeString(keyFile(), key);
            Files.setPosixFilePermissions(keyFile(), PosixFilePermissions.fromString("rw-------"));
            Files.writeString(folder.resolve("forward.db"), ZONE + "ns1 A " + ADDRESS + "\n");
            Files.writeString(folder.resolve("reverse.db"), ZONE);
            Files.writeString(folder.resolve("named.conf"), configuration(key));
            process = new ProcessBuilder(lab.atClient(List.of(
                            PROGRAM.toString(),
                            "-g",
                            "-c",
                            folder.resolve("named.conf").toString(),
                            "-n",
                            "1")))
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        lab.attach(this);
        Await.until(
                "named answers",
                LIMIT,
                () -> process.isAlive() && !dig("ns1", "A").isEmpty(),
                this::log);
    }

    /** Returns whether BIND and its client are installed. */
    static boolean installed() {
        return Files.isExecutable(PROGRAM) && Files.isExecutable(DIG);
    }

    private String configuration(String key) {
        return """
                options {
                    directory "%1$s"; pid-file "%1$s/pid"; session-keyfile "%1$s/session.key"; lock-file none;
                    listen-on { %2$s; }; listen-on-v6 { none; };
                    recursion no; dnssec-validation no; managed-keys-directory "%1$s";
                };
                controls { };
                %3$s
                zone "example.com" { type primary; allow-update { key updates; }; file "forward.db"; };
                zone "77.10.in-addr.arpa" { type primary; allow-update { key updates; }; file "reverse.db"; };
                """.formatted(folder, ADDRESS, key);
    }

    /** Returns the file with the key that signs updates. */
    Path keyFile() {
        return folder.resolve("updates.key");
    }

    /** Returns the command line that asks for a name of the domain and prints the answer. */
    static List<String> question(String name, String type) {
        return List.of(DIG.toString(), "+short", "+tries=1", "+time=5", "@" + ADDRESS, fullName(name) + ".", type);
    }

    private static String fullName(String name) {
        return name.isEmpty() ? DOMAIN : name + "." + DOMAIN;
    }

    /** Asks; the records in lines, nothing if there is none or no answer. @param name in the domain, empty for the domain itself */
    String dig(String name, String type) {
        Exec.Result result = Exec.run(LIMIT, lab.atClient(question(name, type)));
        return result.exitCode() == 0 ? result.output().strip() : "";
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new LabException("named did not end when told to:\n" + log());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
