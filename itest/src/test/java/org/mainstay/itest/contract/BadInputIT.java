package org.mainstay.itest.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Database;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.LabException;
import org.mainstay.itest.lab.Server;

/**
 * Input that cannot be right: refused with the exit code of the contract, in a sentence that names the value and what to do,
 * and with nothing changed anywhere.
 */
class BadInputIT extends ContractCase {
    private static final int HARMLESS = 0;

    private Database database;
    private String good;
    private Set<String> before;

    @Override
    void prepare(Lab opened) {
        Cluster.form(opened, distribution(), List.of("A", "B"));
        Cluster.connect(opened, 1, Cluster.Heartbeat.DEFAULT);
        opened.addServer("C", distribution());
        good = script("good", "exit 0");
        create("web");
        ok(a(), "mainstay resource create ip --tag vip --set address=10.77.1.100/24");
        ok(a(), "mainstay dependency create web vip");
        ok(a(), "mainstay resource extend web --to B");
        create("lone");
    }

    private void create(String tag) {
        ok(
                a(),
                "mainstay resource create app --tag " + tag + " --set restore=" + good + " --set remove=" + good
                        + " --set quickCheck=" + good);
    }

    private Server c() {
        return lab().server("C");
    }

    @BeforeEach
    void remember() {
        settled();
        before = everything();
    }

    @AfterEach
    void nothingChanged() {
        if (before == null) {
            return;
        }
        settled();
        assertThat(everything()).as("what both servers know and the kernel has").isEqualTo(before);
    }

    /** Both see the same and nothing is on the way. */
    private void settled() {
        Await.until(
                "nothing is going on",
                LIMIT,
                () -> content(a()).equals(content(b())) && content(a()).stream().noneMatch(BadInputIT::busy),
                () -> content(a()) + "\n" + content(b()));
    }

    private static boolean busy(String row) {
        return row.startsWith("operations ") || row.startsWith("resources ") && !row.contains("\"transition\":null");
    }

    private Set<String> everything() {
        Set<String> all = new TreeSet<>();
        for (Server server : List.of(a(), b())) {
            content(server).forEach(row -> all.add(server.name() + " " + row));
            lines(server, "ins_list -f:").forEach(row -> all.add(server.name() + " " + row));
            lines(server, "flg_list").forEach(row -> all.add(server.name() + " flag " + row));
            for (String tag : List.of("web", "vip", "lone")) {
                if (lines(server, "ins_list -f:").stream().anyMatch(row -> row.contains(":" + tag + ":"))) {
                    all.add(server.name() + " "
                            + json(server, "mainstay resource show " + tag + " --json")
                                    .getAsJsonObject("properties"));
                }
            }
            server.machine()
                    .run("sh", "-c", "ip -o address; grep /srv/ /proc/self/mounts; ip route")
                    .output()
                    .lines()
                    .forEach(line -> all.add(server.name() + " " + line.replaceAll("valid_lft.*", "")));
        }
        return all;
    }

    /** Runs a command line that must be refused with the exit code, in words that hold all of these. */
    private static void refused(int exitCode, Server server, String line, String... words) {
        String said = expect(exitCode, server, line);
        assertThat(said).as(line).contains(words);
        assertThat(said)
                .as("'%s' answers without names of classes", line)
                .doesNotContainPattern("Exception|org\\.mainstay");
        String[] typed = line.split(" ");
        assertThat(said).as(line).contains(typed[0] + (typed[0].equals("mainstay") ? "" : ": "));
    }

    @Test
    @Order(1)
    void whatCannotBeIsRefusedInWordsThatHelp() throws IOException {
        List<String> text = resource("refusals.txt")
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
        SoftAssertions all = new SoftAssertions();
        for (int i = 0; i < text.size(); i += 2) {
            String line =
                    text.get(i).substring(text.get(i).indexOf('$') + 1).strip().replace("GOOD", good);
            String[] answer = text.get(i + 1).split(" ", 2);
            Server server = lab().server(text.get(i).substring(0, 1));
            String[] words = answer[1].strip().split(" \\| ");
            all.assertThatCode(() -> refused(Integer.parseInt(answer[0]), server, line, words))
                    .doesNotThrowAnyException();
        }
        assertThat(text).hasSizeGreaterThan(100);
        all.assertAll();
    }

    @Test
    @Order(6)
    void aCommPathThatIsNotHeard() {
        b().machine().cable(2, false);
        try {
            refused(
                    9,
                    a(),
                    "mainstay commpath create --to B --local 10.77.2.1 --remote 10.77.2.2",
                    "10.77.2.1",
                    "10.77.2.2",
                    "nothing was changed",
                    "port 1500");
        } finally {
            b().machine().cable(2, true);
        }
    }

