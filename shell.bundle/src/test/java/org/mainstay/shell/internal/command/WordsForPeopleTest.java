package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The ids of requirements are for those who read the code; what Mainstay prints stands without them. */
class WordsForPeopleTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern IN_TEXT =
            Pattern.compile("\"[^\"]*\\b(?:ADM|CMD|FLG|QUO|COMM|OPS|PG|CORE|REG)-[0-9]{3}\\b[^\"]*\"");
    private static final Pattern COMMENT = Pattern.compile("^\\s*(?:\\*|/\\*|//|#).*");

    private static List<String> linesWithIds(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> !COMMENT.matcher(line).matches())
                .filter(line -> IN_TEXT.matcher(line).find())
                .map(line -> ROOT.relativize(file) + ": " + line.strip())
                .toList();
    }

    @Test
    void noTextOfTheProgramNamesTheIdOfARequirement() throws IOException {
        TreeSet<String> found = new TreeSet<>();
        int read = 0;
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path folder : modules.map(module -> module.resolve("src/main"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(folder)) {
                    for (Path file : files.filter(name -> name.toString().matches(".*\\.(java|c|h|properties)"))
                            .toList()) {
                        found.addAll(linesWithIds(file));
                        read++;
                    }
                }
            }
        }
        assertThat(read).isGreaterThan(500);
        assertThat(found).isEmpty();
    }
}
