package org.mainstay.itest.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.RootNeeded;
import org.mainstay.itest.lab.Server;

/** One laboratory for all tests of a class, and the words to talk to its servers with. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class ContractCase {
    /** How long anything may take that Mainstay does by itself; generous, as the machine may be busy. */
    static final Duration LIMIT = Duration.ofSeconds(60);

    @RegisterExtension
    final AfterTestExecutionCallback outcome = this::ended;

    private Lab lab;

    @BeforeAll
    void openLab() {
        RootNeeded.assume();
        lab = Lab.open(networks());
        prepare(lab);
    }

    /** Returns how many networks join the servers. */
    int networks() {
        return 2;
    }

    /** Adds the servers. */
    abstract void prepare(Lab opened);

    @AfterAll
    void closeLab() {
        if (lab != null) {
            lab.close();
        }
    }

    private void ended(ExtensionContext context) {
        if (context.getExecutionException().isPresent() && lab != null) {
            lab.servers().forEach(server -> System.err.println(server.logs()));
        }
    }

    static Path distribution() {
        String archive = System.getProperty("mainstay.dist", "");
        if (archive.isEmpty()) {
            throw new IllegalStateException("mainstay.dist must name the distribution's tar.gz");
        }
        return Path.of(archive);
    }

    Lab lab() {
        return lab;
    }

    Server a() {
        return lab.server("A");
    }

    Server b() {
        return lab.server("B");
    }

    /** Writes an executable script that all servers reach and returns its path. */
    String script(String name, String body) {
        Path script = lab.directory().resolve(name);
        try {
            Files.writeString(script, "#!/bin/sh\n" + body + "\n");
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return script.toString();
    }

    /** Runs a command line as typed, words separated by blanks. */
    static Exec.Result type(Server server, String line) {
        List<String> words = List.of(line.strip().split("\\s+"));
        return server.bin(words.get(0), words.subList(1, words.size()).toArray(String[]::new));
    }

    /** Runs a command line that must end with the exit code; returns what it printed, errors included. */
    static String expect(int exitCode, Server server, String line) {
        Exec.Result result = type(server, line);
        assertThat(result.exitCode())
                .as("exit code of '%s' on %s, which said:%n%s", line, server.name(), result.output())
                .isEqualTo(exitCode);
        return result.output();
    }

    static String ok(Server server, String line) {
        return expect(0, server, line);
    }

    /** Returns the lines of standard output alone. */
    static List<String> lines(Server server, String line) {
        List<String> words = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" 2>/dev/null", "sh"));
        List<String> typed = List.of(line.split(" ", -1));
        words.add(server.home() + "/bin/" + typed.get(0));
        words.addAll(typed.subList(1, typed.size()));
        String output = server.machine().run(words.toArray(String[]::new)).orThrow();
        return output.isEmpty() ? List.of() : List.of(output.split("\n"));
    }

    static JsonObject json(Server server, String line) {
        return JsonParser.parseString(String.join("\n", lines(server, line))).getAsJsonObject();
    }

    static List<JsonObject> rows(JsonObject document, String list) {
        List<JsonObject> rows = new ArrayList<>();
        JsonArray array = document.getAsJsonArray(list);
        array.forEach(row -> rows.add(row.getAsJsonObject()));
        return rows;
    }

    /** Returns a field's text; "null" if it is null. */
    static String text(JsonObject row, String field) {
        JsonElement value = row.get(field);
        assertThat(value).as("field '%s' of %s", field, row).isNotNull();
        return value.isJsonNull() ? "null" : value.getAsString();
    }

    static JsonObject resource(Server seenFrom, String tag, String on) {
        return rows(json(seenFrom, "mainstay status --json"), "resources").stream()
                .filter(row ->
                        text(row, "tag").equals(tag) && text(row, "server").equals(on))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no resource " + tag + " on " + on));
    }

    /** Returns what must be equal seen from any server. */
    static Set<String> content(Server server) {
        JsonObject status = json(server, "mainstay status --json");
        Set<String> all = new TreeSet<>();
        for (String list : List.of("servers", "commpaths", "resources", "dependencies", "operations")) {
            rows(status, list).forEach(row -> {
                row.remove("checkedAt");
                all.add(list + " " + row);
            });
        }
        return all;
    }

    /** Returns the tags of lines of {@code ins_list -f:}. */
    static List<String> tags(List<String> instances) {
        return instances.stream().map(line -> line.split(":", -1)[3]).toList();
    }

    static String resource(String name) throws IOException {
        try (InputStream in = ContractCase.class.getResourceAsStream("/contract/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
