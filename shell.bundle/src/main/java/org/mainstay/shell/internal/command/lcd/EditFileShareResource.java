package org.mainstay.shell.internal.command.lcd;

import java.util.List;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code EditFileShareResource} (OPS-071, OPS-072): the work itself is an action of the kit. */
@Command(
        name = "EditFileShareResource",
        separator = " ",
        description =
                "Makes the list of a file share resource what is shared on its volumes now: adds new shares, drops"
                        + " those that are gone, takes over changed permissions. The resource must be in service on this"
                        + " server.",
        customSynopsis = "EditFileShareResource tag-name",
        footer = {"", "Example:", "  EditFileShareResource FSList.0"})
public final class EditFileShareResource implements ShellCommand {
    private static final String TYPE = "volshare";
    private static final String RECONCILE = "reconcile";

    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Parameters(paramLabel = "tag-name", description = "The file share resource.")
    private String tag;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        Instance instance = LcdCommand.instance(LcdCommand.database(invocation), tag);
        if (!instance.type().equals(TYPE)) {
            throw CommandException.invalid("'" + tag + "' is no file share resource but " + instance.typeKey()
                    + "; 'ins_list -r " + TYPE + "' shows those");
        }
        if (!instance.state().inService()) {
            throw CommandException.invalid(
                    "'" + tag + "' is not in service here; run this on the server where it is, or bring it in service");
        }
        return invocation.submit(new Request.PerformAction(tag, RECONCILE, List.of()));
    }
}
