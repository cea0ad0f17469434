package org.mainstay.shell.internal.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.AccessController;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import javax.security.auth.Subject;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.api.console.SessionFactory;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.Cancellation;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.internal.socket.CommandRunner;

class KarafSessionsTest {
    private interface Line {
        Object run(String line) throws Exception;
    }

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private boolean closed;
    private PrintStream console;
    private Session session;
    private final Cancellation cancellation = new Cancellation();
    private final Map<String, Object> variables = new ConcurrentHashMap<>();

    private int run(String line, Line behaviour) {
        session = (Session) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Session.class}, (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "execute":
                            return behaviour.run(String.valueOf(arguments[0]));
                        case "get":
                            return arguments[0].equals("EXIT_CODE")
                                    ? ExitCode.NOT_FOUND
                                    : variables.get(arguments[0].toString());
                        case "put":
                            return variables.put(arguments[0].toString(), arguments[1]);
                        case "getConsole":
                            return console;
                        case "close":
                            closed = true;
                            return null;
                        default:
                            return null;
                    }
                });
        SessionFactory factory = (SessionFactory) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {SessionFactory.class}, (proxy, method, arguments) -> {
                    console = (PrintStream) arguments[1];
                    return session;
                });
        CommandContext context = new CommandContext(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                InputStream.nullInputStream(),
                Path.of("/"),
                Terminal.NONE,
                new Caller("root", Caller.Role.ADMINISTRATOR, "A bin"),
                cancellation,
                false);
        return new KarafSessions(factory).run(line, context);
    }

    @Test
    @SuppressWarnings("removal") // how Karaf hands the log-in to commands on Java 17
    void theLineRunsAsAdministratorAndItsResultIsShown() {
        AtomicReference<Subject> seen = new AtomicReference<>();
        int code = run("feature:list", line -> {
            seen.set(Subject.getSubject(AccessController.getContext()));
            return "result of " + line;
        });
        assertThat(code).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("result of feature:list\n");
        assertThat(seen.get().getPrincipals()).extracting(Principal::getName).contains("root", "admin");
        assertThat(closed).isTrue();
    }

    /** Commands of Karaf colour what they print even if a program reads it. */
    @Test
    void whereThereIsNoTerminalThereAreNoColours() {
        run("feature:list | grep mainstay", line -> {
            console.print("\u001b[31;1mmainstay\u001b[0m-kit-ip \u001b[1m\u001bc \u00e9\n");
            return null;
        });
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("mainstay-kit-ip \u001bc \u00e9\n");
    }

    @Test
    void aFailureIsToldAndCounts() {
        int code = run("nosuch", line -> {
            throw new IllegalArgumentException("Command not found: " + line);
        });
        assertThat(code).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("mainstay karaf: Command not found: nosuch\n");
        assertThat(closed).isTrue();
    }

    @Test
    void ourOwnCommandsKeepTheirExitCode() {
        int code = run("lk:ins_list -t x", line -> {
            throw new KarafCommand.ExitCodeException(ExitCode.NOT_FOUND);
        });
        assertThat(code).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(err.size()).isZero();
    }

    /** As 'mainstay:events --follow' would go on for ever. */
    @Test
    void whoGivesUpCancelsOurOwnCommand() {
        AtomicReference<CommandContext> seen = new AtomicReference<>();
        CommandRunner runner = new CommandRunner() {
            @Override
            public int run(CommandCall call, CommandContext context) {
                seen.set(context);
                cancellation.cancel();
                return context.cancellation().cancelled() ? 0 : ExitCode.INTERNAL_ERROR;
            }

            @Override
            public String server() {
                return "A";
            }
        };
        KarafCommand command =
                new KarafCommand(Programs.registry(), runner, "lk", "ins_list", new CommandCall("ins_list", List.of()));
        assertThat(run("lk:ins_list", line -> command.execute(session, List.of())))
                .isZero();
        assertThat(seen.get().cancellation()).isSameAs(cancellation);
    }
}
