package org.mainstay.shell.internal.karaf;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.karaf.shell.api.console.Command;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Parser;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.CommandException;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.mainstay.shell.internal.registry.Cancellation;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.CommandRegistry;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.internal.socket.CommandRunner;

/** A command of the registry in the Karaf shell: {@code lk:ins_list ...} or {@code mainstay:resource create ...}. */
final class KarafCommand implements Command {
    private final CommandRegistry registry;
    private final CommandRunner runner;
    private final String scope;
    private final String name;
    private final CommandCall prefix;

    /** @param prefix what is put before the arguments typed */
    KarafCommand(CommandRegistry registry, CommandRunner runner, String scope, String name, CommandCall prefix) {
        this.registry = registry;
        this.runner = runner;
        this.scope = scope;
        this.name = name;
        this.prefix = prefix;
    }

    @Override
    public String getScope() {
        return scope;
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public String getDescription() {
        return Completions.description(registry, prefix);
    }

    @Override
    public Completer getCompleter(boolean scoped) {
        return (session, line, candidates) -> {
            List<String> before = new ArrayList<>();
            for (int i = 1; i < line.getCursorArgumentIndex(); i++) {
                before.add(line.getArguments()[i]);
            }
            return strings(before).complete(session, line, candidates);
        };
    }

    private Completer strings(List<String> before) {
        return new StringsCompleter(Completions.next(registry, prefix, before));
    }

    @Override
    public Parser getParser() {
        return null;
    }

    /** Runs the command. @throws ExitCodeException if its exit code is not 0 */
    @Override
    public Object execute(Session session, List<Object> arguments) throws Exception {
        List<String> words = new ArrayList<>(prefix.arguments());
        arguments.forEach(argument -> words.add(String.valueOf(argument)));
        // Output goes where the shell redirects it, for pipes. Errors go to the console, past any pipe: the shell does
        // not
        // show the standard error of remote sessions.
        CommandContext context = new CommandContext(
                System.out,
                session.getConsole(),
                InputStream.nullInputStream(),
                Path.of(""),
                terminal(session),
                ShellUsers.caller(session, runner.server()),
                cancellation(session),
                false);
        int code = runner.run(new CommandCall(prefix.name(), words), context);
        session.put("EXIT_CODE", code);
        if (code != 0) {
            throw new ExitCodeException(code);
        }
        return null;
    }

    /** The caller's of {@code mainstay karaf}; on Karaf's own consoles Ctrl-C interrupts the thread. */
    private static Cancellation cancellation(Session session) {
        return session.get(KarafSessions.CANCELLATION) instanceof Cancellation callers ? callers : new Cancellation();
    }

    private static Terminal terminal(Session session) {
        org.apache.karaf.shell.api.console.Terminal terminal = session.getTerminal();
        if (terminal == null || terminal.getWidth() <= 0) {
            return Terminal.NONE;
        }
        return new Terminal(true, terminal.getWidth(), terminal.isAnsiSupported(), true);
    }

    /** A command ended with an exit code of CMD-010 other than 0; what was wrong is on the console. */
    static final class ExitCodeException extends CommandException {
        private static final long serialVersionUID = 1L;

        ExitCodeException(int code) {
            super("exit code " + code);
        }
    }
}
