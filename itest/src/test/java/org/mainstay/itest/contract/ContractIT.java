package org.mainstay.itest.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Database;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/**
 * Every command of the distribution's contract, as it is printed there, in the order an administrator meets them: from two
 * unpacked archives to a protected database, its daily work, and what is left when a server goes.
 */
class ContractIT extends ContractCase {
    private static final Set<String> STATES = Set.of("ISP", "ISU", "OSU", "OSF", "ILLSTATE", "UNKNOWN");

    private Database database;
    private String good;

    @Override
    void prepare(Lab opened) {
        Server a = opened.addServer("A", distribution());
        opened.addServer("B", distribution());
        database = Database.create(opened, a.machine(), List.of());
        good = script("good", "exit 0");
    }

    @Test // covers ADM-002 ADM-008 CMD-081 CMD-085
    @Order(1)
    void aNewClusterAndAJoin() {
        assertThat(expect(1, a(), "mainstay status")).contains("not running", "lkstart");
        assertThat(expect(1, a(), "lkstart")).contains("node init", "node join");
        ok(a(), "mainstay node init --name A --address 10.77.1.1");
        assertThat(a().guardProcesses()).as("init starts nothing").isEmpty();
        assertThat(expect(4, a(), "mainstay node init --name A --address 10.77.1.1"))
                .contains("already");
        ok(a(), "lkstart");
        ok(a(), "lkstart");
        assertThat(expect(8, a(), "mainstay node init --name A --address 10.77.1.1"))
                .contains("lkstop");

        List<String> invitation = lines(a(), "mainstay node invite");
        String code = invitation.get(invitation.size() - 1);
        assertThat(code).matches("\\d{8}");
        ok(b(), "mainstay node join --name B --address 10.77.1.2 --peer 10.77.1.1 --code " + code);
        assertThat(b().guardProcesses()).as("join starts nothing").isEmpty();
        ok(b(), "lkstart");

        for (Server server : List.of(a(), b())) {
            assertThat(lines(server, "sys_list")).containsExactly("A", "B");
            assertThat(rows(json(server, "mainstay node list --json"), "servers"))
                    .extracting(row -> text(row, "name") + " " + text(row, "address") + " " + text(row, "port"))
                    .containsExactlyInAnyOrder("A 10.77.1.1 1500", "B 10.77.1.2 1500");
        }
        assertThat(ok(a(), "mainstay node list")).contains("SERVER", "10.77.1.2");
    }

    @Test // covers ADM-079 ADM-082 ADM-088 ADM-092
    @Order(2)
    void commPathsAreAliveAtBothEndsWhenTheCommandEnds() {
        ok(
                a(),
                "mainstay commpath create --to B --local 10.77.1.1 --remote 10.77.1.2 --priority 1 --interval 0.5 --misses 6");
        ok(b(), "mainstay commpath create --to A --local 10.77.2.2 --remote 10.77.2.1");
        for (Server server : List.of(a(), b())) {
            JsonObject document = json(server, "mainstay commpath list --json");
            assertThat(text(document, "schema")).isEqualTo("1");
            assertThat(rows(document, "commpaths"))
                    .extracting(row -> String.join(
                            " ",
                            text(row, "from"),
                            text(row, "to"),
                            text(row, "local"),
                            text(row, "remote"),
                            text(row, "priority"),
                            text(row, "interval"),
                            text(row, "misses"),
                            text(row, "state")))
                    .containsExactlyInAnyOrder(
                            "A B 10.77.1.1 10.77.1.2 1 0.5 6 ALIVE",
                            "B A 10.77.1.2 10.77.1.1 1 0.5 6 ALIVE",
                            "A B 10.77.2.1 10.77.2.2 2 0.5 6 ALIVE",
                            "B A 10.77.2.2 10.77.2.1 2 0.5 6 ALIVE");
            assertThat(ok(server, "mainstay commpath list")).contains("A -> B", "B -> A", "0.5 s x 6");
        }
        assertThat(lines(a(), "sys_getst -s B")).containsExactly("ALIVE");
        assertThat(lines(b(), "sys_getst -d A -s B")).containsExactly("ALIVE");
    }

