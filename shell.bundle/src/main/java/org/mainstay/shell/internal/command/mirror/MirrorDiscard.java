package org.mainstay.shell.internal.command.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay mirror discard}: the end of a split brain (SPLIT-010 to SPLIT-017). */
@Command(
        name = "discard",
        description =
                "Ends a split brain: one server gives up what only it wrote, of all split volumes of a hierarchy, and"
                        + " becomes target of the other. Without --yes it only says what would be lost.",
        footer = {
            "",
            "Examples:",
            "  mainstay mirror discard pg --on A           what would be lost",
            "  mainstay mirror discard pg --on A --yes     carries it out",
            "",
            "If the server that gives its data up has the hierarchy in service, it is",
            "started on the other first. Said again, it goes on with what is not done",
            "yet. The end:",
            "  mainstay mirror status --wait"
        })
final class MirrorDiscard extends BaseCommand {
    private static final long LOOK_MILLIS = 500;
    private static final long MEET_SECONDS = 90;

    @Parameters(paramLabel = "TAG", description = "A volume, or another resource of its hierarchy.")
    private String tag = "";

    @Option(names = "--on", required = true, paramLabel = "SERVER", description = "Whose changes are given up.")
    private String server = "";

    @Option(names = "--yes", description = "Carries it out: what only that server wrote is lost.")
    private boolean confirmed;

    @Option(
            names = "--force",
            description =
                    "The volume TAG also if it is not found split, such as one whose target has newer, or other, data.")
    private boolean force;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        SplitPlan plan = plan(invocation, force);
        plan.warning().forEach(invocation.out()::println);
        invocation.out().flush();
        if (!confirmed) {
            throw new CommandException(
                    ExitCode.IN_USE,
                    "nothing was changed: if " + server + " shall give this up, say it again with --yes");
        }
        if (!plan.moves()) {
            return giveUp(invocation, plan);
        }
        move(invocation, plan);
        return afterMove(invocation, plan);
    }

    private SplitPlan plan(Invocation invocation, boolean any) throws CommandException, InterruptedException {
        return SplitPlan.of(invocation.snapshot(), MirrorStatus.all(invocation), tag, server, any);
    }

    private static Reply ask(Invocation invocation, String volume, Mirrors.Verb verb, String on)
            throws CommandException, InterruptedException {
        Mirrors mirrors = invocation.platform().mirrors();
        return invocation.await(
                lines -> mirrors.ask(
                        volume, verb, on, Map.of(), invocation.context().caller()),
                invocation.err());
    }

    /** Nothing is overwritten by this: what the loser wrote is still there if it fails. */
    private void move(Invocation invocation, SplitPlan plan) throws CommandException, InterruptedException {
        String keeper = plan.keeper();
        ClusterSnapshot before = invocation.snapshot();
        List<String> resources = plan.parts().stream()
                .map(SplitPlan.Part::keeperTag)
                .filter(resource -> !inService(before, keeper, resource))
                .toList();
        // All of them first: one that comes into service brings others of its hierarchy along.
        for (String resource : resources) {
            Reply reply = ask(invocation, resource, Mirrors.Verb.FORCE, keeper);
            if (!reply.succeeded()) {
                throw new CommandException(
                        reply.exitCode(),
                        "nothing is given up: " + keeper + " does not take its data of " + resource + ": "
                                + reply.message());
            }
        }
        for (String resource : resources) {
            if (!inService(invocation.snapshot(), keeper, resource)) {
                bringIn(invocation, keeper, resource);
            }
        }
    }

    private static boolean inService(ClusterSnapshot snapshot, String keeper, String resource) {
        return snapshot.lcd(keeper)
                .flatMap(lcd -> lcd.instance(resource))
                .filter(instance -> instance.state().inService())
                .isPresent();
    }

    private static void bringIn(Invocation invocation, String keeper, String resource)
            throws CommandException, InterruptedException {
        int code = keeper.equals(invocation.snapshot().self())
                ? invocation.submit(new Request.BringInService(resource, false, true, false))
                : invocation
                        .platform()
                        .remote()
                        .run(
                                keeper,
                                new CommandCall("mainstay", List.of("resource", "in-service", resource)),
                                invocation.context());
        if (code != ExitCode.SUCCESS) {
            throw new CommandException(
                    code,
                    "nothing is given up: the hierarchy of " + resource + " did not come into service on " + keeper
                            + ", see above. For 10 minutes it may start there with the data of " + keeper
                            + "; then, or when that is mended, say the same again");
        }
    }

    /** The data may be given up only where the new source has found that it is split from the loser. */
    private int afterMove(Invocation invocation, SplitPlan plan) throws CommandException, InterruptedException {
        CountDownLatch gaveUp = new CountDownLatch(1);
        CommandException last = new CommandException(ExitCode.NO_COMMUNICATION, "the mirrors have not met");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MEET_SECONDS);
        try (Registration cancelled = invocation.context().cancellation().whenCancelled(gaveUp::countDown)) {
            do {
                if (plan.met(MirrorStatus.all(invocation))) {
                    try {
                        SplitPlan now = plan(invocation, force);
                        if (!now.moves() && now.keeper().equals(plan.keeper())) {
                            return giveUp(invocation, now);
                        }
                    } catch (CommandException e) {
                        if (e.exitCode() == ExitCode.INVALID_ARGUMENT) {
                            invocation
                                    .out()
                                    .println("Nothing has to be given up: " + plan.keeper() + " sends " + server
                                            + " what differs by itself");
                            return ExitCode.SUCCESS;
                        }
                        last = e;
                    }
                }
            } while (System.nanoTime() - end < 0 && !gaveUp.await(LOOK_MILLIS, TimeUnit.MILLISECONDS));
        }
        throw new CommandException(
                gaveUp.getCount() == 0 ? Invocation.INTERRUPTED : last.exitCode(),
                plan.keeper() + " has " + plan.volumes() + " in service now, and nothing is given up yet: "
                        + last.getMessage() + ". When it has met " + server + ", say the same again");
    }

    private int giveUp(Invocation invocation, SplitPlan plan) throws CommandException, InterruptedException {
        List<String> done = new ArrayList<>();
        List<String> open = new ArrayList<>();
        int code = ExitCode.SUCCESS;
        for (SplitPlan.Part part : plan.parts()) {
            Reply reply = code == Invocation.INTERRUPTED
                    ? Reply.failed(code, "not begun")
                    : ask(invocation, part.tag(), Mirrors.Verb.DISCARD, server);
            if (reply.succeeded()) {
                done.add(part.tag());
                invocation
                        .out()
                        .println(part.tag() + ": " + server + " gave up its data and takes that of " + plan.keeper());
            } else {
                open.add(part.tag());
                invocation.err().println(part.tag() + ": not done: " + reply.message());
                code = code == ExitCode.SUCCESS || reply.exitCode() == Invocation.INTERRUPTED ? reply.exitCode() : code;
            }
        }
        if (!open.isEmpty()) {
            throw new CommandException(
                    code,
                    (done.isEmpty()
                                    ? "no volume is done"
                                    : "done, and not to be taken back: " + String.join(", ", done))
                            + "; not done: " + String.join(", ", open)
                            + ". When what is said above is mended, say the same again: it goes on with the rest");
        }
        return ExitCode.SUCCESS;
    }
}
