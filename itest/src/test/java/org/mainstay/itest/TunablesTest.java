package org.mainstay.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tunables file lists every tunable that the code reads, and none that it does not read (CORE-080). */
class TunablesTest {
    private static final Path TOP = Path.of("").toAbsolutePath().getParent();
    private static final Path FILE = TOP.resolve("dist/src/main/distribution/etc/default/LifeKeeper");
    private static final Pattern LISTED = Pattern.compile("^#?([A-Z][A-Z0-9_]+)=", Pattern.MULTILINE);
    private static final Pattern NAME = Pattern.compile("\"((?:[A-Z][A-Z0-9]*_|LCM)[A-Z0-9_]+)\"");
    /** A name in one word is known by what asks for it. */
    private static final Pattern ASKED = Pattern.compile("tunables\\(?\\)?\\.\\w+\\(\\s*\"([A-Z][A-Z0-9_]+)\"");

    /** Names in capitals that are no tunables: environment of programs, protocols, files; a prefix ends with an underscore. */
    private static final List<String> OTHERS = List.of(
            "AWS_",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "NO_PROXY",
            "NO_COLOR",
            "LC_",
            "LK_",
            "LCM_AVAIL",
            "LOOP_DEVICE",
            "EXIT_CODE",
            "AUTORES_ISP",
            "INIT_ISP",
            "INIT_OSU",
            "NT_STATUS_",
            "OCF_",
            "FRS_",
            "TO_LOG",
            "TO_STDERR",
            "YES_NO",
            "TLS_",
            "PG_VERSION",
            "PGCONNECT_TIMEOUT",
            "SPLIT_BRAIN",
            "STALE_SOURCE",
            "MAINSTAY_");

    private static Set<String> read() throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.walk(TOP, 14)) {
            for (Path file : files.filter(TunablesTest::ships).toList()) {
                String text = Files.readString(file);
                for (Pattern pattern : List.of(NAME, ASKED)) {
                    Matcher match = pattern.matcher(text);
                    while (match.find()) {
                        names.add(match.group(1));
                    }
                }
            }
        }
        names.removeIf(name ->
                OTHERS.stream().anyMatch(other -> other.endsWith("_") ? name.startsWith(other) : name.equals(other)));
        return names;
    }

    private static boolean ships(Path file) {
        Path inside = TOP.relativize(file);
        return inside.getNameCount() > 3
                && inside.subpath(1, 4).equals(Path.of("src/main/java"))
                && inside.toString().endsWith(".java")
                && !Set.of("itest", "sim", "bench", "kit.testkit")
                        .contains(inside.getName(0).toString());
    }

    private static Set<String> listed() throws IOException {
        Set<String> names = new TreeSet<>();
        Matcher match = LISTED.matcher(Files.readString(FILE));
        while (match.find()) {
            names.add(match.group(1));
        }
        return names;
    }

    @Test
    void everyTunableThatIsReadIsListed() throws IOException {
        Set<String> listed = listed();
        assertThat(read().stream()
                        .filter(name -> name.endsWith("_")
                                ? listed.stream().noneMatch(one -> one.startsWith(name))
                                : !listed.contains(name)))
                .as("read by the code, missing in " + FILE + " (or to be added to this test as no tunable)")
                .isEmpty();
    }

    @Test
    void everyTunableThatIsListedIsRead() throws IOException {
        Set<String> read = read();
        assertThat(listed().stream()
                        .filter(name -> !name.equals("JAVA_HOME"))
                        .filter(name -> !read.contains(name)
                                && read.stream().noneMatch(one -> one.endsWith("_") && name.startsWith(one))))
                .as("listed in " + FILE + " but read nowhere")
                .isEmpty();
    }
}
