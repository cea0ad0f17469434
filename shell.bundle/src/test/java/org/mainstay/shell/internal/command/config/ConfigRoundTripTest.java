package org.mainstay.shell.internal.command.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/** What 'mainstay config export' prints, 'mainstay config apply' takes: also of kits that find something by themselves (decision 0302). */
@Timeout(60)
class ConfigRoundTripTest {
    @TempDir
    Path folder;

    private Captured captured;

    private int run(ClusterSnapshot cluster, String... words) throws InterruptedException {
        captured = Captured.administrator();
        return Programs.registry()
                .run(new CommandCall("mainstay", List.of(words)), captured.context(), new FakePlatform(cluster));
    }

    private Path export(String... options) throws Exception {
        List<String> words = new java.util.ArrayList<>(List.of("config", "export"));
        words.addAll(List.of(options));
        assertThat(run(Fixtures.named("found by kits"), words.toArray(String[]::new)))
                .isZero();
        return Files.writeString(folder.resolve("cluster.json"), captured.out());
    }

    private static Map<String, ?> map(JsonObject object, String name) {
        return object.getAsJsonObject(name).asMap();
    }

    @Test
    void whatTheKitFoundIsBesideTheProperties() throws Exception {
        JsonObject resources = JsonParser.parseString(Files.readString(export("--with-secrets")))
                .getAsJsonObject()
                .getAsJsonObject("resources");
        JsonObject vip = resources.getAsJsonObject("vip").getAsJsonObject("on").getAsJsonObject("A");
        assertThat(map(vip, "properties")).containsOnlyKeys("address");
        assertThat(map(vip, "found")).containsOnlyKeys("interface.found");
        JsonObject pg = resources.getAsJsonObject("pg").getAsJsonObject("on").getAsJsonObject("A");
        assertThat(map(pg, "properties")).containsKeys("datadir", "password").doesNotContainKey("version");
        assertThat(map(pg, "found")).containsOnlyKeys("version", "owner");
        assertThat(resources
                        .getAsJsonObject("data")
                        .getAsJsonObject("on")
                        .getAsJsonObject("A")
                        .has("found"))
                .as("its form is not known here: nobody can tell")
                .isFalse();
    }

    @Test
    void onTheSameClusterNothingChanges() throws Exception {
        for (String[] options : new String[][] {{"--with-secrets"}, {}}) {
            Path file = export(options);
            assertThat(run(Fixtures.named("found by kits"), "config", "apply", file.toString(), "--dry-run"))
                    .as(captured.err())
                    .isZero();
            assertThat(captured.out()).isEqualTo("nothing to change\n");
            assertThat(captured.err()).isEmpty();
        }
    }

    @Test
    void anEmptyClusterIsRebuilt() throws Exception {
        Path file = export("--with-secrets");
        withoutData(file);
        assertThat(run(Fixtures.named("no resources"), "config", "apply", file.toString(), "--dry-run"))
                .as(captured.err())
                .isZero();
        assertThat(captured.err()).isEmpty();
        assertThat(captured.out())
                .contains("mainstay resource create comm/ip --tag vip --set address=10.77.1.100/24 ")
                .contains("mainstay resource create database/postgres --tag pg --set datadir=/srv/pg/main")
                .contains("--set 'password=***'")
                .doesNotContain("found", "version", "owner");
    }

    @Test
    void onlyASecretIsCalledOne() throws Exception {
        Path file = export();
        withoutData(file);
        assertThat(run(Fixtures.named("no resources"), "config", "apply", file.toString(), "--dry-run"))
                .as(captured.err())
                .isZero();
        assertThat(captured.err()).isEqualTo("the secret 'password' of 'pg' is not in the file: set it by hand\n");
        assertThat(captured.out()).doesNotContain("***", "found", "version", "owner");
    }

    /** Files of before the kit's findings had a place of their own; a mistyped key is refused as ever. */
    @Test
    void maskedFindingsAmongThePropertiesAreNoSecrets() throws Exception {
        Path file = Files.writeString(folder.resolve("old.json"), """
                {
                  "schema": 1,
                  "resources": {
                    "front": {
                      "application": "comm", "type": "ip",
                      "on": {"A": {"properties": {"address": "10.77.1.9/24", "interface.found": "***"}}}
                    }
                  }
                }
                """);
        assertThat(run(Fixtures.named("no resources"), "config", "apply", file.toString(), "--dry-run"))
                .as(captured.err())
                .isZero();
        assertThat(captured.err()).isEmpty();
        Files.writeString(file, Files.readString(file).replace("***", "eth0"));
        assertThat(run(Fixtures.named("no resources"), "config", "apply", file.toString(), "--dry-run"))
                .isEqualTo(5);
        assertThat(captured.err())
                .contains("resources.front.on.A.properties.interface.found: is not known")
                .contains("what a kit finds by itself stands under 'found'");
    }

    /** The fake platform has no form for volumes. */
    private static void withoutData(Path file) throws Exception {
        JsonObject document = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        document.getAsJsonObject("resources").remove("data");
        document.remove("dependencies");
        Files.writeString(file, document.toString());
    }
}
