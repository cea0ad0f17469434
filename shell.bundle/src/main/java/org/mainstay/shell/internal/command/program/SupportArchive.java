package org.mainstay.shell.internal.command.program;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.TunablesFile;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Platform;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Masking;

/**
 * What support needs, without secrets (ADM-310, decision 0135): {@code data/identity} and the stored database are never included; of
 * {@code etc/} only the files known to hold none; the database is written anew with secret properties masked, and their values are
 * blotted out wherever they appear in logs and settings.
 */
final class SupportArchive {
    private static final long MOST_BYTES = 20L * 1024 * 1024;
    /** What is taken of etc/: everything else there may hold a secret, such as etc/secrets/ of fencing devices. */
    private static final List<String> SETTINGS = List.of("etc/default/LifeKeeper", "etc/fencing");

    private static final String UNITS = "etc/systemd";
    private static final String JSON = ".json";

    private final Path home;
    private final Platform platform;
    private final SupportSecrets secrets = new SupportSecrets();
    private final Map<String, String> further = new LinkedHashMap<>();

    SupportArchive(Path home, Platform platform) {
        this.home = home;
        this.platform = platform;
    }

    /** Takes a text in, under a name; secrets are blotted out as in the others. */
    void include(String name, String text) {
        further.put(name, text);
    }

    /** Returns this server's name, or the machine's where nobody knows it. */
    String server() {
        String name = "";
        try {
            name = lcd().server();
        } catch (CommandException e) {
            name = System.getenv().getOrDefault("HOSTNAME", "");
        }
        return name.isEmpty() ? "server" : name;
    }

    private Lcd lcd() throws CommandException {
        return platform.running()
                ? platform.cluster().snapshot().own()
                : platform.setup().database();
    }

