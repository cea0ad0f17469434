package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.Origin;

/** Values of the stopped database (CMD-350 to CMD-357). */
class LcdRewriteTest {
    @TempDir
    Path data;

    private final LcdDatabaseSetup setup = new LcdDatabaseSetup();

    private Lcd made() throws IOException {
        Equivalency pair = new Equivalency("A", "web", "B", "web", 1, 10);
        Dependency needs = new Dependency("web", "ip");
        Lcd lcd = Lcd.empty("A", 1)
                .with(
                        LcdSection.MEMBERSHIP,
                        Membership.KEY,
                        new Membership(1, List.of(new Member("A", "10.0.0.1", 1500, "aa"))))
                .with(Instance.create("web", "/srv/web", "gen", "app")
                        .withInfo("10.0.0.1 and 10.0.0.10")
                        .withProperties(Map.of("address", "10.0.0.1"), "1.0"))
                .with(Instance.create("ip", "10.0.0.1", "comm", "ip"))
                .with(LcdSection.EQUIVALENCIES, pair.key(), pair)
                .with(LcdSection.DEPENDENCIES, needs.key(), needs)
                .committed();
        LcdStore.create(data, lcd, new Origin("root", "test", 0, ""));
        return lcd;
    }

    private static String word(String text, String from, String to) {
        return text.replaceAll("(?<![\\w.-])" + java.util.regex.Pattern.quote(from) + "(?![\\w.-])", to);
    }

    @Test
    void textsChangeEverywhereAndKeysFollow() throws IOException {
        made();
        List<String> changes =
                setup.rewrite(data, (field, text) -> word(word(text, "web", "site"), "10.0.0.1", "10.0.0.9"), false);
        assertThat(changes).anyMatch(line -> line.contains("web -> site"));
        Lcd after = setup.read(data);
        assertThat(after.instances().keySet()).containsExactly("ip", "site");
        assertThat(after.instance("site").orElseThrow().info()).isEqualTo("10.0.0.9 and 10.0.0.10");
        assertThat(after.instance("site").orElseThrow().properties()).containsEntry("address", "10.0.0.9");
        assertThat(after.rows(LcdSection.EQUIVALENCIES).keySet()).containsExactly("A\tsite\tB\tsite");
        assertThat(after.rows(LcdSection.DEPENDENCIES).keySet()).containsExactly("site\tip");
        assertThat(after.membership().members().get(0).address()).isEqualTo("10.0.0.9");
    }

    @Test
    void aTrialAndARefusalChangeNothing() throws IOException {
        Lcd before = made();
        assertThat(setup.rewrite(data, (field, text) -> word(text, "web", "site"), true))
                .isNotEmpty();
        assertThat(setup.rewrite(data, (field, text) -> text, false)).isEmpty();
        assertThatThrownBy(() -> setup.rewrite(data, (field, text) -> word(text, "A", "X"), false))
                .hasMessageContaining("certificate");
        assertThatThrownBy(() -> setup.rewrite(data, (field, text) -> field.equals("tag") ? "\u00e9" : text, false))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no valid database");
        assertThat(setup.read(data).instances()).isEqualTo(before.instances());
    }
}
