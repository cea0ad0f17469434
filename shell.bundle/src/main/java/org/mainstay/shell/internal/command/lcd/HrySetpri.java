package org.mainstay.shell.internal.command.lcd;

import java.util.Map;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hry_setpri} (CMD-450, ADM-227). */
@Command(
        name = "hry_setpri",
        separator = " ",
        description = "Sets the priority of a server for all resources of a hierarchy, on all servers or none.",
        customSynopsis = "hry_setpri [-d destsys] -t tag -s sys -p priority",
        footer = {"", "Example:", "  hry_setpri -t pg -s B -p 5"})
public final class HrySetpri extends LcdCommand {
    @Option(names = "-t", paramLabel = "tag", required = true, description = "A resource of the hierarchy.")
    private String tag;

    @Option(names = "-s", paramLabel = "sys", required = true, description = "The server.")
    private String system;

    @Option(names = "-p", paramLabel = "priority", required = true, description = "1 to 1024, 1 is best.")
    private String priority;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submitQuietly(new Request.SetPriorities(tag, Map.of(system, priority("-p", priority))));
    }
}
