package org.mainstay.kit.app.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.HostProcesses;
import org.mainstay.kit.HostProcesses.Signal;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** Script files: validation, updates, extra scripts and extra actions. */
class ScriptsTest {
    @TempDir
    Path folder;

    private GenericApplicationKit kit;
    private KitBench bench;

    @BeforeEach
    void open() {
        kit = new GenericApplicationKit(folder.resolve("home"));
        bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")));
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private String script(String name, String... lines) throws IOException {
        Path script = folder.resolve(name);
        Files.writeString(script, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script.toString();
    }

    private Map<String, String> answers() throws IOException {
        Map<String, String> answers = new HashMap<>();
        answers.put("restore", script("restore", "touch " + folder + "/runs"));
        answers.put("remove", script("remove", "rm -f " + folder + "/runs"));
        answers.put("quickCheck", script("quick", "test -e " + folder + "/runs"));
        return answers;
    }

    private String refusal(String name, String path) throws IOException {
        Map<String, String> answers = answers();
        answers.put(name, path);
        return bench.tryCreate("web", answers).refusal().orElse("accepted");
    }

    /** What comes with the product works as it is, except for the names in it. */
    // covers ADM-153
    @Test
    void theTemplatesKeepTheContractOfKits() throws IOException {
        Map<String, String> answers = new HashMap<>();
        Path pid = folder.resolve("my.pid");
        for (Map.Entry<String, String> one : Map.of(
                        "restore", "restore",
                        "remove", "remove",
                        "quickCheck", "quickchk",
                        "deepCheck", "deepchk",
                        "recover", "recover")
                .entrySet()) {
            String text = Files.readString(
                            Path.of("../dist/src/main/distribution/admin/kit/app/templates", one.getValue()))
                    .replace("/run/my-application.pid", pid.toString());
            Path copy = Files.writeString(folder.resolve(one.getValue()), text);
            Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
            answers.put(one.getKey(), copy.toString());
        }
        KitContract.on(bench, kit)
                .breaking(this::kill)
                .leavingNothing(() -> Files.exists(pid) ? Set.of(pid.toString()) : Set.of())
                .verify(bench.create("template", answers));
    }

    private void kill(ResourceInfo resource) {
        HostProcesses processes = bench.context(resource).host().processes();
        List<Long> running = processes.inService();
        running.forEach(process -> processes.signal(process, Signal.KILL));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (running.stream().anyMatch(process -> ProcessHandle.of(process).isPresent())) {
            assertThat(System.nanoTime()).as("the application is dead").isLessThan(end);
        }
    }

    @Test
    void keepsTheContractOfKits() throws IOException {
        KitContract.on(bench, kit).verify(bench.create("web", answers()));
    }

    // covers OPS-093
    @Test
    void scriptsThatCannotRunAreRefusedBeforeTheyMust() throws IOException {
        assertThat(refusal("deepCheck", script("bad", "if true; then echo"))).contains("syntax error");
        Path windows = Path.of(script("windows", "exit 0"));
        Files.writeString(windows, "#!/bin/sh\r\nexit 0\r\n");
        assertThat(refusal("deepCheck", windows.toString())).contains("dos2unix");
        Files.writeString(windows, "#!/no/such/perl -w\n");
        assertThat(refusal("deepCheck", windows.toString())).contains("interpreter '/no/such/perl -w'");
        Files.writeString(windows, "echo no first line\n");
        assertThat(refusal("deepCheck", windows.toString())).contains("#!/bin/sh");
        Files.writeString(windows, "");
        assertThat(refusal("deepCheck", windows.toString())).contains("empty");
        Files.writeString(windows, "#!/bin/sh\n");
        Files.setPosixFilePermissions(windows, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(refusal("deepCheck", windows.toString())).contains("chmod o-w");
        assertThat(refusal("deepCheck", "/bin/true")).isEqualTo("accepted");
        assertThat(refusal("actions", "status")).contains("NAME=/path");
        assertThat(refusal("actions", "status=" + folder + "/none")).contains("no such file");
    }

    /** OPS-090, OPS-091: an update takes a copy; the original may change or go. */
    // covers OPS-090 OPS-091
    @Test
    void anUpdateIsACopyUntilThePropertyChanges() throws IOException {
        ResourceInfo app = bench.create("web", answers());
        assertThat(kit.restore(bench.context(app)).succeeded()).isTrue();
        String failing = script("failing", "echo broken by test", "exit 3");
        Outcome updated = kit.perform("update", List.of("quickCheck", failing), bench.context(app));
        assertThat(updated.succeeded()).as(updated.message()).isTrue();
        assertThat(updated.message()).contains("bytes", "SHA-256", "was");
        Files.delete(Path.of(failing));
        assertThat(kit.quickCheck(bench.context(app)).message()).contains("broken by test");
        assertThat(kit.validate(bench.context(app)).succeeded()).isTrue();

        Map<String, String> other = new HashMap<>(app.properties());
        other.put("quickCheck", script("other", "exit 0"));
        ResourceInfo changed = new ResourceInfo("bench", "web", app.id(), "gen", "app", other, true);
        assertThat(kit.quickCheck(bench.context(changed)).succeeded()).isTrue();
        assertThat(kit.delete(bench.context(app)).succeeded()).isTrue();
        assertThat(folder.resolve("home/data/kit.app/web")).doesNotExist();
        assertThat(kit.quickCheck(bench.context(app)).succeeded()).isTrue();

        assertThat(kit.perform("update", List.of("nothing", "/bin/true"), bench.context(app))
                        .message())
                .contains("quickCheck");
        assertThat(kit.perform("update", List.of("restore", folder + "/none"), bench.context(app))
                        .message())
                .contains("no such file");
    }

    /** ADM-150, ADM-154. */
    // covers ADM-150 ADM-154
    @Test
    void createExtendAndDeleteScriptsAccompanyTheResource() throws IOException {
        Map<String, String> answers = answers();
        answers.put("createScript", script("create", "echo $MAINSTAY_TAG $@ > " + folder + "/created"));
        answers.put("extendScript", script("extend", "echo no room here; exit 1"));
        answers.put("deleteScript", script("delete", "rm " + folder + "/created"));
        ResourceInfo app = bench.create("web", answers);
        assertThat(folder.resolve("created")).hasContent("web -t web -i web");
        assertThat(kit.extend(bench.context(app)).refusal().orElse("")).contains("no room here");
        assertThat(kit.delete(bench.context(app)).succeeded()).isTrue();
        assertThat(folder.resolve("created")).doesNotExist();
        assertThat(kit.delete(bench.context(app)).message()).contains("deleteScript");
        answers.put("createScript", script("refuse", "echo licence missing; exit 4"));
        assertThat(bench.tryCreate("web", answers).refusal().orElse("")).contains("exit code 4: licence missing");
    }

    @Test
    void extraActionsRunByName() throws IOException {
        Map<String, String> answers = answers();
        answers.put("info", "hello");
        answers.put(
                "actions",
                "status=" + script("status", "echo $MAINSTAY_INFO $5 $6") + " fail=" + script("fail", "exit 9"));
        ResourceInfo app = bench.create("web", answers);
        assertThat(kit.descriptor().extraActions()).containsExactly("update", "run");
        assertThat(kit.perform("run", List.of("status", "a", "b"), bench.context(app))
                        .message())
                .isEqualTo("hello a b");
        assertThat(kit.perform("run", List.of("fail"), bench.context(app)).message())
                .contains("exit code 9");
        assertThat(kit.perform("run", List.of("other"), bench.context(app)).message())
                .contains("status, fail");
    }
}
