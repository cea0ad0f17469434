package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.mainstay.shell.internal.registry.CommandRegistry;
import picocli.CommandLine;

/** docs/commands.md says what the commands say of themselves. */
class CommandsDocumentTest {
    private static final Path DOCUMENT = Path.of("../docs/commands.md");
    private static final String MARK = "<!-- generated -->\n";

    private static String generated() {
        StringBuilder text = new StringBuilder();
        CommandRegistry registry = Programs.registry();
        registry.names().forEach(name -> append(registry.model(name), text));
        return text.toString();
    }

    private static void append(CommandLine line, StringBuilder text) {
        if (line.getCommandSpec().usageMessage().hidden()) {
            return;
        }
        text.append("\n## ").append(line.getCommandSpec().qualifiedName()).append("\n\n```\n");
        line.getUsageMessage(CommandLine.Help.Ansi.OFF)
                .lines()
                .forEach(row -> text.append(row.stripTrailing()).append('\n'));
        text.append("```\n");
        line.getSubcommands().forEach((name, below) -> {
            if (name.equals(below.getCommandName())) {
                append(below, text);
            }
        });
    }

    @Test
    void theDocumentIsUpToDate() throws IOException {
        String document = Files.readString(DOCUMENT);
        int mark = document.indexOf(MARK) + MARK.length();
        assertThat(mark).as("the mark").isGreaterThan(MARK.length());
        if (Boolean.getBoolean("mainstay.write.docs")) {
            Files.writeString(DOCUMENT, document.substring(0, mark) + generated());
            return;
        }
        assertThat(document.substring(mark))
                .as("docs/commands.md; write it anew with -Dmainstay.write.docs=true")
                .isEqualTo(generated());
    }
}
