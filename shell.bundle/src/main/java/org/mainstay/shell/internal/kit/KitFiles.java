package org.mainstay.shell.internal.kit;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;

/**
 * The folder {@code kits/}: jars of kits that came by command, each with a feature repository that names it, so that Karaf knows them as
 * features like those of the distribution and keeps them across restarts.
 */
final class KitFiles {
    private static final String REPOSITORY = """
        <?xml version="1.0" encoding="UTF-8"?>
        <features name="%1$s-%2$s" xmlns="http://karaf.apache.org/xmlns/features/v1.6.0">
          <feature name="%1$s" version="%2$s" description="Recovery kit">
            <bundle start-level="45">%3$s</bundle>
          </feature>
        </features>
        """;

    private final Path folder;

    /** @param folder need not exist */
    KitFiles(Path folder) {
        this.folder = folder.toAbsolutePath();
    }

    private Path jar(KitJar kit) {
        return folder.resolve(kit.bundle() + "-" + kit.version() + ".jar");
    }

    private Path repository(KitJar kit) {
        return folder.resolve(kit.bundle() + "-" + kit.version() + ".xml");
    }

    /** Returns the repository of a kit. */
    URI uri(KitJar kit) {
        return repository(kit).toUri();
    }

    /**
     * Keeps a jar.
     *
     * @param feature name of its feature
     * @throws CommandException exit code 4 if another jar of this version is there
     */
    void keep(KitJar kit, String feature, byte[] content) throws CommandException {
        try {
            Files.createDirectories(folder);
            if (Files.exists(jar(kit)) && !Arrays.equals(Files.readAllBytes(jar(kit)), content)) {
                throw new CommandException(
                        ExitCode.EXISTS,
                        "another jar of " + kit.bundle() + " " + kit.version() + " was installed here before; give the "
                                + "changed kit a new version");
            }
            write(jar(kit), content);
            String text = REPOSITORY.formatted(feature, kit.version(), jar(kit).toUri());
            write(repository(kit), text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR, "the kit could not be stored in " + folder + ": " + e.getMessage());
        }
    }

    /** Drops a kit's files, if there are any. */
    void drop(KitJar kit) throws CommandException {
        try {
            Files.deleteIfExists(repository(kit));
            Files.deleteIfExists(jar(kit));
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR, "the kit's files stay in " + folder + ": " + e.getMessage());
        }
    }

    private static void write(Path file, byte[] content) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.write(part, content);
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
