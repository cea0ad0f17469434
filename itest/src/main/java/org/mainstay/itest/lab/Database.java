package org.mainstay.itest.lab;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A disk image that all servers of a laboratory reach, with a PostgreSQL data directory made on it. */
public final class Database {
    /** Mount point on the servers. */
    public static final String MOUNT = "/srv/pg";
    /** Data directory on the servers. */
    public static final String DATA = MOUNT + "/main";

    public static final int PORT = 5432;
    private static final long IMAGE_BYTES = 768L << 20;

    private static final String ADMINISTRATOR = "postgres";

    private final Path image;
    private final Postgres postgres;

    private Database(Path image, Postgres postgres) {
        this.image = image;
        this.postgres = postgres;
    }

    /** Returns the image's path, the same on every server. */
    public Path image() {
        return image;
    }

    /**
     * Makes the image and the data directory, on one server, and takes it off again.
     *
     * @param settings further lines of postgresql.conf
     */
    public static Database create(Lab lab, Machine on, List<String> settings) {
        return create(lab, on, lab.directory().resolve("shared.img"), settings);
    }

    /**
     * Makes images of the servers' own, the data directory on the first server's, which is the only one with a file system.
     *
     * @param settings further lines of postgresql.conf
     */
    public static Database createPrivate(Lab lab, List<String> settings) {
        List<Server> servers = lab.servers();
        for (Server server : servers.subList(1, servers.size())) {
            try (var file =
                    new java.io.RandomAccessFile(privateImage(lab, server).toFile(), "rw")) {
                file.setLength(IMAGE_BYTES);
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
        return create(lab, servers.get(0).machine(), privateImage(lab, servers.get(0)), settings);
    }

    /** Returns the image that only this server uses. */
    public static Path privateImage(Lab lab, Server server) {
        return lab.directory().resolve("private-" + server.name() + ".img");
    }

    private static Database create(Lab lab, Machine on, Path image, List<String> settings) {
        Lab.makeDisk(image, IMAGE_BYTES);
        Postgres postgres = Postgres.find();
        lab.servers().forEach(server -> postgres.install(lab, server.machine()));
        on.run("mount", "-o", "loop", image.toString(), MOUNT).orThrow();
        try {
            on.run("mkdir", DATA, MOUNT + "/run").orThrow();
            on.run("chown", postgres.owner() + ":", DATA, MOUNT + "/run").orThrow();
            on.run("chmod", "700", DATA).orThrow();
            on.run(
                            "runuser",
                            "-u",
                            postgres.owner(),
                            "--",
                            postgres.programs().resolve("initdb").toString(),
                            "-D",
                            DATA,
                            "-U",
                            ADMINISTRATOR,
                            "-k",
                            "-A",
                            "trust",
                            "--no-locale",
                            "-E",
                            "UTF8")
                    .orThrow();
            append(
                    on,
                    "postgresql.conf",
                    List.of(
                            "listen_addresses = '*'",
                            "unix_socket_directories = '" + MOUNT + "/run'",
                            "log_min_messages = warning",
                            "shared_buffers = 32MB",
                            "max_connections = 60"));
            append(on, "postgresql.conf", settings);
            append(on, "pg_hba.conf", List.of("host all all 10.77.0.0/16 trust"));
        } finally {
            on.run("umount", MOUNT).orThrow();
        }
        return new Database(image, postgres);
    }

    private static void append(Machine on, String file, List<String> lines) {
        for (String line : lines) {
            on.run("sh", "-c", "printf '%s\\n' \"$1\" >> \"$2\"", "sh", line, DATA + "/" + file)
                    .orThrow();
        }
    }

    /** Returns the folder with PostgreSQL's server programs. */
    public static Path programs() {
        return Postgres.find().programs();
    }

    /** Returns the answers that creating a resource for it needs besides its place: none with the usual packages. */
    List<String> answers() {
        List<String> answers = new ArrayList<>();
        if (postgres.artifact().isPresent()) {
            answers.addAll(List.of("--set", "bindir=" + postgres.programs()));
        }
        if (!postgres.owner().equals(ADMINISTRATOR)) {
            answers.addAll(List.of("--set", "user=" + ADMINISTRATOR));
        }
        return answers;
    }
}
