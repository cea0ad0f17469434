package org.mainstay.kit.share.internal;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.ResourceInfo;

/**
 * The definitions of a resource's shares: a file on the protected volume, so that they travel with the data, and a copy on the
 * server, which tells what belongs to the resource while the volume is elsewhere.
 */
final class Definitions {
    private static final String FOLDER = ".mainstay";

    private final Path copy;
    private final Optional<Path> travelling;

    /** @param home the installation */
    Definitions(ActionContext context, Path home) {
        String name = URLEncoder.encode(context.resource().id(), StandardCharsets.UTF_8) + ".conf";
        this.copy = home.resolve("data/kit.share").resolve(name).toAbsolutePath();
        this.travelling = mounts(context.children()).stream()
                .findFirst()
                .map(mount -> mount.resolve(FOLDER).resolve("shares-" + name));
    }

    /** Returns the mount points of the volumes among the resources. */
    static List<Path> mounts(List<ResourceInfo> resources) {
        return resources.stream()
                .filter(one -> one.type().equals("volume") || one.type().equals("ocf"))
                .map(one -> one.property("mount", one.property("directory", "")))
                .filter(path -> path.startsWith("/"))
                .map(path -> Path.of(path).normalize())
                .toList();
    }

    /** Returns the definitions as they were written last, of the volume before the copy. */
    Optional<List<Share>> read() throws IOException {
        for (Path file : files()) {
            if (Files.isRegularFile(file)) {
                return Optional.of(Share.parse(Files.readString(file)));
            }
        }
        return Optional.empty();
    }

    void write(List<Share> shares) throws IOException {
        for (Path file : files()) {
            Path mount = file.equals(copy) ? null : file.getParent().getParent();
            if (mount != null && !Files.isDirectory(mount)) {
                continue;
            }
            Files.createDirectories(file.getParent());
            Path next = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(next, Share.format(shares));
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private List<Path> files() {
        List<Path> files = new ArrayList<>();
        travelling.ifPresent(files::add);
        files.add(copy);
        return files;
    }

    /** Returns the names of shares other resources hold on the same volume. */
    List<Share> ofOthers() throws IOException {
        if (travelling.isEmpty() || !Files.isDirectory(travelling.get().getParent())) {
            return List.of();
        }
        List<Share> shares = new ArrayList<>();
        try (Stream<Path> files = Files.list(travelling.get().getParent())) {
            for (Path file : files.filter(file -> file.getFileName().toString().matches("shares-.*\\.conf"))
                    .filter(file -> !file.equals(travelling.get()))
                    .toList()) {
                shares.addAll(Share.parse(Files.readString(file)));
            }
        }
        return shares;
    }

    /** Forgets the resource; the shares themselves stay (ADM-144). */
    void delete(boolean everywhere) throws IOException {
        Files.deleteIfExists(copy);
        if (everywhere && travelling.isPresent()) {
            Files.deleteIfExists(travelling.get());
        }
    }
}
