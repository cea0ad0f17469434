package org.mainstay.itest.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A disk image that all servers of a laboratory reach, with a PostgreSQL data directory made on it. */
public final class Database {
    /** Mount point on the servers. */
    public static final String MOUNT = "/srv/pg";
    /** Data directory on the servers. */
    public static final String DATA = MOUNT + "/main";

    public static final int PORT = 5432;
    private static final long IMAGE_BYTES = 768L << 20;

    private final Path image;

    private Database(Path image) {
        this.image = image;
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
        return create(on, lab.directory().resolve("shared.img"), settings);
    }

    /**
     * Makes images of the servers' own, the data directory on the first server's, which is the only one with a file system.
     *
     * @param settings further lines of postgresql.conf
     */
    public static Database createPrivate(Lab lab, List<String> settings) {
        List<Server> servers = lab.servers();
        for (Server server : servers.subList(1, servers.size())) {
            try (var file = new java.io.RandomAccessFile(privateImage(lab, server).toFile(), "rw")) {
                file.setLength(IMAGE_BYTES);
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
        return create(servers.get(0).machine(), privateImage(lab, servers.get(0)), settings);
    }

    /** Returns the image that only this server uses. */
    public static Path privateImage(Lab lab, Server server) {
        return lab.directory().resolve("private-" + server.name() + ".img");
    }

    private static Database create(Machine on, Path image, List<String> settings) {
        Lab.makeDisk(image, IMAGE_BYTES);
        Path programs = programs();
        on.run("mount", "-o", "loop", image.toString(), MOUNT).orThrow();
        try {
            on.run("mkdir", DATA, MOUNT + "/run").orThrow();
            on.run("chown", "postgres:", DATA, MOUNT + "/run").orThrow();
            on.run("chmod", "700", DATA).orThrow();
            on.run(
                            "runuser",
                            "-u",
                            "postgres",
                            "--",
                            programs.resolve("initdb").toString(),
                            "-D",
                            DATA,
                            "-k",
                            "-A",
                            "trust",
                            "--locale=C.UTF-8",
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
        return new Database(image);
    }

    private static void append(Machine on, String file, List<String> lines) {
        for (String line : lines) {
            on.run("sh", "-c", "printf '%s\\n' \"$1\" >> \"$2\"", "sh", line, DATA + "/" + file)
                    .orThrow();
        }
    }

    /** Returns the folder with PostgreSQL's server programs, the newest if there are several. */
    public static Path programs() {
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(folder -> Files.isExecutable(folder.resolve("initdb")))
                    .max(java.util.Comparator.comparing(folder ->
                            Integer.parseInt(folder.getParent().getFileName().toString())))
                    .orElseThrow(() -> new LabException("no PostgreSQL programs below /usr/lib/postgresql"));
        } catch (java.io.IOException e) {
            throw new LabException("no PostgreSQL programs below /usr/lib/postgresql: " + e.getMessage());
        }
    }
}
