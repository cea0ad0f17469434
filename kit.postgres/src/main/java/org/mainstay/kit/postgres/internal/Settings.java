package org.mainstay.kit.postgres.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.ResourceInfo;

/** What the properties of a PostgreSQL resource mean, and how they are found where the operator did not give them. */
final class Settings {
    static final String DATA_DIRECTORY = "datadir";
    static final String PORT = "port";
    static final String BIN_DIRECTORY = "bindir";
    static final String ADMINISTRATOR = "user";
    static final String PASSWORD_FILE = "passfile";
    static final String SOCKET_DIRECTORY = "socketdir";
    static final String VERSION = "version";
    static final String OWNER = "owner";

    private static final String PLAIN_WORD = "/[^\"'`$\\\\;&|<>()*?!#~\\s\\p{Cntrl}]*";
    private static final String PLAIN_QUOTED = "/[^\"'`$\\\\;&|<>*?!\\p{Cntrl}]*";

    private final ResourceInfo resource;

    Settings(ResourceInfo resource) {
        this.resource = resource;
    }

    Path dataDirectory() {
        return Path.of(resource.property(DATA_DIRECTORY, ""));
    }

    int port() {
        return Integer.parseInt(resource.property(PORT, "5432"));
    }

    String program(String name) {
        return Path.of(resource.property(BIN_DIRECTORY, "")).resolve(name).toString();
    }

    /** Returns the operating system user the server runs as: the owner of the data directory. */
    String owner() {
        return resource.property(OWNER, "postgres");
    }

    String administrator() {
        return resource.property(ADMINISTRATOR, owner());
    }

    Optional<String> passwordFile() {
        return Optional.of(resource.property(PASSWORD_FILE, "")).filter(file -> !file.isEmpty());
    }

    Optional<String> socketDirectory() {
        return Optional.of(resource.property(SOCKET_DIRECTORY, "")).filter(directory -> !directory.isEmpty());
    }

    /** Returns why one of the paths cannot be handed to pg_ctl, which hands them to a shell; empty if all can. */
    Optional<String> unusablePath() {
        for (String name : List.of(DATA_DIRECTORY, SOCKET_DIRECTORY, BIN_DIRECTORY)) {
            String path = resource.property(name, "");
            // the socket directory is a word among others; the programs quote the other two
            String plain = name.equals(SOCKET_DIRECTORY) ? PLAIN_WORD : PLAIN_QUOTED;
            if (!path.isEmpty() && !path.matches(plain)) {
                return Optional.of(name + "=" + path
                        + " is relative or holds a character that shells interpret; choose a plain absolute path");
            }
        }
        return Optional.empty();
    }

    /** Returns the major version that made the data directory. @throws IOException if it is not a data directory */
    static String versionOf(Path dataDirectory) throws IOException {
        return Files.readString(dataDirectory.resolve("PG_VERSION")).strip();
    }

    /** Returns a directory with the programs of the version; those of the common packages are known. */
    static Optional<Path> findPrograms(String version) {
        List<Path> candidates = new ArrayList<>();
        candidates.add(Path.of("/usr/lib/postgresql", version, "bin"));
        candidates.add(Path.of("/usr/pgsql-" + version, "bin"));
        candidates.add(Path.of("/usr/local/pgsql/bin"));
        String path = System.getenv("PATH");
        if (path != null) {
            Stream.of(path.split(":", -1))
                    .filter(part -> part.startsWith("/"))
                    .map(Path::of)
                    .forEach(candidates::add);
        }
        return candidates.stream()
                .filter(directory -> Files.isExecutable(directory.resolve("pg_ctl"))
                        && Files.isExecutable(directory.resolve("postgres")))
                .findFirst();
    }

    /** Returns why the programs cannot serve a data directory of the version, empty if they can (PG-040). */
    static Optional<String> unusablePrograms(ActionContext context, Path directory, String version) {
        for (String program : List.of("postgres", "pg_ctl")) {
            if (!Files.isExecutable(directory.resolve(program))) {
                return Optional.of(BIN_DIRECTORY + "=" + directory + ": there is no executable " + program
                        + " there; name the directory with the programs of PostgreSQL " + version);
            }
        }
        CommandResult result = context.host()
                .run(Command.of(directory.resolve("postgres").toString(), "--version")
                        .build());
        if (!result.succeeded()) {
            return Optional.of(BIN_DIRECTORY + "=" + directory + ": postgres --version fails: " + result.summary());
        }
        String[] words = result.output().strip().split("\\s+");
        String found = words.length > 2 ? words[2] : result.output().strip();
        String major =
                found.matches("9\\.\\d+.*") ? found.replaceAll("^(9\\.\\d+).*", "$1") : found.replaceAll("\\D.*", "");
        return major.equals(version)
                ? Optional.empty()
                : Optional.of(BIN_DIRECTORY + "=" + directory + ": these programs are version " + found
                        + " but the data directory was made by version " + version + "; name those of version "
                        + version);
    }
}
