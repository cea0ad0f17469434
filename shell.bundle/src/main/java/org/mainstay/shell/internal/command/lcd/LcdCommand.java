package org.mainstay.shell.internal.command.lcd;

import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ServerChoice;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Option;

/** A command of the original product that acts on the database of one server (CMD-004). */
abstract class LcdCommand implements ShellCommand, ServerChoice {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    protected boolean help;

    @Option(
            names = "-d",
            paramLabel = "destsys",
            description = "Server whose database is meant, asked over the comm paths; default: this server.")
    private String destination;

    @Override
    public final Optional<String> chosenServer() {
        return Optional.ofNullable(destination);
    }

    /** Returns this server's database. */
    static Lcd database(Invocation invocation) throws CommandException {
        return invocation.snapshot().own();
    }

    /** Returns an instance of this server. */
    static Instance instance(Lcd lcd, String tag) throws CommandException {
        return lcd.instance(tag)
                .orElseThrow(() -> CommandException.notFound(
                        "there is no resource '" + tag + "' on " + lcd.server() + "; 'ins_list' shows the resources"));
    }

    /** Returns the instance with an internal id. */
    static Instance withId(Lcd lcd, String id) throws CommandException {
        return lcd.instances().values().stream()
                .filter(instance -> instance.id().equals(id))
                .findFirst()
                .orElseThrow(() ->
                        CommandException.notFound("there is no resource with the id '" + id + "' on " + lcd.server()));
    }

    /** Has the database changed; prints nothing on success. */
    static int edit(Invocation invocation, LcdEdit edit) throws CommandException, InterruptedException {
        return invocation.submitQuietly(new Request.Edit(edit));
    }

    /** Returns one of the allowed values. */
    @SafeVarargs
    static <T extends Enum<T>> T choice(String option, String value, T... allowed) throws CommandException {
        for (T one : allowed) {
            if (one.name().equals(value)) {
                return one;
            }
        }
        String names = Stream.of(allowed).map(Enum::name).collect(Collectors.joining(", "));
        throw CommandException.invalid("the value of " + option + " is one of " + names + ", not '" + value + "'");
    }

    /** Returns whether the value is Y; anything else but N is refused. */
    static boolean yes(String option, String value) throws CommandException {
        if (!value.equals("Y") && !value.equals("N")) {
            throw CommandException.invalid("the value of " + option + " is Y or N, not '" + value + "'");
        }
        return value.equals("Y");
    }

    /** Returns a check interval (CMD-156). */
    static int seconds(String option, String value) throws CommandException {
        return number(option, value, 0, InstanceSettings.MAX_CHECK_SECONDS, "seconds");
    }

    /** Returns a priority of a server (CMD-227); 0 if none is given. */
    static int priority(String option, String value) throws CommandException {
        return value == null ? 0 : number(option, value, 1, Equivalency.MAX_PRIORITY, "as a priority");
    }

    static int number(String option, String value, int least, int most, String what) throws CommandException {
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below, like a number out of range
        }
        throw CommandException.invalid(
                "the value of " + option + " is " + least + " to " + most + " " + what + ", not '" + value + "'");
    }

    /** Refuses an empty value, which the request would take for none. */
    static String given(String option, String value) throws CommandException {
        if (value.isEmpty()) {
            throw CommandException.invalid("the value of " + option + " is empty");
        }
        return value;
    }

    /** Returns the value, empty if the option was not given; refuses one that was given empty, as by an unset variable of a script. */
    static String optional(String option, String value) throws CommandException {
        return value == null ? "" : given(option, value);
    }

    static void shared(String kind) throws CommandException {
        if (!kind.equals(Equivalency.SHARED)) {
            throw CommandException.invalid("'" + kind + "' is not a type of equivalency; the only one is SHARED");
        }
    }
}
