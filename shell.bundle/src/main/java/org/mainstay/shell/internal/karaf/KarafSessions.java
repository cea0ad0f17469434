package org.mainstay.shell.internal.karaf;

import java.io.PrintStream;
import java.security.PrivilegedAction;
import java.util.Set;
import javax.security.auth.Subject;
import org.apache.karaf.jaas.boot.principal.RolePrincipal;
import org.apache.karaf.jaas.boot.principal.UserPrincipal;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.api.console.SessionFactory;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.Platform;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs lines in the Karaf shell for callers that the local socket took for administrators: no port, no password. */
public final class KarafSessions implements Platform.KarafShell {
    private static final Logger LOG = LoggerFactory.getLogger(KarafSessions.class);

    /** Session variable with the cancellation of who called {@code mainstay karaf}. */
    static final String CANCELLATION = "MAINSTAY_CANCELLATION";

    private final SessionFactory factory;

    public KarafSessions(SessionFactory factory) {
        this.factory = factory;
    }

    @Override
    @SuppressWarnings("removal") // how Karaf takes the log-in from callers on Java 17
    public int run(String line, CommandContext context) {
        Subject administrator = new Subject(
                true,
                Set.of(
                        new UserPrincipal(context.caller().user()),
                        new RolePrincipal("admin"),
                        new RolePrincipal("manager"),
                        new RolePrincipal("viewer"),
                        new RolePrincipal("systembundles"),
                        new RolePrincipal("ssh")),
                Set.of(),
                Set.of());
        return Subject.doAs(administrator, (PrivilegedAction<Integer>) () -> execute(line, context));
    }

    private int execute(String line, CommandContext context) {
        boolean terminal = context.terminal().interactive();
        PrintStream out = terminal ? context.out() : PlainStream.over(context.out());
        Session session = factory.create(context.in(), out, terminal ? context.err() : PlainStream.over(context.err()));
        try {
            session.put("USER", context.caller().user());
            session.put(CANCELLATION, context.cancellation());
            Object result = session.execute(line);
            if (result != null) {
                out.println(result);
            }
            return ExitCode.SUCCESS;
        } catch (KarafCommand.ExitCodeException e) {
            // one of our own commands, which has said what was wrong
            return session.get("EXIT_CODE") instanceof Integer code ? code : ExitCode.SYSTEM_ERROR;
        } catch (Exception e) {
            LOG.debug("'{}' failed in the Karaf shell", line, e);
            context.err().println("mainstay karaf: " + (e.getMessage() == null ? e.toString() : e.getMessage()));
            return ExitCode.SYSTEM_ERROR;
        } finally {
            session.close();
        }
    }
}
