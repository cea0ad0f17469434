package org.mainstay.shell.internal.command;

import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Option;

/** A command of the {@code mainstay} front. */
public abstract class BaseCommand implements ShellCommand {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Shows this help.")
    protected boolean help;
}