    @Test // covers ADM-004 ADM-046 ADM-150 ADM-157 ADM-158 ADM-159 ADM-160 ADM-161
    @Order(3) // covers ADM-190 ADM-196 ADM-198 ADM-199 ADM-280 ADM-281
    void whatIsCreatedIsInServiceHere() {
        ok(a(), "mainstay resource create volume --tag data --set device=" + database.image() + " --set mount=/srv/pg");
        ok(a(), "mainstay resource create ip --tag vip --set address=10.77.1.100/24");
        assertThat(ok(a(), "mainstay resource create postgres --tag pg --set datadir=/srv/pg/main --set port=5432"))
                .contains("'data' was added below 'pg'");
        ok(
                a(),
                "mainstay resource create app --tag web --set restore=" + good + " --set remove=" + good
                        + " --set quickCheck=" + good);
        for (String tag : List.of("data", "vip", "pg", "web")) {
            assertThat(text(resource(a(), tag, "A"), "state")).as(tag).isEqualTo("ISP");
            b().await(tag, "A", "ISP", LIMIT);
        }
        ok(a(), "mainstay dependency create pg vip");
        assertThat(expect(4, a(), "mainstay dependency create pg vip")).contains("'pg'", "'vip'", "already");
        assertThat(rows(json(a(), "mainstay dependency list --json"), "dependencies"))
                .extracting(row -> text(row, "parent") + ">" + text(row, "child"))
                .containsExactly("pg>data", "pg>vip");
    }

    @Test // covers ADM-164 ADM-186 ADM-240 ADM-243 ADM-247
    @Order(4)
    void anExtendedHierarchyIsTheSameSeenFromBoth() {
        ok(a(), "mainstay resource extend pg --to B");
        ok(a(), "mainstay resource extend web --to B --priority 7 --set info=there --set web.timeLimit=55");
        assertThat(expect(4, a(), "mainstay resource extend pg --to B")).contains("'pg'", "B");
        JsonObject there = json(a(), "mainstay resource show web --on B --json");
        assertThat(text(there.getAsJsonObject("properties"), "timeLimit")).isEqualTo("55");
        assertThat(text(there.getAsJsonObject("properties"), "info")).isEqualTo("there");
        assertThat(text(resource(b(), "web", "B"), "priority")).isEqualTo("7");
        assertThat(text(resource(b(), "pg", "B"), "priority")).isEqualTo("10");
        assertThat(text(resource(b(), "pg", "A"), "priority")).isEqualTo("1");
        Await.until(
                "both servers show the same cluster",
                LIMIT,
                () -> content(a()).equals(content(b())),
                () -> content(a()) + "\n" + content(b()));
    }

    @Test
    @Order(5)
    void theStatusDocumentKeepsItsContract() {
        JsonObject status = json(b(), "mainstay status --json");
        assertThat(text(status, "schema")).isEqualTo("1");
        assertThat(text(status, "server")).isEqualTo("B");
        assertThat(text(status, "phase")).isEqualTo("AVAILABLE");
        rows(status, "servers").forEach(row -> assertThat(row.keySet()).contains("name", "state", "manager"));
        rows(status, "commpaths")
                .forEach(
                        row -> assertThat(row.keySet()).contains("from", "to", "local", "remote", "priority", "state"));
        rows(status, "dependencies").forEach(row -> assertThat(row.keySet()).containsExactly("parent", "child"));
        assertThat(rows(status, "operations")).isEmpty();
        assertThat(status.getAsJsonArray("problems")).isEmpty();
        List<JsonObject> resources = rows(status, "resources");
        assertThat(resources).hasSize(8);
        for (JsonObject row : resources) {
            assertThat(row.keySet())
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
            assertThat(text(row, "state")).isIn(STATES);
            assertThat(row.get("lastKnown").isJsonNull())
                    .as("lastKnown of %s", row)
                    .isTrue();
            assertThat(row.get("transition").isJsonNull())
                    .as("transition of %s", row)
                    .isTrue();
            for (String time : List.of("checkedAt", "changedAt")) {
                if (!row.get(time).isJsonNull()) {
                    assertThat(text(row, time)).endsWith("Z");
                    assertThat(Instant.parse(text(row, time))).isAfter(Instant.EPOCH);
                }
            }
            boolean here = text(row, "server").equals("A");
            assertThat(text(row, "state")).isEqualTo(here ? "ISP" : "OSU");
            assertThat(text(row, "released")).isEqualTo(here ? "false" : "true");
        }
        assertThat(ok(b(), "mainstay status")).contains("ISP p1", "OSU p10", "this server", "A -> B");
    }

