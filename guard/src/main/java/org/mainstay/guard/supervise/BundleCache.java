package org.mainstay.guard.supervise;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/**
 * Karaf's bundle cache, {@code data/cache}. Karaf never flushes it: after a power cut the names of its files may be there without
 * what was in them, and a Karaf that finds some of its bundles empty starts without them, for ever and without a word.
 * All of it but features installed at run time comes from {@code system/} again.
 */
final class BundleCache {
    /** Empty in a cache that is whole. */
    private static final String LOCK = "cache.lock";
    /** What Karaf itself keeps in a bundle's own data; other bundles may have empty files there. */
    private static final String FEATURES = "state.json";

    private final Path folder;

    /** @param home installation folder */
    BundleCache(Path home) {
        folder = home.resolve("data/cache");
    }

    /** Returns the first file that is not whole; empty if all are, or there is no cache yet. */
    Optional<String> damage() throws IOException {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        List<Path> files;
        try (Stream<Path> tree = Files.walk(folder)) {
            files = tree.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            String name = file.getFileName().toString();
            if (Files.size(file) == 0 && !name.equals(LOCK) && (name.equals(FEATURES) || !inDataOfABundle(file))) {
                return Optional.of(folder.relativize(file) + " is empty");
            }
            if (name.endsWith(".jar") && !inDataOfABundle(file) && !isWhole(file)) {
                return Optional.of(folder.relativize(file) + " is torn");
            }
        }
        return Optional.empty();
    }

    /** Returns whether a file is in {@code bundleN/data/}, where a bundle keeps what it likes. */
    private boolean inDataOfABundle(Path file) {
        Path relative = folder.relativize(file);
        return relative.getNameCount() > 2 && relative.getName(1).toString().equals("data");
    }

    private static boolean isWhole(Path jar) {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return zip.size() > 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Deletes it: Karaf makes it anew. */
    void discard() throws IOException {
        List<Path> paths;
        try (Stream<Path> tree = Files.walk(folder)) {
            paths = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : paths) {
            Files.delete(path);
        }
    }
}
