package org.mainstay.shell.internal.command.wizard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.Cancellation;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/** The wizard asks what the kits' forms say, checks, goes back, creates and extends (ADM-110 to ADM-118, ADM-240 to ADM-244). */
class CreateWizardTest {
    private final FakePlatform platform = new FakePlatform(Fixtures.named("two servers"));
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private int run(String typed, String... words) throws InterruptedException {
        return run("create", typed, words);
    }

    private int run(String verb, String typed, String[] words) throws InterruptedException {
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        CommandContext context = new CommandContext(
                stream,
                stream,
                new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)),
                Path.of(""),
                new Terminal(true, 80, false, true),
                new Caller("root", Caller.Role.ADMINISTRATOR, "A bin"),
                new Cancellation(),
                false);
        List<String> all = new ArrayList<>(List.of("resource", verb));
        all.addAll(List.of(words));
        return Programs.registry().run(new CommandCall("mainstay", all), context, platform);
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    // covers ADM-110 ADM-111 ADM-113 ADM-115 ADM-116 ADM-118 ADM-242 ADM-244
    @Test
    void asksChecksGoesBackCreatesAndExtends() throws Exception {
        platform.reply(Reply.success("created 'db' (PostgreSQL), in service on A"));
        int code = run("2\n"
                + "relative/path\n"
                + "/srv/db\n"
                + "<\n"
                + "\n"
                + "many\n"
                + "5433\n"
                + "\n"
                + "db\n"
                + "y\n"
                + "\n");
        assertThat(code).as(printed()).isZero();
        assertThat(platform.requests())
                .containsExactly(
                        new Request.CreateResource("postgres", "db", Map.of("datadir", "/srv/db", "port", "5433")),
                        new Request.Extend("db", "B", 0, Map.of()));
        assertThat(printed())
                .contains("2) postgres  PostgreSQL")
                .contains("a path from the root is needed, such as /srv/data, not 'relative/path'")
                .as("back shows the answer before")
                .contains("datadir [/srv/db]:")
                .contains("a whole number is needed, not 'many'")
                .contains("Extend 'db' to another server? [Y/n]");
    }

    // covers ADM-114 ADM-117
    @Test
    void nothingIsAskedOfTheClusterBeforeTheLastAnswer() throws Exception {
        assertThat(run("2\n/srv/db\n")).isEqualTo(130);
        assertThat(platform.requests()).isEmpty();
        platform.reply(Reply.failed(1, "restore failed: no such directory; nothing was created"));
        assertThat(run("10.77.1.9/24\n\nvip2\n", "ip", "-i")).isEqualTo(1);
        assertThat(printed()).contains("nothing was created").doesNotContain("Extend");
        assertThat(platform.requests()).hasSize(1);
    }

    // covers ADM-113 ADM-117
    @Test
    void whatIsRefusedIsAskedAgainAndEveryOtherAnswerIsKept() throws Exception {
        platform.replies(
                Reply.failed(5, "datadir=/nope: there is no such directory on A"),
                Reply.failed(4, "there is already a resource 'db' on A; choose another tag with --tag"),
                Reply.success("created 'db2' (PostgreSQL), in service on A"));
        int code = run("/nope\n5433\nsecret\ndb\n" + "y\n/srv/db\n" + "\ndb2\n" + "n\n", "postgres", "-i");
        assertThat(code).as(printed()).isZero();
        Map<String, String> kept = Map.of("datadir", "/srv/db", "port", "5433", "password", "secret");
        assertThat(platform.requests())
                .containsExactly(
                        new Request.CreateResource(
                                "postgres", "db", Map.of("datadir", "/nope", "port", "5433", "password", "secret")),
                        new Request.CreateResource("postgres", "db", kept),
                        new Request.CreateResource("postgres", "db2", kept));
        assertThat(printed())
                .contains("datadir=/nope: there is no such directory")
                .contains("datadir [/nope]: ");
    }

    @Test
    void aRefusalThatNamesNoFieldLeadsThroughAllOfThemAndNoEndsIt() throws Exception {
        platform.replies(Reply.failed(1, "the data directory is too new"), Reply.failed(1, "the disk is full"));
        assertThat(run("/srv/db\n\n\ndb\n" + "\n" + "/srv/old\n\n\n" + "n\n", "postgres", "-i"))
                .as(printed())
                .isEqualTo(1);
        assertThat(platform.requests())
                .containsExactly(
                        new Request.CreateResource("postgres", "db", Map.of("datadir", "/srv/db", "port", "5432")),
                        new Request.CreateResource("postgres", "db", Map.of("datadir", "/srv/old", "port", "5432")));
        assertThat(printed()).contains("the disk is full").doesNotContain("Extend");
    }

    @Test
    void whatIsGivenIsNotAskedAndWithoutATypeOffTheTerminalTheSyntaxIsSaid() throws Exception {
        platform.reply(Reply.success("created 'vip2' (IP address), in service on A"));
        assertThat(run("\nn\n", "ip", "-i", "--tag", "vip2", "--set", "address=10.77.1.9/24"))
                .isZero();
        assertThat(platform.requests())
                .containsExactly(new Request.CreateResource("ip", "vip2", Map.of("address", "10.77.1.9/24")));
    }

    private int extend(String typed, String... words) throws InterruptedException {
        return run("extend", typed, words);
    }

    // covers ADM-240 ADM-242 ADM-243
    @Test
    void extendAsksForServerPriorityAndWhatIsDifferentThere() throws Exception {
        platform.show(Fixtures.named("not extended"));
        platform.reply(Reply.success("pg is extended to B"));
        assertThat(extend("1\n2000\n20\ny\ny\n\n5433\n\nn\ny\n\neth1\n", "pg"))
                .as(printed())
                .isZero();
        assertThat(platform.requests())
                .containsExactly(new Request.Extend(
                        "pg", "B", 20, Map.of("pg", Map.of("port", "5433"), "vip", Map.of("interface", "eth1"))));
        assertThat(printed())
                .contains("a whole number from 1 to 1024 is needed, not '2000'")
                .contains("Settings of 'vip' (comm/ip)?")
                .contains("pg is extended to B");
    }

    @Test
    void anExtendThatIsRefusedIsAskedAgainWithTheAnswersBefore() throws Exception {
        platform.show(Fixtures.named("not extended"));
        platform.replies(Reply.failed(5, "pg: port=5433: it is taken on B"), Reply.success("pg is extended to B"));
        assertThat(extend("1\n20\ny\ny\n\n5433\n\nn\nn\n" + "y\ny\n\n5434\n\nn\nn\n", "pg"))
                .as(printed())
                .isZero();
        assertThat(platform.requests())
                .containsExactly(
                        new Request.Extend("pg", "B", 20, Map.of("pg", Map.of("port", "5433"))),
                        new Request.Extend("pg", "B", 20, Map.of("pg", Map.of("port", "5434"))));
        assertThat(printed()).contains("port [5433]:");
    }

    @Test
    void extendOfWhatIsEverywhereAsksNothing() throws Exception {
        assertThat(extend("", "pg")).isZero();
        assertThat(printed()).contains("'pg' is on every server of the cluster already");
        assertThat(extend("", "nosuch")).isEqualTo(7);
        assertThat(platform.requests()).isEmpty();
    }

    @Test
    void extendGivenUpChangesNothing() throws Exception {
        platform.show(Fixtures.named("not extended"));
        assertThat(extend("B\n20\n", "pg")).isEqualTo(130);
        assertThat(platform.requests()).isEmpty();
    }
}
