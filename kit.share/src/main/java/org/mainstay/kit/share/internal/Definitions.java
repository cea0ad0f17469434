package org.mainstay.kit.share.internal;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.ResourceInfo;

/**
 * The definitions of a resource's shares: a file on the protected volume, so that they travel with the data, and a copy on the
 * server, which tells what belongs to the resource while the volume is elsewhere.
 *
 * <p>Clients can write to the volume, and Samba obeys definitions with all rights: the file counts only where nobody but the
 * service can have written it.
 */
final class Definitions {
    private static final String FOLDER = ".mainstay";
    private static final Set<PosixFilePermission> FOREIGN =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private final ActionContext context;
    private final Path copy;
    private final Optional<Path> travelling;

    /** @param home the installation */
    Definitions(ActionContext context, Path home) {
        this.context = context;
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

    /** Returns whether clients who can reach the path could also reach the definitions of the volume. */
    static boolean exposed(Path path, Path mount) {
        return List.of(path.normalize(), real(path)).stream()
                .anyMatch(one -> one.equals(mount) || one.equals(real(mount)) || one.startsWith(mount.resolve(FOLDER)));
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            // not there (yet): as it is written
            return path.normalize();
        }
    }

    /** Returns whether it is there, no link, the service's own and not writable by anybody else. */
    private static boolean own(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        PosixFileAttributes its = Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return (its.isDirectory() || its.isRegularFile())
                && its.permissions().stream().noneMatch(FOREIGN::contains)
                && Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)
                        .equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    private boolean trusted(Path file) throws IOException {
        if (file.equals(copy)) {
            return true;
        }
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        boolean trusted = own(file.getParent()) && own(file);
        if (!trusted) {
            context.progress(
                    "warning: " + file + " is not used, as others than this service could have written it: look at"
                            + " who did, then delete " + file.getParent());
        }
        return trusted;
    }

    /** Returns the definitions as they were written last, of the volume before the copy. */
    Optional<List<Share>> read() throws IOException {
        for (Path file : files()) {
            if (trusted(file) && Files.isRegularFile(file)) {
                return Optional.of(Share.parse(Files.readString(file)));
            }
        }
        return Optional.empty();
    }

    /**
     * Returns the shares of the resource: as written last, before the first restore as Samba has the named ones, then without
     * their permissions.
     */
    List<Share> shares(Samba samba) throws IOException {
        Optional<List<Share>> written = read();
        return written.isPresent() ? written.get() : namedIn(samba.shares());
    }

    /** As {@link #shares}; where the volume cannot be read the copy here, or else what Samba has, tells what is to be closed. */
    List<Share> sharesToClose(Samba samba) throws IOException {
        try {
            return shares(samba);
        } catch (IOException e) {
            context.progress("warning: what belongs to " + context.resource().tag() + " cannot be read: " + e
                    + "; what this server knows of it is closed");
        }
        List<Share> known = new ArrayList<>(namedIn(samba.shares()));
        try {
            if (Files.isRegularFile(copy)) {
                Share.parse(Files.readString(copy)).stream()
                        .filter(one -> Share.find(known, one.name()).isEmpty())
                        .forEach(known::add);
            }
        } catch (IOException e) {
            context.progress("warning: nor can the copy on this server be read: " + e);
        }
        return known;
    }

    private List<Share> namedIn(List<Share> all) {
        List<Share> found = new ArrayList<>();
        for (String name : SambaShareKit.named(context.resource())) {
            Share.find(all, name).ifPresent(found::add);
        }
        return found;
    }

    /**
     * Writes what the shares are now; what cannot be read stays as it was written. Nothing of it is ever a reason not to close.
     *
     * @param now what Samba has
     */
    void keep(Samba samba, List<Share> now) {
        List<Share> kept = new ArrayList<>();
        try {
            boolean known = read().isPresent();
            for (Share share : shares(samba)) {
                Optional<Share> serving = Share.find(now, share.name()).filter(Share::available);
                try {
                    boolean asServing = serving.isPresent() || !known;
                    kept.add(asServing ? samba.withPermissions(serving.orElse(share)) : share);
                } catch (IOException e) {
                    context.progress("warning: " + e.getMessage()
                            + (known ? "; those of the last restore stay" : "; nothing is written to the volume"));
                    if (!known) {
                        return;
                    }
                    kept.add(serving.orElse(share).withPermissions(share.permissions()));
                }
            }
        } catch (IOException e) {
            context.progress("warning: what the shares are now does not travel with the volume: " + e);
            return;
        }
        if (!kept.isEmpty()) {
            keepUp(kept);
        }
    }

    /** Writes the shares where anything else is written. @throws IOException if the volume or the copy cannot be written to */
    void write(List<Share> shares) throws IOException {
        for (Path file : files()) {
            write(file, shares);
        }
    }

    /** As {@link #write}, but what cannot be written is told and is no reason for anything else. */
    void keepUp(List<Share> shares) {
        for (Path file : files()) {
            try {
                write(file, shares);
            } catch (IOException e) {
                context.progress("warning: the shares as they are now are not written to " + file + ": " + e
                        + "; as they were written before counts there, so run reconcile once it can be written to");
            }
        }
    }

    private void write(Path file, List<Share> shares) throws IOException {
        Path parent = file.getParent();
        if (file.equals(copy)) {
            Files.createDirectories(parent);
        } else if (!Files.isDirectory(parent.getParent())) {
            return;
        } else if (!Files.exists(parent, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(
                    parent, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else if (!own(parent)) {
            context.progress(
                    "warning: the shares are not written to the volume, as others than this service can write to "
                            + parent + ": look at who did, then delete it");
            return;
        }
        String text = Share.format(shares);
        if (own(file) && Files.isRegularFile(file) && Files.readString(file).equals(text)) {
            return;
        }
        Path next = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(next);
        try {
            Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(next, text);
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(next);
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
        if (travelling.isEmpty() || !own(travelling.get().getParent())) {
            return List.of();
        }
        List<Share> shares = new ArrayList<>();
        try (Stream<Path> files = Files.list(travelling.get().getParent())) {
            for (Path file : files.filter(file -> file.getFileName().toString().matches("shares-.*\\.conf"))
                    .filter(file -> !file.equals(travelling.get()))
                    .toList()) {
                if (!trusted(file)) {
                    continue;
                }
                shares.addAll(Share.parse(Files.readString(file)));
            }
        }
        return shares;
    }

    /** Forgets the resource; the shares themselves stay (ADM-144). */
    void delete(boolean everywhere) throws IOException {
        Files.deleteIfExists(copy);
        if (everywhere && travelling.isPresent() && own(travelling.get().getParent())) {
            Files.deleteIfExists(travelling.get());
        }
    }
}
