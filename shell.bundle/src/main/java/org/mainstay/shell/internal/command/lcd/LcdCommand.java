package org.mainstay.shell.internal.command.lcd;

import java.util.Optional;
import org.mainstay.cluster.lcd.Instance;
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
}