    void write(Path file) throws IOException {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("database.json", described(this::database));
        texts.put("status.json", described(this::status));
        texts.put("machine.txt", machine());
        texts.putAll(further);
        Path temporary = Files.createTempFile(file.getParent(), ".lksupport", ".part");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(temporary))) {
            for (Map.Entry<String, String> text : texts.entrySet()) {
                add(zip, text.getKey(), text.getValue());
            }
            for (String setting : SETTINGS) {
                if (Files.isRegularFile(home.resolve(setting))) {
                    addFile(zip, home.resolve(setting));
                }
            }
            addFolder(zip, UNITS, ".service");
            addFolder(zip, "data/log", "");
            addFolder(zip, "data/karaf/log", "");
            add(zip, "subsys.txt", listing("subsys"));
            add(zip, "events.txt", listing("events"));
        }
        Files.move(temporary, file);
    }

    /** Something that may not be there: then the archive says why. */
    private interface Part {
        String text() throws CommandException;
    }

    private static String described(Part part) {
        try {
            return part.text();
        } catch (CommandException e) {
            return "not there: " + e.getMessage() + "\n";
        }
    }

    private String database() throws CommandException {
        Lcd lcd = lcd();
        Map<String, Object> sections = new TreeMap<>();
        for (LcdSection<?> section : lcd.sections()) {
            sections.put(section.name(), lcd.rows(section));
        }
        Map<String, Object> instances = new TreeMap<>();
        for (Instance instance : lcd.instances().values()) {
            instances.put(instance.tag(), masked(instance));
        }
        sections.put(LcdSection.INSTANCES.name(), instances);
        Map<String, Object> operations = new TreeMap<>();
        for (Operation operation : lcd.rows(LcdSection.OPERATIONS).values()) {
            operations.put(operation.id(), masked(operation));
        }
        sections.put(LcdSection.OPERATIONS.name(), operations);
        if (platform.running()) {
            for (ClusterSnapshot.Peer peer :
                    platform.cluster().snapshot().peers().values()) {
                for (Instance instance : peer.lcd().instances().values()) {
                    // only for its secrets: they may be in this server's logs, too
                    masked(instance);
                }
            }
        }
        return new GsonBuilder()
                .setPrettyPrinting()
                .disableHtmlEscaping()
                .create()
                .toJson(sections);
    }

    /** An operation that is not decided holds whole new instances. */
    private Map<String, Object> masked(Operation operation) throws CommandException {
        List<Map<String, Object>> changes = new ArrayList<>();
        for (LcdChange<?> change : operation.changes()) {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("section", change.section().name());
            shown.put("key", change.key());
            shown.put("value", change.value() instanceof Instance instance ? masked(instance) : change.value());
            changes.add(shown);
        }
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", operation.id());
        row.put("coordinator", operation.coordinator());
        row.put("participants", operation.participants());
        row.put("tags", operation.tags());
        row.put("description", operation.description());
        row.put("state", operation.state());
        row.put("changes", changes);
        row.put("decidedBy", operation.decidedBy());
        row.put("requestedBy", operation.requestedBy());
        row.put("requestedFrom", operation.requestedFrom());
        return row;
    }

    /** Masks properties as they are masked everywhere, and remembers the values that are blotted out of other texts. */
    private Instance masked(Instance instance) throws CommandException {
        Masking masking = Masking.of(platform, instance);
        Set<String> hidden = masking.hidden();
        Set<String> blotted = masking.secrets();
        Map<String, String> shown = new TreeMap<>(instance.properties());
        shown.replaceAll((key, value) -> {
            if (blotted.contains(key)) {
                secrets.add(value);
            }
            return hidden.contains(key) ? Masking.MASK : value;
        });
        return instance.withProperties(shown, instance.kitVersion());
    }

    private String status() throws CommandException {
        ClusterSnapshot snapshot = platform.cluster().snapshot();
        return Json.document(new ClusterView(snapshot).document(List.of()));
    }

    private String machine() {
        StringBuilder text = new StringBuilder();
        for (List<String> command : List.of(
                List.of("uname", "-a"),
                List.of("ip", "-o", "address"),
                List.of("ip", "route"),
                List.of("df", "-hl"),
                List.of("ps", "-eo", "pid,ppid,user,stat,etime,comm"))) {
            text.append("$ ")
                    .append(String.join(" ", command))
                    .append('\n')
                    .append(output(command))
                    .append('\n');
        }
        return text.toString();
    }

    private static String output(List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(new java.io.File("/dev/null"))
                    .start();
            CompletableFuture.delayedExecutor(10, TimeUnit.SECONDS).execute(process::destroyForcibly);
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return text;
        } catch (IOException e) {
            return e.getMessage() + "\n";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted\n";
        }
    }

    private void addFolder(ZipOutputStream zip, String folder, String ending) throws IOException {
        Path start = home.resolve(folder);
        if (!Files.isDirectory(start)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(start, 3)) {
            files = walk.filter(Files::isRegularFile)
                    .filter(file -> file.getFileName().toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            addFile(zip, file);
        }
    }

    private void addFile(ZipOutputStream zip, Path file) throws IOException {
        boolean keys = file.getFileName().toString().matches(".*\\.(key|pem|p12|jks|keystore)");
        if (!keys && !named(file)) {
            add(zip, home.relativize(file).toString(), tail(file));
        }
    }

    /** Says whether a setting names the file: a password, a key, the community of SNMP traps. */
    private boolean named(Path file) throws IOException {
        for (Map.Entry<String, String> setting :
                TunablesFile.read(home.resolve("etc/default/LifeKeeper")).entrySet()) {
            if (setting.getKey().endsWith("_FILE") && isSame(file, setting.getValue())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isSame(Path file, String name) {
        try {
            return Files.isSameFile(file, Path.of(name));
        } catch (IOException | InvalidPathException e) {
            // a file that is not there is not this one
            return false;
        }
    }

    private static String tail(Path file) {
        try (var channel = Files.newByteChannel(file)) {
            long size = channel.size();
            channel.position(Math.max(0, size - MOST_BYTES));
            return new String(
                    java.nio.channels.Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "cannot be read: " + e.getMessage() + "\n";
        }
    }

    private String listing(String folder) {
        Path start = home.resolve(folder);
        if (!Files.isDirectory(start)) {
            return "there is no " + folder + "\n";
        }
        StringBuilder text = new StringBuilder();
        try (Stream<Path> walk = Files.walk(start, 6)) {
            walk.sorted().forEach(path -> text.append(home.relativize(path)).append('\n'));
        } catch (IOException | UncheckedIOException e) {
            text.append(e.getMessage()).append('\n');
        }
        return text.toString();
    }

    private void add(ZipOutputStream zip, String name, String text) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        String clean = name.endsWith(JSON) ? secrets.known(text) : secrets.clean(text);
        zip.write(clean.getBytes(StandardCharsets.UTF_8));
        zip.closeEntry();
    }
}
