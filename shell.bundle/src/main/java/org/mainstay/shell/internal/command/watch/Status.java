package org.mainstay.shell.internal.command.watch;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.SafetyReport;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows.SafetyRow;
import org.mainstay.shell.internal.view.Rows.StatusDocument;
import org.mainstay.shell.internal.view.StatusText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code mainstay status}: the whole cluster, from any server. */
@Command(
        name = "status",
        description =
                "Shows servers, how safe they are, comm paths, hierarchies with their state on each server, and problems.",
        footer = {"", "Examples:", "  mainstay status", "  mainstay status --json"})
public final class Status extends BaseCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException {
        ClusterSnapshot snapshot = invocation.snapshot();
        List<String> problems = new ArrayList<>(withoutKit(invocation, snapshot));
        invocation.platform().trapProblems().forEach(problem -> problems.add(snapshot.self() + ": " + problem));
        StatusDocument status = new ClusterView(snapshot).document(problems).withSafety(safety(invocation));
        if (json.chosen()) {
            invocation.out().println(Json.document(status));
        } else {
            new StatusText(status, invocation.context().terminal(), invocation.out()).print();
        }
        return ExitCode.SUCCESS;
    }

    /** Status is shown whatever else is being replaced. */
    private static SafetyRow safety(Invocation invocation) {
        try {
            SafetyReport report = invocation.platform().safety().report().report();
            return new SafetyRow(report.verdict().name(), report.summary());
        } catch (CommandException e) {
            return null;
        }
    }

    /** What is in service goes on without its kit, but is neither checked nor stopped: never silently. */
    private static List<String> withoutKit(Invocation invocation, ClusterSnapshot snapshot) throws CommandException {
        Set<String> usable = invocation.platform().administration().kits().stream()
                .map(kit -> kit.application() + "/" + kit.type())
                .collect(Collectors.toSet());
        return snapshot.own().instances().values().stream()
                .filter(instance -> !usable.contains(instance.typeKey()))
                .map(instance -> instance.tag() + " on " + snapshot.self() + ": its kit " + instance.typeKey()
                        + " is not installed here: it is not checked and cannot be started or stopped; install the kit's "
                        + "feature")
                .toList();
    }
}
