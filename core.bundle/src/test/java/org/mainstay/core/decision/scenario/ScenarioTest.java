package org.mainstay.core.decision.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Plays every scenario file. With {@code -Dscenarios.rewrite=true} the files are rewritten with what happens now; only a
 * difference that was understood may be committed.
 */
class ScenarioTest {
    private static final Path FOLDER = Path.of("src/test/resources/scenarios");

    @TestFactory
    Stream<DynamicTest> scenarios() throws IOException {
        return each(false);
    }

    /** Wall-clock time is for display: whatever it does, the same happens at the same time. */
    @TestFactory
    Stream<DynamicTest> scenariosWithAWallClockThatJumps() throws IOException {
        return each(true);
    }

    private static Stream<DynamicTest> each(boolean clockJumps) throws IOException {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            return files
                    .filter(file -> file.toString().endsWith(".scenario"))
                    .sorted()
                    .map(file ->
                            DynamicTest.dynamicTest(FOLDER.relativize(file).toString(), () -> play(file, clockJumps)))
                    .toList()
                    .stream();
        }
    }

    private static void play(Path file, boolean clockJumps) throws IOException {
        String text = Files.readString(file);
        Scenario scenario = Scenario.parse(text.lines().toList());
        Stage stage = new Stage(clockJumps);
        List<Scenario.Block> played = new ArrayList<>();
        for (Scenario.Block block : scenario.blocks()) {
            played.add(new Scenario.Block(block.command(), stage.play(block.command())));
        }
        String now = Scenario.render(scenario.title(), played);
        if (!clockJumps && Boolean.getBoolean("scenarios.rewrite")) {
            Files.writeString(file, now);
        } else {
            assertThat(now).isEqualTo(text);
        }
        assertThat(text.lines().count()).as("a scenario has at most 120 lines").isLessThanOrEqualTo(120);
    }

    @Test
    void unknownWordsAreRejected() {
        Stage stage = new Stage();
        stage.play("given servers A B");
        assertThatThrownBy(() -> stage.play("when A dances"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("A dances");
        assertThatThrownBy(() -> stage.play("given a miracle")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> stage.play("when C loses power")).hasMessageContaining("no server 'C'");
        assertThatThrownBy(() -> Scenario.parse(List.of("# Title [X-1]", "perhaps something")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Scenario.parse(List.of("# Title without an id")))
                .hasMessageContaining("[IDS]");
    }
}
