package org.mainstay.shell.offline;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.Cancellation;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.Terminal;

/**
 * Runs one command in a JVM of its own, while Mainstay is stopped: {@code node init}, {@code node join}, {@code --help}. The
 * working directory is MAINSTAY_HOME. Who may do it is decided by the rights to the files below it.
 */
public final class OfflineMain {
    private OfflineMain() {}

    /** @param arguments name of the program, then its arguments */
    public static void main(String[] arguments) throws InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        // The one place where this bundle ends a process: its own, with the command's exit code.
        System.exit(run(List.of(arguments), Path.of(""), out, err));
    }

    static int run(List<String> words, Path home, PrintStream out, PrintStream err) throws InterruptedException {
        Interruption interruption = new Interruption();
        if (words.stream().limit(2).anyMatch(word -> word.startsWith("lk_chg_value"))) {
            interruption.install(err);
        }
        int code = run(words, home, interruption, out, err);
        interruption.ended(code);
        return code;
    }

    private static int run(List<String> words, Path home, Interruption interruption, PrintStream out, PrintStream err)
            throws InterruptedException {
        String program = words.isEmpty() ? "mainstay" : words.get(0);
        List<String> arguments = words.isEmpty() ? List.of() : words.subList(1, words.size());
        boolean interactive = "yes".equals(System.getProperty("mainstay.terminal"));
        CommandContext context = new CommandContext(
                out,
                err,
                InputStream.nullInputStream(),
                Path.of(System.getProperty("mainstay.directory", "")),
                Terminal.of(interactive, Terminal.DEFAULT_COLUMNS, System.getenv()),
                new Caller(System.getProperty("user.name", "-"), Caller.Role.ADMINISTRATOR, "offline"),
                new Cancellation(),
                false);
        return Programs.registry()
                .run(new CommandCall(program, arguments), context, new OfflinePlatform(home, interruption));
    }
}
