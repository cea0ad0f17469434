package org.mainstay.shell.internal.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/** The JSON documents are a contract for scripts (schema 1, docs/commands.md). */
class StatusJsonTest {

    private static JsonObject json(String fixture, String... arguments) throws InterruptedException {
        Captured captured = Captured.administrator();
        int code = Programs.registry()
                .run(
                        new CommandCall("mainstay", List.of(arguments)),
                        captured.context(),
                        new FakePlatform(Fixtures.named(fixture)));
        assertThat(code).isZero();
        assertThat(captured.err()).isEmpty();
        JsonObject document = JsonParser.parseString(captured.out()).getAsJsonObject();
        assertThat(document.get("schema").getAsInt()).isEqualTo(1);
        return document;
    }

    private static JsonObject find(JsonArray rows, String name, String value, String server) {
        for (JsonElement row : rows) {
            JsonObject object = row.getAsJsonObject();
            if (object.get(name).getAsString().equals(value)
                    && object.get(name.equals("tag") ? "server" : "from")
                            .getAsString()
                            .equals(server)) {
                return object;
            }
        }
        throw new AssertionError("no " + name + " " + value + " of " + server + " in " + rows);
    }

    @Test
    void statusHasTheFieldsOfTheContract() throws InterruptedException {
        JsonObject status = json("two servers", "status", "--json");
        assertThat(status.keySet())
                .contains("schema", "servers", "commpaths", "resources", "dependencies", "problems", "operations");
        assertThat(status.getAsJsonArray("servers").get(0).getAsJsonObject().keySet())
                .contains("name", "state");
        assertThat(status.getAsJsonArray("commpaths").get(0).getAsJsonObject().keySet())
                .contains("from", "to", "local", "remote", "priority", "state");
        assertThat(status.getAsJsonArray("resources").get(0).getAsJsonObject().keySet())
                .contains(
                        "tag",
                        "id",
                        "app",
                        "type",
                        "server",
                        "state",
                        "reason",
                        "priority",
                        "checkedAt",
                        "transition",
                        "lastKnown",
                        "released",
                        "epoch");
        assertThat(status.getAsJsonArray("dependencies")
                        .get(0)
                        .getAsJsonObject()
                        .keySet())
                .containsExactly("parent", "child");
        assertThat(status.getAsJsonArray("resources")).hasSize(6);
        assertThat(status.getAsJsonArray("dependencies")).hasSize(2);
    }

    @Test
    void timesAreIsoUtcOrNull() throws InterruptedException {
        JsonArray resources = json("two servers", "status", "--json").getAsJsonArray("resources");
        assertThat(find(resources, "tag", "pg", "A").get("checkedAt").getAsString())
                .isEqualTo("2026-01-02T03:04:05Z");
        assertThat(find(resources, "tag", "pg", "B").get("checkedAt").isJsonNull())
                .isTrue();
    }

    @Test
    void aPeerWhoseCopyIsOldIsUnknownWithItsLastState() throws InterruptedException {
        JsonObject status = json("B away", "status", "--json");
        JsonObject there = find(status.getAsJsonArray("resources"), "tag", "pg", "B");
        assertThat(there.get("state").getAsString()).isEqualTo("UNKNOWN");
        assertThat(there.get("lastKnown").getAsString()).isEqualTo("OSU");
        JsonObject here = find(status.getAsJsonArray("resources"), "tag", "pg", "A");
        assertThat(here.get("state").getAsString()).isEqualTo("ISP");
        assertThat(here.get("lastKnown").isJsonNull()).isTrue();
        assertThat(status.getAsJsonArray("problems")).hasSize(1);
    }

    private static List<String> problems(String fixture) throws InterruptedException {
        return json(fixture, "status", "--json").getAsJsonArray("problems").asList().stream()
                .map(JsonElement::getAsString)
                .toList();
    }

    @Test
    void problemsNameDeadServersDeadPathsAndFailedResourcesWithWhatToDo() throws InterruptedException {
        assertThat(problems("fresh node")).isEmpty();
        assertThat(problems("two servers"))
                .as("once for both ends")
                .containsExactly("the comm path between A (10.77.2.1) and B (10.77.2.2) is dead: repair that network");
        assertThat(problems("B away"))
                .containsExactly("server B is dead: no comm path to it is alive; look at the machine and its networks");
        assertThat(problems("no paths")).containsExactly("there is no comm path to B: mainstay commpath create --to B");
        assertThat(problems("only the guard of B"))
                .hasSize(1)
                .allMatch(text -> text.startsWith("only the guard of B answers") && text.contains("'lkstart'"));
        assertThat(problems("failed stop"))
                .hasSize(4)
                .contains("pg on A failed: remove action timed out after 300 s")
                .anyMatch(text -> text.contains("mainstay resource confirm-stopped pg --on A"))
                .anyMatch(text -> text.startsWith("vip on A failed and no server may take it over"));
    }

