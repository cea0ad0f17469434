package org.mainstay.core.decision.scenario;

import java.util.ArrayList;
import java.util.List;

/**
 * A scenario file: a title with the ids it proves, then blocks of one {@code given} or {@code when} line and the {@code then}
 * lines that follow from it.
 */
record Scenario(List<String> title, List<Block> blocks) {

    /** A command and what is expected of it. */
    record Block(String command, List<String> expected) {}

    /** Reads a file. @throws IllegalArgumentException for a line that is none of the known ones */
    static Scenario parse(List<String> lines) {
        List<String> title = new ArrayList<>();
        List<Block> blocks = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith("#")) {
                if (!blocks.isEmpty()) {
                    throw new IllegalArgumentException("comments belong to the top: " + line);
                }
                title.add(line);
            } else if (line.startsWith("given ") || line.startsWith("when ")) {
                blocks.add(new Block(line, new ArrayList<>()));
            } else if (line.startsWith("    then ")) {
                if (blocks.isEmpty()) {
                    throw new IllegalArgumentException("'then' before anything was given: " + line);
                }
                blocks.get(blocks.size() - 1).expected().add(line.substring("    then ".length()));
            } else if (!line.isBlank()) {
                throw new IllegalArgumentException(
                        "a line begins with '#', 'given', 'when' or '    then', not: " + line);
            }
        }
        if (title.isEmpty() || !title.get(0).matches("# .+ \\[[A-Z0-9, .-]+\\]")) {
            throw new IllegalArgumentException("the first line is '# What it shows [IDS]'");
        }
        return new Scenario(title, blocks);
    }

    /** Returns the file with other expectations. */
    static String render(List<String> title, List<Block> blocks) {
        StringBuilder text = new StringBuilder();
        title.forEach(line -> text.append(line).append('\n'));
        text.append('\n');
        for (Block block : blocks) {
            text.append(block.command()).append('\n');
            block.expected()
                    .forEach(line -> text.append("    then ").append(line).append('\n'));
        }
        return text.toString();
    }
}
