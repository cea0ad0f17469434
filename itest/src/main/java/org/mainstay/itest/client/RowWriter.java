package org.mainstay.itest.client;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes numbered rows, one transaction each, for as long as it lives, and prints a line for each one that the database
 * acknowledged: {@code ack NUMBER NANOSECONDS} (monotonic). It gives a silent connection up quickly and tries again at once, as
 * a client that cares about its outage would. Run at the client's place with the JDBC address as argument.
 */
public final class RowWriter {
    private static final long WRITE_MILLIS = 250;
    private static final long CONNECT_MILLIS = 200;
    private static final long PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final String url;
    private final long writeMillis;
    private final long connectMillis;
    private final ExecutorService workers = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "writer");
        thread.setDaemon(true);
        return thread;
    });
    private Connection connection;

    private RowWriter(String url, long writeMillis, long connectMillis) {
        this.url = url;
        this.writeMillis = writeMillis;
        this.connectMillis = connectMillis;
    }

    /** With a second argument, seconds, it is a client that waits so long before it takes an answer for missing. */
    public static void main(String[] arguments) {
        String url = arguments[0] + "?user=postgres&tcpNoDelay=true";
        if (arguments.length > 1) {
            long millis = TimeUnit.SECONDS.toMillis(Long.parseLong(arguments[1]));
            new RowWriter(url + "&connectTimeout=" + arguments[1] + "&loginTimeout=" + arguments[1], millis, millis)
                    .run();
        } else {
            new RowWriter(url + "&connectTimeout=2&socketTimeout=5&loginTimeout=2", WRITE_MILLIS, CONNECT_MILLIS).run();
        }
    }

    /** Ends when nobody reads any more: whoever started it is gone. */
    private void run() {
        for (long number = 1; !System.out.checkError(); number++) {
            long row = number;
            try {
                if (connection == null) {
                    connection = within(connectMillis, this::connect);
                }
                Connection used = connection;
                within(writeMillis, () -> insert(used, row));
                System.out.println("ack " + row + " " + System.nanoTime());
                LockSupport.parkNanos(PACE_NANOS);
            } catch (SQLException | TimeoutException e) {
                System.out.println("no " + row + " " + System.nanoTime() + " " + firstLine(e));
                abandon();
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage())
                .lines()
                .findFirst()
                .orElse(e.getClass().getSimpleName());
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(url);
    }

    private static Void insert(Connection connection, long row) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO numbered VALUES (?)")) {
            statement.setLong(1, row);
            statement.executeUpdate();
            return null;
        }
    }

    /** A connection that hangs is closed in the background, as closing may hang too. */
    private void abandon() {
        Connection old = connection;
        connection = null;
        if (old != null) {
            workers.execute(() -> {
                try {
                    old.abort(workers);
                } catch (SQLException e) {
                    System.out.println("note " + firstLine(e));
                }
            });
        }
    }

    private interface Work<T> {
        T run() throws SQLException;
    }

    private <T> T within(long millis, Work<T> work) throws SQLException, TimeoutException {
        Future<T> future = workers.submit(work::run);
        try {
            return future.get(millis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            closeWhenDone(future);
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A connection that arrives after it was given up must not stay open. */
    private void closeWhenDone(Future<?> future) {
        workers.execute(() -> {
            try {
                if (future.get() instanceof Connection late) {
                    late.close();
                }
            } catch (ExecutionException | SQLException e) {
                System.out.println("note " + firstLine(e));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
