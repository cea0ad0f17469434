package org.mainstay.shell.internal.command.program;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/** What an archive for support holds (ADM-310). */
@Timeout(60)
class SupportArchiveTest {
    @TempDir
    Path home;

    private final ClusterSnapshot cluster = Fixtures.named("two servers");
    private final FakePlatform platform = new FakePlatform(cluster);

    @BeforeEach
    void start() {
        platform.home(home);
    }

    private void file(String name, String text) throws Exception {
        Files.createDirectories(home.resolve(name).getParent());
        Files.writeString(home.resolve(name), text);
    }

    private Map<String, String> archive() throws Exception {
        Path file = home.resolve("archive.zip");
        new SupportArchive(home, platform).write(file);
        return entries(file);
    }

    private static Map<String, String> entries(Path file) throws Exception {
        Map<String, String> entries = new TreeMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (var entry : java.util.Collections.list(zip.entries())) {
                entries.put(
                        entry.getName(), new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return entries;
    }

    private Lcd withPassword(String password) {
        return cluster.own().with(pg(Map.of("password", password)));
    }

    private Instance pg(Map<String, String> changed) {
        Instance pg = cluster.own().instances().get("pg");
        Map<String, String> properties = new TreeMap<>(pg.properties());
        properties.putAll(changed);
        return pg.withProperties(properties, pg.kitVersion());
    }

    private void show(Lcd own) {
        platform.show(new ClusterSnapshot(
                8,
                cluster.self(),
                cluster.phase(),
                own,
                cluster.peers(),
                cluster.paths(),
                cluster.activities(),
                cluster.checkedAt(),
                cluster.problems()));
    }

    /** What the command writes: it says where. */
    private Map<String, String> lksupport() throws Exception {
        Captured captured = Captured.administrator();
        int code = Programs.registry().run(new CommandCall("lksupport", List.of()), captured.context(), platform);
        assertThat(code).as(captured.err()).isZero();
        return entries(Path.of(captured.out().strip()));
    }

    // covers MIR-259
    @Test
    void theHealthOfMirrorsIsInIt() throws Exception {
        assertThat(lksupport().get("dkhealthcheck.txt"))
                .contains("VOLUME  SERVER  ROLE", "paused by command", "exit code ");
    }

    @Test
    void ofEtcOnlyWhatHoldsNoSecretsIsTaken() throws Exception {
        file("etc/default/LifeKeeper", "QUORUM_MODE=none\n");
        file("etc/fencing", "[power-b]\nserver=B\nagent=fence_ipmilan\nsecret.password=secrets/power-b\n");
        file("etc/systemd/mainstay.service", "[Service]\nEnvironment=PGPASSWORD=kingfisher\nRestart=no\n");
        file("etc/systemd/notes", "albatross");
        file("etc/secrets/power-b", "swordfish\n");
        file("etc/tsig.conf", "c2VjcmV0LXRzaWcta2V5");
        file("etc/users.properties", "karaf = flamingo,_g_:admingroup\n");
        Map<String, String> archive = archive();
        assertThat(archive.keySet().stream().filter(name -> name.startsWith("etc/")))
                .containsExactlyInAnyOrder("etc/default/LifeKeeper", "etc/fencing", "etc/systemd/mainstay.service");
        assertThat(archive.get("etc/fencing")).contains("agent=fence_ipmilan");
        assertThat(archive.get("etc/systemd/mainstay.service"))
                .contains("Restart=no")
                .doesNotContain("kingfisher");
        assertThat(String.join("\n", archive.values()))
                .doesNotContain("swordfish", "albatross", "c2VjcmV0", "flamingo");
    }

    @Test
    void settingsThatSpeakOfSecretsAreMasked() throws Exception {
        file(
                "etc/default/LifeKeeper",
                "QUORUM_MODE=none\n#BMC_PASSWORD=oldpike\nETCD_KEY=perch\nSNMP_COMMUNITY=bream one\n");
        file("data/log/karaf.log", "ran tool --password=trout -v on pg; token='two words' and more\n");
        Map<String, String> archive = archive();
        assertThat(archive.get("etc/default/LifeKeeper"))
                .contains("QUORUM_MODE=none", "#BMC_PASSWORD=***", "ETCD_KEY=***", "SNMP_COMMUNITY=***")
                .doesNotContain("oldpike", "perch", "bream");
        assertThat(archive.get("data/log/karaf.log"))
                .isEqualTo("ran tool --password=*** -v on pg; token=*** and more\n");
    }

    @Test
    void operationsInDoubtHoldNoSecret() throws Exception {
        Operation operation = new Operation(
                "B-12",
                "B",
                List.of("A", "B"),
                List.of("pg"),
                "set pg",
                Operation.State.PREPARED,
                List.of(
                        LcdChange.put(LcdSection.INSTANCES, "pg", pg(Map.of("password", "barracuda"))),
                        LcdChange.remove(LcdSection.INSTANCES, "old")));
        show(cluster.own().with(LcdSection.OPERATIONS, "B-12", operation));
        file("data/log/karaf.log", "trying barracuda\n");
        Map<String, String> archive = archive();
        var change = JsonParser.parseString(archive.get("database.json"))
                .getAsJsonObject()
                .getAsJsonObject("operations")
                .getAsJsonObject("B-12")
                .getAsJsonArray("changes")
                .get(0)
                .getAsJsonObject();
        assertThat(change.get("section").getAsString()).isEqualTo("instances");
        var properties = change.getAsJsonObject("value").getAsJsonObject("properties");
        assertThat(properties.get("password").getAsString()).isEqualTo("***");
        assertThat(properties.get("port").getAsString()).isEqualTo("5432");
        assertThat(archive.get("data/log/karaf.log")).isEqualTo("trying ***\n");
    }

    @Test
    void secretsAreFoundHoweverTheyAreWritten() throws Exception {
        show(withPassword("a\"b\\c<d>'e"));
        file(
                "data/log/karaf.log",
                "plain a\"b\\c<d>'e\njson {\"x\":\"a\\\"b\\\\c<d>'e\"}\nescaped a\\\"b\\\\c\\u003cd\\u003e\\u0027e\n"
                        + "shell 'a\"b\\c<d>'\\''e'\n");
        assertThat(archive().get("data/log/karaf.log"))
                .isEqualTo("plain ***\njson {\"x\":\"***\"}\nescaped ***\nshell '***'\n");
    }

    @Test
    void aShortSecretIsBlottedOutWhereItStandsAlone() throws Exception {
        show(withPassword("cat"));
        file("data/log/karaf.log", "logged in with cat; category stays, 'cat'\n");
        assertThat(archive().get("data/log/karaf.log")).isEqualTo("logged in with ***; category stays, '***'\n");
    }

    @Test
    void whileStoppedLogsHoldNoSecretEither() throws Exception {
        platform.offline(cluster.own());
        file("data/log/karaf.log", "started /srv/pg/main with hunter2 for pg\n");
        Map<String, String> archive = archive();
        assertThat(archive.get("data/log/karaf.log")).isEqualTo("started /srv/pg/main with *** for pg\n");
        assertThat(archive.get("database.json")).contains("\"pg\"").doesNotContain("hunter2");
    }
}
