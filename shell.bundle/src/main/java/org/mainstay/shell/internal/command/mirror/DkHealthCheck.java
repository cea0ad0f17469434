package org.mainstay.shell.internal.command.mirror;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.command.mirror.MirrorHealth.Finding;
import org.mainstay.shell.internal.command.mirror.MirrorHealth.Level;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dkhealthcheck} (MIR-260): changes nothing. */
@Command(
        name = "dkhealthcheck",
        separator = " ",
        description =
                "Prints the state of all mirrored volumes and what is wrong: with volumes, sides, sizes and jobs of the cluster, and"
                        + " with the engine of this server, its privileges, files, space and ways to others. Changes nothing. Run it on every"
                        + " server that has a side.",
        footer = {
            "",
            "Exit codes: 0 nothing is to be done, 6 there are warnings, 1 there are errors.",
            "",
            "Examples:",
            "  dkhealthcheck",
            "  dkhealthcheck --json"
        })
public final class DkHealthCheck implements ShellCommand {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        ClusterSnapshot snapshot = invocation.snapshot();
        List<Mirrors.Side> sides;
        try {
            sides = invocation
                    .platform()
                    .mirrors()
                    .sides()
                    .toCompletableFuture()
                    .get();
        } catch (ExecutionException e) {
            throw new CommandException(ExitCode.INTERNAL_ERROR, "mirrors cannot be asked: " + e.getCause());
        }
        List<Finding> findings = new ArrayList<>(MirrorHealth.of(snapshot, sides));
        findings.addAll(
                new EngineHealth(Path.of("/proc"), invocation.platform().home(), snapshot.self(), EngineHealth::connect)
                        .look(snapshot));
        findings.sort(Comparator.comparing(Finding::level).reversed());
        if (json.chosen()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("schema", Rows.SCHEMA);
            document.put("findings", findings);
            document.put("sides", sides);
            invocation.out().println(Json.document(document));
        } else {
            print(invocation, sides, findings);
        }
        return exit(findings);
    }

    private static int exit(List<Finding> findings) {
        if (findings.isEmpty() || findings.get(0).level() == Level.NOTE) {
            return ExitCode.SUCCESS;
        }
        return findings.get(0).level() == Level.ERROR ? ExitCode.SYSTEM_ERROR : ExitCode.OUT_OF_RANGE;
    }

    private static void print(Invocation invocation, List<Mirrors.Side> sides, List<Finding> findings) {
        MirrorStatus.print(invocation, sides);
        if (findings.isEmpty()) {
            invocation.out().println("Nothing is wrong.");
            return;
        }
        Style style = new Style(invocation.context().terminal());
        Table table = new Table(style, "", List.of("LEVEL", "SERVER", "VOLUME", "FINDING"));
        for (Finding one : findings) {
            String level = one.level().name().toLowerCase(Locale.ROOT);
            table.row(List.of(
                    one.level() == Level.ERROR ? style.problem(level) : level, one.server(), one.volume(), one.text()));
        }
        table.print(invocation.out());
    }
}
