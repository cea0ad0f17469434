package org.mainstay.shell.internal.command.program;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.mirror.DkHealthCheck;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import org.mainstay.shell.internal.registry.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lksupport} (ADM-310): works whether Mainstay runs or not. */
@Command(
        name = "lksupport",
        separator = " ",
        description =
                "Collects configuration, status, the health of mirrors and logs for support in LKROOT/support/SERVER-TIME.zip, without secrets: "
                        + "passwords are masked, keys are not included.",
        customSynopsis = "lksupport",
        footer = {"", "Example:", "  lksupport"})
public final class LkSupport implements ShellCommand {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        Path home = invocation.platform().home().toAbsolutePath();
        Path folder = home.resolve("support");
        SupportArchive archive = new SupportArchive(home, invocation.platform());
        archive.include("dkhealthcheck.txt", health(invocation));
        // the name only tells archives apart
        String time = TIME.format(Clock.systemUTC().instant());
        Path file = folder.resolve(archive.server() + "-" + time + ".zip");
        try {
            Files.createDirectories(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            archive.write(file);
        } catch (IOException e) {
            throw new CommandException(ExitCode.SYSTEM_ERROR, file + " could not be written: " + e.getMessage());
        }
        invocation.out().println(file);
        return ExitCode.SUCCESS;
    }

    /** Returns what {@code dkhealthcheck} says here (MIR-259), or why it says nothing. */
    private static String health(Invocation invocation) throws InterruptedException {
        CommandContext own = invocation.context();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8)) {
            CommandContext context = new CommandContext(
                    out,
                    out,
                    own.in(),
                    own.workingDirectory(),
                    Terminal.NONE,
                    own.caller(),
                    own.cancellation(),
                    own.forwarded());
            int code =
                    new DkHealthCheck().run(new Invocation("dkhealthcheck", invocation.platform(), context, List.of()));
            out.println("exit code " + code);
        } catch (CommandException e) {
            return "not there: " + e.getMessage() + "\n";
        }
        return text.toString(StandardCharsets.UTF_8);
    }
}
