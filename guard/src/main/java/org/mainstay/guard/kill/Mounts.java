package org.mainstay.guard.kill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.guard.supervise.ProcessThreads;

/** What is mounted in this mount namespace, what loop devices there are, and who uses a mount. */
final class Mounts {

    /** A mounted file system. @param device major and minor number, such as {@code 7:0} */
    record Mount(String source, Path target, String fileSystem, String device) {}

    private Mounts() {}

    /** Returns what is mounted at the target, the topmost first; the kernel lists targets without symbolic links. */
    static List<Mount> at(Path target) throws IOException {
        Path real = real(target);
        return all().stream()
                .filter(mount -> mount.target().equals(target) || mount.target().equals(real))
                .toList();
    }

    /** Returns every mount of a file system, whatever part of it and wherever, the newest first. */
    static List<Mount> of(String device) throws IOException {
        return all().stream().filter(mount -> mount.device().equals(device)).toList();
    }

    /** Resolves the symbolic links of as much of the path as there is. */
    static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            Path parent = path.getParent();
            return parent == null ? path : real(parent).resolve(path.getFileName());
        }
    }

    /** Returns all mounts, the newest first. */
    static List<Mount> all() throws IOException {
        List<Mount> found = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.ISO_8859_1)) {
            String[] fields = line.split(" ");
            int separator = List.of(fields).indexOf("-");
            if (separator < 0 || fields.length < separator + 3) {
                continue;
            }
            Path where = Path.of(unescape(fields[4]));
            found.add(new Mount(unescape(fields[separator + 2]), where, fields[separator + 1], fields[2]));
        }
        Collections.reverse(found);
        return found;
    }

    /** Decodes the octal escapes of mountinfo; the bytes are UTF-8. */
    static String unescape(String text) {
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\\' && i + 3 < text.length()) {
                bytes.write(Integer.parseInt(text.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                bytes.write(text.charAt(i));
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** Returns the file behind a loop device; empty if it is not attached. */
    static Optional<String> backingFile(String device) {
        Path name = Path.of(device).getFileName();
        if (name == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Files.readString(Path.of("/sys/block", name.toString(), "loop/backing_file"))
                    .stripTrailing());
        } catch (IOException e) {
            // The attribute exists only while a file is attached.
            return Optional.empty();
        }
    }

    /** Returns the processes that keep the mount busy, by pid, with their names. */
    static Map<Long, String> users(Mount mount) throws IOException {
        Map<Long, String> users = new LinkedHashMap<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (uses(process, mount)) {
                    users.put(Long.valueOf(process.getFileName().toString()), name(process));
                }
            }
        }
        return users;
    }

    private static boolean uses(Path process, Mount mount) {
        try {
            return ProcessThreads.living(process).stream().anyMatch(shown -> shows(shown, mount));
        } catch (IOException | IndexOutOfBoundsException e) {
            // ended meanwhile
            return false;
        }
    }

    private static boolean shows(Path process, Mount mount) {
        for (String link : List.of("cwd", "root", "exe")) {
            if (below(process.resolve(link), mount)) {
                return true;
            }
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path file : files) {
                if (below(file, mount)) {
                    return true;
                }
            }
        } catch (IOException e) {
            // ended meanwhile
            return false;
        }
        return maps(process, mount);
    }

    /** Follows no link: a file below a mount that hangs is never touched. */
    private static boolean below(Path link, Mount mount) {
        try {
            return below(Files.readSymbolicLink(link).toString(), mount);
        } catch (IOException | java.nio.file.InvalidPathException e) {
            return false;
        }
    }

    private static boolean below(String path, Mount mount) {
        String target = mount.target().toString();
        return path.equals(target) || path.startsWith(target + "/");
    }

    private static boolean maps(Path process, Mount mount) {
        try {
            for (String line : Files.readAllLines(process.resolve("maps"), StandardCharsets.ISO_8859_1)) {
                int path = line.indexOf('/');
                if (path >= 0 && below(line.substring(path), mount)) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false;
        }
        return false;
    }

    private static String name(Path process) {
        try {
            return Files.readString(process.resolve("comm")).strip();
        } catch (IOException e) {
            return "ended";
        }
    }
}
