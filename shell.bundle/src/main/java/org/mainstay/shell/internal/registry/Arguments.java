package org.mainstay.shell.internal.registry;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What picocli cannot be told: {@code -fC} attaches a separator of exactly one character, whatever it is ({@code -f-},
 * {@code -f=}, {@code -f:}), and what follows {@code --} belongs to a script (CMD-002).
 */
final class Arguments {
    private static final String SEPARATOR_OPTION = "-f";
    private static final String END_OF_OPTIONS = "--";

    private final List<String> words;
    private final String separator;
    private final List<String> trailing;

    private Arguments(List<String> words, String separator, List<String> trailing) {
        this.words = words;
        this.separator = separator;
        this.trailing = trailing;
    }

    /** Takes the words of a call apart for a program. */
    static Arguments of(List<String> typed, CommandLine line) {
        Object program = line.getCommand();
        List<String> words = typed;
        List<String> trailing = List.of();
        if (program instanceof PassesArguments) {
            int end = typed.indexOf(END_OF_OPTIONS);
            if (end >= 0) {
                words = typed.subList(0, end);
                trailing = typed.subList(end + 1, typed.size());
            }
        }
        return program instanceof SeparatorChoice
                ? separate(words, trailing, line.getCommandSpec())
                : new Arguments(words, null, trailing);
    }

    private static Arguments separate(List<String> typed, List<String> trailing, CommandSpec spec) {
        List<String> words = new ArrayList<>();
        String separator = null;
        boolean valueNext = false;
        for (String word : typed) {
            if (!valueNext && word.startsWith(SEPARATOR_OPTION) && word.codePointCount(2, word.length()) == 1) {
                separator = word.substring(2);
                continue;
            }
            valueNext = !valueNext && takesValue(spec, word);
            words.add(word);
        }
        return new Arguments(words, separator, trailing);
    }

    private static boolean takesValue(CommandSpec spec, String word) {
        OptionSpec option = spec.findOption(word);
        return option != null && option.arity().max() > 0;
    }

    List<String> words() {
        return words;
    }

    List<String> trailing() {
        return trailing;
    }

    void applyTo(ShellCommand command) {
        if (separator != null && command instanceof SeparatorChoice choice) {
            choice.separator(separator);
        }
    }
}
