package org.mainstay.itest.client;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * One statement at the client's place: the JDBC address and the statement as arguments; prints the first column of each row.
 * The exit code is 1 if it fails, with the reason on standard error.
 */
public final class Query {
    private Query() {}

    public static void main(String[] arguments) {
        String url = arguments[0] + "?user=postgres&connectTimeout=10&socketTimeout=50&loginTimeout=10";
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            StringBuilder rows = new StringBuilder();
            if (statement.execute(arguments[1])) {
                try (ResultSet result = statement.getResultSet()) {
                    while (result.next()) {
                        rows.append(result.getString(1)).append('\n');
                    }
                }
            }
            System.out.print(rows);
        } catch (SQLException e) {
            System.err.println(e.getMessage());
            Runtime.getRuntime().exit(1);
        }
    }
}
