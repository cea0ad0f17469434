package org.mainstay.shell.internal.command.mirror;

import java.util.Map;
import org.mainstay.cluster.Mirrors;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cleanupmirror VOLUME} (MIR-257, MIR-258). */
@Command(
        name = "cleanupmirror",
        separator = " ",
        description =
                "Takes away what a mirror left on this server when its resource was deleted: the engine's volume and its intent"
                        + " logs. Refused while a resource here or a side on another server has the mirror. The data stays. To be run on every"
                        + " server that took part.",
        footer = {
            "",
            "VOLUME is the name of the engine's volume, as in the file names of data/mirror,",
            "or its device or image.",
            "",
            "Examples:",
            "  cleanupmirror data-5f0c11aa",
            "  cleanupmirror /dev/vg/data"
        })
public final class CleanupMirror implements ShellCommand {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Parameters(paramLabel = "VOLUME", description = "What is left of.")
    private String volume;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        Mirrors mirrors = invocation.platform().mirrors();
        return invocation.finish(lines -> mirrors.ask(
                volume, Mirrors.Verb.CLEAN, "", Map.of(), invocation.context().caller()));
    }
}
