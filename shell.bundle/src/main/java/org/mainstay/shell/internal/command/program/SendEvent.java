package org.mainstay.shell.internal.command.program;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.event.EventIds;
import org.mainstay.shell.internal.event.Responses;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.OwnSyntaxCode;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sendevent} (CMD-409 to CMD-419). */
@Command(
        name = "sendevent",
        separator = " ",
        description =
                "Tells registered applications about an event: runs the commands in LKROOT/events/CLASS/EVENT, in "
                        + "LKROOT/events/CLASS/all and below LKROOT/events/allclass, with all options. Prints the id of the event.",
        customSynopsis =
                "sendevent -C class-of-event -E event -m product:component -n name-of-obj-inst [-s severity] [-i id]",
        footer = {
            "",
            "Example:",
            "  sendevent -C lifekeeper -E node_down -m LK:lcm -n B -s 5",
            "",
            "Exit codes: 0 success, 1 wrong command line, 2 no such class, 3 no such event,",
            "4 -A is internal, 5 -s 0 needs -i."
        })
public final class SendEvent implements ShellCommand, OwnSyntaxCode {
    private static final int NO_CLASS = 2;
    private static final int NO_EVENT = 3;
    private static final int INTERNAL_OPTION = 4;
    private static final int NO_ID = 5;
    private static final String CLEARED = "0";

    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Option(names = "-C", paramLabel = "class", required = true, description = "Class of the event.")
    private String eventClass;

    @Option(names = "-E", paramLabel = "event", required = true, description = "The event.")
    private String event;

    @Option(
            names = "-m",
            paramLabel = "monitor",
            required = true,
            description = "Who tells: product:component, at most 8 and 16 characters.")
    private String monitor;

    @Option(
            names = "-n",
            paramLabel = "name",
            required = true,
            description = "What it is about, at most 64 characters.")
    private String name;

    @Option(
            names = "-s",
            paramLabel = "severity",
            description = "0 cleared, 1 information, 2 warning, 3 minor, 4 major (default), 5 critical.")
    private String severity = "4";

    @Option(names = "-i", paramLabel = "id", description = "Id of the alarm that is cleared; else a new one is made.")
    private String id;

    @Option(names = "-A", arity = "0..1", hidden = true, description = "Internal.")
    private String internal;

    @Override
    public int syntaxCode() {
        return ExitCode.SYSTEM_ERROR;
    }

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        if (internal != null) {
            throw new CommandException(INTERNAL_OPTION, "-A is internal and must not be given");
        }
        check();
        Path home = invocation.platform().home().toAbsolutePath();
        Path classes = home.resolve("events").resolve(eventClass);
        if (!Files.isDirectory(classes)) {
            throw new CommandException(NO_CLASS, "there is no class '" + eventClass + "' in " + classes.getParent());
        }
        if (!Files.isDirectory(classes.resolve(event))) {
            throw new CommandException(NO_EVENT, "there is no event '" + event + "' in " + classes);
        }
        if (severity.equals(CLEARED) && id == null) {
            throw new CommandException(NO_ID, "-s 0 says that an alarm is over and needs its id: -i id");
        }
        String number = id == null ? EventIds.next(invocation.snapshot()) : id;
        invocation.out().println(number);
        invocation.out().flush();
        List<String> options =
                List.of("-C", eventClass, "-E", event, "-m", monitor, "-n", name, "-s", severity, "-i", number);
        Responses.run(home, eventClass, event, options)
                .forEach(line -> invocation.err().println("sendevent: " + line));
        return ExitCode.SUCCESS;
    }

    private void check() throws CommandException {
        if (!plain(eventClass) || !plain(event)) {
            throw wrong("a class or event is a directory name of letters, digits, dots, dashes and underscores");
        }
        if (!monitor.matches("[!-9;-~]{1,8}:[!-~]{1,16}")) {
            throw wrong("'" + monitor + "' is not product:component with at most 8 and 16 ASCII characters");
        }
        if (!name.matches("[ -~]{1,64}")) {
            throw wrong("'" + name + "' is not a name of 1 to 64 ASCII characters");
        }
        if (!severity.matches("[0-5]")) {
            throw wrong("the severity is 0 to 5, not '" + severity + "'");
        }
        if (id != null && !id.matches("[0-9]{1,19}")) {
            throw wrong("an id is a number, not '" + id + "'");
        }
    }

    private static boolean plain(String directory) {
        return directory.matches("[A-Za-z0-9_][A-Za-z0-9._-]*");
    }

    private static CommandException wrong(String text) {
        return new CommandException(ExitCode.SYSTEM_ERROR, text);
    }
}
