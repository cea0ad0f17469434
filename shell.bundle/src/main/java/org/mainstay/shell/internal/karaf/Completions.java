package org.mainstay.shell.internal.karaf;

import java.util.ArrayList;
import java.util.List;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandRegistry;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What can come next on a command line: verbs and options. */
final class Completions {
    private Completions() {}

    static List<String> next(CommandRegistry registry, CommandCall prefix, List<String> before) {
        CommandLine line = registry.model(prefix.name());
        List<String> words = new ArrayList<>(prefix.arguments());
        words.addAll(before);
        for (String word : words) {
            CommandLine below = line.getSubcommands().get(word);
            if (below != null) {
                line = below;
            }
        }
        List<String> candidates = new ArrayList<>();
        line.getSubcommands().forEach((name, below) -> {
            if (!below.getCommandSpec().usageMessage().hidden() && name.equals(below.getCommandName())) {
                candidates.add(name);
            }
        });
        for (OptionSpec option : line.getCommandSpec().options()) {
            candidates.add(option.longestName());
        }
        return candidates;
    }

    static String description(CommandRegistry registry, CommandCall prefix) {
        CommandLine line = registry.model(prefix.name());
        for (String word : prefix.arguments()) {
            line = line.getSubcommands().get(word);
        }
        return String.join(" ", line.getCommandSpec().usageMessage().description());
    }
}
