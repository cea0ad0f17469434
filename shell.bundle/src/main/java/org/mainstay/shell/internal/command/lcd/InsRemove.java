package org.mainstay.shell.internal.command.lcd;

import java.util.ArrayList;
import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ins_remove} (CMD-170 to CMD-181). */
@Command(
        name = "ins_remove",
        separator = " ",
        description =
                "Removes resources from the database, with their dependencies and equivalencies and all that depends on them. The delete action of their kits runs before.",
        customSynopsis =
                "ins_remove [-d destsys] [-R roottag] [-a appname] [-r restyp] [-t tag] [-i id] [-v] [-I] [-N] [-G]",
        footer = {"", "Examples:", "  ins_remove -t vip -v", "  ins_remove -R pg"})
public final class InsRemove extends LcdCommand {
    @Option(
            names = "-R",
            paramLabel = "roottag",
            description =
                    "The sub-hierarchy below a resource and all that depends on it; several tags separated by ^A.")
    private String roots;

    @Option(names = "-a", paramLabel = "appname", description = "Only resources of this application.")
    private String application;

    @Option(names = "-r", paramLabel = "restyp", description = "Only resources of this type.")
    private String type;

    @Option(names = "-t", paramLabel = "tag", description = "The resource and what depends on it.")
    private String tag;

    @Option(names = "-i", paramLabel = "id", description = "The resource with this internal id and what depends on it.")
    private String id;

    @Option(names = "-v", description = "Prints the tags that were removed.")
    private boolean verbose;

    @Option(names = "-I", description = "Begins a removal; implied at the top level.")
    private boolean begins;

    @Option(names = "-N", description = "For delete actions: belongs to a removal that runs already.")
    private boolean nested;

    @Option(names = "-G", description = "Without the global pre- and post-delete scripts.")
    private boolean withoutGlobalScripts;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        if (roots == null && tag == null && id == null && application == null && type == null) {
            throw new CommandException(ExitCode.SYNTAX, "nothing is named; give one of -R, -a, -r, -t and -i");
        }
        if (begins && nested) {
            throw new CommandException(ExitCode.SYNTAX, "-I and -N exclude each other; give one of them");
        }
        Lcd lcd = database(invocation);
        checkNames(invocation);
        Request request = new Request.RemoveInstances(
                roots(),
                tags(lcd),
                optional("-a", application),
                optional("-r", type),
                !withoutGlobalScripts && !nested,
                nested);
        Reply reply = invocation.submit(request, invocation.err());
        if (!reply.succeeded()) {
            invocation.err().println(invocation.name() + ": " + reply.message());
        } else if (verbose) {
            reply.remarks().forEach(invocation.out()::println);
        }
        return reply.exitCode();
    }

    private void checkNames(Invocation invocation) throws CommandException {
        Applications known = Applications.of(invocation);
        if (application != null) {
            known.require(given("-a", application));
        }
        if (type != null) {
            known.requireType(application, given("-r", type));
        }
    }

    private List<String> roots() throws CommandException {
        List<String> tags = new ArrayList<>();
        if (roots != null) {
            for (String root : roots.split("\u0001", -1)) {
                tags.add(given("-R", root));
            }
        }
        return tags;
    }

    private List<String> tags(Lcd lcd) throws CommandException {
        List<String> tags = new ArrayList<>();
        if (tag != null) {
            tags.add(instance(lcd, tag).tag());
        }
        if (id != null) {
            tags.add(withId(lcd, id).tag());
        }
        return tags;
    }
}
