package org.mainstay.shell.internal.command.wizard;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.mainstay.cluster.Administration.FormField;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;

/** Asks a person line by line. */
final class Dialogue {
    /** What takes one question back. */
    static final String BACK = "<";

    private static final int LONGEST_LINE = 1 << 16;

    private final InputStream in;
    private final PrintStream out;

    Dialogue(InputStream in, PrintStream out) {
        this.in = in;
        this.out = out;
    }

    /** The person gave up: end of input or Ctrl-C. */
    static CommandException cancelled() {
        return new CommandException(Invocation.INTERRUPTED, "cancelled; nothing was changed by this question");
    }

    void say(String line) {
        out.println(line);
    }

    /** Returns the next line, without its end and blanks around it. */
    String ask(String prompt) throws CommandException {
        out.print(prompt);
        out.flush();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            for (int one = in.read(); one != '\n'; one = in.read()) {
                if (one < 0) {
                    out.println();
                    throw cancelled();
                }
                if (line.size() < LONGEST_LINE) {
                    line.write(one);
                }
            }
        } catch (IOException e) {
            throw new CommandException(Invocation.INTERRUPTED, "the answer could not be read: " + e.getMessage());
        }
        return line.toString(StandardCharsets.UTF_8).strip();
    }

    boolean yes(String question, boolean byDefault) throws CommandException {
        while (true) {
            String answer = ask(question + (byDefault ? " [Y/n] " : " [y/N] ")).toLowerCase(java.util.Locale.ROOT);
            if (answer.isEmpty()) {
                return byDefault;
            }
            if ("yes".startsWith(answer) || "no".startsWith(answer)) {
                return "yes".startsWith(answer);
            }
            say("  answer y or n");
        }
    }

    /** After a refusal: who gives up here has the refusal for an answer. */
    boolean tryAgain() {
        try {
            return yes("Change an answer and try again?", true);
        } catch (CommandException givenUp) {
            return false;
        }
    }

    /** Lets a person choose by number or name. */
    String choose(String question, List<String> choices) throws CommandException {
        for (int i = 0; i < choices.size(); i++) {
            say("  " + (i + 1) + ") " + choices.get(i));
        }
        while (true) {
            Optional<String> chosen = chosen(ask(question + " "), choices);
            if (chosen.isPresent()) {
                return chosen.get();
            }
            say("  choose 1 to " + choices.size());
        }
    }

    private static Optional<String> chosen(String answer, List<String> choices) {
        if (answer.matches("[0-9]{1,4}")) {
            int number = Integer.parseInt(answer);
            return number >= 1 && number <= choices.size() ? Optional.of(choices.get(number - 1)) : Optional.empty();
        }
        return choices.stream()
                .filter(choice -> choice.equals(answer) || choice.startsWith(answer + " ") && !answer.isEmpty())
                .findFirst();
    }

    /**
     * Asks a field until the answer is allowed.
     *
     * @return the answer; the default where there is one and nothing was typed; {@link #BACK} to go back
     */
    String field(FormField field, String before) throws CommandException {
        String proposed = before.isEmpty() ? field.defaultValue() : before;
        say("");
        say(field.label() + (field.required() ? "" : " (may be empty)"));
        if (!field.help().isEmpty()) {
            say("  " + field.help());
        }
        List<String> choices =
                field.kind().equals("YES_NO") && field.choices().isEmpty() ? List.of("yes", "no") : field.choices();
        for (int i = 0; i < choices.size(); i++) {
            say("  " + (i + 1) + ") " + choices.get(i));
        }
        while (true) {
            String typed =
                    ask("  " + field.name() + (proposed.isEmpty() ? "" : " [" + shown(field, proposed) + "]") + ": ");
            String answer = typed.isEmpty() ? proposed : typed;
            if (typed.equals(BACK)) {
                return BACK;
            }
            if (!choices.isEmpty() && !answer.isEmpty()) {
                Optional<String> chosen = chosen(answer, choices);
                if (chosen.isEmpty()) {
                    say("  choose 1 to " + choices.size() + ", or type one of " + String.join(", ", choices));
                    continue;
                }
                return chosen.get();
            }
            String wrong = wrong(field, answer);
            if (wrong.isEmpty()) {
                return answer;
            }
            say("  " + wrong);
        }
    }

    private static String shown(FormField field, String value) {
        return field.kind().equals("SECRET") ? "***" : value;
    }

    private static String wrong(FormField field, String answer) {
        if (answer.isEmpty()) {
            return field.required() ? "this is needed" : "";
        }
        if (field.kind().equals("INTEGER") && !answer.matches("-?[0-9]{1,18}")) {
            return "a whole number is needed, not '" + answer + "'";
        }
        return field.kind().equals("PATH") && !answer.startsWith("/")
                ? "a path from the root is needed, such as /srv/data, not '" + answer + "'"
                : "";
    }
}
