package org.mainstay.guard;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.mainstay.guard.heartbeat.PathConfig;
import org.mainstay.guard.kill.InService;
import org.mainstay.guard.supervise.ProcessIdentity;
import org.mainstay.guard.util.StateFile;
import org.mainstay.guard.util.TwinFile;
import org.mainstay.guard.util.Words;

/** What the guard keeps in {@code data/guard/}, and what it reads of {@code etc/}. */
final class GuardFiles {
    private final Path home;
    private final Consumer<String> trouble;
    private final String bootId;
    private final TwinFile paths;
    private final TwinFile inService;
    private final TwinFile identity;
    private final TwinFile boot;
    private boolean rebooted;

    /**
     * @param home installation folder, absolute
     * @param bootId the kernel's id of this boot
     * @param trouble takes what is damaged
     */
    GuardFiles(Path home, String bootId, Consumer<String> trouble) {
        this.home = home;
        this.bootId = bootId;
        this.trouble = trouble;
        this.paths = new TwinFile(state("paths"));
        this.inService = new TwinFile(state("inservice"));
        this.identity = new TwinFile(state("identity"));
        this.boot = new TwinFile(state("boot"));
    }

    /** Makes the folders, readable by the owner alone; a group that Karaf let through to its socket keeps its way. */
    void prepare() throws IOException {
        Files.createDirectories(home.resolve("data/log"));
        for (String folder : List.of("data/guard", "data/run")) {
            Files.createDirectories(home.resolve(folder));
            if (!PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(folder)))
                    .equals("rwx--x---")) {
                Files.setPosixFilePermissions(home.resolve(folder), PosixFilePermissions.fromString("rwx------"));
            }
        }
        try {
            new StateFile(state("command")).write(ownCommand());
        } catch (IOException e) {
            trouble.accept("how the guard is started cannot be recorded, what is recorded stays: " + e);
        }
        String recorded = recordedBoot();
        rebooted = !recorded.isEmpty() && !recorded.equals(bootId);
        if (rebooted) {
            forgetInService();
        }
        if (!recorded.equals(bootId)) {
            markBoot();
        }
    }

    /** Before this boot is recorded: a later guard of it must not take for its own what ran before. */
    private void forgetInService() throws IOException {
        try {
            inService.write(List.of());
        } catch (IOException e) {
            trouble.accept("what was in service before the reboot is removed, as it cannot be replaced: " + e);
            inService.delete();
        }
    }

    /** A full disk keeps no guard from starting; but no mark of an earlier boot may stay then. */
    private void markBoot() throws IOException {
        try {
            boot.write(List.of(bootId));
        } catch (IOException e) {
            trouble.accept("this boot cannot be recorded: " + e);
            boot.delete();
        }
    }

    /** Says which process this guard is. */
    void recordProcess() {
        Path file = home.resolve("data/run/guard.pid");
        try {
            ProcessIdentity.of(ProcessHandle.current().pid())
                    .orElseThrow(() -> new IOException("/proc is not there"))
                    .write(file);
        } catch (IOException e) {
            trouble.accept("cannot write " + file + ", so tools do not know which process the guard is: " + e);
        }
    }

    /** Returns the boot in which a guard ran here last; empty if none is recorded, or none that can be read. */
    private String recordedBoot() {
        try {
            List<String> lines = boot.read(trouble);
            return lines.isEmpty() ? "" : lines.get(0);
        } catch (IOException e) {
            trouble.accept(e.getMessage() + "; so this counts as a restart of the guard alone, not of the machine");
            return "";
        }
    }

    /** Returns this process's arguments, each followed by NUL. */
    private static String ownCommand() throws IOException {
        return Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.UTF_8);
    }

    Path state(String name) {
        return home.resolve("data/guard").resolve(name);
    }

    List<PathConfig> readPaths() throws IOException {
        List<PathConfig> result = new ArrayList<>();
        for (String line : paths.read(trouble)) {
            result.add(PathConfig.parse(Words.parse(line)));
        }
        return result;
    }

    void writePaths(List<PathConfig> all) throws IOException {
        paths.write(all.stream().map(PathConfig::encode).toList());
    }

    /** Returns what was in service here when it was recorded in this boot; after a reboot nothing is. */
    InService readInService() {
        if (rebooted) {
            return new InService(Map.of());
        }
        try {
            Map<String, List<String>> result = new LinkedHashMap<>();
            for (String line : inService.read(trouble)) {
                List<String> words = Words.parse(line);
                if (!words.get(0).equals("handles")) {
                    throw new IOException("a line begins with 'handles', not as '" + line + "'");
                }
                result.put(words.get(1), List.copyOf(words.subList(2, words.size())));
            }
            return new InService(result);
        } catch (IOException | RuntimeException e) {
            String text = "what is in service cannot be read (" + e.getMessage()
                    + "): it counts as in service until Karaf says it again; start it (lkstart), or make sure that nothing"
                    + " of Mainstay runs here and boot this machine";
            trouble.accept(text);
            return InService.unknown(text);
        }
    }

    void writeInService(Map<String, List<String>> handlesByTag) throws IOException {
        List<String> lines = new ArrayList<>();
        handlesByTag.forEach((tag, handles) -> {
            List<Object> words = new ArrayList<>(List.of("handles", tag));
            words.addAll(handles);
            lines.add(Words.line(words.toArray()));
        });
        inService.write(lines);
    }

    /** Who this is. @param installation random id, made once @param server name as the manager said last, may be empty */
    record Identity(UUID installation, String server) {}

    Identity readIdentity() throws IOException {
        List<String> lines = List.of();
        try {
            lines = identity.read(trouble);
        } catch (IOException e) {
            trouble.accept(e.getMessage()
                    + ": this guard goes on under a new id, so reservations of before are not its own" + " any more");
            return new Identity(UUID.randomUUID(), "");
        }
        if (lines.isEmpty()) {
            Identity fresh = new Identity(UUID.randomUUID(), "");
            writeIdentity(fresh);
            return fresh;
        }
        List<String> words = Words.parse(lines.get(0));
        return new Identity(UUID.fromString(words.get(0)), words.get(1));
    }

    void writeIdentity(Identity who) throws IOException {
        identity.write(List.of(Words.line(who.installation(), who.server())));
    }

    /** Reads {@code NAME=value} lines; a file that does not exist is empty. */
    static Map<String, String> settings(Path file) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : new StateFile(file).read()) {
            int equals = line.indexOf('=');
            if (equals > 0 && !line.startsWith("#")) {
                String value = line.substring(equals + 1).strip();
                boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
                values.put(line.substring(0, equals).strip(), quoted ? value.substring(1, value.length() - 1) : value);
            }
        }
        return values;
    }

    /** Returns what ends together with this machine's boot or this mount namespace: mounts of another place are gone. */
    static String place() throws IOException {
        return bootId() + "/" + Files.readSymbolicLink(Path.of("/proc/self/ns/mnt"));
    }

    static String bootId() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    }
}
