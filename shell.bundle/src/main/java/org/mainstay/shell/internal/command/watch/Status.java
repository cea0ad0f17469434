package org.mainstay.shell.internal.command.watch;

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
        StatusDocument status = new ClusterView(invocation.snapshot()).document();
        status = status.withSafety(safety(invocation));
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
}
