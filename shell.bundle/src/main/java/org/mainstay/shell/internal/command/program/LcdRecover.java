package org.mainstay.shell.internal.command.program;

import java.util.stream.Stream;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.command.Candidates;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.PassesArguments;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lcdrecover} (CMD-040 to CMD-050): global scripts, and what a resource is on this server. */
@Command(
        name = "lcdrecover",
        separator = " ",
        description =
                "Runs the global scripts before (-g) or after (-G) a restore, remove or delete; tells whether this server is "
                        + "the primary of a resource (-p), and the other server of it (-o).",
        customSynopsis = "lcdrecover {-g event | -G event | -p tag | -o tag} [-- [-m] arg1 ... argn]",
        footer = {
            "",
            "Examples:",
            "  lcdrecover -g restore",
            "  perform_action -G -a restore -t pg",
            "  lcdrecover -G restore -- -m",
            "  lcdrecover -p pg"
        })
public final class LcdRecover implements ShellCommand, PassesArguments {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Option(
            names = "-g",
            paramLabel = "event",
            completionCandidates = Candidates.GlobalActions.class,
            description = "Runs the scripts before restore, remove or delete.")
    private String before;

    @Option(
            names = "-G",
            paramLabel = "event",
            completionCandidates = Candidates.GlobalActions.class,
            description = "Runs the scripts after it; -m after --: inside getlocks.")
    private String after;

    @Option(names = "-p", paramLabel = "tag", description = "Prints primary or secondary.")
    private String primary;

    @Option(names = "-o", paramLabel = "tag", description = "Prints the other server of the resource.")
    private String other;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        if (Stream.of(before, after, primary, other)
                        .filter(java.util.Objects::nonNull)
                        .count()
                != 1) {
            throw new CommandException(ExitCode.SYNTAX, "give exactly one of -g, -G, -p and -o");
        }
        if (before != null || after != null) {
            return scripts(invocation);
        }
        ClusterSnapshot snapshot = invocation.snapshot();
        String tag = primary == null ? other : primary;
        Instance instance = snapshot.own()
                .instance(tag)
                .orElseThrow(() -> CommandException.notFound("there is no resource '" + tag + "' on " + snapshot.self()
                        + "; 'ins_list' shows the resources"));
        invocation.out().println(primary == null ? partner(snapshot, instance) : role(snapshot, instance));
        return ExitCode.SUCCESS;
    }

    private int scripts(Invocation invocation) throws CommandException, InterruptedException {
        String event = before == null ? after : before;
        Reply reply = invocation.submit(
                new Request.GlobalScripts(event, before == null, invocation.trailing()), invocation.out());
        if (!reply.succeeded()) {
            invocation.err().println(invocation.name() + ": " + reply.message());
        }
        return reply.exitCode();
    }

    /** The primary is where the hierarchy was created; a resource on one server only is primary there. */
    private static String role(ClusterSnapshot snapshot, Instance instance) {
        return pairs(snapshot, instance).anyMatch(pair -> !pair.server().equals(snapshot.self()))
                ? "secondary"
                : "primary";
    }

    /** Of several other servers the one with the best priority. */
    private static String partner(ClusterSnapshot snapshot, Instance instance) throws CommandException {
        return pairs(snapshot, instance)
                .min(java.util.Comparator.comparingInt(pair -> otherPriority(snapshot, pair)))
                .map(pair -> pair.server().equals(snapshot.self()) ? pair.otherServer() : pair.server())
                .orElseThrow(() -> CommandException.notFound("'" + instance.tag() + "' is on this server only"));
    }

    private static int otherPriority(ClusterSnapshot snapshot, Equivalency pair) {
        return pair.server().equals(snapshot.self()) ? pair.otherPriority() : pair.priority();
    }

    private static Stream<Equivalency> pairs(ClusterSnapshot snapshot, Instance instance) {
        String self = snapshot.self();
        return snapshot.own().rows(LcdSection.EQUIVALENCIES).values().stream()
                .filter(row -> row.server().equals(self) && row.tag().equals(instance.tag())
                        || row.otherServer().equals(self) && row.otherTag().equals(instance.tag()));
    }
}
