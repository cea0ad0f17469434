package org.mainstay.shell.internal.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterEvent;

class CatalogTest {
    private static final Pattern NOTICE = Pattern.compile("static final int \\w+ = ((?:18|20)[0-9]{3});");
    private static final List<String> MODULES = List.of("core.bundle", "quorum.bundle", "guard");
    /** What the guard tells, in its words. */
    private static final int GUARD = 20160;

    private static List<Path> sources(String module) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("..", module, "src/main/java"))) {
            List<Path> sources =
                    files.filter(file -> file.toString().endsWith(".java")).toList();
            assertThat(sources).isNotEmpty();
            return sources;
        }
    }

    /** What differs is between the words; each run of words of a sentence is in the sources as it is. */
    @Test
    void japaneseSentencesAreThoseOfTheSources() throws IOException {
        StringBuilder words = new StringBuilder();
        for (String module : MODULES) {
            for (Path file : sources(module)) {
                words.append(Files.readString(file).replaceAll("\"\\s*\\+\\s*\"", ""));
            }
        }
        String all = words.toString().replace("\\\"", "\"");
        for (Sentences.Sentence sentence : Sentences.all()) {
            for (String part : sentence.english().split("\\{[a-z]+\\}")) {
                String run = part.replaceAll("^[ (:,]+|[ ):]+$", "");
                if (run.length() > 5) {
                    assertThat(all.contains(run))
                            .as("'%s' of %d is written so in the sources", run, sentence.number())
                            .isTrue();
                }
            }
            assertThat(Catalog.entry(sentence.number())).isPresent();
            assertThat(sentence.japanese()).containsPattern("[\\u3040-\\u30ff\\u4e00-\\u9fff]");
        }
    }

    private static String japanese(int number, String tag, String text) {
        return Sentences.text(
                new ClusterEvent(1, Instant.EPOCH, "A", number, ClusterEvent.Level.ERROR, tag, text), "ja");
    }

    @Test
    void anEventIsSaidInJapanese() {
        assertThat(japanese(20120, "pg", "pg is in service on A")).isEqualTo("A で pg がサービス中になりました");
        assertThat(japanese(20126, "pg", "quickCheck of pg on A failed: no answer on port 5432: refused"))
                .isEqualTo("A の pg の quickCheck が障害を検出しました: no answer on port 5432: refused");
        assertThat(japanese(20131, "", "B does not take over data, pg: Mainstay does not run on B"))
                .isEqualTo("B は data, pg を引き継ぎません: Mainstay does not run on B");
        assertThat(japanese(20126, "pg", "something new")).isEqualTo("リソースの監視で障害を検出しました - something new");
        assertThat(japanese(99, "", "a text of a script")).isEqualTo("a text of a script");
    }

    @Test
    void everyNumberInTheSourcesIsInTheCatalogAndHasASentenceInJapanese() throws IOException {
        Set<Integer> said =
                Sentences.all().stream().map(Sentences.Sentence::number).collect(Collectors.toSet());
        for (String module : MODULES) {
            for (Path file : sources(module)) {
                Matcher matcher = NOTICE.matcher(Files.readString(file));
                while (matcher.find()) {
                    int number = Integer.parseInt(matcher.group(1));
                    assertThat(Catalog.entry(number))
                            .as("%s in %s", matcher.group(), file.getFileName())
                            .isPresent();
                    assertThat(number == GUARD || said.contains(number))
                            .as("%s in %s has a sentence in Japanese", matcher.group(), file.getFileName())
                            .isTrue();
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
