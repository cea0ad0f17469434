package org.mainstay.kit.postgres.internal;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Outcome;

/**
 * Runs statements as the administrator on template1, never asking for a password (PG-098, PG-099, PG-141): by {@code psql} as
 * the owner where the programs hold one, else over TCP with the driver this bundle carries, as server-only builds have no psql.
 */
final class Sql {
    private final ActionContext context;
    private final Settings settings;

    Sql(ActionContext context, Settings settings) {
        this.context = context;
        this.settings = settings;
    }

    /** @param limit how long the statement may take; never longer than the action's own time */
    Outcome run(PostmasterFile server, String statement, Duration limit) {
        Duration time = limit.compareTo(context.remaining()) < 0 ? limit : context.remaining();
        return Files.isExecutable(Path.of(settings.program("psql")))
                ? byPsql(server, statement, time)
                : new Jdbc(context, settings).run(server, statement, time);
    }

    private Outcome byPsql(PostmasterFile server, String statement, Duration limit) {
        String host = server.socketDirectory().isEmpty() ? "127.0.0.1" : server.socketDirectory();
        Command.Builder command = Command.of(
                        settings.program("psql"),
                        "-X",
                        "-w",
                        "-A",
                        "-t",
                        "-q",
                        "-v",
                        "ON_ERROR_STOP=1",
                        "-h",
                        host,
                        "-p",
                        String.valueOf(server.port()),
                        "-U",
                        settings.administrator(),
                        "-d",
                        "template1",
                        "-c",
                        statement)
                .user(settings.owner())
                .directory(Path.of("/"))
                .timeLimit(limit)
                .environment("PGCONNECT_TIMEOUT", "10");
        settings.passwordFile().ifPresent(path -> command.environment("PGPASSFILE", path));
        CommandResult result = context.host().run(command.build());
        if (result.succeeded()) {
            return Outcome.success(result.output().strip());
        }
        String hint = result.errors().contains("fe_sendauth") || result.errors().contains("password")
                ? "; let this user connect without a prompt: trust or peer in pg_hba.conf, or " + Settings.PASSWORD_FILE
                        + "="
                : "";
        return Outcome.failed("psql as " + settings.administrator() + ": " + result.summary() + hint, result.errors());
    }
}