    @Test
    @Order(7)
    void aDatabaseThatCannotBeProtected() {
        refused(
                5,
                a(),
                "mainstay resource create postgres --tag pg --set datadir=/srv/nosuch",
                "/srv/nosuch",
                "no such directory",
                "A");
        refused(5, a(), "mainstay resource create postgres --tag pg --set datadir=/etc", "/etc", "initdb");
        refused(5, a(), "mainstay resource create postgres --tag pg --set datadir=/srv/pg --set port=99999", "99999");
        refused(
                5,
                a(),
                "mainstay resource create volume --tag data --set device=/dev/nosuch --set mount=/srv/pg",
                "/dev/nosuch");
        database = Database.create(lab(), a().machine(), List.of());
        refused(
                5,
                a(),
                "mainstay resource create volume --tag data --set device=" + database.image() + " --set mount=relative",
                "'relative'");
        refused(
                5,
                a(),
                "mainstay resource create volume --tag data --set device=" + database.image()
                        + " --set mount=/srv/pg --set fstype=vfat",
                "vfat");
        ok(a(), "mainstay resource create volume --tag data --set device=" + database.image() + " --set mount=/srv/pg");
        try {
            refused(
                    4,
                    a(),
                    "mainstay resource create volume --tag d2 --set device=" + database.image()
                            + " --set mount=/srv/pg",
                    "data");
            sh(a(), "cp -a /srv/pg/main /srv/pg/rooted && chown root: /srv/pg/rooted");
            refused(
                    5,
                    a(),
                    "mainstay resource create postgres --tag pg --set datadir=/srv/pg/rooted",
                    "/srv/pg/rooted",
                    "root",
                    "chown");
            sh(
                    a(),
                    "mv /srv/pg/rooted /srv/pg/old && chown postgres: /srv/pg/old && echo 9.6 > /srv/pg/old/PG_VERSION");
            refused(5, a(), "mainstay resource create postgres --tag pg --set datadir=/srv/pg/old", "9.6");
            refused(
                    5,
                    a(),
                    "mainstay resource create postgres --tag pg --set datadir=/srv/pg/old --set bindir="
                            + Database.programs(),
                    "9.6");
            runningByHand();
            runningElsewhere();
            ok(a(), "mainstay resource list");
        } finally {
            ok(a(), "mainstay resource delete data --stop");
        }
    }

    private static void sh(Server server, String script) {
        server.machine().run("sh", "-c", script).orThrow();
    }

    private void runningByHand() {
        sh(a(), "cp -a /srv/pg/main /srv/pg/second");
        String control = "runuser -u postgres -- " + Database.programs().resolve("pg_ctl") + " -D /srv/pg/main ";
        sh(a(), control + "-o '-p 5433' -w start >/dev/null 2>&1");
        try {
            String create = "mainstay resource create postgres --tag pg --set datadir=/srv/pg/";
            refused(5, a(), create + "main --set port=5432", "port=5432", "5433", "stop the server");
            refused(5, a(), create + "second --set port=5433", "port=5433", "another program", "choose another port");
        } finally {
            sh(a(), control + "-w -m fast stop");
        }
    }

    /** The volume is in service on A: B must neither mount it nor run what lies on it. */
    private void runningElsewhere() {
        Exec.Result second = type(
                b(),
                "mainstay resource create volume --tag again --set device=" + database.image()
                        + " --set mount=/srv/pg");
        assertThat(second.exitCode()).as(second.output()).isIn(1, 5, 8);
        assertThat(second.output()).contains("A");
        assertThat(b().machine().run("findmnt", "/srv/pg").exitCode()).isNotZero();
        refused(5, b(), "mainstay resource create postgres --tag pg --set datadir=/srv/pg/main", "/srv/pg/main");
    }

    @Test
    @Order(8)
    void aKitThatIsNotThere() throws Exception {
        String actions = a().home() + "/subsys/house/Resources/lamp/actions";
        sh(
                a(),
                "mkdir -p " + actions + " && for s in restore remove quickCheck; do printf '#!/bin/sh\\nexit 0\\n' > "
                        + actions + "/$s && chmod +x " + actions + "/$s; done");
        Await.until(
                "the scripts are a kit", LIMIT, () -> lines(a(), "typ_list -f:").contains("house:lamp"));
        ok(a(), "mainstay resource create lamp --tag lamp");
        try {
            refused(7, a(), "mainstay resource extend lamp --to B", "house/lamp", "B");
            assertThat(lines(b(), "ins_list -f:")).noneMatch(row -> row.contains("lamp"));
        } finally {
            ok(a(), "mainstay resource delete lamp --stop");
            sh(a(), "rm -r " + a().home() + "/subsys");
        }
    }

