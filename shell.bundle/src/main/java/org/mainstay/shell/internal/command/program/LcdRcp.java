package org.mainstay.shell.internal.command.program;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.CommandRegistry;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lcdrcp} (CMD-030 to CMD-037). Binary files arrive as they are. */
@Command(
        name = "lcdrcp",
        description = "Copies files to a server, over the comm paths. Each file appears whole or not at all.",
        customSynopsis = "lcdrcp file1 file2 file3 ... {dest:ofile | dest:odir}",
        footer = {"", "Examples:", "  lcdrcp a.txt B:/tmp/copy.txt", "  lcdrcp a.txt b.txt B:/tmp/in"})
public final class LcdRcp implements ShellCommand {
    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Parameters(paramLabel = "file", arity = "0..*", description = "Files, then server:target.")
    private List<String> words = new ArrayList<>();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        if (words.size() < 2) {
            throw new CommandException(ExitCode.SYNTAX, "name one or more files and, last, server:target");
        }
        String last = words.get(words.size() - 1);
        int colon = last.indexOf(':');
        if (colon < 1 || colon == last.length() - 1) {
            throw new CommandException(ExitCode.SYNTAX, "'" + last + "' is not server:target, such as B:/tmp/copy.txt");
        }
        List<Path> files = new ArrayList<>();
        for (String word : words.subList(0, words.size() - 1)) {
            Path file = invocation.context().workingDirectory().resolve(word);
            if (!Files.isRegularFile(file)) {
                throw CommandException.notFound("there is no file '" + word + "' here");
            }
            files.add(file);
        }
        String server = last.substring(0, colon);
        CommandRegistry.requirePath(invocation.platform(), server);
        invocation.platform().remote().copy(server, files, last.substring(colon + 1), invocation.context());
        return ExitCode.SUCCESS;
    }
}
