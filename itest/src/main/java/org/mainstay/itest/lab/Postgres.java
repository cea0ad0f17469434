package org.mainstay.itest.lab;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.tukaani.xz.XZInputStream;

/**
 * Where the servers of a laboratory have PostgreSQL from: the packages of the machine, or a Maven artifact that is unpacked on
 * each server, as on a machine that cannot install packages. The environment says so: {@code MAINSTAY_POSTGRES_JAR} is the
 * artifact, {@code MAINSTAY_POSTGRES_USER} the user whom the database belongs to.
 *
 * @param artifact jar that holds a {@code .txz} of the programs; empty: packages
 * @param owner an ordinary user of the machine
 */
public record Postgres(Optional<Path> artifact, String owner) {
    private static final Path PACKAGES = Path.of("/usr/lib/postgresql");
    private static final String UNPACKED = Machine.HOME_PARENT + "/pgsql";
    /** Users that are ordinary and found on every Linux, after the one that packages create. */
    private static final List<String> OWNERS = List.of("postgres", "nobody");

    /** Returns what the environment asks for. @throws LabException if it cannot be had */
    public static Postgres find() {
        Optional<Path> artifact = setting("MAINSTAY_POSTGRES_JAR").map(Path::of).map(Path::toAbsolutePath);
        artifact.filter(jar -> !Files.isRegularFile(jar)).ifPresent(jar -> {
            throw new LabException("MAINSTAY_POSTGRES_JAR=" + jar + ": there is no such file");
        });
        List<String> known = users();
        String owner = setting("MAINSTAY_POSTGRES_USER")
                .or(() -> OWNERS.stream().filter(known::contains).findFirst())
                .orElseThrow(() -> new LabException(
                        "none of the users " + OWNERS + " exists; name an ordinary one: MAINSTAY_POSTGRES_USER="));
        if (!known.contains(owner) || owner.equals("root")) {
            throw new LabException("MAINSTAY_POSTGRES_USER=" + owner + " is not an ordinary user of this machine");
        }
        return new Postgres(artifact, owner);
    }

    private static Optional<String> setting(String name) {
        return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isBlank());
    }

    private static List<String> users() {
        try {
            return Files.readAllLines(Path.of("/etc/passwd")).stream()
                    .map(line -> line.split(":", 2)[0])
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the folder with the programs, as the servers see it. */
    public Path programs() {
        return artifact.isPresent() ? Path.of(UNPACKED, "bin") : packaged();
    }

    /** The newest if there are several. */
    private static Path packaged() {
        try (Stream<Path> versions = Files.list(PACKAGES)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(folder -> Files.isExecutable(folder.resolve("initdb")))
                    .max(Comparator.comparing(folder ->
                            Integer.parseInt(folder.getParent().getFileName().toString())))
                    .orElseThrow(() -> new LabException("no PostgreSQL programs below " + PACKAGES));
        } catch (IOException e) {
            throw new LabException("no PostgreSQL programs below " + PACKAGES + ": " + e.getMessage());
        }
    }

    /** Makes the programs ready on a server; packages are hidden there if it is to do without them. */
    void install(Lab lab, Machine on) {
        if (artifact.isEmpty()) {
            return;
        }
        // Once: a server keeps its disk, and its mounts until its power is cut.
        on.run("sh", "-c", "[ ! -d " + PACKAGES + " ] || mount -t tmpfs tmpfs " + PACKAGES)
                .orThrow();
        Path archive = lab.directory().resolve("postgres.tar");
        if (!Files.exists(archive)) {
            unpack(artifact.get(), archive);
        }
        on.run("mkdir", "-p", UNPACKED).orThrow();
        on.run("tar", "-xf", archive.toString(), "-C", UNPACKED, "--no-same-owner")
                .orThrow();
        on.run("chmod", "-R", "a+rX", UNPACKED).orThrow();
        on.run("sync", "-f", UNPACKED).orThrow();
    }

    static void unpack(Path jar, Path archive) {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry entry = zip.stream()
                    .filter(one -> one.getName().endsWith(".txz"))
                    .map(ZipEntry.class::cast)
                    .findFirst()
                    .orElseThrow(() -> new LabException(jar + " holds no .txz with PostgreSQL"));
            try (InputStream content = new XZInputStream(new BufferedInputStream(zip.getInputStream(entry)))) {
                Files.copy(content, archive);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL cannot be unpacked from " + jar, e);
        }
    }
}
