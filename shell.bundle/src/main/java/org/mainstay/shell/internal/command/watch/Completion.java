package org.mainstay.shell.internal.command.watch;

import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.Candidates;
import org.mainstay.shell.internal.command.CompletionScripts;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mainstay completion}. */
@Command(
        name = "completion",
        description = "Prints a script that completes commands, options, resources and servers in bash or zsh.",
        footer = {
            "",
            "Examples:",
            "  source <(mainstay completion bash)",
            "  mainstay completion zsh > ~/.zfunc/_mainstay"
        })
public final class Completion extends BaseCommand {
    @Parameters(paramLabel = "SHELL", completionCandidates = Candidates.Shells.class, description = "bash or zsh.")
    private String shell;

    @Override
    public int run(Invocation invocation) throws CommandException {
        if (!shell.equals("bash") && !shell.equals("zsh")) {
            throw CommandException.invalid("there is completion for bash and zsh, not for '" + shell + "'");
        }
        invocation.out().print(CompletionScripts.of(shell));
        return ExitCode.SUCCESS;
    }
}
