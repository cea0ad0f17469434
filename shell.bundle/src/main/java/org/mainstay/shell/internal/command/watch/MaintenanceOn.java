package org.mainstay.shell.internal.command.watch;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mainstay maintenance on}. */
@Command(
        name = "on",
        description =
                "Begins maintenance: no checks, no recovery, no failover, until it is ended or its time is over. It survives "
                        + "restarts. What an operator asks for is still done.",
        footer = {
            "",
            "Examples:",
            "  mainstay maintenance on pg --for 90m",
            "  mainstay maintenance on --cluster --for 2h"
        })
public final class MaintenanceOn extends BaseCommand {
    private static final Pattern TIME = Pattern.compile("([0-9]{1,6})(s|m|h|d)");
    private static final long MOST_SECONDS = 30L * 86_400;

    @Mixin
    private MaintenanceScope scope = new MaintenanceScope();

    @Option(
            names = "--for",
            paramLabel = "TIME",
            description = "Ends by itself after 90s, 30m, 2h or 1d; default: when it is ended.")
    private String time;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return invocation.submit(scope.request(true, time == null ? 0 : seconds(time)));
    }

    private static long seconds(String text) throws CommandException {
        Matcher matcher = TIME.matcher(text);
        if (matcher.matches()) {
            long factor = switch (matcher.group(2)) {
                case "m" -> 60;
                case "h" -> 3_600;
                case "d" -> 86_400;
                default -> 1;
            };
            long seconds = Long.parseLong(matcher.group(1)) * factor;
            if (seconds > 0 && seconds <= MOST_SECONDS) {
                return seconds;
            }
        }
        throw CommandException.invalid(
                "--for is a time with its unit, such as 90s, 30m, 2h or 1d, at most 30d, not '" + text + "'");
    }
}