    @Test
    void eachDirectionOfAPathIsAsItsServerSeesIt() throws InterruptedException {
        JsonArray paths = json("two servers", "status", "--json").getAsJsonArray("commpaths");
        assertThat(paths).hasSize(4);
        JsonObject there = find(paths, "id", "p1", "B");
        assertThat(there.get("state").getAsString()).isEqualTo("ALIVE");
        assertThat(there.get("local").getAsString()).isEqualTo("10.77.1.2");
        assertThat(there.get("remote").getAsString()).isEqualTo("10.77.1.1");
        JsonObject away = find(json("B away", "status", "--json").getAsJsonArray("commpaths"), "id", "p1", "B");
        assertThat(away.get("state").getAsString()).isEqualTo("UNKNOWN");
    }

    @Test
    void aTransitionShowsItsProgress() throws InterruptedException {
        JsonArray resources = json("pg starting", "status", "--json").getAsJsonArray("resources");
        JsonObject pg = find(resources, "tag", "pg", "A");
        assertThat(pg.get("transition").getAsString()).isEqualTo("RESTORE");
        assertThat(pg.get("progress").getAsString()).isEqualTo("waiting for crash recovery");
        assertThat(find(resources, "tag", "vip", "A").get("transition").isJsonNull())
                .isTrue();
    }

    @Test
    void whatWasNotReleasedSaysSo() throws InterruptedException {
        JsonObject pg = find(json("failed stop", "status", "--json").getAsJsonArray("resources"), "tag", "pg", "A");
        assertThat(pg.get("released").getAsBoolean()).isFalse();
        assertThat(pg.get("epoch").getAsLong()).isEqualTo(3);
    }

    @Test
    void statusSaysWhatKeepsAResourceFromRunningTwiceAndWhatCannotBeStoppedWithoutItsKit() throws InterruptedException {
        JsonObject status = json("two servers", "status", "--json");
        assertThat(status.getAsJsonObject("safety").get("verdict").getAsString())
                .isEqualTo("BY_SIGHT");
        JsonArray resources = status.getAsJsonArray("resources");
        assertThat(find(resources, "tag", "pg", "A").get("killHandles").getAsBoolean())
                .isTrue();
        assertThat(find(resources, "tag", "data", "A").get("killHandles").getAsBoolean())
                .isFalse();
        assertThat(find(resources, "tag", "pg", "B").get("killHandles").isJsonNull())
                .isTrue();
    }

    @Test
    void everyListingHasADocument() throws InterruptedException {
        assertThat(json("two servers", "node", "list", "--json").getAsJsonArray("servers"))
                .hasSize(2);
        assertThat(json("two servers", "commpath", "list", "--json").getAsJsonArray("commpaths"))
                .hasSize(4);
        assertThat(json("two servers", "resource", "list", "--json").getAsJsonArray("resources"))
                .hasSize(6);
        assertThat(json("two servers", "dependency", "list", "--json").getAsJsonArray("dependencies"))
                .hasSize(2);
        assertThat(json("two servers", "kit", "list", "--json").getAsJsonArray("kits"))
                .hasSize(3);
        assertThat(json("in doubt", "operation", "list", "--json").getAsJsonArray("operations"))
                .hasSize(1);
        JsonArray events = json("two servers", "events", "--json").getAsJsonArray("events");
        assertThat(events.get(0).getAsJsonObject().get("tag").isJsonNull()).isTrue();
        assertThat(events.get(1).getAsJsonObject().get("level").getAsString()).isEqualTo("ERROR");
    }

    @Test
    void secretsNeverLeave() throws InterruptedException {
        for (String server : List.of("A", "B")) {
            JsonObject shown = json("two servers", "resource", "show", "pg", "--on", server, "--json");
            assertThat(shown.toString()).doesNotContain("hunter2").contains("***");
            assertThat(shown.getAsJsonObject("properties").get("port").getAsString())
                    .isEqualTo("5432");
        }
        assertThat(Stream.of(json("two servers", "status", "--json").toString()))
                .noneMatch(text -> text.contains("hunter2"));
    }
}
