package org.mainstay.shell.testing;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.registry.Cancellation;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.Terminal;

/** A caller whose output is kept. */
public final class Captured {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final CommandContext context;

    public Captured(Terminal terminal, Caller.Role role) {
        this.context = new CommandContext(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                InputStream.nullInputStream(),
                Path.of(""),
                terminal,
                new Caller("root", role, "A bin"),
                new Cancellation(),
                false);
    }

    public static Captured administrator() {
        return new Captured(Terminal.NONE, Caller.Role.ADMINISTRATOR);
    }

    public CommandContext context() {
        return context;
    }

    public String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    public String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