    @Test
    @Order(9)
    void twoOperatorsAtOnce() {
        Path gate = lab().directory().resolve("gate");
        String slow = script("slow", "touch " + gate + ".begun; while [ ! -e " + gate + " ]; do sleep 0.05; done");
        ok(a(), "mainstay resource create app --tag slow --set restore=" + good + " --set remove=" + slow);
        ok(a(), "mainstay resource extend slow --to B");
        CompletableFuture<Exec.Result> first =
                CompletableFuture.supplyAsync(() -> type(a(), "mainstay resource delete slow --stop"));
        try {
            Await.until(
                    "the first operator's change is under way", LIMIT, () -> Files.exists(Path.of(gate + ".begun")));
            for (Server server : List.of(a(), b())) {
                refused(
                        8,
                        server,
                        "mainstay resource set slow info=mine",
                        "'slow'",
                        "delete slow",
                        "root on A",
                        "try again");
                refused(
                        8,
                        server,
                        "mainstay resource delete slow --leave-running",
                        "'slow'",
                        "delete slow",
                        "root on A");
            }
            refused(8, b(), "mainstay resource unextend slow --from B", "'slow'", "root on A");
            ok(b(), "mainstay resource set web info=free");
            ok(b(), "mainstay resource set web info=");
        } finally {
            sh(a(), "touch " + gate);
        }
        assertThat(first.join().exitCode()).as(first.join().output()).isEqualTo(HARMLESS);
        assertThat(lines(b(), "ins_list -f:")).noneMatch(row -> row.contains("slow"));
    }

