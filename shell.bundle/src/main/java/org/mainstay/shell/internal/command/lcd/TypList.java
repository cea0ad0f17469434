package org.mainstay.shell.internal.command.lcd;

import java.util.List;
import org.mainstay.cluster.ExitCode;
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
        Applications applications = Applications.of(invocation);
        if (application != null) {
            applications.require(application);
        }
        for (String key : applications.typeKeys()) {
            String owner = key.substring(0, key.indexOf('/'));
            if (application == null || application.equals(owner)) {
                print(invocation, List.of(owner, key.substring(owner.length() + 1)));
            }
        }
        return ExitCode.SUCCESS;
    }
}
