package org.mainstay.shell.internal.command.lcd;

import org.mainstay.shell.internal.registry.CommandException;
import picocli.CommandLine.Option;

/** {@code -f flag}. */
final class FlagName {
    @Option(names = "-f", paramLabel = "flag", required = true, description = "Name of the flag.")
    private String name;

    String checked() throws CommandException {
        if (name.isEmpty() || !name.chars().allMatch(c -> c > 0x20 && c <= 0x7e)) {
            throw CommandException.invalid("'" + name + "' is not a flag name: use printable ASCII without blanks");
        }
        return name;
    }
}
