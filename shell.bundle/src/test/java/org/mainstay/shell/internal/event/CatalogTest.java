package org.mainstay.shell.internal.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CatalogTest {
    private static final Pattern NOTICE = Pattern.compile("static final int \\w+ = (20[0-9]{3});");

    @Test
    void everyNumberInTheSourcesIsInTheCatalog() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("../core.bundle/src/main/java"))) {
            List<Path> sources =
                    files.filter(file -> file.toString().endsWith(".java")).toList();
            assertThat(sources).isNotEmpty();
            for (Path file : sources) {
                Matcher matcher = NOTICE.matcher(Files.readString(file));
                while (matcher.find()) {
                    assertThat(Catalog.entry(Integer.parseInt(matcher.group(1))))
                            .as("%s in %s", matcher.group(), file.getFileName())
                            .isPresent();
                }
            }
        }
    }

    @Test
    void everyMessageHasBothLanguagesAndApplicationsEventsHaveDifferentNames() {
        assertThat(Catalog.all()).hasSizeGreaterThan(30);
        Catalog.all().values().forEach(entry -> {
            assertThat(entry.english()).as("%d", entry.number()).matches("[ -~]+");
            assertThat(entry.japanese()).as("%d", entry.number()).containsPattern("[\\u3040-\\u30ff\\u4e00-\\u9fff]");
        });
        assertThat(Catalog.all().values().stream().map(Catalog.Entry::event).filter(name -> !name.isEmpty()))
                .doesNotHaveDuplicates()
                .allMatch(name -> name.matches("[a-z_]+"));
    }
}
