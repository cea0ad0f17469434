package org.mainstay.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Ids of requirements are for code, tests and commits: no text that a user reads holds one. */
class UserTextsTest {
    private static final Path TOP = Path.of("").toAbsolutePath().getParent();
    private static final Pattern LITERAL_WITH_ID = Pattern.compile(
            "\"(?:[^\"\\\\]|\\\\.)*\\b(?:CMD|HIER|OPS|PG|ADM|COMM|CORE|QUO|MIR)-\\d+(?:[^\"\\\\]|\\\\.)*\"");

    @Test
    void noTextForUsersHoldsTheIdOfARequirement() throws IOException {
        List<String> found = new ArrayList<>();
        for (String module : modules()) {
            Path sources = TOP.resolve(module).resolve("src/main/java");
            try (Stream<Path> files = Files.walk(sources)) {
                for (Path file :
                        files.filter(one -> one.toString().endsWith(".java")).toList()) {
                    search(file, found);
                }
            }
        }
        assertThat(found).isEmpty();
    }

    private static void search(Path file, List<String> found) throws IOException {
        for (String line : Files.readAllLines(file)) {
            String code = line.strip();
            boolean comment = code.startsWith("*") || code.startsWith("/*") || code.startsWith("//");
            if (!comment && LITERAL_WITH_ID.matcher(code).find()) {
                found.add(TOP.relativize(file) + ": " + code);
            }
        }
    }

    private static List<String> modules() throws IOException {
        try (Stream<Path> folders = Files.list(TOP)) {
            return folders.filter(folder -> Files.isDirectory(folder.resolve("src/main/java")))
                    .map(folder -> folder.getFileName().toString())
                    .filter(name ->
                            !Set.of("itest", "sim", "bench", "kit.testkit").contains(name))
                    .toList();
        }
    }
}