    @Test
    @Order(10)
    void changesThatMeetAreWholeOrNotAtAll() {
        List<CompletableFuture<Exec.Result>> attempts = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            int number = round;
            for (Server server : List.of(a(), b())) {
                attempts.add(CompletableFuture.supplyAsync(() -> type(
                        server,
                        "mainstay resource set web info=" + server.name() + number + " quickCheck=" + (100 + number))));
            }
        }
        int won = 0;
        for (CompletableFuture<Exec.Result> attempt : attempts) {
            Exec.Result result = attempt.join();
            assertThat(result.exitCode()).as(result.output()).isIn(0, 8);
            if (result.exitCode() == 0) {
                won++;
            } else {
                assertThat(result.output()).contains("'web' is being changed", "root on", "try again");
            }
        }
        assertThat(won).as("attempts that succeeded").isPositive();
        settled();
        assertThat(shown(a())).isEqualTo(shown(b()));
        ok(a(), "mainstay resource set web info= quickCheck=180");
    }

    private static String shown(Server server) {
        JsonObject document = json(server, "mainstay resource show web --json");
        return document.getAsJsonObject("properties") + " " + document.getAsJsonObject("settings");
    }

    @Test
    @Order(11)
    void namesAndCodesThatDoNotFit() {
        for (String name : List.of("../x", "a/b", "Ä", ".", "-x", "a".repeat(64), "a;b")) {
            refused(
                    5,
                    c(),
                    "mainstay node join --name=" + name + " --address 10.77.1.3 --peer 10.77.1.1 --code 12345678",
                    "'" + name + "'",
                    "letters");
            refused(5, c(), "mainstay node init --name=" + name + " --address 10.77.1.3", "'" + name + "'", "letters");
        }
        refused(
                5,
                c(),
                "mainstay node join --name C --address here --peer 10.77.1.1 --code 12345678",
                "'here'",
                "IP address");
        refused(
                5,
                c(),
                "mainstay node join --name C --address 10.77.1.3 --peer 10.77.1.1 --code 123",
                "8 digits",
                "node invite");
        refused(
                5,
                c(),
                "mainstay node join --name C --address 10.77.1.3 --port 70000 --peer 10.77.1.1 --code 12345678",
                "70000",
                "65535");
        refused(
                9,
                c(),
                "mainstay node join --name C --address 10.77.1.3 --peer 10.77.1.66 --code 12345678",
                "10.77.1.66",
                "1500");
        wrongUsedAndReplacedCodes();
    }

    private void wrongUsedAndReplacedCodes() {
        assertThat(Cluster.invite(a())).isNotEqualTo(Cluster.invite(a()));
        String code = Cluster.invite(a());
        String wrong = code.equals("00000000") ? "11111111" : "00000000";
        String join = "mainstay node join --name C --address 10.77.1.3 --peer 10.77.1.1 --code ";
        for (int attempt = 0; attempt < 3; attempt++) {
            refused(1, c(), join + wrong, "code", "node invite");
        }
        assertThat(type(c(), join + code).exitCode())
                .as("the right code after three wrong ones")
                .isNotZero();
        String next = Cluster.invite(b());
        assertThat(type(c(), join + code).exitCode())
                .as("a code that was replaced")
                .isNotZero();
        refused(
                1,
                c(),
                "mainstay node join --name A --address 10.77.1.3 --peer 10.77.1.2 --code " + next,
                "'A'",
                "another name");
        assertThat(c().machine()
                        .run("sh", "-c", "ls " + c().home() + "/data/identity " + c().home() + "/data/lcd")
                        .output())
                .as("nothing is left behind")
                .doesNotContainPattern("(?m)^[^:]+\\.(pem|key|json|journal)");
        assertThat(c().guardProcesses()).isEmpty();
    }

    @Test
    @Order(12)
    void aServerWithAnOddNameAndNoPath() {
        String code = Cluster.invite(a());
        ok(c(), "mainstay node join --name C.x_-9 --address 10.77.1.3 --peer 10.77.1.1 --code " + code);
        try {
            assertThat(type(c(), "mainstay node join --name D --address 10.77.1.3 --peer 10.77.1.1 --code " + code)
                            .exitCode())
                    .as("a used code")
                    .isEqualTo(4);
            c().start();
            assertThat(lines(a(), "sys_list")).contains("C.x_-9");
            refused(9, a(), "mainstay resource extend web --to C.x_-9", "C.x_-9", "comm path");
            refused(9, a(), "ins_list -d C.x_-9", "C.x_-9");
            ok(a(), "mainstay commpath create --to C.x_-9 --local 10.77.1.1 --remote 10.77.1.3");
            assertThat(lines(c(), "sys_getst -s A")).containsExactly("ALIVE");
            assertThat(lines(a(), "sys_getst -d C.x_-9 -s A")).containsExactly("ALIVE");
        } finally {
            ok(a(), "mainstay node remove --force C.x_-9");
        }
        assertThat(lines(b(), "sys_list")).containsExactly("A", "B");
    }

    /** A tree of 200 resources, three below each: what an operator does with it must not take for ever. The last: it stays. */
    @Test
    @Order(13)
    void twoHundredResourcesInOneHierarchy() {
        before = null;
        int count = 200;
        long started = System.nanoTime();
        StringBuilder script = new StringBuilder("cd '" + a().home() + "/bin'; ");
        script.append("for i in $(seq 1 " + count + "); do ./mainstay resource create app --tag n$i --set restore="
                + good + " --set remove=" + good + " >/dev/null || exit 1; done");
        sh(a(), script.toString());
        long created = System.nanoTime();
        sh(
                a(),
                "cd '" + a().home() + "/bin'; for i in $(seq 2 " + count
                        + "); do ./mainstay dependency create n$(((i + 1) / 3)) n$i" + " >/dev/null || exit 1; done");
        long connected = System.nanoTime();
        ok(a(), "mainstay resource extend n1 --to B");
        long extended = System.nanoTime();
        ok(b(), "mainstay resource in-service n1");
        long switched = System.nanoTime();
        a().await("n" + count, "B", "ISP", LIMIT);
        assertThat(lines(a(), "ins_list -f: -R n1")).hasSize(count).allMatch(row -> row.contains(":OSU:"));
        assertThat(lines(b(), "ins_list -f: -R n1")).hasSize(count).allMatch(row -> row.contains(":ISP:"));
        long asked = System.nanoTime();
        ok(a(), "mainstay status");
        long shown = System.nanoTime();
        String measured = String.format(
                "200 resources: create %d ms, depend %d ms, extend %d ms, switchover %d ms, status %d ms",
                millis(started, created),
                millis(created, connected),
                millis(connected, extended),
                millis(extended, switched),
                millis(asked, shown));
        System.out.println(measured);
        if (millis(extended, switched) > 3 * LIMIT.toMillis() || millis(asked, shown) > 20_000) {
            throw new LabException("too slow: " + measured);
        }
    }

    private static long millis(long from, long to) {
        return (to - from) / 1_000_000;
    }
}
