package org.mainstay.shell.internal.command.resource;

import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.Request.DeleteResource.InService;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay resource delete} (ADM-290). */
@Command(
        name = "delete",
        description =
                "Deletes a resource and all above it from all servers: they are no longer protected. Refused while in "
                        + "service (exit code 8) unless told what to do with what runs.",
        footer = {
            "",
            "Examples:",
            "  mainstay resource delete web --stop",
            "  mainstay resource delete pg --leave-running"
        })
public final class ResourceDelete extends BaseCommand {
    @Parameters(paramLabel = "TAG", description = "The resource.")
    private String tag;

    @Option(names = "--stop", description = "Takes it out of service first.")
    private boolean stop;

    @Option(names = "--leave-running", description = "Leaves it running, unprotected.")
    private boolean leaveRunning;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        if (stop && leaveRunning) {
            throw new CommandException(
                    ExitCode.SYNTAX, "--stop and --leave-running exclude each other; give one of them");
        }
        InService inService = stop ? InService.STOP : leaveRunning ? InService.LEAVE_RUNNING : InService.REFUSE;
        return invocation.submit(new Request.DeleteResource(tag, inService));
    }
}
