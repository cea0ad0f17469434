package org.mainstay.shell.internal.command.safety;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Fencing;
import org.mainstay.cluster.Reply;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code mainstay fencing test}. */
@Command(
        name = "test",
        description =
                "Asks the fencing devices whether they answer and what they see (the agents' actions monitor and status). "
                        + "Nothing is switched. Ends with 1 if a device fails.",
        footer = {"", "Examples:", "  mainstay fencing test", "  mainstay fencing test B"})
public final class FencingTest extends BaseCommand {
    @Parameters(paramLabel = "NAME", arity = "0..1", defaultValue = "", description = "Server; default: all.")
    private String server;

    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        Fencing fencing = invocation.platform().safety().fencing();
        List<Fencing.LevelDevice> chosen = fencing.levels().stream()
                .filter(level -> server.isEmpty() || level.server().equals(server))
                .toList();
        if (chosen.isEmpty()) {
            throw CommandException.notFound(
                    (server.isEmpty() ? "no fencing is configured" : "no fencing is configured for '" + server + "'")
                            + "; see 'mainstay fencing --help'");
        }
        AtomicReference<List<Fencing.Test>> tests = new AtomicReference<>(new ArrayList<>());
        Reply reply = invocation.await(
                lines -> fencing.test(server, lines).thenApply(done -> {
                    tests.set(done);
                    return Reply.success("");
                }),
                invocation.err());
        if (!reply.succeeded()) {
            throw new CommandException(reply.exitCode(), reply.message());
        }
        print(invocation, tests.get());
        return tests.get().stream().allMatch(Fencing.Test::passed) ? ExitCode.SUCCESS : ExitCode.SYSTEM_ERROR;
    }

    private void print(Invocation invocation, List<Fencing.Test> tests) {
        if (json.chosen()) {
            invocation.out().println(Json.list("tests", tests));
            return;
        }
        Style style = new Style(invocation.context().terminal());
        Table table = new Table(style, "", List.of("SERVER", "LEVEL", "DEVICE", "RESULT", ""));
        tests.forEach(test -> table.row(List.of(
                test.server(),
                Integer.toString(test.level()),
                test.device(),
                test.passed() ? "passed" : style.problem("failed"),
                test.message())));
        table.print(invocation.out());
    }
}
