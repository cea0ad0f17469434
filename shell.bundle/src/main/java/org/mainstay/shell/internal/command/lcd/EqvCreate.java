package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code eqv_create} (CMD-250 to CMD-255). */
@Command(
        name = "eqv_create",
        separator = " ",
        description =
                "Creates a SHARED equivalency on both servers: the resources are the same, in service on one server at a time.",
        customSynopsis =
                "eqv_create [-d destsys] [-s sys] -t tag [-p sysPriority] [-S othersys] -o othertag [-r othersysPriority] -e SHARED",
        footer = {"", "Example:", "  eqv_create -s A -t pg -p 1 -S B -o pg -r 10 -e SHARED"})
public final class EqvCreate extends LcdCommand {
    @Option(names = "-s", paramLabel = "sys", description = "Server of the primary; default: this server.")
    private String system;

    @Option(names = "-t", paramLabel = "tag", required = true, description = "Tag of the primary, normally in service.")
    private String tag;

    @Option(
            names = "-p",
            paramLabel = "sysPriority",
            description = "Priority of the primary's server, 1 to 1024, 1 is best; default 1.")
    private String priority;

    @Option(names = "-S", paramLabel = "othersys", description = "Server of the secondary; default: this server.")
    private String otherSystem;

    @Option(names = "-o", paramLabel = "othertag", required = true, description = "Tag of the secondary.")
    private String otherTag;

    @Option(
            names = "-r",
            paramLabel = "othersysPriority",
            description = "Priority of the secondary's server; default: the next free of 10, 20, ...")
    private String otherPriority;

    @Option(
            names = "-e",
            paramLabel = "SHARED",
            required = true,
            description = "Type of the equivalency; the only one is SHARED.")
    private String kind;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        shared(kind);
        String self = invocation.snapshot().self();
        return invocation.submitQuietly(new Request.CreateEquivalency(
                system == null ? self : system,
                tag,
                otherSystem == null ? self : otherSystem,
                otherTag,
                priority("-p", priority),
                priority("-r", otherPriority)));
    }
}