    @Test
    @Order(6)
    void theListsOfTheOriginalProduct() throws IOException {
        assertThat(lines(a(), "ins_list -t web").get(0).split("\u0001", -1)).hasSize(15);
        assertThat(lines(a(), "dep_list -d B")).contains("pg\u0001data");
        assertThat(tags(lines(a(), "ins_list -f: -R pg"))).containsExactlyInAnyOrder("pg", "data", "vip");
        assertThat(tags(lines(a(), "ins_list -f: -R "))).containsExactlyInAnyOrder("pg", "web");
        SoftAssertions all = new SoftAssertions();
        String typed = "";
        List<String> expected = new ArrayList<>();
        for (String line : (resource("lists.txt") + "A$").lines().toList()) {
            if (line.length() > 1 && line.charAt(1) == '$') {
                if (!typed.isEmpty()) {
                    Server server = lab().server(typed.substring(0, 1));
                    all.assertThat(lines(server, typed.substring(3)))
                            .as(typed)
                            .containsExactlyInAnyOrderElementsOf(expected);
                }
                typed = line;
                expected.clear();
            } else if (!line.isBlank() && !line.startsWith("#")) {
                expected.add(line);
            }
        }
        all.assertAll();
    }

    @Test
    @Order(7)
    void settingsAreShownAndChangedOnAllServers() {
        ok(a(), "mainstay resource set pg quickCheck=60 deepCheck=120 localRecovery=no switchback=AUTOMATIC");
        ok(b(), "mainstay resource set pg --set switchback=INTELLIGENT");
        for (Server server : List.of(a(), b())) {
            JsonObject shown = json(server, "mainstay resource show pg --json");
            JsonObject settings = shown.getAsJsonObject("settings");
            assertThat(text(shown, "server")).isEqualTo(server.name());
            assertThat(text(settings, "quickCheck")).isEqualTo("60");
            assertThat(text(settings, "deepCheck")).isEqualTo("120");
            assertThat(text(settings, "localRecovery")).isEqualTo("no");
            assertThat(text(settings, "switchback")).isEqualTo("INTELLIGENT");
            assertThat(text(shown.getAsJsonObject("properties"), "datadir")).isEqualTo("/srv/pg/main");
            assertThat(shown.getAsJsonArray("children").toString()).isEqualTo("[\"data\",\"vip\"]");
            assertThat(lines(server, "ins_list -f: -t pg").get(0)).endsWith(":60:120:0");
        }
        assertThat(ok(a(), "mainstay resource show pg")).contains("needs: data, vip", "datadir=/srv/pg/main");
        assertThat(rows(json(a(), "mainstay resource list --json"), "resources"))
                .hasSize(8);
        assertThat(ok(a(), "mainstay resource list")).contains("TAG", "restore action has succeeded");
        assertThat(ok(a(), "mainstay kit list")).contains("postgres", "volume", "ip", "app");
        assertThat(text(json(a(), "mainstay operation list --json"), "schema")).isEqualTo("1");
        ok(a(), "mainstay resource set pg localRecovery=yes");
    }

