package org.mainstay.shell.internal.command.lcd;

import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.shell.internal.command.Candidates;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.PassesArguments;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code perform_action} (CMD-380 to CMD-392). The actions' output goes to standard output. */
@Command(
        name = "perform_action",
        separator = " ",
        description =
                "Runs an action of a resource on this server. restore and remove act on the hierarchy: restore on all it "
                        + "needs and all above it, remove on all above it. Arguments after -- go to the action unchanged.",
        customSynopsis = "perform_action [-G] [-s] [-b] [-n] -t tag-name -a action-name [-- arg1 ... argn]",
        footer = {
            "",
            "Examples:",
            "  perform_action -t pg -a restore",
            "  perform_action -t pg -a remove",
            "  perform_action -t web -a reload -- --soft"
        })
public final class PerformAction implements ShellCommand, PassesArguments {
    private static final String RESTORE = "restore";
    private static final String REMOVE = "remove";
    /** The product's names of scripts that are actions of every kit. */
    private static final Map<String, String> ACTIONS = Map.of("quickchk", "quickCheck", "deepchk", "deepCheck");

    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Option(names = "-G", description = "remove, restore, delete: without the global pre and post scripts.")
    boolean withoutGlobalScripts;

    @Option(names = "-s", description = "Only the resource itself, nothing above or below.")
    private boolean onlyTag;

    @Option(names = "-b", description = "restore: only the resource and what is below it.")
    private boolean onlyBelow;

    @Option(names = "-n", description = "remove, restore: ignore reservations. Use with special care.")
    private boolean ignoreReservations;

    @Option(names = "-t", paramLabel = "tag-name", required = true, description = "The resource.")
    private String tag;

    @Option(
            names = "-a",
            paramLabel = "action-name",
            completionCandidates = Candidates.Actions.class,
            required = true,
            description = "The action.")
    private String action;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        Lcd lcd = LcdCommand.database(invocation);
        LcdCommand.instance(lcd, tag);
        if (action.equals(REMOVE) && nothingInService(lcd)) {
            return ExitCode.SUCCESS;
        }
        Reply reply = invocation.submit(request(invocation), invocation.out());
        if (!reply.succeeded()) {
            invocation.err().println(invocation.name() + ": " + reply.message());
            reply.remarks().forEach(invocation.err()::println);
        }
        return reply.exitCode();
    }

    private Request request(Invocation invocation) {
        return switch (action) {
            case RESTORE ->
                around(invocation, new Request.BringInService(tag, onlyTag || onlyBelow, !onlyTag, ignoreReservations));
            case REMOVE -> around(invocation, new Request.TakeOutOfService(tag, onlyTag, false, ignoreReservations));
            default -> new Request.PerformAction(tag, ACTIONS.getOrDefault(action, action), invocation.trailing());
        };
    }

    /** The global scripts: none with {@code -G}; the caller's lock counts with {@code -m} (CMD-384, CMD-388). */
    private Request around(Invocation invocation, Request request) {
        if (withoutGlobalScripts) {
            return new Request.WithoutGlobalScripts(request);
        }
        boolean locked =
                !invocation.trailing().isEmpty() && invocation.trailing().get(0).equals("-m");
        return locked ? new Request.LockHeld(request) : request;
    }

    /**
     * What is in another state than ISP and ISU here is ignored (CMD-391), unless it is not certainly stopped here; what runs elsewhere
     * is not this server's business.
     */
    private boolean nothingInService(Lcd lcd) {
        return new Relations(lcd)
                .withAllParents(tag).stream()
                        .map(lcd::instance)
                        .flatMap(Optional::stream)
                        .allMatch(instance -> !instance.state().inService()
                                && instance.ownership().released());
    }
}
