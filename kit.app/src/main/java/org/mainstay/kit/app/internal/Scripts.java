package org.mainstay.kit.app.internal;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.ResourceInfo;

/**
 * The script files of a resource on this server: which file an action runs, whether it can be used, copies made by an update
 * (OPS-090, OPS-091), and the note where what they started went.
 */
final class Scripts {
    private static final Pattern INTERPRETER = Pattern.compile("^#!\\s*(/\\S+)(?:\\s+(\\S+))?.*");
    private static final List<String> SHELLS = List.of("sh", "bash", "dash", "ksh", "ksh93", "mksh");
    private static final Duration SYNTAX_CHECK = Duration.ofSeconds(10);
    private static final long HEAD = 256;
    private static final String INSIDE = "inside";

    private final Path folder;
    private final ResourceInfo resource;

    /** @param home the installation */
    Scripts(Path home, ResourceInfo resource) {
        this.folder = home.resolve("data/kit.app")
                .resolve(URLEncoder.encode(resource.id(), StandardCharsets.UTF_8))
                .toAbsolutePath();
        this.resource = resource;
    }

    /**
     * Returns what the action runs: the copy of the last update, as long as the property is the one it replaced, else the
     * file the property names.
     */
    String file(String action) {
        String named = resource.property(action, "");
        return copyOf(action).map(Path::toString).orElse(named);
    }

    private Optional<Path> copyOf(String action) {
        Path copy = folder.resolve(action);
        Path replaces = folder.resolve(action + ".replaces");
        try {
            boolean current = Files.isExecutable(copy)
                    && Files.exists(replaces)
                    && Files.readString(replaces).equals(resource.property(action, ""));
            return current ? Optional.of(copy) : Optional.empty();
        } catch (IOException e) {
            // a copy whose origin cannot be told is not used
            return Optional.empty();
        }
    }

    /** Returns why the file cannot serve as a script on this server; empty if it can. */
    static Optional<String> unusable(String name, String path, String where, Host host) {
        String what = name + "=" + path + ": ";
        Path script = Path.of(path);
        if (!script.isAbsolute()) {
            return Optional.of(what + "give the absolute path of an executable file");
        }
        if (!Files.isRegularFile(script)) {
            return Optional.of(what + "there is no such file " + where + "; copy the script there or name another");
        }
        if (!Files.isExecutable(script)) {
            return Optional.of(what + "the file is not executable " + where + "; run chmod +x on it");
        }
        try {
            if (Files.getPosixFilePermissions(script).contains(PosixFilePermission.OTHERS_WRITE)) {
                return Optional.of(what + "everybody can change the file, which runs with all rights " + where
                        + "; run chmod o-w on it");
            }
            return broken(script, host).map(why -> what + why + " " + where);
        } catch (IOException e) {
            return Optional.of(what + "it cannot be read " + where + ": " + e.getMessage());
        }
    }

    /** Looks at the first line and, for shells, at the syntax; programs that are no scripts pass. */
    private static Optional<String> broken(Path script, Host host) throws IOException {
        if (Files.size(script) == 0) {
            return Optional.of("the file is empty");
        }
        String head;
        try (var stream = Files.newInputStream(script)) {
            head = new String(stream.readNBytes((int) HEAD), StandardCharsets.ISO_8859_1);
        }
        if (!head.startsWith("#!")) {
            return head.startsWith("\177ELF")
                    ? Optional.empty()
                    : Optional.of("the file is no program and has no first line such as #!/bin/sh");
        }
        String first = head.split("\n", 2)[0];
        if (first.endsWith("\r")) {
            return Optional.of("its lines end as on Windows; convert it with dos2unix");
        }
        Matcher line = INTERPRETER.matcher(first);
        if (!line.matches() || !Files.isExecutable(Path.of(line.group(1)))) {
            return Optional.of("its interpreter '" + first.substring(2).strip() + "' is not there");
        }
        String shell = Path.of(line.group(1)).getFileName().toString();
        if (!SHELLS.contains(shell)) {
            return Optional.empty();
        }
        CommandResult checked = host.run(Command.of(line.group(1), "-n", script.toString())
                .timeLimit(SYNTAX_CHECK)
                .build());
        return checked.exitCode() > 0 ? Optional.of("it has a syntax error: " + checked.summary()) : Optional.empty();
    }

    /** Copies the file for the action; later changes of the original have no effect (OPS-091). */
    Outcome update(String action, String path, Host host) throws IOException {
        Optional<String> unusable = unusable(action, path, "on " + resource.server(), host);
        if (unusable.isPresent()) {
            return Outcome.failed(unusable.get());
        }
        String before = file(action);
        String old = before.isEmpty() ? "none" : statistics(Path.of(before));
        Files.createDirectories(folder);
        Path next = folder.resolve(action + ".new");
        Files.copy(Path.of(path), next, StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rwx------"));
        Files.writeString(folder.resolve(action + ".replaces"), resource.property(action, ""));
        Path copy = folder.resolve(action);
        Files.move(next, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        return Outcome.success(action + " on " + resource.server() + " is now a copy of " + path + " ("
                + statistics(copy) + "), was " + old);
    }

    private static String statistics(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return file + ", missing";
        }
        return Files.size(file) + " bytes, SHA-256 "
                + digest(Files.readAllBytes(file)).substring(0, 12);
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Returns whether a start was begun here since the last remove and nothing of it was seen in the control group. */
    boolean startedOutside() throws IOException {
        return Files.exists(started()) && !Files.readString(started()).equals(INSIDE);
    }

    /** Writes down that a start is begun; where an earlier one put processes into the control group, this one will. */
    void noteStart() throws IOException {
        if (!Files.exists(started())) {
            Files.createDirectories(folder);
            Files.writeString(started(), "begun");
        }
    }

    /** Writes down whether a start that succeeded put processes into the control group. */
    void noteStarted(boolean inside) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(started(), inside ? INSIDE : "outside");
    }

    /** Forgets the start: a remove succeeded. */
    void noteStop() throws IOException {
        Files.deleteIfExists(started());
    }

    private Path started() {
        return folder.resolve("started");
    }

    /** Removes all copies and notes. */
    void delete() throws IOException {
        if (Files.isDirectory(folder)) {
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }
}
