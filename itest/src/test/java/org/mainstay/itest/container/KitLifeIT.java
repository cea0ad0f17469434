package org.mainstay.itest.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.RootNeeded;
import org.mainstay.itest.lab.Server;

/** Kits come and go while a server works: usable at once, gone at once, and nothing else notices. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KitLifeIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String KIT_APP = "org.mainstay.kit.app";

    private Lab lab;
    private Server server;
    private int dumps;

    @BeforeAll
    void start() {
        RootNeeded.assume();
        lab = Lab.open(1);
        Cluster.form(lab, Path.of(System.getProperty("mainstay.dist")), List.of("A"));
        server = lab.server("A");
    }

    @AfterAll
    void stop() {
        if (lab != null) {
            lab.close();
        }
    }

    private String karaf(String line) {
        return server.mainstay("karaf", line);
    }

    /** Returns what is usable now; {@code typ_list} keeps what was used once. */
    private String kits() {
        return server.mainstay("kit", "list");
    }

    private List<String> types() {
        return server.bin("typ_list", "-f:").orThrow().lines().toList();
    }

    /** Returns bundles by symbolic name, with what changes when they are touched. */
    private Map<String, String> bundles() throws IOException {
        dumps++;
        Path jar = lab.directory().resolve("dump" + dumps + ".jar");
        Path output = lab.directory().resolve("dump" + dumps);
        Jars.probe(jar, BundleDump.class, Map.of("Dump-To", output.toString()));
        karaf("bundle:install -s file:" + jar);
        karaf("bundle:uninstall " + BundleDump.class.getName());
        Map<String, String> bundles = new LinkedHashMap<>();
        Files.readAllLines(output).forEach(line -> bundles.put(line.split(" ")[0], line));
        return bundles;
    }

    private static Map<String, String> without(Map<String, String> bundles, String... names) {
        Map<String, String> rest = new LinkedHashMap<>(bundles);
        rest.keySet().removeAll(List.of(names));
        return rest;
    }

    // covers ADM-112
    @Test
    @Order(1)
    void everyBundleIsAtWork() throws IOException {
        Map<String, String> bundles = bundles();
        assertThat(bundles)
                .containsKeys(
                        "org.mainstay.kit",
                        "org.mainstay.cluster",
                        "org.mainstay.core",
                        "org.mainstay.comm",
                        "org.mainstay.mirror",
                        "org.mainstay.shell",
                        "org.mainstay.kit.ip",
                        KIT_APP,
                        "org.mainstay.kit.postgres",
                        "org.mainstay.kit.genlb",
                        "org.mainstay.kit.dns",
                        "org.mainstay.kit.systemd",
                        "org.mainstay.kit.ocf",
                        "org.mainstay.kit.share");
        bundles.forEach((name, line) -> {
            if (name.startsWith("org.mainstay")) {
                assertThat(line.split(" ")[1]).as("state of %s", name).isEqualTo("32");
            }
        });
        assertThat(karaf("bundle:list -t 0 --no-format").lines().skip(1))
                .allMatch(line -> line.contains("Active") || line.contains("Resolved"));
    }

    @Test
    @Order(2)
    void theKarafShellSaysTheSame() throws IOException {
        String good = script("good", "exit 0");
        server.mainstay(
                "resource", "create", "app", "--tag", "web", "--set", "restore=" + good, "--set", "remove=" + good);
        for (String line : List.of(
                "ins_list -f:",
                "ins_list -f: -t web",
                "dep_list -f:",
                "eqv_list -f:",
                "sys_list",
                "sys_getst -s A",
                "typ_list -f:",
                "app_list")) {
            String[] words = line.split(" ");
            assertThat(karaf("lk:" + line).strip())
                    .as(line)
                    .isEqualTo(server.bin(
                                    words[0],
                                    List.of(words).subList(1, words.length).toArray(String[]::new))
                            .orThrow()
                            .strip());
        }
        for (String line : List.of("node list", "resource list", "kit list", "status --json", "resource show web")) {
            assertThat(plain(karaf("mainstay:" + line))).as(line).isEqualTo(plain(server.mainstay(line.split(" "))));
        }
        karaf("lk:perform_action -t web -a remove");
        assertThat(karaf("lk:ins_list -f: -t web")).contains(":OSU:");
        karaf("mainstay:resource in-service web");
        assertThat(karaf("lk:ins_list -f: -t web")).contains(":ISP:");
        Exec.Result unknown = server.bin("mainstay", "karaf", "lk:ins_list -t nosuch");
        assertThat(unknown.exitCode()).isNotZero();
        assertThat(unknown.output()).contains("'nosuch'");
        server.mainstay("resource", "delete", "web", "--stop");
    }

    /** A time of a check may have passed in between. */
    private static String plain(String text) {
        return text.strip().replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z", "TIME");
    }

    private String script(String name, String body) throws IOException {
        Path script = lab.directory().resolve(name);
        Files.writeString(script, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script.toString();
    }

    @Test
    @Order(3)
    void aKitThatGoesLeavesWhatItProtectsAlone() throws IOException {
        String restore = script(
                "begin",
                "setsid sh -c 'echo $$ > /srv/pid; exec sleep 3600' </dev/null >/dev/null 2>&1 &\n"
                        + "while [ ! -s /srv/pid ]; do sleep 0.05; done");
        String remove = script("end", "kill $(cat /srv/pid); rm /srv/pid");
        String check = script("look", "kill -0 $(cat /srv/pid)");
        server.mainstay(
                "resource",
                "create",
                "app",
                "--tag",
                "kept",
                "--set",
                "restore=" + restore,
                "--set",
                "remove=" + remove,
                "--set",
                "quickCheck=" + check);
        String process = server.machine().run("cat", "/srv/pid").orThrow();
        Map<String, String> before = bundles();

        karaf("feature:uninstall mainstay-kit-app");
        assertThat(server.bin("mainstay", "kit", "list").orThrow()).doesNotContain("Generic Application");
        Exec.Result refused = server.bin(
                "mainstay",
                "resource",
                "create",
                "app",
                "--tag",
                "no",
                "--set",
                "restore=" + restore,
                "--set",
                "remove=" + remove);
        assertThat(refused.exitCode()).isEqualTo(7);
        assertThat(refused.output()).contains("no kit for 'app'");
        assertThat(bundles()).as("all other bundles").isEqualTo(without(before, KIT_APP));
        assertThat(server.state("kept", "A")).isEqualTo("ISP");
        server.machine().run("kill", "-0", process.strip()).orThrow();
        Exec.Result without = server.bin("mainstay", "resource", "out-of-service", "kept");
        assertThat(without.exitCode()).as(without.output()).isNotZero();
        assertThat(without.output()).contains("gen/app");
        server.machine().run("kill", "-0", process.strip()).orThrow();

        karaf("feature:install mainstay-kit-app");
        assertThat(types()).contains("gen:app");
        assertThat(without(bundles(), KIT_APP)).as("all other bundles").isEqualTo(without(before, KIT_APP));
        assertThat(server.machine().run("cat", "/srv/pid").orThrow()).isEqualTo(process);
        server.mainstay("resource", "in-service", "kept");
        server.mainstay("resource", "out-of-service", "kept");
        assertThat(server.state("kept", "A")).isEqualTo("OSU");
        assertThat(server.machine().run("kill", "-0", process.strip()).exitCode())
                .isNotZero();
        server.mainstay("resource", "delete", "kept");
    }

    @Test
    @Order(4)
    void aKitOfAStrangerIsFoundAtOnce() throws IOException {
        Path jar = lab.directory().resolve("lamp.jar");
        strangeKit(jar, "1.0.0");
        Map<String, String> before = bundles();

        karaf("bundle:install -s file:" + jar);
        assertThat(types()).contains("house:lamp");
        assertThat(kits()).contains("A lamp");
        Exec.Result missing = server.bin("mainstay", "resource", "create", "lamp");
        assertThat(missing.exitCode()).isEqualTo(5);
        assertThat(missing.output()).contains("--set switch=", "Where the lamp is switched");
        server.mainstay("resource", "create", "lamp", "--set", "switch=/srv/lamp");
        assertThat(server.machine().run("cat", "/srv/lamp").orThrow()).isEqualTo("on");
        assertThat(server.state("lamp-/srv/lamp", "A")).isEqualTo("ISP");
        Exec.Result twice =
                server.bin("mainstay", "resource", "create", "lamp", "--tag", "second", "--set", "switch=/srv/lamp");
        assertThat(twice.exitCode()).isEqualTo(4);
        assertThat(twice.output()).contains("lamp-/srv/lamp", "already protects");
        server.mainstay("resource", "delete", "lamp-/srv/lamp", "--stop");
        assertThat(server.machine().run("cat", "/srv/lamp").orThrow()).isEqualTo("off");

        karaf("bundle:uninstall stranger.lamp");
        assertThat(kits()).doesNotContain("A lamp");
        assertThat(bundles()).as("all bundles").isEqualTo(before);
    }

    @Test
    @Order(5)
    void aKitPutIntoTheDeployFolderIsFound() throws IOException {
        Path jar = lab.directory().resolve("lamp2.jar");
        strangeKit(jar, "2.0.0");
        server.machine()
                .run("cp", jar.toString(), server.home() + "/deploy/lamp.jar")
                .orThrow();
        Await.until("the kit is found", LIMIT, () -> kits().contains("A lamp"), () -> server.logs());
        server.machine().run("rm", server.home() + "/deploy/lamp.jar").orThrow();
        Await.until("the kit is gone", LIMIT, () -> !kits().contains("A lamp"), () -> server.logs());
    }

    @Test
    @Order(6)
    void everyFeatureOfOursInstallsWithoutANetwork() {
        List<String> features = karaf("feature:list --no-format")
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("mainstay"))
                .toList();
        assertThat(features).hasSizeGreaterThanOrEqualTo(4).allMatch(line -> line.contains("Started"));
        karaf("feature:install ssh");
        assertThat(karaf("feature:list --no-format --installed").lines().collect(Collectors.toList()))
                .anyMatch(line -> line.strip().startsWith("ssh"));
        karaf("feature:uninstall ssh");
    }

    /** Built with the kit API's jar alone. */
    private void strangeKit(Path jar, String version) throws IOException {
        Path folder = Files.createTempDirectory(lab.directory(), "kit");
        Path home = Bundles.unpack(
                Path.of(System.getProperty("mainstay.dist")), Files.createDirectory(folder.resolve("dist")));
        Path api = Bundles.ours(home).stream()
                .filter(bundle -> bundle.name().equals("org.mainstay.kit"))
                .findFirst()
                .orElseThrow()
                .jar();
        Path apiCopy = folder.resolve("kit.api.jar");
        Files.copy(api, apiCopy, StandardCopyOption.REPLACE_EXISTING);
        Map<String, byte[]> entries =
                new LinkedHashMap<>(Jars.compile(folder, "stranger.lamp.LampKit", LAMP, List.of(apiCopy)));
        entries.put("OSGI-INF/lamp.xml", Jars.text("""
                <?xml version="1.0"?>
                <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="stranger.lamp">
                  <service><provide interface="org.mainstay.kit.RecoveryKit"/></service>
                  <implementation class="stranger.lamp.LampKit"/>
                </scr:component>
                """));
        Jars.write(
                jar,
                Map.of(
                        "Bundle-SymbolicName",
                        "stranger.lamp",
                        "Bundle-Version",
                        version,
                        "Service-Component",
                        "OSGI-INF/lamp.xml",
                        "Import-Package",
                        "org.mainstay.kit;version=\"[1,2)\""),
                entries);
    }

    private static final String LAMP = """
            package stranger.lamp;

            import java.io.IOException;
            import java.io.UncheckedIOException;
            import java.nio.file.Files;
            import java.nio.file.Path;
            import java.util.List;
            import org.mainstay.kit.*;

            public class LampKit implements RecoveryKit {
                private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder("house", "lamp", "1.0.0", "A lamp")
                        .fields(List.of(Field.named("switch", "Switch")
                                .help("Where the lamp is switched.").kind(Field.Kind.PATH).required().build()))
                        .build();

                @Override
                public KitDescriptor descriptor() {
                    return DESCRIPTOR;
                }

                @Override
                public Creation create(CreateContext context) {
                    return Creation.of(context.resource().property("switch", ""), context.resource().properties());
                }

                @Override
                public Outcome restore(ActionContext context) {
                    return turn(context, "on");
                }

                @Override
                public Outcome remove(ActionContext context) {
                    return turn(context, "off");
                }

                @Override
                public Probe probe(ActionContext context) {
                    try {
                        return Files.readString(lamp(context)).equals("on")
                                ? Probe.running("the lamp is on") : Probe.stopped("the lamp is off");
                    } catch (IOException e) {
                        return Probe.stopped("there is no lamp");
                    }
                }

                private static Path lamp(ActionContext context) {
                    return Path.of(context.resource().property("switch", ""));
                }

                private static Outcome turn(ActionContext context, String state) {
                    try {
                        Files.writeString(lamp(context), state);
                        return Outcome.success("the lamp is " + state);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            }
            """;
}
