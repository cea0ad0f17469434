package org.mainstay.itest.hot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.RootNeeded;
import org.mainstay.itest.lab.Server;

/**
 * What people without our sources do: they build the tutorial's kit, and one made from the archetype, outside the reactor against what
 * the distribution carries in {@code sdk/}, test it by the contract of kits, and install it. Third-party libraries and plugins come from
 * the local Maven repository of this build, nothing from the network.
 */
class StrangersIT {
    private static final Path EXAMPLE = Path.of("../examples/kit.redis");
    private static final Path ARCHETYPE = Path.of("../mainstay-kit/src/main/resources/archetype-resources");
    private static final Duration BUILD_LIMIT = Duration.ofMinutes(10);

    @TempDir
    private static Path folder;

    private static Path home;
    private static Path settings;

    @BeforeAll
    static void unpack() throws IOException {
        home = Files.createDirectory(folder.resolve("mainstay"));
        Exec.run("tar", "-xzf", System.getProperty("mainstay.dist"), "--strip-components=1", "-C", home.toString())
                .orThrow();
        settings = Files.writeString(folder.resolve("settings.xml"), """
            <settings>
              <localRepository>%s</localRepository>
              <mirrors>
                <mirror><id>here</id><mirrorOf>*,!mainstay</mirrorOf><url>%s</url></mirror>
              </mirrors>
            </settings>
            """.formatted(
                        folder.resolve("repository"),
                        Path.of(System.getProperty("maven.repository")).toUri()));
    }

    private static Map<String, String> values() {
        Map<String, String> values = new TreeMap<>();
        values.put("groupId", "com.example");
        values.put("artifactId", "kit.redis");
        values.put("version", "1.0.0");
        values.put("package", "com.example.redis");
        values.put("application", "database");
        values.put("type", "redis");
        values.put("title", "Redis");
        values.put("mainstayVersion", System.getProperty("mainstay.version"));
        return values;
    }

    private static String filled(String template) {
        String text = template;
        for (Map.Entry<String, String> value : values().entrySet()) {
            text = text.replace("${" + value.getKey() + "}", value.getValue());
        }
        return text;
    }

    /** Does what Maven's archetype plugin does with this archetype: values for names, sources into their package. */
    private static void generate(Path target) throws IOException {
        try (Stream<Path> files = Files.walk(ARCHETYPE)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = ARCHETYPE.relativize(file).toString();
                String placed = name.replaceFirst("^(src/(main|test)/java/)", "$1com/example/redis/");
                Path to = target.resolve(placed);
                Files.createDirectories(to.getParent());
                Files.writeString(to, filled(Files.readString(file)));
            }
        }
    }

    private Path build(Path project) throws IOException {
        Exec.run(
                        BUILD_LIMIT,
                        List.of(
                                "mvn",
                                "-B",
                                "-ntp",
                                "-s",
                                settings.toString(),
                                "-f",
                                project.resolve("pom.xml").toString(),
                                "-Dmainstay.home=" + home,
                                "package"))
                .orThrow();
        Path jar = project.resolve("target/kit.redis-1.0.0.jar");
        try (JarFile file = new JarFile(jar.toFile())) {
            var main = file.getManifest().getMainAttributes();
            assertThat(main.getValue("Bundle-SymbolicName")).isEqualTo("kit.redis");
            assertThat(main.getValue("Import-Package"))
                    .contains("org.mainstay.kit;")
                    .doesNotContain("org.mainstay.core");
            assertThat(main.getValue("Service-Component")).isNotBlank();
        }
        assertThat(Files.readString(project.resolve("target/feature/features.xml")))
                .contains("mvn:com.example/kit.redis/1.0.0");
        return jar;
    }

    private static void passed(Path project, String test) throws IOException {
        String report = Files.readString(project.resolve("target/surefire-reports/com.example.redis." + test + ".txt"));
        assertThat(report).contains("Tests run: 2, Failures: 0, Errors: 0, Skipped: 0");
    }

    @Test
    void aKitFromTheArchetypeBuildsAndKeepsTheContract() throws IOException {
        RootNeeded.assume();
        Path project = Files.createDirectory(folder.resolve("generated"));
        generate(project);
        build(project);
        passed(project, "ServiceKitTest");
    }

    @Test
    void theExampleIsMadeFromTheArchetype() throws IOException {
        for (String same : List.of("pom.xml", "src/main/feature/features.xml")) {
            assertThat(Files.readString(EXAMPLE.resolve(same)))
                    .as(same)
                    .isEqualTo(filled(Files.readString(ARCHETYPE.resolve(same))));
        }
        String guide = Files.readString(Path.of("../docs/kit-authors.md"));
        String kit = Files.readString(EXAMPLE.resolve("src/main/java/com/example/redis/RedisKit.java"));
        String test = Files.readString(EXAMPLE.resolve("src/test/java/com/example/redis/RedisKitTest.java"));
        assertThat(guide)
                .as("the tutorial shows the kit as it is")
                .contains(kit)
                .contains(test);
    }

    @Test
    void theTutorialsKitBuildsKeepsTheContractAndServes() throws IOException {
        RootNeeded.assume();
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/redis-server")), "needs redis-server");
        Path project = folder.resolve("kit.redis");
        Exec.run("cp", "-r", EXAMPLE.toString(), project.toString()).orThrow();
        Exec.run("rm", "-rf", project.resolve("target").toString()).orThrow();
        Path jar = build(project);
        passed(project, "RedisKitTest");
        try (Lab lab = Lab.open(1)) {
            Cluster.form(lab, Path.of(System.getProperty("mainstay.dist")), List.of("A"));
            Server server = lab.server("A");
            serve(lab, server, jar);
        }
    }

    private static void serve(Lab lab, Server server, Path jar) throws IOException {
        Path kit = lab.directory().resolve("redis.jar");
        Files.copy(jar, kit);
        assertThat(server.mainstay("kit", "install", kit.toString())).contains("kit kit.redis 1.0.0 is installed");
        assertThat(server.mainstay("kit", "list")).containsPattern("redis +database +1.0.0 +Redis");
        server.machine()
                .run("sh", "-c", "printf 'bind 127.0.0.1\\ndir /srv\\n' > /srv/redis.conf")
                .orThrow();
        server.mainstay(
                "resource",
                "create",
                "redis",
                "--tag",
                "cache",
                "--set",
                "config=/srv/redis.conf",
                "--set",
                "user=root");
        assertThat(server.state("cache", "A")).isEqualTo("ISP");
        assertThat(server.machine().run("redis-cli", "set", "key", "value").orThrow())
                .contains("OK");
        server.mainstay("resource", "out-of-service", "cache");
        assertThat(server.machine().run("redis-cli", "ping").output()).doesNotContain("PONG");
        server.mainstay("resource", "in-service", "cache");
        assertThat(server.machine().run("redis-cli", "get", "key").orThrow()).contains("value");
        server.mainstay("resource", "delete", "cache", "--stop");
        server.mainstay("kit", "remove", "kit.redis");
    }
}
