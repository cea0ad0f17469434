package org.mainstay.shell.internal.command.kit;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.Terminal;

/**
 * One quick check of each resource in service that is checked at all, now, instead of at its next turn: a version of a kit whose check is
 * wrong is found on the first server. What the check says is the caller's to judge; monitoring comes to its own conclusions.
 */
final class KitChecks implements Rollout.Checks {
    private static final String CHECK = "quickCheck";

    private final Invocation invocation;

    KitChecks(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public String of(String server, Set<String> types) throws CommandException, InterruptedException {
        ClusterSnapshot snapshot = invocation.snapshot();
        List<Instance> instances = snapshot.lcd(server)
                .map(lcd -> List.copyOf(lcd.instances().values()))
                .orElse(List.of());
        for (Instance instance : instances) {
            boolean checked = instance.settings().quickCheckSeconds() > 0;
            if (checked
                    && types.contains(instance.typeKey())
                    && instance.state().inService()) {
                String problem = server.equals(snapshot.self()) ? here(instance.tag()) : there(server, instance.tag());
                if (!problem.isEmpty()) {
                    return instance.tag() + " does not pass a check by the kit as it is now: " + problem;
                }
            }
        }
        return "";
    }

    private String here(String tag) throws CommandException, InterruptedException {
        Reply reply = invocation.submit(
                new Request.PerformAction(tag, CHECK, List.of()), new PrintStream(OutputStream.nullOutputStream()));
        return reply.succeeded() ? "" : reply.message();
    }

    private String there(String server, String tag) throws CommandException, InterruptedException {
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        CommandContext context = new CommandContext(
                new PrintStream(OutputStream.nullOutputStream()),
                new PrintStream(errors, true, StandardCharsets.UTF_8),
                InputStream.nullInputStream(),
                invocation.context().workingDirectory(),
                Terminal.NONE,
                invocation.context().caller(),
                invocation.context().cancellation(),
                false);
        CommandCall call = new CommandCall("perform_action", List.of("-t", tag, "-a", CHECK));
        try {
            int code = invocation.platform().remote().run(server, call, context);
            String text = errors.toString(StandardCharsets.UTF_8).strip();
            return code == ExitCode.SUCCESS ? "" : text.isEmpty() ? "it ended with " + code : text;
        } catch (CommandException e) {
            return e.getMessage();
        }
    }
}
