package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mainstay.shell.internal.registry.CommandRegistry;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The manual pages of the distribution say what the commands say of themselves. */
class ManPagesTest {
    private static final Path PAGES = Path.of("../dist/src/main/distribution/man/man1");
    private static final int ONE_LINE = 10_000;

    private static Map<String, String> generated() {
        Map<String, String> pages = new TreeMap<>();
        CommandRegistry registry = Programs.registry();
        for (String name : registry.names()) {
            add(registry.model(name), pages);
        }
        return pages;
    }

    private static void add(CommandLine line, Map<String, String> pages) {
        CommandSpec spec = line.getCommandSpec();
        if (spec.usageMessage().hidden()) {
            return;
        }
        pages.put(spec.qualifiedName("-") + ".1", page(line));
        line.getSubcommands().forEach((name, below) -> {
            if (name.equals(below.getCommandName())) {
                add(below, pages);
            }
        });
    }

    private static String page(CommandLine line) {
        CommandSpec spec = line.getCommandSpec();
        String description = String.join(" ", spec.usageMessage().description()).replace("%%", "%");
        StringBuilder text = new StringBuilder();
        text.append(".TH \"")
                .append(spec.qualifiedName("-").toUpperCase(java.util.Locale.ROOT))
                .append("\" 1 \"\" \"Mainstay\" \"Commands\"\n");
        text.append(".SH NAME\n").append(escaped(spec.qualifiedName("-"))).append(" \\- ");
        int sentence = description.indexOf(". ");
        text.append(escaped(sentence < 0 ? description.replaceAll("\\.$", "") : description.substring(0, sentence)))
                .append('\n');
        spec.usageMessage().width(ONE_LINE);
        String synopsis = new Help(spec, Help.defaultColorScheme(Help.Ansi.OFF))
                .synopsis(0)
                .strip();
        text.append(".SH SYNOPSIS\n")
                .append(escaped(synopsis.replaceAll("\\s+", " ")))
                .append('\n');
        text.append(".SH DESCRIPTION\n").append(escaped(description)).append('\n');
        options(spec, text);
        Map<String, CommandLine> below = line.getSubcommands();
        if (!below.isEmpty()) {
            text.append(".SH SEE ALSO\n");
            text.append(below.values().stream()
                            .filter(one -> !one.getCommandSpec().usageMessage().hidden())
                            .map(one -> escaped(one.getCommandSpec().qualifiedName("-")) + "(1)")
                            .distinct()
                            .collect(Collectors.joining(", ")))
                    .append('\n');
        }
        String footer = String.join("\n", spec.usageMessage().footer()).strip();
        if (!footer.isEmpty()) {
            text.append(".SH EXAMPLES\n.nf\n");
            footer.lines().forEach(row -> text.append(escaped(row)).append('\n'));
            text.append(".fi\n");
        }
        return text.toString();
    }

    private static void options(CommandSpec spec, StringBuilder text) {
        List<PositionalParamSpec> parameters = spec.positionalParameters();
        List<OptionSpec> options =
                spec.options().stream().filter(option -> !option.hidden()).toList();
        text.append(".SH OPTIONS\n");
        for (PositionalParamSpec parameter : parameters) {
            item(parameter.paramLabel(), parameter.description(), text);
        }
        for (OptionSpec option : options) {
            String names = String.join(", ", option.names());
            boolean value = option.arity().max() > 0;
            item(names + (value ? " " + option.paramLabel() : ""), option.description(), text);
        }
    }

    private static void item(String name, String[] description, StringBuilder text) {
        text.append(".TP\n").append(escaped(name)).append('\n');
        text.append(escaped(String.join(" ", description))).append('\n');
    }

    private static String escaped(String text) {
        String plain = text.replace("\\", "\\e").replace("-", "\\-");
        return plain.startsWith(".") || plain.startsWith("'") ? "\\&" + plain : plain;
    }

    @Test
    void thePagesAreUpToDate() throws IOException {
        Map<String, String> pages = generated();
        if (Boolean.getBoolean("mainstay.write.docs")) {
            Files.createDirectories(PAGES);
            try (Stream<Path> old = Files.list(PAGES)) {
                for (Path file : old.toList()) {
                    Files.delete(file);
                }
            }
            for (Map.Entry<String, String> page : pages.entrySet()) {
                Files.writeString(PAGES.resolve(page.getKey()), page.getValue());
            }
        }
        try (Stream<Path> files = Files.list(PAGES)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(pages.keySet());
        }
        for (Map.Entry<String, String> page : pages.entrySet()) {
            assertThat(Files.readString(PAGES.resolve(page.getKey())))
                    .as("%s; write it anew with -Dmainstay.write.docs=true", page.getKey())
                    .isEqualTo(page.getValue());
        }
    }
}