    @Test
    @Order(8)
    void aSwitchoverFromEitherSide() {
        String said = ok(a(), "mainstay resource in-service pg --on B");
        assertThat(said).contains("bringing pg into service", "pg is in service on B");
        for (String tag : List.of("data", "vip", "pg")) {
            a().await(tag, "B", "ISP", LIMIT);
            assertThat(text(resource(b(), tag, "A"), "state")).isEqualTo("OSU");
        }
        assertThat(text(resource(a(), "web", "A"), "state"))
                .as("another hierarchy stays")
                .isEqualTo("ISP");
        ok(a(), "mainstay resource in-service pg");
        b().await("pg", "A", "ISP", LIMIT);
        assertThat(text(resource(a(), "pg", "A"), "epoch")).isEqualTo("3");
    }

    @Test
    @Order(9)
    void outOfServiceIsTheResourceAndAllAboveIt() {
        ok(a(), "mainstay resource out-of-service vip");
        assertThat(text(resource(a(), "pg", "A"), "state")).isEqualTo("OSU");
        assertThat(text(resource(a(), "vip", "A"), "state")).isEqualTo("OSU");
        assertThat(text(resource(a(), "data", "A"), "state")).isEqualTo("ISP");
        ok(b(), "mainstay resource in-service pg --on A");
        ok(b(), "mainstay resource out-of-service pg --with-children");
        for (String tag : List.of("data", "vip", "pg")) {
            a().await(tag, "A", "OSU", LIMIT);
        }
        assertThat(a().machine().run("findmnt", "/srv/pg").exitCode()).isNotZero();
        ok(a(), "mainstay resource in-service pg");
        assertThat(text(resource(a(), "data", "A"), "state")).isEqualTo("ISP");
    }

    @Test
    @Order(10)
    void performActionRunsAnyActionHere() {
        ok(a(), "perform_action -t web -a quickCheck");
        ok(a(), "perform_action -t web -a remove");
        assertThat(text(resource(a(), "web", "A"), "state")).isEqualTo("OSU");
        ok(a(), "perform_action -t web -a remove");
        ok(a(), "perform_action -s -n -t web -a restore");
        assertThat(text(resource(a(), "web", "A"), "state")).isEqualTo("ISP");
        ok(a(), "perform_action -b -t pg -a restore");
        ok(a(), "perform_action -G -t web -a restore -- -m");
    }

    @Test
    @Order(11)
    void theOriginalCommandsSayOnStandardErrorWhatIsWrong() {
        for (String line : List.of(
                "ins_list -t nosuch",
                "ins_list -i nosuch",
                "ins_list -R nosuch",
                "dep_list -c nosuch",
                "eqv_list -t nosuch",
                "typ_list -a nosuch",
                "sys_getst -s nosuch",
                "perform_action -t nosuch -a restore",
                "perform_action -t web -a nosuch",
                "ins_list -d nosuch")) {
            assertThat(expect(7, a(), line))
                    .as(line)
                    .startsWith(line.split(" ")[0] + ": ")
                    .contains("'nosuch'");
            assertThat(a().machine()
                            .run("sh", "-c", a().home() + "/bin/" + line + " 2>/dev/null")
                            .output())
                    .as("standard output of %s", line)
                    .isEmpty();
        }
        for (String line : List.of("ins_list -Q", "dep_list -C pg -P vip", "lkstop -n -f", "perform_action -t web")) {
            assertThat(expect(2, a(), line)).as(line).startsWith(line.split(" ")[0] + ": ");
        }
    }

