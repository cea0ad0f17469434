package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code eqv_remove} (CMD-270 to CMD-272). */
@Command(
        name = "eqv_remove",
        separator = " ",
        description = "Removes an equivalency on both servers.",
        customSynopsis = "eqv_remove [-d destsys] [-s sys] -t tag [-S othersys] -o othertag [-e SHARED]",
        footer = {"", "Example:", "  eqv_remove -s A -t pg -S B -o pg"})
public final class EqvRemove extends LcdCommand {
    @Option(names = "-s", paramLabel = "sys", description = "Server of the primary; default: this server.")
    private String system;

    @Option(names = "-t", paramLabel = "tag", required = true, description = "Tag of the primary, normally in service.")
    private String tag;

    @Option(names = "-S", paramLabel = "othersys", description = "Server of the secondary; default: this server.")
    private String otherSystem;

    @Option(names = "-o", paramLabel = "othertag", required = true, description = "Tag of the secondary.")
    private String otherTag;

    @Option(names = "-e", paramLabel = "SHARED", description = "Type of the equivalency.")
    private String kind = "SHARED";

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        shared(kind);
        String self = invocation.snapshot().self();
        return invocation.submitQuietly(new Request.DeleteEquivalency(
                system == null ? self : system, tag, otherSystem == null ? self : otherSystem, otherTag));
    }
}
