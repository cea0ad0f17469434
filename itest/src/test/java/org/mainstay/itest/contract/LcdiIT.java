package org.mainstay.itest.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/** Every command of the LCDI as a script uses it, on two servers, through the programs of {@code bin/}: the lines of contract/lcdi.txt. */
class LcdiIT extends ContractCase {
    /** Only looks, and is the same in every shell. */
    private static final Pattern PLAIN = Pattern.compile(
            "(?:(?:app|typ|ins|dep|eqv|sys|flg)_(?:list|test|getst|gettag)|net_list|lcduname)(?: [\\w.:=-]+)*");

    private static final String ACTIONS = "subsys/shop/Resources/page/actions";

    @Override
    void prepare(Lab opened) {
        Cluster.form(opened, distribution(), List.of("A", "B"));
        Cluster.connect(opened, 2, Cluster.Heartbeat.DEFAULT);
        for (Server server : opened.servers()) {
            String folder = server.home() + "/" + ACTIONS;
            String body = "#!/bin/sh\\necho \"" + server.name() + " $(basename $0) $2\" >> " + server.home()
                    + "/../shop.log\\n";
            server.machine()
                    .run(
                            "sh",
                            "-c",
                            "mkdir -p " + folder + " " + server.home()
                                    + "/subsys/shop/actions && for a in restore remove delete; do" + " printf '" + body
                                    + "' > " + folder + "/$a && chmod +x " + folder + "/$a; done")
                    .orThrow();
        }
    }

    /** One command line with what is expected. */
    private static final class Line {
        private final Server server;
        private final String typed;
        private final List<String> out = new ArrayList<>();
        private final List<String> err = new ArrayList<>();
        private int exit;

        Line(Server server, String typed) {
            this.server = server;
            this.typed = typed;
        }

        void check(Path folder) {
            Path errors = folder.resolve("stderr");
            Exec.Result result = server.machine()
                    .run(
                            "sh",
                            "-c",
                            "export LKROOT=" + server.home() + " PATH=" + server.home() + "/bin:$PATH; exec 2>" + errors
                                    + "; " + typed);
            String said = read(errors);
            List<String> printed = result.output().isEmpty()
                    ? List.of()
                    : List.of(result.output().split("\n"));
            assertThat(result.exitCode())
                    .as("exit code of '%s' on %s; it said: %s %s", typed, server.name(), printed, said)
                    .isEqualTo(exit);
            assertThat(printed).as("standard output; standard error: %s", said).hasSameSizeAs(out);
            for (int i = 0; i < out.size(); i++) {
                String expected = out.get(i).substring(2);
                if (out.get(i).startsWith("~")) {
                    assertThat(printed.get(i)).matches(expected);
                } else {
                    assertThat(printed.get(i)).isEqualTo(expected);
                }
            }
            err.forEach(text -> assertThat(said).contains(text));
        }

        private static String read(Path file) {
            try {
                return Files.readString(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> lines() throws IOException {
        List<Line> lines = new ArrayList<>();
        for (String text : resource("lcdi.txt").split("\n")) {
            if (text.isBlank() || text.startsWith("#")) {
                continue;
            }
            if (text.startsWith("A$ ") || text.startsWith("B$ ")) {
                lines.add(new Line(lab().server(text.substring(0, 1)), text.substring(3)));
                continue;
            }
            Line last = lines.get(lines.size() - 1);
            switch (text.charAt(0)) {
                case '|', '~' -> last.out.add(text.length() == 1 ? text + " " : text);
                case '!' -> last.err.add(text.substring(2));
                case '=' -> last.exit = Integer.parseInt(text.substring(2));
                default -> throw new IllegalArgumentException("not understood: " + text);
            }
        }
        Stream<DynamicTest> typed = lines.stream()
                .map(line -> DynamicTest.dynamicTest(
                        line.server.name() + "$ " + line.typed, () -> line.check(lab().directory())));
        Stream<DynamicTest> doors = lines.stream()
                .filter(line -> PLAIN.matcher(line.typed).matches())
                .map(line -> line.typed)
                .distinct()
                .map(line -> DynamicTest.dynamicTest("every door: " + line, () -> everyDoor(line)));
        return Stream.concat(typed, doors);
    }

    /** A line that only looks says the same, with the same exit code, from bin/, in the Karaf shell and called on another server. */
    private void everyDoor(String line) {
        Server a = lab().server("A");
        Server b = lab().server("B");
        // A terminal of Karaf shows both streams as one.
        same(typed(a, "mainstay karaf 'lk:" + line + "' 2>&1"), typed(a, line + " 2>&1"));
        Exec.Result bin = typed(a, line + " 2>/dev/null");
        same(typed(b, "lcdremexec -e -d A -- " + line + " 2>/dev/null"), bin);
        same(typed(a, "lcdremexec -d A -- " + line + " 2>/dev/null"), bin);
    }

    private static void same(Exec.Result other, Exec.Result bin) {
        assertThat(other.output()).isEqualTo(bin.output());
        assertThat(other.exitCode()).as(other.output()).isEqualTo(bin.exitCode());
    }

    private static Exec.Result typed(Server server, String line) {
        return server.machine()
                .run("sh", "-c", "export LKROOT=" + server.home() + " PATH=" + server.home() + "/bin:$PATH; " + line);
    }
}