    @Test
    @Order(12)
    void eventsAreFollowedAsTheyHappen() throws IOException {
        Path output = lab().directory().resolve("followed");
        Process follower = new ProcessBuilder(a().machine()
                        .entering(List.of(a().home() + "/bin/mainstay", "events", "--follow", "--json", "-n", "1")))
                .redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            Await.until("the past event is printed", LIMIT, () -> read(output).size() == 1);
            ok(b(), "mainstay resource in-service web --on B");
            Await.until(
                    "the switchover is told",
                    LIMIT,
                    () -> read(output).stream()
                            .map(line -> JsonParser.parseString(line).getAsJsonObject())
                            .anyMatch(event -> text(event, "server").equals("B")
                                    && text(event, "tag").equals("web")
                                    && text(event, "text").contains("in service")),
                    () -> String.join("\n", read(output)));
        } finally {
            follower.descendants().forEach(ProcessHandle::destroy);
            follower.destroy();
        }
        for (String line : read(output)) {
            JsonObject event = JsonParser.parseString(line).getAsJsonObject();
            assertThat(text(event, "schema")).isEqualTo("1");
            assertThat(Instant.parse(text(event, "at"))).isAfter(Instant.EPOCH);
            assertThat(text(event, "level")).isIn("INFORMATION", "WARNING", "ERROR");
            assertThat(event.keySet()).contains("sequence", "number", "tag");
        }
        JsonObject all = json(a(), "mainstay events --json -n 5");
        assertThat(rows(all, "events")).hasSize(5);
        assertThat(ok(b(), "mainstay events -n 3").lines()).hasSize(3);
        ok(a(), "mainstay resource in-service web");
    }

    private static List<String> read(Path file) {
        try {
            String text = Files.readString(file);
            return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @Order(13)
    void whileTheManagerIsAwayItsGuardAnswers() {
        List<Long> guard = b().guardProcesses();
        assertThat(guard).isNotEmpty();
        assertThat(ok(b(), "lkstop -f")).contains("LIFEKEEPER NOW STOPPED");
        assertThat(b().managerProcesses()).isEmpty();
        assertThat(b().guardProcesses()).isEqualTo(guard);

        JsonObject status = json(b(), "mainstay status --json");
        assertThat(text(status, "schema")).isEqualTo("1");
        assertThat(text(status, "server")).isEqualTo("null");
        assertThat(rows(status, "resources")).isEmpty();
        assertThat(status.getAsJsonArray("problems")).isNotEmpty();
        assertThat(rows(status.getAsJsonObject("guard"), "paths")).hasSize(2);
        assertThat(ok(b(), "mainstay status")).contains("lkstart");
        assertThat(expect(1, b(), "ins_list")).contains("lkstart");

        Await.until("A knows that B has no manager", LIMIT, () -> "false".equals(manager("B")));
        assertThat(lines(a(), "sys_getst -s B")).containsExactly("ALIVE");
        JsonObject row = resource(a(), "web", "B");
        assertThat(text(row, "state")).isEqualTo("UNKNOWN");
        assertThat(text(row, "lastKnown")).isEqualTo("OSU");
        assertThat(expect(9, a(), "mainstay resource set web info=x")).contains("B");
        assertThat(expect(9, a(), "ins_list -d B")).contains("B");
        assertThat(text(resource(a(), "pg", "A"), "state")).as("nothing moves").isEqualTo("ISP");

        ok(b(), "lkstart");
        Await.until(
                "A knows B's resources again",
                LIMIT,
                () -> a().state("web", "B").equals("OSU"));
    }

    private String manager(String server) {
        return rows(json(a(), "mainstay status --json"), "servers").stream()
                .filter(row -> text(row, "name").equals(server))
                .map(row -> text(row, "manager"))
                .collect(Collectors.joining());
    }

    @Test // covers CMD-093 CMD-096
    @Order(14)
    void aStoppedManagerLeavesTheDatabaseRunningAndFindsItAgain() {
        List<Long> postmaster = postmasters();
        assertThat(postmaster).hasSize(1);
        ok(a(), "lkstop -f");
        assertThat(postmasters()).isEqualTo(postmaster);
        assertThat(b().state("pg", "B")).isEqualTo("OSU");
        ok(a(), "lkstart");
        a().await("pg", "A", "ISP", LIMIT);
        assertThat(postmasters()).isEqualTo(postmaster);
    }

    private List<Long> postmasters() {
        return a().machine().processes("/bin/postgres -D");
    }

    @Test // covers CMD-091 CMD-095 ADM-064 ADM-182
    @Order(15)
    void theGuardAloneTakesOutOfServiceWhatIsInService() {
        ok(a(), "lkstop -f");
        assertThat(postmasters()).hasSize(1);
        assertThat(ok(a(), "lkstop")).contains("LIFEKEEPER NOW STOPPED");
        assertThat(postmasters()).isEmpty();
        assertThat(a().machine().run("ip", "-o", "address").output()).doesNotContain("10.77.1.100");
        assertThat(a().machine().run("findmnt", "/srv/pg").exitCode()).isNotZero();
        assertThat(a().guardProcesses()).isEmpty();
        Await.until("B sees A away", LIMIT, () -> lines(b(), "sys_getst -s A").equals(List.of("DEAD")));
        assertThat(b().state("pg", "B")).as("lkstop moves nothing").isEqualTo("OSU");
        ok(a(), "lkstart");
        a().await("pg", "A", "ISP", LIMIT);
        b().await("web", "A", "ISP", LIMIT);
    }

    @Test // covers ADM-270 ADM-271 ADM-272 ADM-280 ADM-283 ADM-284 ADM-290 ADM-291
    @Order(16)
    void dependenciesAndServersOfAHierarchyAreTakenAwayAgain() {
        ok(a(), "mainstay dependency delete pg vip");
        assertThat(lines(b(), "dep_list -f:")).containsExactly("pg:data");
        ok(a(), "mainstay dependency create pg vip");
        assertThat(expect(8, a(), "mainstay resource unextend pg --from A")).contains("A", "in service");
        ok(a(), "mainstay resource unextend pg --from B");
        assertThat(tags(lines(b(), "ins_list -f:"))).containsExactly("web");
        assertThat(lines(a(), "eqv_list -f:")).containsExactly("A:web:B:web:SHARED:1:7");

        assertThat(expect(8, a(), "mainstay resource delete pg")).contains("'pg'", "--stop", "--leave-running");
        ok(a(), "mainstay resource delete pg --leave-running");
        assertThat(postmasters()).as("left running").hasSize(1);
        assertThat(tags(lines(a(), "ins_list -f:"))).containsExactlyInAnyOrder("data", "vip", "web");
        ok(a(), "mainstay resource create postgres --tag pg --set datadir=/srv/pg/main --set port=5432");
        assertThat(text(resource(a(), "pg", "A"), "state")).as("adopted").isEqualTo("ISP");
        ok(a(), "mainstay resource delete data --stop");
        assertThat(postmasters()).isEmpty();
        assertThat(tags(lines(a(), "ins_list -f:"))).containsExactlyInAnyOrder("vip", "web");
        ok(a(), "mainstay resource delete vip --stop");
        assertThat(a().machine().run("ip", "-o", "address").output()).doesNotContain("10.77.1.100");
    }

    @Test
    @Order(17)
    void aDeadServerIsShownAsItWasAndRemovedByForce() {
        assertThat(expect(8, a(), "mainstay node remove B")).contains("web");
        b().machine().powerCut();
        Await.until("A sees B dead", LIMIT, () -> lines(a(), "sys_getst -s B").equals(List.of("DEAD")));
        JsonObject row = resource(a(), "web", "B");
        assertThat(text(row, "state")).isEqualTo("UNKNOWN");
        assertThat(text(row, "lastKnown")).isEqualTo("OSU");
        rows(json(a(), "mainstay status --json"), "commpaths")
                .forEach(path -> assertThat(text(path, "state"))
                        .isEqualTo(text(path, "from").equals("A") ? "DEAD" : "UNKNOWN"));
        assertThat(expect(9, a(), "mainstay resource set web info=x")).contains("B");
        assertThat(expect(9, a(), "mainstay resource in-service web --on B")).contains("B");
        assertThat(expect(9, a(), "mainstay node remove B")).contains("--force");
        ok(a(), "mainstay node remove --force B");
        assertThat(lines(a(), "sys_list")).containsExactly("A");
        assertThat(lines(a(), "eqv_list -f:")).isEmpty();
        assertThat(text(resource(a(), "web", "A"), "state")).isEqualTo("ISP");
        assertThat(rows(json(a(), "mainstay commpath list --json"), "commpaths"))
                .isEmpty();
        ok(a(), "mainstay resource delete web --stop");
        ok(a(), "lkstop");
        assertThat(a().managerProcesses()).isEmpty();
        assertThat(a().guardProcesses()).isEmpty();
    }
}
