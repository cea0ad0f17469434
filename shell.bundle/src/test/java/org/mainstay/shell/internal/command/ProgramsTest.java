package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.shell.internal.registry.CommandRegistry;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine;

/** What holds for every command. */
class ProgramsTest {
    private final CommandRegistry registry = Programs.registry();

    private List<CommandLine> all() {
        List<CommandLine> lines = new ArrayList<>();
        registry.names().forEach(name -> collect(registry.model(name), lines));
        return lines;
    }

    private static void collect(CommandLine line, List<CommandLine> lines) {
        lines.add(line);
        line.getSubcommands().values().forEach(below -> collect(below, lines));
    }

    @Test
    void everyNameHasALinkInBin() throws IOException {
        assertThat(Files.readAllLines(Path.of("../native/src/main/c/commands")))
                .startsWith(registry.names().toArray(String[]::new))
                .hasSize(registry.names().size() + Programs.ALIASES.size())
                .containsAll(Programs.ALIASES.keySet());
        assertThat(registry.names()).containsAll(Programs.ALIASES.values());
    }

    @Test
    void everyLeafRunsAndEveryGroupHasVerbs() {
        for (CommandLine line : all()) {
            assertThat(line.getCommand() instanceof ShellCommand)
                    .as(line.getCommandSpec().qualifiedName())
                    .isEqualTo(line.getSubcommands().isEmpty());
        }
    }

    @Test
    void everyCommandHasHelpWithExamplesThatFitATerminal() {
        for (CommandLine line : all()) {
            if (line.getCommandSpec().usageMessage().hidden()) {
                continue;
            }
            String name = line.getCommandSpec().qualifiedName();
            String help = line.getUsageMessage(CommandLine.Help.Ansi.OFF);
            assertThat(line.getCommandSpec().usageMessage().description())
                    .as(name)
                    .isNotEmpty();
            assertThat(help).as(name).contains("--help");
            if (!name.equals("mainstay")) {
                assertThat(help).as(name).contains("Example");
            }
            assertThat(line.getCommandSpec().usageMessage().footer())
                    .as(name)
                    .allSatisfy(text -> assertThat(text.length()).isLessThanOrEqualTo(79));
            line.getCommandSpec()
                    .options()
                    .forEach(option -> assertThat(option.description())
                            .as(name + " " + option.longestName())
                            .isNotEmpty());
        }
    }
}
