package org.mainstay.kit.postgres.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.StringJoiner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Outcome;
import org.postgresql.Driver;
import org.postgresql.util.PSQLState;

/** Statements over TCP with the embedded driver. Peer authentication is impossible this way: we are not the owner. */
final class Jdbc {
    private static final Duration POLL = Duration.ofMillis(5);
    private static final int CONNECT_SECONDS = 10;

    private final ActionContext context;
    private final Settings settings;

    Jdbc(ActionContext context, Settings settings) {
        this.context = context;
        this.settings = settings;
    }

    /** Runs one statement on a thread of its own, so that a cancelled action does not wait for a silent server (I5). */
    Outcome run(PostmasterFile server, String statement, Duration limit) {
        if (server.listenAddress().isEmpty()) {
            return Outcome.failed("there is no psql in " + Settings.BIN_DIRECTORY
                    + " and the server listens on no TCP address: set listen_addresses, or install psql");
        }
        AtomicReference<Connection> open = new AtomicReference<>();
        CompletableFuture<Outcome> answer = new CompletableFuture<>();
        Thread worker = new Thread(() -> answer.complete(ask(server, statement, limit, open)), "postgres query");
        worker.setDaemon(true);
        worker.start();
        long end = System.nanoTime() + limit.toNanos();
        while (!answer.isDone()) {
            boolean late = System.nanoTime() >= end;
            if (late || !context.pause(POLL)) {
                abort(open.get());
                return Outcome.failed(
                        statement + (late ? " took longer than " + limit.toSeconds() + " s" : " was cancelled"));
            }
        }
        return answer.join();
    }

    private void abort(Connection connection) {
        if (connection != null) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                context.progress("a connection to PostgreSQL could not be closed: " + e.getMessage());
            }
        }
    }

    private Outcome ask(PostmasterFile server, String statement, Duration limit, AtomicReference<Connection> open) {
        String host = host(server.listenAddress());
        try (Connection connection = connect(host, server.port(), limit)) {
            open.set(connection);
            return Outcome.success(execute(connection, statement));
        } catch (SQLException e) {
            return Outcome.failed(
                    "query as " + settings.administrator() + " through " + host + ":" + server.port() + ": "
                            + e.getMessage() + hint(e),
                    String.valueOf(e.getSQLState()));
        } catch (IOException e) {
            return Outcome.failed(e.getMessage());
        }
    }

    private static String hint(SQLException e) {
        boolean refused = PSQLState.INVALID_PASSWORD.getState().equals(e.getSQLState())
                || PSQLState.CONNECTION_REJECTED.getState().equals(e.getSQLState())
                || "28000".equals(e.getSQLState());
        return refused
                ? "; without psql the checks connect over TCP: let this user in from there in pg_hba.conf (trust), or give "
                        + Settings.PASSWORD_FILE + "="
                : "";
    }

    /** The first address of listen_addresses as one can connect to it. */
    static String host(String listenAddress) {
        return switch (listenAddress) {
            case "*", "0.0.0.0" -> "127.0.0.1";
            case "::" -> "::1";
            default -> listenAddress;
        };
    }

    private Connection connect(String host, int port, Duration limit) throws SQLException, IOException {
        Properties properties = new Properties();
        properties.setProperty("user", settings.administrator());
        Optional<String> password = settings.passwordFile().isPresent()
                ? PasswordFile.find(
                        Path.of(settings.passwordFile().get()), host, port, "template1", settings.administrator())
                : Optional.empty();
        password.ifPresent(found -> properties.setProperty("password", found));
        properties.setProperty("connectTimeout", String.valueOf(CONNECT_SECONDS));
        properties.setProperty("socketTimeout", String.valueOf(Math.max(1, limit.toSeconds() + 1)));
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("ApplicationName", "mainstay");
        String address = host.contains(":") ? "[" + host + "]" : host;
        Connection connection =
                driver().connect("jdbc:postgresql://" + address + ":" + port + "/template1", properties);
        if (connection == null) {
            throw new SQLException("the driver does not take the address " + address);
        }
        return connection;
    }

    /** The driver registers itself for the whole JVM when it is loaded; that would keep this bundle's classes for ever. */
    private static Driver driver() throws SQLException {
        Driver driver = new Driver();
        synchronized (Driver.class) {
            if (Driver.isRegistered()) {
                Driver.deregister();
            }
        }
        return driver;
    }

    /** Returns the rows as psql prints them unaligned: a line each, fields divided by a bar. */
    private static String execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            StringJoiner rows = new StringJoiner("\n");
            if (statement.execute(sql)) {
                try (ResultSet result = statement.getResultSet()) {
                    int columns = result.getMetaData().getColumnCount();
                    while (result.next()) {
                        StringJoiner row = new StringJoiner("|");
                        for (int column = 1; column <= columns; column++) {
                            row.add(String.valueOf(result.getString(column)));
                        }
                        rows.add(row.toString());
                    }
                }
            }
            return rows.toString();
        }
    }
}
