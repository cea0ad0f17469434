package org.mainstay.shell.internal.command;

import picocli.CommandLine.Option;

/** A noun: does nothing itself, its subcommands are the verbs. */
public abstract class BaseGroup {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Shows this help.")
    protected boolean help;
}
