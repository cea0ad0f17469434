package org.mainstay.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shell functions that ./demo and ./test share. */
class ScriptsTest {
    private static final Path TOP = Path.of("").toAbsolutePath().getParent();
    private static final FileTime BUILT = FileTime.from(Instant.parse("2024-01-01T00:00:00Z"));
    private static final FileTime LATER = FileTime.from(Instant.parse("2024-01-01T00:00:01Z"));

    @TempDir
    Path tree;

    private Path archive;

    @BeforeEach
    void build() throws IOException {
        archive = file("dist/target/mainstay-1.tar.gz");
    }

    private Path file(String name) throws IOException {
        Path file = tree.resolve(name);
        Files.createDirectories(file.getParent());
        if (!Files.exists(file)) {
            Files.createFile(file);
        }
        Files.setLastModifiedTime(file, BUILT);
        return file;
    }

    private static String bash(Map<String, String> environment, String script) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", "set -u; " + script)
                .directory(TOP.toFile())
                .redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    private String newer() throws IOException {
        return bash(
                Map.of(),
                ". cnf/setup/built.sh; cd '" + tree + "'; mainstay_newer_source . dist/target/mainstay-1.tar.gz");
    }

    @Test
    void whatGoesIntoTheArchiveOrTheDemoMakesABuildOld() throws IOException {
        for (String source : List.of(
                "core.bundle/src/main/java/A.java",
                "native/src/main/c/client-frames.h",
                "native/src/main/c/commands",
                "native/build.sh",
                "dist/src/main/distribution/etc/default/LifeKeeper",
                "dist/src/main/distribution/etc/systemd/x.service.in",
                "karaf-features/src/main/feature/features.xml",
                "cnf/karaf/pom.xml",
                "itest/src/main/java/Demo.java",
                "kit.ip/bnd.bnd",
                "pom.xml")) {
            Path file = file(source);
            assertThat(newer()).as("before %s", source).isEmpty();
            Files.setLastModifiedTime(file, LATER);
            assertThat(newer()).isEqualTo("./" + source);
            Files.delete(file);
        }
    }

    @Test
    void testsAndDocumentsAndBuildResultsDoNot() throws IOException {
        for (String other : List.of(
                "core.bundle/src/test/java/ATest.java",
                "docs/administration.md",
                "native/target/x.h",
                ".git/src/main/x")) {
            Files.setLastModifiedTime(file(other), LATER);
        }
        assertThat(newer()).isEmpty();
        assertThat(archive).exists();
    }

    @Test
    void wherePostgresComesFromIsChosenByTheEnvironment() throws IOException {
        String missing = ". cnf/setup/requirements.sh; mainstay_find_postgres() { return 1; }; "
                + "mainstay_is_debian() { return 1; }; ";
        assertThat(bash(Map.of("MAINSTAY_POSTGRES", "maven"), missing + "mainstay_missing run | grep postgresql"))
                .isEmpty();
        assertThat(bash(Map.of("MAINSTAY_POSTGRES", "packages"), missing + "mainstay_missing run | grep postgresql"))
                .startsWith("postgresql|");
        String require = missing
                + "mainstay_missing() { [ \"${MAINSTAY_POSTGRES:-}\" = maven ] || echo 'postgresql|PostgreSQL'; }; "
                + "mainstay_fetch_postgres() { :; }; mainstay_require run";
        assertThat(bash(Map.of("MAINSTAY_POSTGRES", ""), require + "; echo $MAINSTAY_POSTGRES"))
                .contains("cannot be installed here")
                .endsWith("maven");
        assertThat(bash(Map.of("MAINSTAY_POSTGRES", "packages"), require + " || echo refused"))
                .contains("PostgreSQL (Debian package postgresql)", "Please install the above")
                .endsWith("refused");
        assertThat(bash(Map.of("MAINSTAY_POSTGRES", "elsewhere"), require + " || echo refused"))
                .contains("may be maven or packages")
                .endsWith("refused");
    }

    /** An installation by an apt-get that says what the given shell text says. */
    private String installing(String apt, String... packages) throws IOException {
        return bash(
                Map.of("MAINSTAY_POSTGRES", "", "TMPDIR", tree.toString()),
                ". cnf/setup/requirements.sh; mainstay_without_services() { \"$@\"; }; mainstay_no_default_cluster() { :; }; "
                        + "apt-get() { [ \"$1\" = update ] || { " + apt + "; }; }; mainstay_install_all "
                        + String.join(" ", packages) + "; echo \"result $? ${MAINSTAY_POSTGRES:-packages}\"");
    }

    @Test
    void anAptThatReachesNothingIsOneMessageWithItsFirstErrorAndTheFileOfTheRest() throws IOException {
        String said = installing("echo 'E: first'; echo 'E: second'; return 100", "gcc", "postgresql", "procps");

        assertThat(said.lines().filter(line -> line.contains("could not install")))
                .hasSize(1);
        assertThat(said)
                .contains("  E: first\n", "mainstay-apt-")
                .doesNotContain("second")
                .endsWith("result 1 packages");
    }

    @Test
    void onlyPostgresIsReplacedWhenItsPackageAloneCannotBeInstalled() throws IOException {
        String said = installing(
                "case \"$*\" in *postgresql*) echo 'E: no candidate'; return 100 ;; esac",
                "gcc",
                "postgresql",
                "procps");

        assertThat(said).contains("gcc procps\n", "  E: no candidate\n").endsWith("result 0 maven");
    }

    @Test
    void whatWasInstalledLeavesNoFileOfWhatAptSaid() throws IOException {
        assertThat(installing("echo 'Need to get 5 MB of archives.'", "gcc", "postgresql"))
                .contains("  Need to get 5 MB of archives.")
                .endsWith("Installed.\nresult 0 packages");
        try (var files = Files.list(tree)) {
            assertThat(files.filter(file -> file.getFileName().toString().startsWith("mainstay-apt")))
                    .isEmpty();
        }
    }

    @Test
    void theDemoTakesEveryOptionThatItsHelpNames() throws IOException {
        List<String> options = Pattern.compile("(?m)^ *\\./demo (--\\S+(?: NAME=VALUE)?)")
                .matcher(bash(Map.of(), "./demo --help"))
                .results()
                .map(match -> match.group(1))
                .toList();

        assertThat(options).contains("--keep", "--mirror", "--json", "--database-setting NAME=VALUE");
        for (String option : options) {
            assertThat(bash(Map.of(), "./demo " + option + " --nonsense; echo \"exit $?\""))
                    .contains("unknown argument '--nonsense'")
                    .endsWith("exit 2");
        }
    }
}
