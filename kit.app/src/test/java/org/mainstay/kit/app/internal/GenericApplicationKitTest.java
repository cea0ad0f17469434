package org.mainstay.kit.app.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;

class GenericApplicationKitTest {
    @TempDir
    Path folder;

    private GenericApplicationKit kit;
    private KitBench bench;

    @BeforeEach
    void open() {
        kit = new GenericApplicationKit(folder);
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

    /** A file stands for the application. */
    private Map<String, String> scripts() throws IOException {
        Map<String, String> properties = new HashMap<>();
        properties.put(
                "restore",
                script("restore", "touch " + folder + "/runs; echo \"$@ $MAINSTAY_INFO\" > " + folder + "/called"));
        properties.put("remove", script("remove", "rm -f " + folder + "/runs"));
        properties.put("quickCheck", script("quick", "test -e " + folder + "/runs"));
        return properties;
    }

    // covers ADM-162 ADM-163 OPS-092
    @Test
    void withoutARestoreScriptItSaysWhatIsMissing() {
        ResourceInfo made = new ResourceInfo("A", "web", "web-id", "gen", "app", Map.of(), false);
        Outcome failed = kit.restore(bench.context(made));
        assertThat(failed.succeeded()).isFalse();
        assertThat(failed.message())
                .isEqualTo("it has no restore script; set one: mainstay resource set web restore=/path/of/the/script");
    }

    @Test
    void aLifeOfAnApplication() throws IOException {
        Map<String, String> properties = scripts();
        properties.put("info", "hello");
        ResourceInfo app = bench.create("web", properties);
        assertThat(kit.probe(bench.context(app)).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(kit.restore(bench.context(app)).succeeded()).isTrue();
        assertThat(folder.resolve("called")).hasContent("-t web -i web hello");
        assertThat(kit.probe(bench.context(app)).state()).isEqualTo(Probe.State.RUNNING);
        assertThat(kit.deepCheck(bench.context(app)).succeeded()).isTrue();
        Files.delete(folder.resolve("runs"));
        assertThat(kit.quickCheck(bench.context(app)).succeeded()).isFalse();
        assertThat(kit.recover(bench.context(app)).succeeded()).isTrue();
        assertThat(kit.remove(bench.context(app)).succeeded()).isTrue();
        assertThat(folder.resolve("runs")).doesNotExist();
    }

    // covers ADM-165
    @Test
    void tagsAreProposedInOrder() throws IOException {
        bench.with("App.0", "app", Map.of());
        assertThat(bench.tryCreate("", scripts()).suggestedTag()).contains("App.1");
    }

    @Test
    void unusableScriptsAreRefusedByName() throws IOException {
        Map<String, String> relative = scripts();
        relative.put("restore", "start.sh");
        assertThat(refusal(relative)).contains("restore=start.sh").contains("absolute");
        Map<String, String> missing = scripts();
        missing.put("quickCheck", folder.resolve("none").toString());
        assertThat(refusal(missing)).contains("quickCheck=").contains("no such file");
        Map<String, String> plain = scripts();
        Path text = Files.writeString(folder.resolve("text"), "no script");
        plain.put("remove", text.toString());
        assertThat(refusal(plain)).contains("remove=").contains("chmod");
    }

    private String refusal(Map<String, String> properties) {
        return bench.tryCreate("web", properties).refusal().orElse("");
    }

    @Test
    void aRecoverScriptThatNeverRunsIsRemarked() throws IOException {
        Map<String, String> properties = scripts();
        properties.remove("quickCheck");
        properties.put("recover", script("recover", "exit 0"));
        Creation creation = bench.tryCreate("web", properties);
        assertThat(creation.remarks()).anyMatch(remark -> remark.contains("never runs"));
    }

    @Test
    void aHangingScriptThatIgnoresTermIsEndedAndFails() throws IOException {
        Map<String, String> properties = scripts();
        properties.put("restore", script("hang", "trap '' TERM", "echo started", "sleep 600"));
        properties.put("timeLimit", "1");
        Outcome outcome = kit.restore(bench.context(bench.create("web", properties)));
        assertThat(outcome.succeeded()).isFalse();
        assertThat(outcome.message()).contains("within 1 s");
    }

    @Test
    void aScriptThatPrintsMuchAndFailsShowsItsLastLine() throws IOException {
        Map<String, String> properties = scripts();
        properties.put(
                "restore",
                script("chatty", "head -c 100000000 /dev/zero | tr '\\0' x", "echo", "echo disk on fire", "exit 7"));
        Outcome outcome = kit.restore(bench.context(bench.create("web", properties)));
        assertThat(outcome.message()).contains("exit code 7").endsWith("disk on fire");
        assertThat(outcome.detail().length()).isLessThan(600_000);
    }

    @Test
    void whatARemoveScriptLeavesIsEnded() throws IOException {
        Map<String, String> properties = scripts();
        properties.put("restore", script("start", "setsid sleep 600 >/dev/null 2>&1 &", "exit 0"));
        properties.put("remove", script("pretend", "exit 0"));
        properties.remove("quickCheck");
        bench.limit(Duration.ofSeconds(30));
        ResourceInfo app = bench.create("web", properties);
        assertThat(kit.restore(bench.context(app)).succeeded()).isTrue();
        assertThat(kit.probe(bench.context(app)).state()).isEqualTo(Probe.State.RUNNING);
        assertThat(kit.remove(bench.context(app)).succeeded()).isTrue();
        assertThat(bench.context(app).host().processes().inService()).isEmpty();
        assertThat(bench.progress()).anyMatch(line -> line.contains("left processes"));
    }

    @Test
    void withoutEvidenceTheProbeSaysUnknown() throws IOException {
        Map<String, String> properties = scripts();
        properties.remove("quickCheck");
        assertThat(kit.probe(bench.context(bench.create("web", properties))).state())
                .isEqualTo(Probe.State.UNKNOWN);
    }

    private Probe.State probed(ResourceInfo app) {
        return kit.probe(bench.context(app)).state();
    }

    /** A container or a unit runs on, whatever the check of it says: then an empty control group proves nothing. */
    @Test
    void whatRunsOutsideTheControlGroupIsNotStoppedBecauseItIsUnhealthy() throws IOException {
        Map<String, String> properties = scripts();
        String remove = properties.get("remove");
        ResourceInfo app = bench.create("web", properties);
        assertThat(probed(app)).as("never started here").isEqualTo(Probe.State.STOPPED);
        assertThat(kit.restore(bench.context(app)).succeeded()).isTrue();
        script("quick", "exit 1");
        assertThat(probed(app)).isEqualTo(Probe.State.UNKNOWN);
        script("remove", "exit 1");
        assertThat(kit.remove(bench.context(app)).succeeded()).isFalse();
        assertThat(probed(app)).as("after a failed remove").isEqualTo(Probe.State.UNKNOWN);
        assertThat(script("remove", "exit 0")).isEqualTo(remove);
        assertThat(kit.remove(bench.context(app)).succeeded()).isTrue();
        assertThat(probed(app)).as("its remove says so").isEqualTo(Probe.State.STOPPED);
    }

    @Test
    void aStartThatWasCutShortMayHaveStartedSomethingElsewhere() throws IOException {
        ResourceInfo app = bench.create("web", scripts());
        script("restore", "exit 1");
        assertThat(kit.restore(bench.context(app)).succeeded()).isFalse();
        assertThat(probed(app)).isEqualTo(Probe.State.UNKNOWN);
        assertThat(kit.remove(bench.context(app)).succeeded()).isTrue();
        assertThat(probed(app)).isEqualTo(Probe.State.STOPPED);
    }

    @Test
    void anEmptyControlGroupIsEvidenceWhereTheScriptFillsIt() throws IOException {
        Map<String, String> properties = scripts();
        properties.put("restore", script("restore", "setsid sleep 600 >/dev/null 2>&1 &", "exit 0"));
        ResourceInfo app = bench.create("web", properties);
        assertThat(kit.restore(bench.context(app)).succeeded()).isTrue();
        assertThat(probed(app)).as("the check fails, but it runs").isEqualTo(Probe.State.PARTIAL);
        assertThat(bench.context(app).host().processes().endAll().succeeded()).isTrue();
        assertThat(probed(app)).isEqualTo(Probe.State.STOPPED);
    }

    @Test
    void aCheckThatCannotJudgeSaysNothing() throws IOException {
        ResourceInfo app = bench.create("web", scripts());
        for (String broken : new String[] {"exec /no/such/program", "exec /", "kill -KILL $$"}) {
            script("quick", broken);
            assertThat(probed(app)).as(broken).isEqualTo(Probe.State.UNKNOWN);
        }
    }
}
