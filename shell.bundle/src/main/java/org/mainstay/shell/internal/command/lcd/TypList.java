package org.mainstay.shell.internal.command.lcd;

import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code typ_list} (CMD-281). */
@Command(
        name = "typ_list",
        separator = " ",
        description =
                "Lists resource types: application, type. -fC separates the fields by the character C instead of ^A.",
        customSynopsis = "typ_list [-d destsys] [-fC] [-a appname]",
        footer = {"", "Examples:", "  typ_list -f:", "  typ_list -f: -a comm"})
public final class TypList extends ListCommand {
    @Option(names = "-a", paramLabel = "appname", description = "Only types of this application.")
    private String application;

    @Override
    public int run(Invocation invocation) throws CommandException {
        Lcd lcd = database(invocation);
        if (application != null) {
            requireApplication(lcd, application);
        }
        lcd.rows(LcdSection.TYPES).values().stream()
                .filter(row -> !row.type().isEmpty())
                .filter(row -> application == null || row.application().equals(application))
                .forEach(row -> print(invocation, List.of(row.application(), row.type())));
        return ExitCode.SUCCESS;
    }
}
