package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.itest.demo.Demo;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.RootNeeded;

/** The demonstration as a user runs it: it holds, it notices what does not hold, and it cleans up however it ends. */
class DemoIT {
    private static final Duration STORY_LIMIT = Duration.ofMinutes(6);
    private static final Duration CLEAN_LIMIT = Duration.ofSeconds(120);
    private static final Path RECORDS = Path.of("/run/mainstay-lab");

    @TempDir
    Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private Process demo;

    @BeforeEach
    void rootOnly() {
        RootNeeded.assume();
    }

    @AfterEach
    void endDemo() throws InterruptedException {
        if (demo != null && demo.isAlive()) {
            demo.destroy();
            if (!demo.waitFor(CLEAN_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                demo.destroyForcibly().waitFor();
            }
        }
    }

    private void start(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                Demo.class.getName(),
                FaultCase.distribution().toString()));
        command.addAll(List.of(options));
        // Whoever runs the tests in the background ignores interrupts, and so would the demo.
        command.addAll(0, List.of("env", "--default-signal=INT"));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().putAll(environment);
        demo = builder.start();
    }

    private String text(String name) {
        try {
            return Files.readString(folder.resolve(name));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private JsonObject end() throws InterruptedException {
        assertThat(demo.waitFor(STORY_LIMIT.toSeconds(), TimeUnit.SECONDS))
                .as(text("err"))
                .isTrue();
        return JsonParser.parseString(text("out")).getAsJsonObject();
    }

    /** What a laboratory of the demo's process made: its record, and everything that the record's name begins. */
    private record Made(Path record, String prefix, String directory) {

        List<String> left() {
            List<String> left = new ArrayList<>();
            if (Files.exists(record)) {
                left.add("record " + record);
            }
            if (Files.exists(Path.of(directory))) {
                left.add("folder " + directory);
            }
            Exec.run("ip", "netns", "list")
                    .output()
                    .lines()
                    .filter(line -> line.startsWith(prefix))
                    .forEach(line -> left.add("namespace " + line));
            Exec.run("losetup", "-l", "-n", "-O", "NAME,BACK-FILE")
                    .output()
                    .lines()
                    .filter(line -> line.contains(directory))
                    .forEach(line -> left.add("loop " + line));
            Exec.run("find", "/sys/fs/cgroup", "-maxdepth", "2", "-name", prefix + "-*")
                    .output()
                    .lines()
                    .forEach(line -> left.add("control group " + line));
            return left;
        }
    }

    private Made made() {
        List<Made> found = new ArrayList<>();
        Await.until("the demo has opened its laboratory", CLEAN_LIMIT, () -> {
            found.clear();
            find(found);
            return !found.isEmpty();
        });
        return found.get(0);
    }

    private void find(List<Made> found) {
        if (!Files.isDirectory(RECORDS)) {
            return;
        }
        try (Stream<Path> records = Files.list(RECORDS)) {
            for (Path record : records.toList()) {
                List<String> lines = Files.readAllLines(record);
                if (lines.contains("owner " + demo.pid())) {
                    lines.stream()
                            .filter(line -> line.startsWith("directory "))
                            .map(line -> line.substring("directory ".length()))
                            .forEach(directory -> found.add(
                                    new Made(record, record.getFileName().toString(), directory)));
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Made runUntilClientWrites() throws IOException {
        start("--json");
        Made made = made();
        Await.until(
                "a client writes",
                STORY_LIMIT,
                () -> text("err").contains("planned switchover") || !demo.isAlive(),
                () -> text("err"));
        assertThat(demo.isAlive()).as(text("err")).isTrue();
        assertThat(made.left()).as("there is something to clean up").hasSizeGreaterThan(5);
        return made;
    }

    @Test
    void theStoryHolds() throws IOException, InterruptedException {
        start("--json");
        Made made = made();

        JsonObject result = end();

        assertThat(demo.exitValue()).as(text("err")).isZero();
        assertThat(result.get("schema").getAsInt()).isEqualTo(1);
        assertThat(result.get("held").getAsBoolean()).isTrue();
        assertThat(result.getAsJsonArray("steps")).hasSize(5);
        for (JsonElement element : result.getAsJsonArray("steps")) {
            JsonObject step = element.getAsJsonObject();
            assertThat(step.get("lost").getAsInt()).as(step.toString()).isZero();
            assertThat(step.get("acknowledged").getAsInt()).as(step.toString()).isPositive();
        }
        assertThat(made.left()).isEmpty();
    }

    /** The control: a database that does not flush what it acknowledges loses rows in the power cut, and the demo says so. */
    @Test
    void aDatabaseThatDoesNotFlushIsFoundOut() throws IOException, InterruptedException {
        start("--json", "--database-setting", "fsync=off", "--database-setting", "full_page_writes=off");

        JsonObject result = end();

        assertThat(demo.exitValue()).as(text("err")).isEqualTo(1);
        assertThat(result.get("held").getAsBoolean()).isFalse();
        assertThat(text("err")).contains("B has no power");
        JsonArray steps = result.getAsJsonArray("steps");
        assertThat(steps).as("up to the power cut, which does not hold").hasSize(3);
        for (JsonElement element : List.of(steps.get(0), steps.get(1))) {
            assertThat(element.getAsJsonObject().get("failure").getAsString()).isEmpty();
            assertThat(element.getAsJsonObject().get("lost").getAsInt()).isZero();
        }
        JsonObject cut = steps.get(2).getAsJsonObject();
        assertThat(cut.get("name").getAsString()).isEqualTo("power cut of B");
        if (cut.get("lost").getAsInt() < 0) {
            // What was not flushed may also be what the database needs to start, or to read the table: it says so
            // itself, or
            // its client does.
            String failure = cut.get("failure").getAsString();
            assertThat(failure)
                    .containsAnyOf(
                            "PostgreSQL does not start",
                            "PostgreSQL runs but",
                            "the client's query fails",
                            "the client writes again");
            if (failure.contains("PostgreSQL does not start")) {
                assertThat(failure)
                        .contains("its log says")
                        .containsPattern("PANIC|FATAL|invalid|corrupt|could not|incomplete|missing");
            }
        } else {
            assertThat(cut.get("lost").getAsInt()).isPositive();
        }
    }

    /** As where no package can be installed: programs of the artifact, which have no psql, and another ordinary user. */
    @Test
    void theStoryHoldsWithPostgresFromMaven() throws IOException, InterruptedException {
        ProcessBuilder fetch = new ProcessBuilder(
                        "bash",
                        "-c",
                        "set -eu; . cnf/setup/requirements.sh; mainstay_require run; echo \"$MAINSTAY_POSTGRES_JAR\"")
                .directory(Path.of("").toAbsolutePath().getParent().toFile())
                .redirectError(folder.resolve("fetch").toFile())
                .redirectInput(new File("/dev/null"));
        fetch.environment().put("MAINSTAY_POSTGRES", "maven");
        Process fetching = fetch.start();
        String jar = new String(fetching.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(fetching.waitFor()).as(text("fetch")).isZero();
        environment.put("MAINSTAY_POSTGRES_JAR", jar);
        environment.put("MAINSTAY_POSTGRES_USER", "nobody");

        start("--json");
        Made made = made();
        JsonObject result = end();

        assertThat(demo.exitValue()).as(text("err")).isZero();
        assertThat(result.getAsJsonArray("steps")).hasSize(5);
        assertThat(made.left()).isEmpty();
    }

    @Test
    void anInterruptedDemoCleansUp() throws IOException, InterruptedException {
        Made made = runUntilClientWrites();

        Exec.run("kill", "-INT", String.valueOf(demo.pid())).orThrow();

        assertThat(demo.waitFor(CLEAN_LIMIT.toSeconds(), TimeUnit.SECONDS))
                .as(() -> text("err") + threads())
                .isTrue();
        assertThat(made.left()).isEmpty();
    }

    /** Returns what the demo's threads do. */
    private String threads() {
        return Exec.run(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        String.valueOf(demo.pid()),
                        "Thread.print")
                .output();
    }

    @Test
    void theNextLaboratoryCleansUpAfterAKilledDemo() throws IOException, InterruptedException {
        Made made = runUntilClientWrites();
        List<ProcessHandle> helpers = demo.descendants().toList();

        Exec.run("kill", "-KILL", String.valueOf(demo.pid())).orThrow();
        demo.waitFor();

        try (Lab next = Lab.open(1)) {
            assertThat(next.prefix()).isNotEqualTo(made.prefix());
            assertThat(made.left()).isEmpty();
        }
        Await.until(
                "the processes of the killed demo are gone",
                CLEAN_LIMIT,
                () -> helpers.stream().noneMatch(DemoIT::runs));
    }

    /** A process that is dead and only not waited for has no command any more. */
    private static boolean runs(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }
}
